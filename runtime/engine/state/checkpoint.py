"""Checkpoints: the state of an engine between two calls, as values, to go on from later.

Capturing copies nothing that cannot change: elements, answers and payloads are shared with the run.
What a record has is found by its slots, so that a new one needs no line here, unless it follows
from the flow and is therefore built and not captured.
"""

from __future__ import annotations

import pickle
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from io import BytesIO
from operator import attrgetter
from typing import Any, NamedTuple

from runtime.engine.flow_run import FlowRun, Gone
from runtime.engine.options import EngineOptions
from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.engine.scheduling.schedule_policies import Schedule, build_schedule
from runtime.model.element import Buffer, Element, Hop
from runtime.model.linked import LinkedFlow, LinkedNode, SchedulePolicy
from runtime.model.measures.histogram import Histogram

VALUE_BYTES = 16
"""Memory of one captured value that is no element, in bytes: about."""
ELEMENT_BYTES = 16
"""Memory of one element in a captured queue: the run and the recording have it too."""

_OF_NODE_BY_FLOW = {
    "bit", "final", "index", "inputs", "is_source", "link", "name", "outputs", "ports", "role",
    "routes", "single_input", "work", "work_name",
}  # fmt: skip
_OF_EDGE_BY_FLOW = {
    "alert_depth", "capacity", "consumer", "blocks_when_full", "index", "interval_ns", "link",
    "low_mark", "policy", "producer",
}  # fmt: skip
_OF_RUN_BY_FLOW = {"by_name", "edges", "flow", "gone", "nodes", "options"}


def _slots(record: type, but: set[str]) -> tuple[str, ...]:
    found = vars(record)
    # A class compiled by mypyc has its attributes by another name.
    slots: tuple[str, ...] = found.get("__slots__") or found["__mypyc_attrs__"]
    assert but <= set(slots), but - set(slots)
    return tuple(name for name in slots if name not in but)


_NODE_SLOTS = _slots(NodeRecord, _OF_NODE_BY_FLOW)
_EDGE_SLOTS = _slots(EdgeRecord, _OF_EDGE_BY_FLOW)
_RUN_SLOTS = _slots(FlowRun, _OF_RUN_BY_FLOW)
_GONE_SLOTS = _slots(Gone, set())
_node_values: Callable[[NodeRecord], tuple[Any, ...]] = attrgetter(*_NODE_SLOTS)
_edge_values: Callable[[EdgeRecord], tuple[Any, ...]] = attrgetter(*_EDGE_SLOTS)
_run_values: Callable[[FlowRun], tuple[Any, ...]] = attrgetter(*_RUN_SLOTS)
_gone_values: Callable[[Gone], tuple[Any, ...]] = attrgetter(*_GONE_SLOTS)


class _NodePlace(NamedTuple):
    """Stands for a node record."""

    place: int
    """Among the nodes of the flow, and those that leave it behind them."""


class _EdgePlace(NamedTuple):
    """Stands for the record of an edge."""

    place: int


class _Contents(NamedTuple):
    """Stands for a container that can change."""

    kind: type
    items: tuple[Any, ...]


class _Values(NamedTuple):
    """All that is captured but the flow and the links of nodes: it can be packed."""

    run: tuple[Any, ...]
    gone: tuple[Any, ...]
    nodes: tuple[tuple[Any, ...], ...]
    """Of the flow, in its order, then those that leave it and have yet to be torn down."""
    edges: tuple[tuple[Any, ...], ...]
    policy: SchedulePolicy
    schedule: tuple[int, ...]


def _by_fields(value: tuple[Any, ...]) -> tuple[type, tuple[Any, ...]]:
    return type(value), tuple(value)


_BY_FIELDS: dict[type, Callable[[Any], tuple[type, tuple[Any, ...]]]] = dict.fromkeys(
    (Element, Buffer, Hop), _by_fields
)
"""What waits in queues is most of what is packed: told by its fields it takes a third less time."""


class EngineCheckpoint:
    """The state of an engine between two calls."""

    __slots__ = (
        "_leaving",
        "_packed",
        "_values",
        "bytes_used",
        "calls",
        "flow",
        "last_id",
        "pending",
    )

    def __init__(
        self, flow: LinkedFlow, leaving: tuple[LinkedNode, ...], values: _Values, run: FlowRun
    ) -> None:
        self.flow = flow
        """The flow as it was; its object is shared with the run."""
        self.calls = run.calls
        """Calls made up to here."""
        self.last_id = run.last_id
        """Element id given last: a later element has a greater one."""
        self.pending = frozenset(edge.index for edge in run.edges if edge.pending)
        """Edges for which something waits that was put out and has no room in the queue yet."""
        self._leaving = leaving
        self._values: _Values | None = values
        self._packed = b""
        waiting = sum(len(edge.items) + len(edge.pending) for edge in run.edges)
        records = len(values.nodes) * len(_NODE_SLOTS) + len(values.edges) * len(_EDGE_SLOTS)
        self.bytes_used = VALUE_BYTES * records + ELEMENT_BYTES * waiting
        """Memory it takes besides what the run and the recording have anyway, in bytes."""

    def pack(self) -> None:
        """Take little memory, and share no element with the run any more. Idempotent."""
        if self._values is not None:
            # Pickled data never leaves this process: no file and no component has a say in it.
            data = BytesIO()
            packer = pickle.Pickler(data, pickle.HIGHEST_PROTOCOL)
            packer.dispatch_table = _BY_FIELDS
            packer.dump(self._values)
            self._packed = zlib.compress(data.getbuffer(), 1)
            self._values = None
            self.bytes_used = len(self._packed)

    def restored(self, options: EngineOptions) -> tuple[FlowRun, Schedule]:
        """A run of its own that stands as this one did, and its schedule."""
        values = self._values or pickle.loads(zlib.decompress(self._packed))
        run = FlowRun(self.flow, options)
        count = len(run.nodes)
        leaving = [NodeRecord(count + index, link) for index, link in enumerate(self._leaving)]
        nodes = (*run.nodes, *leaving)
        for node, of_node in zip(nodes, values.nodes, strict=True):
            _set(node, _NODE_SLOTS, of_node, nodes, run.edges)
        for edge, of_edge in zip(run.edges, values.edges, strict=True):
            _set(edge, _EDGE_SLOTS, of_edge, nodes, run.edges)
        _set(run.gone, _GONE_SLOTS, values.gone, nodes, run.edges)
        _set(run, _RUN_SLOTS, values.run, nodes, run.edges)
        schedule = build_schedule(values.policy, self.flow.nodes)
        schedule.restore(values.schedule)
        return run, schedule


def capture(run: FlowRun, schedule: Schedule) -> EngineCheckpoint:
    """The state of a run between two calls; what follows changes nothing of it."""
    leaving = tuple(node for node in run.teardowns if run.by_name.get(node.name) is not node)
    places: dict[int, _NodePlace | _EdgePlace] = {}
    for index, node in enumerate((*run.nodes, *leaving)):
        places[id(node)] = _NodePlace(index)
    for edge in run.edges:
        places[id(edge)] = _EdgePlace(edge.index)
    values = _Values(
        _frozen(_run_values(run), places),
        _frozen(_gone_values(run.gone), places),
        tuple(_frozen(_node_values(node), places) for node in (*run.nodes, *leaving)),
        tuple(_frozen(_edge_values(edge), places) for edge in run.edges),
        schedule.policy,
        schedule.state(),
    )
    return EngineCheckpoint(run.flow, tuple(node.link for node in leaving), values, run)


def _frozen(values: tuple[Any, ...], places: dict[int, Any]) -> tuple[Any, ...]:
    """The values with what can change replaced by what stands for it."""
    if _CHANGEABLE.isdisjoint(map(type, values)):
        return values
    return tuple(
        _freeze(value, places) if type(value) in _CHANGEABLE else value for value in values
    )


def _freeze(value: Any, places: dict[int, Any]) -> Any:
    kind = type(value)
    if kind is NodeRecord or kind is EdgeRecord:
        return places[id(value)]
    if kind is Histogram:
        return value.copy()
    if kind is dict:
        return _Contents(dict, tuple(value.items()))
    items = tuple(value)
    if kind is list:  # of records, or of timers with records in them
        items = tuple(_frozen(item, places) if type(item) is tuple else item for item in items)
        items = _frozen(items, places)
    return _Contents(kind, items)


_CHANGEABLE = frozenset({NodeRecord, EdgeRecord, Histogram, dict, deque, list, set})


def _set(
    record: object,
    slots: tuple[str, ...],
    values: tuple[Any, ...],
    nodes: Sequence[NodeRecord],
    edges: Sequence[EdgeRecord],
) -> None:
    for name, value in zip(slots, values, strict=True):
        setattr(record, name, _thawed(value, nodes, edges))


def _thawed(value: Any, nodes: Sequence[NodeRecord], edges: Sequence[EdgeRecord]) -> Any:
    kind = type(value)
    if kind is _NodePlace:
        return nodes[value.place]
    if kind is _EdgePlace:
        return edges[value.place]
    if kind is Histogram:
        return value.copy()
    if kind is _Contents:
        if value.kind is list:
            return [_thawed(item, nodes, edges) for item in value.items]
        return value.kind(value.items)
    if kind is tuple:
        return tuple(_thawed(item, nodes, edges) for item in value)
    return value
