"""Watches: expressions over the next element, a queue, and the counters of a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from runtime.breakpoints.active_breakpoint import value_text
from runtime.breakpoints.break_records import NextCallRecord
from runtime.expression.call_record import ElementRecord
from runtime.expression.expression import Expression
from runtime.expression.expression_error import EvaluationError, MissingError
from runtime.model.call import Call
from runtime.model.linked import LinkedFlow
from runtime.model.measures.time_units import NS_PER_MS
from runtime.model.snapshot import EdgeSnapshot, NodeSnapshot
from runtime.protocol.breakpoints import Watch, WatchRow
from runtime.protocol.watch_words import WATCH

MOST_WATCHES = 50
MOST_LEFT = 4
"""Runs that watches can be gone on with where they were left."""

_QUEUE: dict[str, Callable[[EdgeSnapshot], Any]] = {
    "depth": lambda edge: edge.depth,
    "capacity": lambda edge: edge.capacity,
    "peak": lambda edge: edge.peak,
    "pending": lambda edge: edge.pending,
    "enqueued": lambda edge: edge.enqueued,
    "dequeued": lambda edge: edge.dequeued,
    "dropped": lambda edge: edge.dropped,
    "full": lambda edge: edge.full,
    "blocked_ms": lambda edge: edge.episodes_blocked_ns / NS_PER_MS,
}
_NODE: dict[str, Callable[[NodeSnapshot], Any]] = {
    "calls": lambda node: node.calls,
    "errors": lambda node: node.errors,
    "taken": lambda node: node.elements_in,
    "given": lambda node: node.elements_out,
    "dropped": lambda node: node.dropped,
    "filtered": lambda node: node.filtered,
    "absorbed": lambda node: node.absorbed,
    "pending": lambda node: node.pending,
    "swaps": lambda node: node.swaps,
    "state": lambda node: str(node.state),
    "busy_ms": lambda node: node.busy_ns / NS_PER_MS,
    "blocked_ms": lambda node: node.blocked_ns / NS_PER_MS,
    "last_ms": lambda node: node.last_call_ns / NS_PER_MS,
    "fuel": lambda node: node.fuel_last,
}


class Watched(Protocol):
    """What watches look at: an engine."""

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it is."""
        ...

    def upcoming(self) -> Call | None:
        """The call that comes next."""
        ...

    def node(self, name: str) -> NodeSnapshot | None:
        """A node as it stands."""
        ...

    def edge(self, index: int) -> EdgeSnapshot:
        """A queue as it stands."""
        ...


class WatchRecord(ElementRecord):
    """The flow at one moment."""

    def __init__(self, engine: Watched) -> None:
        self._engine = engine
        call = engine.upcoming()
        if call is None:
            super().__init__("", "", None)
            return
        made = NextCallRecord(call, engine.flow)
        super().__init__(made.node, made.export, made.element, made.edge)

    def look_up(self, what: str, name: str) -> dict[str, Any]:
        """A queue, by a name of `LinkedFlow.edges_named`, or a node."""
        if what == "node":
            node = self._engine.node(name)
            if node is None:
                raise MissingError(f"no node is named {name}")
            return {key: read(node) for key, read in _NODE.items()}
        found = self._engine.flow.edges_named(name)
        if len(found) != 1:
            raise MissingError(f"{'several edges are' if found else 'no edge is'} named {name}")
        edge = self._engine.edge(found[0].index)
        return {key: read(edge) for key, read in _QUEUE.items()}


class ActiveWatch:
    """A watch at work: its compiled expression, its value and when that changed.

    Raises:
        ExpressionError: the text is no expression.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self._expression = Expression(watch.text, WATCH)
        self._value: Any = None
        self._row = WatchRow(watch)

    def look(self, record: WatchRecord, calls: int) -> bool:
        """Take the value after so many calls; true when it is another than before.

        What has no value now, such as the element of a call that is given none, keeps its value.
        """
        try:
            value = self._expression.evaluate(record)
        except EvaluationError as error:
            if not self._row.value:
                self._row = replace(self._row, problem=error.reason)
            return False
        if self._row.value and type(value) is type(self._value) and value == self._value:
            return False
        had_value = bool(self._row.value)
        self._value = value
        self._row = WatchRow(
            self.watch,
            value_text(value),
            self._row.value,
            calls if had_value else None,
            followed=had_value or self._row.followed,
        )
        return had_value

    def begin(self, record: WatchRecord) -> None:
        """Take the value without knowing the one before."""
        self._value, self._row = None, WatchRow(self.watch, followed=False)
        self.look(record, 0)
        self._row = replace(self._row, followed=False)

    @property
    def state(self) -> tuple[Any, WatchRow]:
        """Value and row, to be gone on with later."""
        return self._value, self._row

    @state.setter
    def state(self, state: tuple[Any, WatchRow]) -> None:
        self._value, self._row = state

    def row(self) -> WatchRow:
        """What the screen hears of it."""
        return self._row


class WatchSet:
    """All watches of a flow.

    They are followed along one run. Where the flow is taken to another place, what they were
    before is not known; back where they were left, it is again.
    """

    def __init__(self) -> None:
        self._all: dict[int, ActiveWatch] = {}
        self._at: tuple[Watched | None, int, bool] = None, 0, False
        self._left: list[tuple[Watched, int, dict[int, tuple[Any, WatchRow]]]] = []

    def __len__(self) -> int:
        return len(self._all)

    @property
    def definitions(self) -> tuple[Watch, ...]:
        """As they are set now."""
        return tuple(one.watch for one in self._all.values())

    def rows(self) -> tuple[WatchRow, ...]:
        """What the screen hears of them."""
        return tuple(one.row() for one in self._all.values())

    def put(self, watch: Watch) -> None:
        """Add one, or put it in the place of the one with its number.

        Raises:
            ExpressionError: see `ActiveWatch`.
            ValueError: there are too many.
        """
        number = watch.number or max(self._all, default=0) + 1
        if number not in self._all and len(self._all) >= MOST_WATCHES:
            raise ValueError(f"there are {MOST_WATCHES} watches already: take some away")
        self._all[number] = ActiveWatch(replace(watch, number=number))

    def remove(self, number: int) -> None:
        """Forget one."""
        self._all.pop(number, None)

    def look(self, engine: Watched, calls: int, *, past: bool = False) -> list[WatchRow]:
        """Take all values after so many calls; gives those that changed and stop the flow.

        A `past` is looked at and left for good; any other run may be gone on with.
        """
        if not self._all:
            return []
        record = WatchRecord(engine)
        run, before, _ = self._at
        if run is not engine or calls not in (before, before + 1):
            self._turn_to(engine, calls, record)
        self._at = engine, calls, past
        changed = [one for one in self._all.values() if one.look(record, calls)]
        return [one.row() for one in changed if one.watch.stops]

    def _turn_to(self, engine: Watched, calls: int, record: WatchRecord) -> None:
        run, before, past = self._at
        if run is not None and not past:
            states = {number: one.state for number, one in self._all.items()}
            kept = [one for one in self._left if one[0] is not run]
            self._left = [*kept, (run, before, states)][-MOST_LEFT:]
        states = next(
            (states for left, at, states in self._left if left is engine and at == calls), {}
        )
        for number, one in self._all.items():
            if number in states and states[number][1].watch == one.watch:
                one.state = states[number]
            elif run is not None or one.row().value:
                one.begin(record)
