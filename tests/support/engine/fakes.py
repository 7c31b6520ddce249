"""Flows built in one line, and an invoker that answers from scripts, for the engine's tests."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import TypeVar

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import (
    Absorbed,
    Accepted,
    Answer,
    Call,
    Discarded,
    Emitted,
    Exhausted,
    Export,
    Failed,
    Failure,
    FailureKind,
    Finished,
    Outcome,
    Output,
    Ports,
    Signal,
    Verdict,
)
from runtime.model.commands import Advance, Start
from runtime.model.element import Buffer, Element
from runtime.model.events import Event
from runtime.model.linked import (
    ROLE_INTERFACES,
    LinkedEdge,
    LinkedFlow,
    LinkedNode,
    QueuePolicy,
    Role,
)

WALL_NS = 1_700_000_000_000_000_000
"""Wall clock at flow time 0 of every test run."""

READY = Accepted(Signal.READY)
PAUSE = Accepted(Signal.PAUSE)
DISCARDED = Discarded()
ABSORBED = Absorbed()
EXHAUSTED = Exhausted()
FINISHED = Finished()
SomeEvent = TypeVar("SomeEvent", bound=Event)

PASSES = Verdict(True)
HELD_BACK = Verdict(False)


def edge(
    source: str,
    target: str,
    capacity: int = 64,
    policy: QueuePolicy = QueuePolicy.BLOCK_PRODUCER,
    *,
    port: str = "output",
    into: str = "input",
    rate: float | None = None,
) -> LinkedEdge:
    """An edge whose index `flow` fills in."""
    return LinkedEdge(-1, source, port, target, into, capacity, policy, rate=rate)


def flow(
    roles: Mapping[str, Role],
    edges: Iterable[LinkedEdge],
    *,
    priorities: Mapping[str, int] | None = None,
    sink_pause_ms: int = 100,
    name: str = "main",
    manifest: str = "/nowhere/Torvyn.toml",
    node: Callable[[LinkedNode], LinkedNode] | None = None,
) -> LinkedFlow:
    """A linked flow of the nodes, which are given in topological order; `node` changes each."""
    placed = [
        LinkedEdge(
            index,
            one.source,
            one.source_port,
            one.target,
            one.target_port,
            one.capacity,
            one.policy,
            one.low_watermark_ratio,
            one.rate,
        )
        for index, one in enumerate(edges)
    ]
    nodes = tuple(
        LinkedNode(
            name=each,
            role=role,
            interface=f"{ROLE_INTERFACES[role]}@0.1.0",
            component=each,
            artifact=f"/nowhere/{each}.wasm",
            digest="0" * 64,
            lifecycle=None,
            priority=(priorities or {}).get(each, 5),
            inputs=tuple(one.index for one in placed if one.target == each),
            outputs=tuple(one.index for one in placed if one.source == each),
        )
        for each, role in roles.items()
    )
    if node is not None:
        nodes = tuple(map(node, nodes))
    return LinkedFlow(name, manifest, nodes, tuple(placed), sink_pause_ms=sink_pause_ms)


def linear(*middle: Role, capacity: int = 64, policy: str = "block-producer") -> LinkedFlow:
    """source -> the roles given, named by role and position -> sink."""
    roles = {"source": Role.SOURCE}
    roles.update({f"{role.value}{position}": role for position, role in enumerate(middle)})
    roles["sink"] = Role.SINK
    names = list(roles)
    edges = [
        edge(before, after, capacity, QueuePolicy(policy)) for before, after in pairwise(names)
    ]
    return flow(roles, edges)


def emitted(*payloads: bytes) -> Emitted:
    """An answer with an output for each payload."""
    return Emitted(
        tuple(Output(Buffer(payload, "text/plain"), "text/plain") for payload in payloads)
    )


def failed(
    kind: FailureKind = FailureKind.INTERNAL, message: str = "broken", *, crashed: bool = False
) -> Failed:
    """A failed answer; a trap crashes the instance unless said otherwise."""
    crashed = crashed or kind in (FailureKind.TRAP, FailureKind.FATAL)
    return Failed(Failure(kind, message, "E0420", "ComponentError", "Fix it.", crashed))


def ports_of(linked: LinkedFlow) -> dict[str, tuple[str, ...]]:
    """Output ports that have an edge, by node."""
    return {
        node.name: tuple(dict.fromkeys(linked.edges[index].source_port for index in node.outputs))
        for node in linked.nodes
    }


Script = Callable[[Call], Outcome | Answer]


class FakeInvoker:
    """Answers from what a test scripted, and plainly where nothing is scripted.

    Plainly means: a source gives `elements` elements with its name and their number as
    payload, everything is emitted on, passes, goes to every port, and is accepted. A class of
    components that behave otherwise where nothing is scripted says so in `plainly`.
    """

    def __init__(self, linked: LinkedFlow, elements: int = 3, duration_ns: int = 10) -> None:
        self.calls: list[Call] = []
        self.duration_ns = duration_ns
        self._left = {node.name: elements for node in linked.nodes if node.role is Role.SOURCE}
        self._given: Counter[str] = Counter()
        self.ports = ports_of(linked)
        self._always: dict[tuple[str, Export], Script] = {}
        self._next: dict[tuple[str, Export], deque[Outcome | Answer]] = defaultdict(deque)

    def on(self, node: str, export: Export, script: Script) -> FakeInvoker:
        """Answer every such call with what `script` returns."""
        self._always[node, export] = script
        return self

    def then(self, node: str, export: Export, *outcomes: Outcome | Answer) -> FakeInvoker:
        """Answer the next such calls with these, before anything else."""
        self._next[node, export].extend(outcomes)
        return self

    def invoke(self, call: Call) -> Answer:
        """See `runtime.engine.invoker.Invoker`."""
        self.calls.append(call)
        key = (call.node, call.export)
        answered: Outcome | Answer
        if self._next.get(key):
            answered = self._next[key].popleft()
        elif key in self._always:
            answered = self._always[key](call)
        else:
            answered = self.plainly(call)
        return answered if isinstance(answered, Answer) else Answer(answered, self.duration_ns)

    def made(self, node: str | None = None) -> list[str]:
        """The calls so far as "node.export"; of one node only the exports."""
        if node is not None:
            return [call.export.value for call in self.calls if call.node == node]
        return [f"{call.node}.{call.export.value}" for call in self.calls]

    def plainly(self, call: Call) -> Outcome | Answer:
        """The answer where nothing is scripted."""
        match call.export:
            case Export.PULL:
                return self._pull(call.node)
            case Export.PROCESS | Export.INGEST:
                assert call.element is not None
                return emitted(call.element.payload.data + b"+")
            case Export.EVALUATE:
                return PASSES
            case Export.ROUTE:
                return Ports(self.ports[call.node])
            case Export.FLUSH:
                return Emitted(())
            case Export.PUSH:
                return READY
            case _:
                return FINISHED

    def _pull(self, node: str) -> Outcome:
        if self._given[node] == self._left[node]:
            return EXHAUSTED
        self._given[node] += 1
        return emitted(b"%s %d" % (node.encode(), self._given[node] - 1))


def started(
    linked: LinkedFlow, invoker: FakeInvoker, options: EngineOptions | None = None
) -> Engine:
    """An engine after `Start`, with no call made."""
    engine = Engine(linked, invoker, options or EngineOptions())
    engine.apply(Start(WALL_NS))
    return engine


def initialised(
    linked: LinkedFlow, invoker: FakeInvoker, options: EngineOptions | None = None
) -> Engine:
    """An engine after every `init`; the invoker has forgotten these calls."""
    engine = started(linked, invoker, options)
    for _ in linked.nodes:
        engine.step()
    invoker.calls.clear()
    return engine


def steps(engine: Engine, count: int) -> list[Event]:
    """The events of so many steps."""
    return [event for _ in range(count) for event in engine.step()]


def finish(engine: Engine, at_most: int = 20_000) -> list[Event]:
    """Step to the end, letting flow time pass where the flow waits; the events of it all."""
    events: list[Event] = []
    for _ in range(at_most):
        if engine.state.ended:
            return events
        more = engine.step()
        if not more:
            wait_ns = engine.waits_ns()
            assert wait_ns > 0, f"stuck: {engine.snapshot()}"
            more = engine.apply(Advance(wait_ns))
        events += more
    raise AssertionError(f"not ended after {at_most} steps: {engine.snapshot()}")


def of_type(events: Iterable[Event], kind: type[SomeEvent]) -> list[SomeEvent]:
    """The events of one type."""
    return [event for event in events if isinstance(event, kind)]


def delivered(invoker: FakeInvoker, node: str = "sink") -> list[bytes]:
    """Payloads pushed to a sink, in order."""
    return [
        call.element.payload.data
        for call in invoker.calls
        if call.node == node and call.export is Export.PUSH and call.element is not None
    ]


def edit(waiting: deque[Element], edited: Element) -> None:
    """Give all copies of the element the payload of the edited one."""
    for place, element in enumerate(tuple(waiting)):
        if element.id == edited.id:
            waiting[place] = element._replace(
                payload=edited.payload, content_type=edited.content_type
            )
