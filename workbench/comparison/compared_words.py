"""How one call that differs is named."""

from __future__ import annotations

from runtime.protocol.branch_comparison import ComparedCall
from workbench.text.excerpt import excerpt


def call_numbers(call: ComparedCall) -> str:
    """`call 7`, or `call 7 / 9` where the two numbers differ."""
    numbers = [number for number in (call.call_before, call.call_after) if number is not None]
    return "call " + " / ".join(f"{number:,}" for number in dict.fromkeys(numbers))


def call_title(call: ComparedCall) -> str:
    """`log-proc process(#1)`."""
    _, _, sequence = call.element.rpartition("#")
    about = f"(#{sequence})" if sequence.isdigit() else ""
    return excerpt(f"{call.node} {call.export}{about}", 200)


def place_words(call: ComparedCall) -> str:
    """Where in the call it begins to differ: `$.message`, `line 1`, `answer`, `missing`."""
    first = next(iter(call.lines), "")
    if first.startswith("@@ line "):
        return first.strip("@ ")
    path, colon, _ = first[2:].partition(": ")
    if first[:2] in ("- ", "+ ") and path.startswith("$") and colon:
        return excerpt(path, 200)
    return excerpt(call.what, 200)
