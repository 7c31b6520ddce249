"""Breakpoints and watches as rows, and the breakpoint at which the flow stands."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from runtime.protocol.break_places import PlaceKind, vocabulary_of
from runtime.protocol.breakpoints import (
    BreakHit,
    Breakpoint,
    BreakpointList,
    BreakpointRow,
    Then,
    Watch,
    WatchRow,
)
from workbench.inspection.rows import column, facts, section
from workbench.text.excerpt import excerpt
from workbench.text.figures import count
from workbench.text.glyphs import BREAK_OFF, BREAK_ON
from workbench.text.lines import Line, Row, Span, StyleRole, fit, line
from workbench.text.wrapping import wrap_words

if TYPE_CHECKING:
    from workbench.payloads.documents.condition_reads import ConditionReads

WHERE_CELLS = (12, 30)
NUMBER_CELLS = 3
HITS_CELLS = 6
THEN_CELLS = 6
WATCH_CELLS = (16, 40)
WIDE_CELLS = 56
"""From here on there is room for the condition, and what a hit does, in the same row."""
CHANGED_CELLS = 11


def break_rows(breaks: BreakpointList, cells: int) -> list[Row]:
    """A row for each breakpoint, then one for each watch; problems stand below theirs."""
    rows: list[Row] = []
    where = _where_cells(breaks, cells)
    for one in breaks.breakpoints:
        rows.append(Row(_breakpoint(one, where, cells), one.breakpoint))
        if cells < WIDE_CELLS:
            rows += _condition_below(one.breakpoint, cells)
        rows += _problem(one.problem, cells, one.breakpoint)
    if not breaks.breakpoints:
        rows += _hint("No breakpoints. b sets one where the cursor is.", cells)
    rows.append(section("watches", cells=cells))
    for watched in breaks.watches:
        rows += [Row(shown, watched.watch) for shown in _watch(watched, cells)]
        rows += _problem(watched.problem, cells, watched.watch)
    if not breaks.watches:
        rows += _hint("Nothing is watched. w asks for an expression.", cells)
    if breaks.kept:
        rows += _problem(f"not kept: {breaks.kept}", cells)
    return rows


def break_heading(breaks: BreakpointList, cells: int) -> Line:
    """The columns of the breakpoints."""
    where = _where_cells(breaks, cells)
    condition = _condition_cells(where, cells)
    then = (column("then", THEN_CELLS, StyleRole.FAINT),) if cells >= WIDE_CELLS else ()
    return (
        Span("   "),
        column("#", NUMBER_CELLS, StyleRole.FAINT, right=True),
        column("where", where, StyleRole.FAINT),
        *((column("condition", condition, StyleRole.FAINT),) if condition else ()),
        column("hits", HITS_CELLS, StyleRole.FAINT, right=True),
        *then,
    )


def counted(breaks: BreakpointList) -> str:
    """`4 on, 1 off`, for the border."""
    on = sum(row.breakpoint.on for row in breaks.breakpoints)
    off = len(breaks.breakpoints) - on
    return f"{on} on, {off} off" if breaks.breakpoints else ""


def break_sign(*, on: bool) -> tuple[str, StyleRole]:
    """Sign and role of a breakpoint."""
    return (BREAK_ON, StyleRole.NEXT) if on else (BREAK_OFF, StyleRole.DIM)


def stop_signs(breaks: BreakpointList) -> dict[str, str]:
    """The sign of the breakpoints at each node that has one, and at each edge, by its label."""
    found: dict[str, str] = {}
    for row in breaks.breakpoints:
        place = row.breakpoint.place
        where = place.edge if place.kind is PlaceKind.EDGE else place.node
        if where and (row.breakpoint.on or where not in found):
            found[where] = BREAK_ON if row.breakpoint.on else BREAK_OFF
    return found


def hit_reads(hit: BreakHit | None, element_id: int) -> ConditionReads | None:
    """What the condition looked at in that element's payload, when the flow stands at it."""
    if hit is None or hit.element_id != element_id or not hit.breakpoint.condition.strip():
        return None
    return _reads_of(hit.breakpoint)


@lru_cache(maxsize=8)
def _reads_of(breakpoint: Breakpoint) -> ConditionReads | None:
    # Imported with the first hit of a condition: the first paint waits for none.
    from runtime.expression.expression import Condition
    from runtime.expression.expression_error import ExpressionError
    from workbench.payloads.documents.read_places import condition_reads

    try:
        return condition_reads(Condition(breakpoint.condition, vocabulary_of(breakpoint.place)))
    except ExpressionError:  # of a session that has other words than this one
        return None


def hit_rows(hit: BreakHit, cells: int) -> list[Row]:
    """The breakpoint at which the flow stands, and what its condition saw."""
    one = hit.breakpoint
    said = line(
        (f" {BREAK_ON} breakpoint {one.number}  ", StyleRole.NEXT),
        (one.place.words, StyleRole.STRONG),
    )
    when = "before" if hit.before else "after"
    about = (
        ("when", one.condition),
        ("what", excerpt(hit.about)),
        ("hit", f"{hit.hit:,}, {when} call {hit.call:,}"),
    )
    rows = [Row(said), *facts(about, cells)]
    rows += [
        Row(line((f"  {BREAK_ON} ", StyleRole.NEXT), (f"{name}  ", StyleRole.DIM), excerpt(value)))
        for name, value in hit.values
    ]
    return rows


def _where_cells(breaks: BreakpointList, cells: int) -> int:
    if cells < WIDE_CELLS:
        return max(cells - NUMBER_CELLS - HITS_CELLS - 6, 8)
    longest = max((len(row.breakpoint.place.words) for row in breaks.breakpoints), default=0)
    return min(max(longest, WHERE_CELLS[0]), WHERE_CELLS[1], max(cells // 3, 8))


def _condition_cells(where: int, cells: int) -> int:
    """0 where the condition stands below."""
    return max(cells - where - HITS_CELLS - THEN_CELLS - 11, 6) if cells >= WIDE_CELLS else 0


def _breakpoint(row: BreakpointRow, where: int, cells: int) -> Line:
    one = row.breakpoint
    then = one.then.value if one.on else "is off"
    sign, role = break_sign(on=one.on)
    text = StyleRole.TEXT if one.on else StyleRole.DIM
    when: Line = ()
    does: Line = ()
    if cells >= WIDE_CELLS:
        often, room = _often(one), _condition_cells(where, cells)
        condition = fit(one.condition or "always", room - len(often)) + often
        when = (column(condition, room, text if one.condition else StyleRole.DIM),)
        does = (column(then, THEN_CELLS, text),)
    return (
        Span(" "),
        Span(f"{sign} ", role),
        column(str(one.number), NUMBER_CELLS, StyleRole.DIM, right=True),
        column(fit(one.place.words, where), where, text),
        *when,
        column(count(row.hits), HITS_CELLS, StyleRole.TEXT, right=True),
        *does,
    )


def _often(one: Breakpoint) -> str:
    return "" if (one.first_hit, one.every) == (1, 1) else f" [{one.first_hit}/{one.every}]"


def _condition_below(one: Breakpoint, cells: int) -> list[Row]:
    """What there is no column for: the condition, which hits act, and what they do."""
    does = "" if one.then is Then.STOP else f"  then {one.then.value}"
    said = f"{one.condition}{_often(one)}{does}".strip() if one.on else f"{one.condition}  is off"
    role = StyleRole.TEXT if one.on else StyleRole.DIM
    lead = " " * (NUMBER_CELLS + 4)
    rows = wrap_words(said.strip(), max(cells - len(lead) - 1, 8)) if said.strip() else []
    return [Row(line((lead + row, role)), one) for row in rows]


def _hint(words: str, cells: int) -> list[Row]:
    return [Row(line((f" {row}", StyleRole.DIM))) for row in wrap_words(words, max(cells - 2, 8))]


def _watch(row: WatchRow, cells: int) -> list[Line]:
    """The expression, its value, and when that changed; in a narrow list its value is below."""
    sign, role = break_sign(on=True) if row.watch.stops else (" ", StyleRole.DIM)
    never = "never" if row.followed else "·"
    changed = never if row.changed_at is None else f"call {row.changed_at:,}"
    wide = cells >= WIDE_CELLS
    text = min(max(len(row.watch.text), WATCH_CELLS[0]), WATCH_CELLS[1], cells // 2)
    text = text if wide else max(cells - 4, 8)
    lead = 3 if wide else NUMBER_CELLS + 4
    room = max(cells - (text if wide else 0) - lead - CHANGED_CELLS - 3, 6)
    value = f"{row.before} → {row.value}" if row.before else row.value or "·"
    if len(value) > room:
        value = row.value
    watched = (Span(" "), Span(f"{sign} ", role), column(fit(row.watch.text, text), text))
    known = (
        column(fit(excerpt(value), room), room, StyleRole.STRONG),
        column(changed, CHANGED_CELLS, StyleRole.DIM, right=True),
    )
    return [(*watched, *known)] if wide else [watched, (Span(" " * lead), *known)]


def _problem(problem: str, cells: int, target: Breakpoint | Watch | None = None) -> list[Row]:
    if not problem:
        return []
    words = wrap_words(excerpt(problem), max(cells - 9, 8))
    heads = ("      ! ", *("        " for _ in words[1:]))
    return [
        Row(line((head + part, StyleRole.WARN)), target)
        for head, part in zip(heads, words, strict=True)
    ]
