"""The verdict of a comparison: a sentence, then a table by node, those that differ first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from runtime.model.text.plurals import counted, word_for
from runtime.protocol.branch_comparison import (
    BranchComparison,
    CallsBeyond,
    ComparedCall,
    ComparedNode,
)
from workbench.comparison.compared_words import call_numbers, place_words
from workbench.inspection.rows import column, prose
from workbench.text.excerpt import excerpt
from workbench.text.figures import count
from workbench.text.lines import Line, Row, Span, StyleRole, line, width_of
from workbench.text.short_names import shorten

FIGURES = (("equal", 7), ("differ", 7), ("missing", 7), ("added", 7))
"""Columns of the table, and their cells."""

NODE_CELLS = (8, 32)
"""Least and most cells of a node's name."""

NEVER = "·"


class NodeTarget(NamedTuple):
    """The row of a node."""

    node: str


def verdict_words(comparison: BranchComparison) -> str:
    """How many calls differ, where one branch left the other, and where one ends."""
    before, after = excerpt(comparison.before, 60), excerpt(comparison.after, 60)
    if comparison.failed:
        return f"{before} and {after} cannot be compared: {comparison.failed}"
    sentences = [_how_many(comparison)]
    if comparison.forked_at is not None:
        where = f"after call {comparison.forked_at:,}" if comparison.forked_at else "at its start"
        sentences.append(f"{_capital(after)} left {before} {where}.")
    sentences += [beyond_words(item, before, after) for item in comparison.beyond]
    return " ".join(sentences)


def _how_many(comparison: BranchComparison) -> str:
    compared, total = comparison.compared, comparison.total
    if not total:
        if not compared:
            return "No call was made by both."
        if compared == 1:
            return "The one call that both made is equal."
        return f"All {compared:,} calls that both made are equal."
    differ = sum(node.differ for node in comparison.nodes)
    missing = sum(node.missing for node in comparison.nodes)
    added = sum(node.added for node in comparison.nodes)
    parts = []
    if differ:
        verb = word_for(differ, "differs", "differ")
        parts.append(f"{differ:,} of {counted(compared, 'call')} {verb}")
    if missing:
        parts.append(f"{missing:,} {word_for(missing, 'is', 'are')} missing")
    if added:
        parts.append(f"{added:,} {word_for(added, 'is', 'are')} added")
    if not parts:
        return f"All {compared:,} calls are equal, but the flows ended otherwise."
    return _capital(f"{', '.join(parts)}.")


def beyond_words(item: CallsBeyond, before: str, after: str) -> str:
    """`4 calls of branch 1, from call 28 on, have no counterpart: branch 2 ends there.`"""
    longer, shorter = (after, before) if item.after else (before, after)
    have = word_for(item.calls, "has", "have")
    return (
        f"{counted(item.calls, 'call')} of {longer}, from call {item.from_call:,} on, {have} no "
        f"counterpart: {shorter} ends there."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def verdict_rows(comparison: BranchComparison, cells: int, *, equal_too: bool) -> list[Row]:
    """The sentence and the table; nodes without a difference are counted unless `equal_too`."""
    role = StyleRole.BAD if comparison.failed else StyleRole.STRONG
    if not comparison.total and not comparison.failed:
        role = StyleRole.GOOD
    rows = prose(verdict_words(comparison), cells, role)
    for note in comparison.notes:
        rows += prose(f"note: {excerpt(note)}", cells, StyleRole.DIM)
    if comparison.failed or not comparison.nodes:
        return rows
    name_cells = _name_cells(comparison, cells)
    rows.append(Row(()))
    heads = [column(name, width, StyleRole.FAINT, right=True) for name, width in FIGURES]
    head = (Span(" "), column("node", name_cells, StyleRole.FAINT), *heads)
    rows.append(Row((*head, Span(" first difference", StyleRole.FAINT))))
    differing, equal = sorted_nodes(comparison)
    shown = [*differing, *(equal if equal_too or not differing else ())]
    names = shorten(tuple(node.node for node in comparison.nodes), name_cells)
    rows += [Row(_node_line(node, names, name_cells), NodeTarget(node.node)) for node in shown]
    if len(shown) < len(comparison.nodes):
        total = sum(node.equal for node in equal)
        label = f"{len(equal)} more"
        figure = column(count(total), FIGURES[0][1], StyleRole.DIM, right=True)
        rows.append(Row((Span(" "), column(label, name_cells, StyleRole.DIM), figure)))
    return rows


def sorted_nodes(
    comparison: BranchComparison,
) -> tuple[list[ComparedNode], list[ComparedNode]]:
    """Nodes with a difference, the earliest first; and the others."""
    differing = [node for node in comparison.nodes if node.first is not None]
    differing.sort(key=lambda node: position(node.first))
    return differing, [node for node in comparison.nodes if node.first is None]


def position(call: ComparedCall | None) -> int:
    """Where a call stands in its branch."""
    return 0 if call is None else call.call_before or call.call_after or 0


def _name_cells(comparison: BranchComparison, cells: int) -> int:
    longest = max(width_of(line(node.node)) for node in comparison.nodes)
    figures = sum(width + 1 for _, width in FIGURES)
    room = max(cells - figures - 22, NODE_CELLS[0])
    return min(max(longest, NODE_CELLS[0]), NODE_CELLS[1], room)


def _node_line(node: ComparedNode, names: Mapping[str, str], cells: int) -> Line:
    first = node.first
    figures = (
        (node.equal, StyleRole.TEXT),
        (node.differ, StyleRole.BAD),
        (node.missing, StyleRole.BAD),
        (node.added, StyleRole.WARN),
    )
    spans = [
        column(
            count(number) if number else NEVER,
            width,
            role if number else StyleRole.FAINT,
            right=True,
        )
        for (number, role), (_, width) in zip(figures, FIGURES, strict=True)
    ]
    where: Line = ()
    if first is not None:
        where = line(
            (f" {call_numbers(first)}", StyleRole.TEXT), (f"  {place_words(first)}", StyleRole.NAME)
        )
    name = column(names.get(node.node, node.node), cells, StyleRole.ACCENT)
    return (Span(" "), name, *spans, *where)
