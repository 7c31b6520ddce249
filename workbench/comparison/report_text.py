"""What `D` found, as text: for the clipboard, or for a file."""

from __future__ import annotations

from runtime.model.text.printable import printable
from runtime.protocol.branch_comparison import BranchComparison, ComparedCall
from workbench.comparison.compared_words import call_numbers, call_title, place_words
from workbench.comparison.verdict import verdict_rows
from workbench.text.lines import plain

REPORT_CELLS = 100


def call_text(call: ComparedCall) -> str:
    """One call that differs: what it is, then what came out before and after."""
    lines = call.lines or (f"- {call.before}", f"+ {call.after}")
    title = "   ".join((call_title(call), call_numbers(call), place_words(call))).rstrip()
    return "\n".join(printable(one) for one in (title, *lines))


def report_text(comparison: BranchComparison, calls: tuple[ComparedCall, ...]) -> str:
    """The verdict, the table of all nodes, and every difference that is known."""
    rows = verdict_rows(comparison, REPORT_CELLS, equal_too=True)
    head = f"{comparison.before} → {comparison.after}"
    verdict = "\n".join(plain(row.spans).rstrip() for row in rows)
    return "\n\n".join((head, verdict, *map(call_text, calls))) + "\n"
