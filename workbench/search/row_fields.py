"""What a condition behind `/` may ask of a row: the fields of what the row shows.

The names are those of conditions over calls where the thing is the same.
"""

from __future__ import annotations

from runtime.expression.value_types import BOOL, DOUBLE, INT, TEXT
from runtime.model.errors import Diagnostic
from runtime.model.measures.time_units import NS_PER_MS
from runtime.model.snapshot import EdgeSnapshot, NodeSnapshot
from runtime.protocol.breakpoints import BreakpointRow, WatchRow
from runtime.protocol.logs.event_lines import EventLine
from workbench.search.searched_fields import SearchedField, SearchedFields, there
from workbench.text.printed_text import PrintedTextLine

EVENTS: SearchedFields[EventLine] = SearchedFields(
    SearchedField("node", TEXT, "the node's name", lambda line: there(line.node, "no node")),
    SearchedField("call", INT, "the call's number", lambda line: there(line.call, "no call")),
    SearchedField(
        "kind",
        TEXT,
        "call, drop, error, backpressure, state, stop, reload, denied, note",
        lambda line: line.mark.value,
    ),
    SearchedField("text", TEXT, "what the line says", lambda line: line.text),
    SearchedField(
        "ms",
        DOUBLE,
        "how long the call took, in milliseconds",
        lambda line: there(line.duration_ns, "no duration") / NS_PER_MS,
    ),
    SearchedField(
        "at_ms", DOUBLE, "flow time, in milliseconds", lambda line: line.at_ns / NS_PER_MS
    ),
)
"""A line of the event log."""

OUTPUT: SearchedFields[tuple[str, PrintedTextLine]] = SearchedFields(
    SearchedField("node", TEXT, "the node that printed", lambda printed: printed[0]),
    SearchedField("text", TEXT, "the line", lambda printed: printed[1].text),
    SearchedField(
        "seq",
        INT,
        "number of the element of the call",
        lambda printed: there(printed[1].sequence, "no element"),
    ),
    SearchedField("call", INT, "the call's number", lambda printed: printed[1].call),
    SearchedField("stream", TEXT, "stdout or stderr", lambda printed: printed[1].stream),
    SearchedField(
        "granted", BOOL, "false for what Torvyn would discard", lambda printed: printed[1].granted
    ),
)
"""A line that a node printed, with the node's name."""

QUEUES: SearchedFields[EdgeSnapshot] = SearchedFields(
    SearchedField("edge", TEXT, 'the edge: "a:port -> b"', lambda queue: queue.label),
    SearchedField("depth", INT, "elements that wait", lambda queue: queue.depth),
    SearchedField("capacity", INT, "elements that it takes", lambda queue: queue.capacity),
    SearchedField("peak", INT, "most elements that waited", lambda queue: queue.peak),
    SearchedField("full", BOOL, "whether it is full", lambda queue: queue.full),
    SearchedField("in_count", INT, "elements put in", lambda queue: queue.enqueued),
    SearchedField("out_count", INT, "elements taken", lambda queue: queue.dequeued),
    SearchedField("lost", INT, "elements dropped", lambda queue: queue.dropped),
    SearchedField(
        "blocked_ms",
        DOUBLE,
        "how long its producer waited, in milliseconds",
        lambda queue: queue.blocked_ns / NS_PER_MS,
    ),
    SearchedField(
        "policy", TEXT, "block-producer, drop-oldest, …", lambda queue: queue.policy.value
    ),
)
"""A queue."""

NODES: SearchedFields[NodeSnapshot] = SearchedFields(
    SearchedField("node", TEXT, "the node's name", lambda node: node.name),
    SearchedField(
        "role",
        TEXT,
        "source, processor, filter, router, aggregator, sink",
        lambda node: node.role.value,
    ),
    SearchedField("state", TEXT, "idle, ready, blocked, failed, …", lambda node: node.state.value),
    SearchedField("calls", INT, "calls made", lambda node: node.calls),
    SearchedField("errors", INT, "calls that failed", lambda node: node.errors),
    SearchedField(
        "busy_ms",
        DOUBLE,
        "time in calls, in milliseconds",
        lambda node: node.busy_ns / NS_PER_MS,
    ),
    SearchedField(
        "blocked_ms",
        DOUBLE,
        "time it waited for others, in milliseconds",
        lambda node: node.blocked_ns / NS_PER_MS,
    ),
)
"""A node."""

PROBLEMS: SearchedFields[Diagnostic] = SearchedFields(
    SearchedField("code", TEXT, "its number, as it is shown", lambda problem: problem.code),
    SearchedField("severity", TEXT, "error or warning", lambda problem: problem.severity.value),
    SearchedField("file", TEXT, "where it is", lambda problem: there(problem.file, "no file")),
    SearchedField("message", TEXT, "what is wrong", lambda problem: problem.message),
)
"""A problem of the manifest, of a component or of a build."""


def _breakpoint(row: BreakpointRow | WatchRow) -> BreakpointRow:
    return there(row if isinstance(row, BreakpointRow) else None, "no breakpoint")


def _number(row: BreakpointRow | WatchRow) -> int:
    return row.breakpoint.number if isinstance(row, BreakpointRow) else row.watch.number


def _condition(row: BreakpointRow | WatchRow) -> str:
    return row.breakpoint.condition if isinstance(row, BreakpointRow) else row.watch.text


def _can_stop(row: BreakpointRow | WatchRow) -> bool:
    return row.breakpoint.on if isinstance(row, BreakpointRow) else row.watch.stops


def _value(row: BreakpointRow | WatchRow) -> str:
    return there(row if isinstance(row, WatchRow) else None, "no watch").value


BREAKS: SearchedFields[BreakpointRow | WatchRow] = SearchedFields(
    SearchedField("number", INT, "its number", _number),
    SearchedField(
        "where",
        TEXT,
        "where a breakpoint is: router input",
        lambda row: _breakpoint(row).breakpoint.place.words,
    ),
    SearchedField(
        "condition", TEXT, "a breakpoint's condition, or a watch's expression", _condition
    ),
    SearchedField(
        "then",
        TEXT,
        "what a hit does: stop, log, …",
        lambda row: _breakpoint(row).breakpoint.then.value,
    ),
    SearchedField("on", BOOL, "whether a breakpoint is on, or a watch stops the flow", _can_stop),
    SearchedField(
        "hits", INT, "hits of a breakpoint in this session", lambda row: _breakpoint(row).hits
    ),
    SearchedField("value", TEXT, "a watch's value, as it is shown", _value),
    SearchedField("problem", TEXT, "what is wrong with it", lambda row: row.problem),
)
"""A breakpoint or a watch."""
