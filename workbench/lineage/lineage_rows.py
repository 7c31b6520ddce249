"""What both drawings of a lineage have in common: their targets, summary and branches."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from runtime.protocol.lineage import Lineage, LineageCall
from workbench.text.excerpt import excerpt
from workbench.text.lines import Row, StyleRole, line

DEEPEST = 8
"""Levels of a tree that are indented; deeper ones stand below each other."""


@dataclass(frozen=True, slots=True)
class LineageCallRef:
    """A call that Enter goes to."""

    call: int


@dataclass(frozen=True, slots=True)
class LineageRef:
    """An element whose lineage Enter opens."""

    lineage: int


def element_name(source: str, sequence: int) -> str:
    """`#12 of window`, or `#12 from source` where it is no aggregate."""
    return f"#{sequence} from {excerpt(source, 40)}"


def summary_row(lineage: Lineage) -> Row:
    """Who it is, and what became of it."""
    parts = [counted(lineage.calls_in_all, "call")]
    if lineage.delivered:
        parts.append(f"{lineage.delivered:,} delivered")
    if lineage.left:
        parts.append(f"{lineage.left:,} let go")
    if lineage.drops:
        parts.append(f"{len(lineage.drops):,} dropped")
    parts += [f"in #{one.sequence} of {excerpt(one.node, 24)}" for one in lineage.into[:3]]
    parts.append(spaced_duration(lineage.total_ns))
    name = element_name(lineage.source, lineage.sequence)
    return Row(
        line((f" {name}", StyleRole.STRONG), (f"   {'   '.join(parts)}", StyleRole.DIM)),
    )


def branched(calls: tuple[LineageCall, ...]) -> Iterator[tuple[LineageCall, str]]:
    """Each call with the lines that lead to it, in the order of a tree."""
    below: dict[int | None, list[int]] = {}
    for index, call in enumerate(calls):
        after = call.after if call.after is not None and call.after < index else None
        below.setdefault(after, []).append(index)
    waiting = [(index, "", 0) for index in reversed(below.get(None, []))]
    while waiting:
        index, indent, depth = waiting.pop()
        yield calls[index], indent
        deeper = indent.replace("├─ ", "│  ").replace("└─ ", "   ")
        for place, child in enumerate(reversed(below.get(index, []))):
            branch = "└─ " if place == 0 else "├─ "
            lead = deeper + branch if depth < DEEPEST else indent
            waiting.append((child, lead, depth + 1))


def call_role(call: LineageCall) -> StyleRole:
    """The colour of what a call came to."""
    if call.failed:
        return StyleRole.BAD
    if call.came_to.startswith("="):
        return StyleRole.GOOD
    return StyleRole.DIM if call.came_to.startswith("-") else StyleRole.TEXT
