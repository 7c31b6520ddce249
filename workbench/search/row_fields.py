"""What a condition behind `/` may ask of a row: the fields of what the row shows.

The names are those of conditions over calls where the thing is the same.
"""

from __future__ import annotations

from typing import TypeVar

from runtime.expression.expression_error import MissingError
from runtime.expression.value_types import BOOL, DOUBLE, INT, TEXT
from runtime.expression.vocabulary import Field, Vocabulary
from runtime.model.errors import Diagnostic
from runtime.model.lazy.dataclass import dataclass
from runtime.model.measures.time_units import NS_PER_MS
from runtime.model.snapshot import EdgeSnapshot, NodeSnapshot
from runtime.protocol.breakpoints import BreakpointRow, WatchRow
from runtime.protocol.updates import EventLine
from workbench.text.printed_text import PrintedTextLine

EVENTS = Vocabulary(
    (
        Field("node", TEXT, "the node's name"),
        Field("call", INT, "the call's number"),
        Field("kind", TEXT, "call, drop, error, backpressure, state, stop, reload, denied, note"),
        Field("text", TEXT, "what the line says"),
        Field("ms", DOUBLE, "how long the call took, in milliseconds"),
        Field("at_ms", DOUBLE, "flow time, in milliseconds"),
    )
)
OUTPUT = Vocabulary(
    (
        Field("node", TEXT, "the node that printed"),
        Field("text", TEXT, "the line"),
        Field("seq", INT, "number of the element of the call"),
        Field("call", INT, "the call's number"),
        Field("stream", TEXT, "stdout or stderr"),
        Field("granted", BOOL, "false for what Torvyn would discard"),
    )
)
QUEUES = Vocabulary(
    (
        Field("edge", TEXT, 'the edge: "a:port -> b"'),
        Field("depth", INT, "elements that wait"),
        Field("capacity", INT, "elements that it takes"),
        Field("peak", INT, "most elements that waited"),
        Field("full", BOOL, "whether it is full"),
        Field("in_count", INT, "elements put in"),
        Field("out_count", INT, "elements taken"),
        Field("lost", INT, "elements dropped"),
        Field("blocked_ms", DOUBLE, "how long its producer waited, in milliseconds"),
        Field("policy", TEXT, "block-producer, drop-oldest, …"),
    )
)
NODES = Vocabulary(
    (
        Field("node", TEXT, "the node's name"),
        Field("role", TEXT, "source, processor, filter, router, aggregator, sink"),
        Field("state", TEXT, "idle, ready, blocked, failed, …"),
        Field("calls", INT, "calls made"),
        Field("errors", INT, "calls that failed"),
        Field("busy_ms", DOUBLE, "time in calls, in milliseconds"),
        Field("blocked_ms", DOUBLE, "time it waited for others, in milliseconds"),
    )
)
PROBLEMS = Vocabulary(
    (
        Field("code", TEXT, "its number, as it is shown"),
        Field("severity", TEXT, "error or warning"),
        Field("file", TEXT, "where it is"),
        Field("message", TEXT, "what is wrong"),
    )
)

BREAKS = Vocabulary(
    (
        Field("number", INT, "its number"),
        Field("where", TEXT, "where a breakpoint is: router input"),
        Field("condition", TEXT, "a breakpoint's condition, or a watch's expression"),
        Field("then", TEXT, "what a hit does: stop, log, …"),
        Field("on", BOOL, "whether a breakpoint is on, or a watch stops the flow"),
        Field("hits", INT, "hits of a breakpoint in this session"),
        Field("value", TEXT, "a watch's value, as it is shown"),
        Field("problem", TEXT, "what is wrong with it"),
    )
)


@dataclass(frozen=True, slots=True)
class EventFields:
    """A line of the event log."""

    line: EventLine

    @property
    def node(self) -> str:
        """The node."""
        return _there(self.line.node, "no node")

    @property
    def call(self) -> int:
        """The call."""
        return _there(self.line.call, "no call")

    @property
    def kind(self) -> str:
        """The mark."""
        return self.line.mark.value

    @property
    def text(self) -> str:
        """What it says."""
        return self.line.text

    @property
    def ms(self) -> float:
        """How long it took."""
        return _there(self.line.duration_ns, "no duration") / NS_PER_MS

    @property
    def at_ms(self) -> float:
        """Flow time."""
        return self.line.at_ns / NS_PER_MS


@dataclass(frozen=True, slots=True)
class OutputFields:
    """A line that a node printed."""

    node: str
    line: PrintedTextLine

    @property
    def text(self) -> str:
        """The line."""
        return self.line.text

    @property
    def seq(self) -> int:
        """The element."""
        return _there(self.line.sequence, "no element")

    @property
    def call(self) -> int:
        """The call."""
        return self.line.call

    @property
    def stream(self) -> str:
        """Where it was written to."""
        return self.line.stream

    @property
    def granted(self) -> bool:
        """Whether Torvyn would keep it."""
        return self.line.granted


@dataclass(frozen=True, slots=True)
class QueueFields:
    """A queue."""

    queue: EdgeSnapshot

    @property
    def edge(self) -> str:
        """Its edge."""
        return self.queue.label

    @property
    def depth(self) -> int:
        """Elements that wait."""
        return self.queue.depth

    @property
    def capacity(self) -> int:
        """Elements that it takes."""
        return self.queue.capacity

    @property
    def peak(self) -> int:
        """Most that waited."""
        return self.queue.peak

    @property
    def full(self) -> bool:
        """Whether it is full."""
        return self.queue.full

    @property
    def in_count(self) -> int:
        """Elements put in."""
        return self.queue.enqueued

    @property
    def out_count(self) -> int:
        """Elements taken."""
        return self.queue.dequeued

    @property
    def lost(self) -> int:
        """Elements dropped."""
        return self.queue.dropped

    @property
    def blocked_ms(self) -> float:
        """How long its producer waited."""
        return self.queue.blocked_ns / NS_PER_MS

    @property
    def policy(self) -> str:
        """What becomes of more than it takes."""
        return self.queue.policy.value


@dataclass(frozen=True, slots=True)
class NodeFields:
    """A node."""

    snapshot: NodeSnapshot

    @property
    def node(self) -> str:
        """Its name."""
        return self.snapshot.name

    @property
    def role(self) -> str:
        """What it is."""
        return self.snapshot.role.value

    @property
    def state(self) -> str:
        """What it does."""
        return self.snapshot.state.value

    @property
    def calls(self) -> int:
        """Calls made."""
        return self.snapshot.calls

    @property
    def errors(self) -> int:
        """Calls that failed."""
        return self.snapshot.errors

    @property
    def busy_ms(self) -> float:
        """Time in calls."""
        return self.snapshot.busy_ns / NS_PER_MS

    @property
    def blocked_ms(self) -> float:
        """Time it waited."""
        return self.snapshot.blocked_ns / NS_PER_MS


@dataclass(frozen=True, slots=True)
class ProblemFields:
    """A problem."""

    problem: Diagnostic

    @property
    def code(self) -> str:
        """Its number."""
        return self.problem.code

    @property
    def severity(self) -> str:
        """How bad it is."""
        return self.problem.severity.value

    @property
    def file(self) -> str:
        """Where it is."""
        return _there(self.problem.file, "no file")

    @property
    def message(self) -> str:
        """What is wrong."""
        return self.problem.message


@dataclass(frozen=True, slots=True)
class BreakFields:
    """A breakpoint or a watch."""

    row: BreakpointRow | WatchRow

    @property
    def number(self) -> int:
        """Its number."""
        row = self.row
        return row.breakpoint.number if isinstance(row, BreakpointRow) else row.watch.number

    @property
    def where(self) -> str:
        """The place."""
        return self._breakpoint.breakpoint.place.words

    @property
    def condition(self) -> str:
        """What is asked."""
        row = self.row
        return row.breakpoint.condition if isinstance(row, BreakpointRow) else row.watch.text

    @property
    def then(self) -> str:
        """What a hit does."""
        return self._breakpoint.breakpoint.then.value

    @property
    def on(self) -> bool:
        """Whether it can stop."""
        row = self.row
        return row.breakpoint.on if isinstance(row, BreakpointRow) else row.watch.stops

    @property
    def hits(self) -> int:
        """How often it was hit."""
        return self._breakpoint.hits

    @property
    def value(self) -> str:
        """What the expression gives."""
        return _there(self.row if isinstance(self.row, WatchRow) else None, "no watch").value

    @property
    def problem(self) -> str:
        """Why it can hit nothing, or has no value."""
        return self.row.problem

    @property
    def _breakpoint(self) -> BreakpointRow:
        return _there(self.row if isinstance(self.row, BreakpointRow) else None, "no breakpoint")


T = TypeVar("T")


def _there(value: T | None, reason: str) -> T:
    if value is None:
        raise MissingError(reason)
    return value
