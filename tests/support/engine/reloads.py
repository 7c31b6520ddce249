"""Flows that change while they run, random changes, and components that follow them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from runtime.engine.core import Engine
from runtime.model.call import Call, Emitted, Export, Failed, Outcome, Signal
from runtime.model.commands import Command, Relink, SetQueue, Step, Swap
from runtime.model.linked import LinkedFlow, LinkedNode, QueuePolicy, Role
from tests.support.engine.fakes import FakeInvoker, edge, flow, initialised, ports_of
from tests.support.engine.flows import (
    Case,
    RandomComponents,
    cases,
    edits,
    injections,
    linked_flows,
)

NAMES = ("source0", "source1", "middle0", "middle1", "middle2", "middle3", "sink0", "sink1")

THREE = {"source": Role.SOURCE, "middle": Role.PROCESSOR, "sink": Role.SINK}


def three(capacity: int = 64, policy: QueuePolicy = QueuePolicy.BLOCK_PRODUCER) -> LinkedFlow:
    """source -> middle -> sink."""
    return flow(THREE, [edge("source", "middle"), edge("middle", "sink", capacity, policy)])


def with_node(linked: LinkedFlow, name: str, **settings: Any) -> LinkedFlow:
    """The flow with other settings of one node."""
    nodes = tuple(replace(node, **settings) if node.name == name else node for node in linked.nodes)
    return replace(linked, nodes=nodes)


def with_branch() -> LinkedFlow:
    """`three` with a second sink at the source; its first edge is the new one."""
    return flow(
        {"source": Role.SOURCE, "middle": Role.PROCESSOR, "other": Role.SINK, "sink": Role.SINK},
        [edge("source", "other"), edge("source", "middle"), edge("middle", "sink")],
    )


def running(linked: LinkedFlow, *calls: str, elements: int = 9) -> tuple[FakeInvoker, Engine]:
    """An initialised flow after calls of the nodes named; the invoker has forgotten them."""
    invoker = FakeInvoker(linked, elements=elements)
    engine = initialised(linked, invoker)
    for node in calls:
        engine.apply(Step(node=node))
    invoker.calls.clear()
    return invoker, engine


# ---- random changes


@st.composite
def queue_settings(draw: st.DrawFn) -> tuple[int, QueuePolicy, float, float | None]:
    policy = draw(st.sampled_from((QueuePolicy.BLOCK_PRODUCER, *QueuePolicy)))
    rate = draw(st.sampled_from((2e6, 1e8))) if policy is QueuePolicy.RATE_LIMIT else None
    return draw(st.integers(1, 5)), policy, draw(st.sampled_from((0.0, 0.5, 1.0))), rate


@st.composite
def set_queues(draw: st.DrawFn) -> SetQueue:
    return SetQueue(draw(st.integers(0, 8)), *draw(queue_settings()))


@st.composite
def edited(draw: st.DrawFn, linked: LinkedFlow) -> LinkedFlow:
    """The same nodes and edges, with other settings here and there."""
    configs = st.sampled_from(("{}", "{}", '{"n": 1}'))
    nodes = tuple(replace(node, config=draw(configs), digest="e" * 64) for node in linked.nodes)
    links = []
    for link in linked.edges:
        if draw(st.booleans()):
            capacity, policy, ratio, rate = draw(queue_settings())
            link = replace(
                link, capacity=capacity, policy=policy, low_watermark_ratio=ratio, rate=rate
            )
        links.append(link)
    return replace(linked, nodes=nodes, edges=tuple(links))


@st.composite
def _bursts(draw: st.DrawFn) -> list[Command]:
    """Calls and elements between two changes; sources are called more often, to fill queues."""
    called = st.sampled_from(("source0", "source0", "source1", "middle0", *NAMES))
    steps = st.one_of(
        st.just(Step()), st.builds(Step, node=called), st.one_of(injections(), edits())
    )
    on: list[Command] = [Step()] * draw(st.sampled_from((0, 0, 0, 30)))
    return on + draw(st.lists(steps, max_size=12))


@st.composite
def reloaded_cases(draw: st.DrawFn) -> Case:
    """A run during which other builds, queues and flows arrive."""
    case = draw(cases())
    flows = st.sampled_from([case.flow, *draw(st.lists(linked_flows(), min_size=1, max_size=2))])
    changes = st.one_of(
        st.builds(Swap, st.sampled_from(NAMES), st.sampled_from(("a" * 64, "b" * 64))),
        set_queues(),
        flows.map(Relink),
        flows.flatmap(edited).map(Relink),
    )
    commands: list[Command] = [Step()] * draw(st.integers(0, len(case.flow.nodes)))
    for change in draw(st.lists(changes, min_size=1, max_size=6)):
        commands += [*draw(_bursts()), change]
    return replace(case, commands=(*commands, *case.commands))


# ---- components that follow them


@dataclass
class Instance:
    """What the invoker holds for a node."""

    usable: bool = True
    told_to_pause: bool = False
    swapped_in: bool = False
    """It came by a swap and was not called since."""


class ReloadedComponents(RandomComponents):
    """Answers at random, follows swaps and relinks, and checks that each call is allowed."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.flow = case.flow
        self.present: dict[str, Instance] = {}
        self.due = {node.name for node in self.flow.nodes}
        """Nodes that must get `init` before anything works."""
        self.outdated: set[str] = set()
        """Nodes whose instance must get `teardown` before any `init`."""
        self.exhausted: set[str] = set()
        self.final: set[str] = set()
        """Nodes that were flushed or completed."""
        self.drained = False
        self.ending = False
        """Set by a `teardown` that no relink asked for; only such may follow."""

    def adopt(self, flow: LinkedFlow, restarted: tuple[str, ...]) -> None:
        """Follow another flow, in which the engine says it rebuilds these nodes."""
        before, self.flow = self.flow, flow
        kept = before.by_name.keys() & flow.by_name.keys()
        changed = {
            name for name in kept if not same_instance(before.by_name[name], flow.by_name[name])
        }
        assert changed <= set(restarted)
        for name in set(restarted) - changed:
            assert flow.by_name[name].role in (Role.AGGREGATOR, Role.SINK)
        self.due |= set(restarted)
        removed = before.by_name.keys() - kept
        self.outdated |= {
            name
            for name in removed.union(restarted)
            if name in self.present and self.present[name].usable
        }
        self.due |= flow.by_name.keys() - before.by_name.keys()
        self.due &= flow.by_name.keys()
        self.ports = ports_of(flow)

    @property
    def given_last(self) -> set[str]:
        """Nodes whose instance was flushed or completed, and stays."""
        return self.final - self.due

    def swap(self, node: str) -> None:
        """Put a new instance in use where there is one, as the session does."""
        if node in self.present and node in self.flow.by_name:
            self.present[node] = Instance(swapped_in=True)

    def _check(self, call: Call) -> None:
        name, export = call.node, call.export
        own = self.present.get(name)
        if export is Export.TEARDOWN:
            assert own is not None, f"{call} of no instance"
            assert own.usable, f"{call} of a crashed instance"
            self.ending = self.ending or name not in self.outdated
            return
        assert not self.ending, f"{call} after teardown"
        assert not self.outdated, f"{call} before teardown of {self.outdated}"
        if export is Export.INIT:
            fresh = own is None or not own.usable or (own.swapped_in and name in self.due)
            assert fresh, f"{call} of a usable instance"
            names = [node.name for node in self.flow.nodes]
            earlier = self.due & set(names[: names.index(name)])
            assert name not in self.due or not earlier, f"{call} before init of {earlier}"
            return
        assert name in self.flow.by_name, f"{call} of a removed node"
        assert not self.due, f"{call} before init of {self.due}"
        assert own is not None, f"{call} of no instance"
        assert own.usable, f"{call} of a crashed instance"
        assert name not in self.final, f"{call} after the last"
        own.swapped_in = False
        self._check_source(call, own)

    def _check_source(self, call: Call, own: Instance) -> None:
        if call.export is Export.PULL:
            assert not own.told_to_pause, f"{call} while paused"
        if call.export in (Export.PULL, Export.NOTIFY_BACKPRESSURE):
            assert call.node not in self.exhausted, f"{call} after the end"
            assert not self.drained, f"{call} after draining"
        if call.export is Export.NOTIFY_BACKPRESSURE:
            assert own.told_to_pause is (call.argument == Signal.READY.value)

    def _remember(self, call: Call, outcome: Outcome) -> None:
        name, export = call.node, call.export
        if export is Export.TEARDOWN:
            del self.present[name]
            self.outdated.discard(name)
            if not self.ending and name in self.flow.by_name:
                self.due.add(name)
        elif export is Export.INIT:
            self.present.pop(name, None)
            if not isinstance(outcome, Failed):
                self._initialised(name)
        elif isinstance(outcome, Failed):
            if outcome.failure.crashed:
                self.present[name] = Instance(usable=False)
        elif export is Export.PULL and not isinstance(outcome, Emitted):
            self.exhausted.add(name)
        elif export is Export.NOTIFY_BACKPRESSURE:
            self.present[name].told_to_pause = call.argument == Signal.PAUSE.value
        elif export in (Export.FLUSH, Export.COMPLETE):
            self.final.add(name)

    def _initialised(self, name: str) -> None:
        self.present[name] = Instance()
        if name in self.due:
            self.due.discard(name)
            self.exhausted.discard(name)
            self.final.discard(name)


def same_instance(one: LinkedNode, other: LinkedNode) -> bool:
    """True when the two differ in nothing that an instance is given."""
    elsewhere = replace(
        other,
        digest=one.digest,
        artifact=one.artifact,
        lifecycle=one.lifecycle,
        priority=one.priority,
        inputs=one.inputs,
        outputs=one.outputs,
    )
    return one == elsewhere
