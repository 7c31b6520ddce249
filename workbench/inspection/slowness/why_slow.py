"""Why a flow is slow: how each node spent its time, by whom it was blocked, and the cause."""

from __future__ import annotations

from rich.cells import cell_len

from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, Role
from runtime.model.measures.call_times import CallTimes
from runtime.model.measures.histogram import Spread
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.snapshot import FlowSnapshot, NodeSnapshot
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted, word_for
from runtime.protocol.time_window import WHOLE_RUN, TimeWindow, WindowTimes
from workbench.inspection.rows import column, facts, prose
from workbench.inspection.slowness.flow_history import FlowHistory
from workbench.inspection.slowness.history_chart import node_chart, queue_chart
from workbench.inspection.slowness.pressure_cause import Cause, blocking_edge, find_cause, shares
from workbench.text.figures import count, duration
from workbench.text.glyphs import CAUSE
from workbench.text.lines import Row, Span, StyleRole, line, width_of
from workbench.text.short_names import shorten
from workbench.view import EdgeRef, NodeRef, Selection

BAR_CELLS = 10
"""One for each 10 % that a node was busy."""
WIDE = 64
"""Cells from which one table has all; below there are two."""
WIDER = 92
"""Cells from which the table also has p50, max and bars."""
BLOCKED_CELLS = 15
NARROW_CELLS = 21
"""What a name of eight cells and the other columns of the first of two tables need."""
FOUR_FIGURES = 36
"""Cells from which the second of two tables has all its four figures next to a name."""
HISTORY_CELLS = 60
"""Widest history of a node."""
HISTORY_HEADING = "busy, last 5 min"
FEWEST_SAMPLES = 20
"""Below so many a quantile is not shown."""
NONE = "·"
_OF_WINDOW = {
    TimeWindow.WHOLE: "of the whole run",
    TimeWindow.LATEST: "of the last 10 s",
    TimeWindow.MARK: "since a mark",
}


@dataclass(frozen=True, slots=True)
class _Field:
    """One column of a table."""

    heading: str
    cells: int
    text: str
    role: StyleRole


def slow_rows(
    flow: LinkedFlow,
    snapshot: FlowSnapshot | None,
    times: CallTimes,
    cells: int,
    history: FlowHistory | None = None,
    window: WindowTimes = WHOLE_RUN,
    selection: Selection | None = None,
) -> list[Row]:
    """The cause first, then a table with the cause, those that waited and the busiest on top, then
    the history of what is selected, else of the cause.

    All but the history is of the `window`; where that has no figures, of the whole run.
    """
    if snapshot is None or not snapshot.calls:
        return [
            Row(line((" No calls yet.", StyleRole.DIM))),
            Row(line((" Figures begin with the first call.", StyleRole.DIM))),
        ]
    rows = _window_rows(window, cells)
    if window.window is not TimeWindow.WHOLE and not window.refusal:
        snapshot, times = window.within(snapshot), window.times
    cause = find_cause(flow, snapshot)
    nodes = sorted(snapshot.nodes, key=lambda node: _rank(node, cause))
    rows += _cause_rows(cause, cells)
    if cells >= WIDE:
        table = _table(flow, snapshot, times, nodes, cause, cells, ("time", "calls"))
        rows += _with_history(table, snapshot, history, cells)
    else:
        rows += _table(flow, snapshot, times, nodes, cause, cells, ("time",))
        rows.append(Row(()))
        rows += _table(flow, snapshot, times, nodes, cause, cells, ("calls",))
    rows += _end_to_end(times, cells)
    rows += _incomplete(snapshot, times, cells)
    if history is None:
        return rows
    if selection is None and cause is not None and cause.node is not None:
        selection = NodeRef(cause.node)
    return rows + _chart(flow, history, selection, cells)


def window_words(window: WindowTimes, snapshot: FlowSnapshot | None) -> str:
    """Which part of the run the figures are of, and how long it is."""
    if snapshot is None or window.refusal:
        return TimeWindow.WHOLE.value
    length = spaced_duration(window.within(snapshot).at_ns)
    match window.window:
        case TimeWindow.WHOLE:
            return f"whole run, {length}"
        case TimeWindow.LATEST:
            return f"last {length}"
        case TimeWindow.MARK:
            at = 0 if window.began is None else window.began.calls
            return f"since the mark at call {at:,}, {length}"


def _window_rows(window: WindowTimes, cells: int) -> list[Row]:
    if not window.refusal:
        return []
    words = f"No figures {_OF_WINDOW[window.window]}: {window.refusal}. These are of the whole run."
    return [*prose(words, cells, StyleRole.DIM), Row(())]


def _incomplete(snapshot: FlowSnapshot, times: CallTimes, cells: int) -> list[Row]:
    """Places of the past are reached from a checkpoint: calls before it were not timed again."""
    timed = sum(own.count for _, own in times.nodes)
    if not timed or timed >= snapshot.calls:
        return []
    calls = counted(snapshot.calls, "call")
    words = f"p50, p99, max and end to end are of the last {timed:,} of {calls}."
    return [Row(()), *prose(words, cells, StyleRole.DIM)]


def _chart(
    flow: LinkedFlow, history: FlowHistory, selection: Selection | None, cells: int
) -> list[Row]:
    rows: list[Row] = []
    match selection:
        case NodeRef(name) if name in flow.by_name:
            at = next(index for index, node in enumerate(flow.nodes) if node.name == name)
            rows = node_chart(history, at, name, cells)
        case EdgeRef(index) if index < len(flow.edges):
            edge = flow.edges[index]
            rows = queue_chart(history, index, edge.label, edge.capacity, cells)
    return [Row(()), *rows] if rows else []


def _with_history(
    table: list[Row], snapshot: FlowSnapshot, history: FlowHistory | None, cells: int
) -> list[Row]:
    """The table with how busy each node was, where there is room for it."""
    room = min(cells - max(width_of(row.spans) for row in table) - 2, HISTORY_CELLS)
    if history is None or room < len(HISTORY_HEADING):
        return table
    index = {node.name: at for at, node in enumerate(snapshot.nodes)}
    made = []
    for row in table:
        text, role = HISTORY_HEADING, StyleRole.FAINT
        if isinstance(row.target, NodeRef):
            text, role = history.busy_line(index[row.target.node], room), StyleRole.GOOD
        made.append(Row((*row.spans, Span(" "), Span(text, role)), row.target))
    return made


def _rank(node: NodeSnapshot, cause: Cause | None) -> tuple[bool, int, int]:
    is_cause = cause is not None and cause.node == node.name
    return not is_cause, -node.blocked_ns, -node.busy_ns


def _cause_rows(cause: Cause | None, cells: int) -> list[Row]:
    if cause is None:
        return [Row(line((" Nobody waited for long.", StyleRole.DIM))), Row(())]
    rows = prose(f"{CAUSE} {cause.sentence}.", cells, StyleRole.WARN)
    target = NodeRef(cause.node) if cause.node is not None else EdgeRef(cause.chain[-1])
    return [*(Row(row.spans, target) for row in rows), Row(())]


def _table(
    flow: LinkedFlow,
    snapshot: FlowSnapshot,
    times: CallTimes,
    nodes: list[NodeSnapshot],
    cause: Cause | None,
    cells: int,
    parts: tuple[str, ...],
) -> list[Row]:
    made = [
        (
            node,
            [
                *(_time_fields(flow, snapshot, node, cells) if "time" in parts else ()),
                *(_call_fields(node, snapshot, times, cells) if "calls" in parts else ()),
            ],
        )
        for node in nodes
    ]
    fields = made[0][1] if made else []
    room = cells - 2 - sum(field.cells + 1 for field in fields)
    longest = max((cell_len(node.name) + 2 for node in nodes), default=4)
    name_cells = max(min(longest, room), 6)
    names = tuple(node.name for node in nodes)
    short, next_to_sign = shorten(names, name_cells), shorten(names, name_cells - 2)
    heading = [Span(" "), column("node", name_cells, StyleRole.FAINT)]
    heading += [column(field.heading, field.cells, StyleRole.FAINT, right=True) for field in fields]
    rows = [Row(tuple(heading))]
    for node, own in made:
        is_cause = cause is not None and cause.node == node.name
        name = f"{next_to_sign[node.name]} {CAUSE}" if is_cause else short[node.name]
        spans = [Span(" "), column(name, name_cells, _name_role(is_cause))]
        spans += [column(field.text, field.cells, field.role, right=True) for field in own]
        rows.append(Row(tuple(spans), NodeRef(node.name)))
    return rows


def _name_role(is_cause: bool) -> StyleRole:
    return StyleRole.WARN if is_cause else StyleRole.TEXT


def _time_fields(
    flow: LinkedFlow, snapshot: FlowSnapshot, node: NodeSnapshot, cells: int
) -> list[_Field]:
    busy, idle, blocked = shares(node, snapshot.at_ns)
    room = min(BLOCKED_CELLS, max(cells - NARROW_CELLS, len("blocked by")))
    short = shorten(tuple(flow.by_name), room - len(" 100%"))
    filled = round(busy * BAR_CELLS / 100)
    bar = "▇" * filled + "─" * (BAR_CELLS - filled)
    holder = blocked_by(flow, snapshot, node)
    by = f"{short.get(holder, holder)} {blocked}%" if blocked else NONE
    return [
        *([_Field("", BAR_CELLS, bar, StyleRole.GOOD)] if cells >= WIDER else ()),
        _Field("busy", 4, f"{busy}%", StyleRole.GOOD if busy else StyleRole.FAINT),
        _Field("idle", 4, f"{idle}%", StyleRole.DIM),
        _Field("blocked by", room, by, StyleRole.WARN if blocked else StyleRole.FAINT),
    ]


def blocked_by(flow: LinkedFlow, snapshot: FlowSnapshot, node: NodeSnapshot) -> str:
    """Who or what held the node longest: a node's name, its own rate, pause or back-off."""
    edge = blocking_edge(flow, snapshot, node)
    if edge is None:
        return "pause" if node.role is Role.SINK else "back-off"
    return "rate" if edge.paced_ns > edge.episodes_blocked_ns else flow.edges[edge.index].target


def _call_fields(
    node: NodeSnapshot, snapshot: FlowSnapshot, times: CallTimes, cells: int
) -> list[_Field]:
    own = times.of(node.name)
    spread = None if own is None else own.calls
    rate = node.calls * NS_PER_S // snapshot.at_ns if snapshot.at_ns else 0
    every = cells >= WIDER or cells < WIDE
    p50 = _Field("p50", 6, _quantile(spread, "p50_ns"), StyleRole.TEXT)
    most = _Field("max", 6, duration(spread.max_ns) if spread else NONE, StyleRole.DIM)
    return [
        _Field(
            "calls/s" if cells >= WIDE else "call/s",
            7 if cells >= WIDE else 6,
            count(rate),
            StyleRole.TEXT,
        ),
        *([p50] if every else ()),
        _Field("p99", 6, _quantile(spread, "p99_ns"), StyleRole.TEXT),
        *([most] if every and cells >= FOUR_FIGURES else ()),
    ]


def _quantile(spread: Spread | None, name: str) -> str:
    if spread is None or spread.samples < FEWEST_SAMPLES:
        return NONE
    value: int = getattr(spread, name)
    return duration(value)


def _end_to_end(times: CallTimes, cells: int) -> list[Row]:
    spread = times.end_to_end
    if spread is None:
        return []
    within = 100 * times.in_calls_ns // spread.total_ns if spread.total_ns else 100
    p50, p99 = _quantile(spread, "p50_ns"), _quantile(spread, "p99_ns")
    elements = f"{count(spread.samples)} {word_for(spread.samples, 'element')}"
    fields = (
        ("end to end", f"p50 {p50}  p99 {p99}"),
        ("longest", duration(spread.max_ns)),
        ("waiting", f"{100 - min(within, 100)}% of it, {elements}"),
    )
    return [Row(()), *facts(fields, cells)]
