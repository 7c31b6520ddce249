"""The inspection of a call that has not come back yet."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.model.call import CallInProgress
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import NodeSnapshot
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from runtime.protocol.element_summary import CallElement
from runtime.protocol.logs.printed_chunks import PrintedChunk
from workbench.inspection.calls.call_payloads import payload_rows, printed_rows
from workbench.inspection.rows import facts, title
from workbench.text.call_words import call_words, progress_words
from workbench.text.excerpt import excerpt
from workbench.text.figures import bar, count, size
from workbench.text.lines import Row, Span, StyleRole, line


def running_rows(
    call: CallInProgress,
    flow: LinkedFlow,
    before: NodeSnapshot | None,
    given: CallElement | None,
    printed: Sequence[PrintedChunk],
    cells: int,
) -> list[Row]:
    """How long it runs against its limit, the calls before it, what it printed, its input.

    `before` is the node as it stood before the call; `printed` may hold chunks of other calls.
    """
    name, words = call_words(call), f"running {progress_words(call)}"
    if len(name) + len(words) + 3 <= cells:
        gap = " " * (cells - len(name) - len(words) - 2)
        rows = [Row(line((f" {name}", StyleRole.STRONG), gap, (words, StyleRole.ACCENT)))]
    else:
        rows = [title(name), Row(line((f" {words}", StyleRole.ACCENT)))]
    if call.limit_ns:
        room = max(cells - 2, 4)
        full = bar(call.elapsed_ns, call.limit_ns, room)
        role = StyleRole.WARN if call.elapsed_ns * 5 > call.limit_ns * 4 else StyleRole.ACCENT
        track = Span("─" * (room - full), StyleRole.FAINT)
        rows.append(Row((Span(" "), Span("▇" * full, role), track)))
    node = flow.by_name.get(call.node)
    limit = node.limits.fuel if node is not None else 0
    known = f"known when the call ends; its limit is {count(limit)}" if limit else "not limited"
    own = [one for one in printed if one.call == call.number and one.node == call.node]
    rows += facts(
        (
            ("before", _calls_before(before)),
            ("fuel", known),
            ("printed", size(sum(len(one.data) for one in own)) if own else "nothing so far"),
        ),
        cells,
    )
    for stream in ("stdout", "stderr"):
        data = b"".join(one.data for one in own if one.stream == stream)
        rows += printed_rows(stream, data.decode("utf-8", "replace").splitlines(), cells)
    if given is not None:
        about = given.about
        note = "  ".join((size(about.size), excerpt(about.content_type, 40))).rstrip()
        rows += payload_rows("input", given, note, cells)
    return rows


def _calls_before(node: NodeSnapshot | None) -> str:
    if node is None or not node.calls:
        return "no call of this node"
    calls = counted(node.calls, "call")
    if not node.last_call_ns:  # a lifecycle call of a component that has none
        return calls
    return f"{calls}, the last one took {spaced_duration(node.last_call_ns)}"
