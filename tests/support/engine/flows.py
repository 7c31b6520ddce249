"""Random flows, answers and commands for the engine's property tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from random import Random

from hypothesis import strategies as st

from runtime.engine.options import EngineOptions
from runtime.model.call import (
    Answer,
    Call,
    CopyCount,
    Emitted,
    Export,
    Failed,
    FailureKind,
    Outcome,
    Ports,
    Signal,
)
from runtime.model.commands import (
    Advance,
    Cancel,
    Command,
    Drain,
    Edit,
    Inject,
    SetSchedule,
    Skip,
    Step,
)
from runtime.model.linked import (
    ErrorPolicy,
    ErrorRule,
    LinkedEdge,
    LinkedFlow,
    QueuePolicy,
    Role,
    SchedulePolicy,
)
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker

MIDDLE = (Role.PROCESSOR, Role.FILTER, Role.ROUTER, Role.AGGREGATOR)
FAILURES = (
    FailureKind.INVALID_INPUT,
    FailureKind.INTERNAL,
    FailureKind.LIMIT,
    FailureKind.TRAP,
    FailureKind.FATAL,
)
CRASHES = (FailureKind.TRAP, FailureKind.FATAL)
"""Failures of an export that has no `result` to answer with."""


@dataclass(frozen=True)
class Case:
    """One run: the flow, how its components behave, and what is asked of the engine."""

    flow: LinkedFlow
    options: EngineOptions
    seed: int
    failing: float
    """Chance of a failure in each call, 0 to 1."""
    commands: tuple[Command, ...]


@st.composite
def linked_flows(draw: st.DrawFn) -> LinkedFlow:
    """A connected flow of 2 to 8 nodes, all roles, policies, fan-ins and fan-outs."""
    sources = [f"source{index}" for index in range(draw(st.integers(1, 2)))]
    middle = [f"middle{index}" for index in range(draw(st.integers(0, 4)))]
    sinks = [f"sink{index}" for index in range(draw(st.integers(1, 2)))]
    roles = dict.fromkeys(sources, Role.SOURCE)
    roles.update({name: draw(st.sampled_from(MIDDLE)) for name in middle})
    roles.update(dict.fromkeys(sinks, Role.SINK))
    pairs: list[tuple[str, str]] = []
    givers = list(sources)
    for name in middle + sinks:
        feeding = draw(st.lists(st.sampled_from(givers), min_size=1, max_size=2, unique=True))
        pairs += [(giver, name) for giver in feeding]
        if name in middle:
            givers.append(name)
    feeding_none = [name for name in givers if name not in {giver for giver, _ in pairs}]
    pairs += [(giver, draw(st.sampled_from(sinks))) for giver in feeding_none]
    edges = [draw(_edges(giver, taker, roles[giver])) for giver, taker in pairs]
    priorities = {name: draw(st.integers(1, 10)) for name in roles}
    pause_ms = draw(st.sampled_from((0, 1)))
    return fakes.flow(roles, edges, priorities=priorities, sink_pause_ms=pause_ms)


@st.composite
def _edges(draw: st.DrawFn, giver: str, taker: str, role: Role) -> LinkedEdge:
    policy = draw(st.sampled_from((QueuePolicy.BLOCK_PRODUCER, *QueuePolicy)))
    port = draw(st.sampled_from(("a", "b"))) if role is Role.ROUTER else "output"
    rate = draw(st.sampled_from((2e6, 1e8))) if policy is QueuePolicy.RATE_LIMIT else None
    made = fakes.edge(giver, taker, draw(st.integers(1, 4)), policy, port=port, rate=rate)
    return replace(made, low_watermark_ratio=draw(st.sampled_from((0.0, 0.5, 1.0))))


def injections() -> st.SearchStrategy[Inject]:
    """Into edges that are there, for the most part."""
    return st.builds(Inject, st.integers(0, 6), st.just(b"injected"), st.sampled_from(("", "in")))


def edits() -> st.SearchStrategy[Edit]:
    """Of elements that wait, now and then."""
    return st.builds(Edit, st.integers(1, 24), st.just(b"edited"), st.sampled_from((None, "ed")))


def _commands(linked: LinkedFlow) -> st.SearchStrategy[Command]:
    names = st.sampled_from([node.name for node in linked.nodes])
    step = st.just(Step())
    return st.one_of(
        step,
        step,
        step,
        st.builds(Step, node=names),
        st.builds(Step, lineage=st.integers(1, 20)),
        st.builds(Advance, st.integers(0, 2_000_000)),
        st.builds(Skip, names),
        st.builds(SetSchedule, st.sampled_from(SchedulePolicy)),
        injections(),
        edits(),
    )


def _node_rules(linked: LinkedFlow) -> st.SearchStrategy[tuple[tuple[str, ErrorRule], ...]]:
    rules = st.builds(
        ErrorRule,
        st.sampled_from((ErrorPolicy.SKIP, ErrorPolicy.RETRY)),
        st.integers(1, 3),
        st.sampled_from((0, 1, 50)),
    )
    names = st.sampled_from([node.name for node in linked.nodes])
    return st.just(()) | st.dictionaries(names, rules, max_size=3).map(lambda d: tuple(d.items()))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A whole run; ends by draining or cancelling now and then."""
    linked = draw(linked_flows())
    options = EngineOptions(
        schedule=draw(st.sampled_from(SchedulePolicy)),
        on_error=draw(st.sampled_from(ErrorPolicy)),
        max_retries=draw(st.integers(0, 3)),
        back_off_ms=draw(st.sampled_from((0, 0, 1, 50))),
        node_rules=draw(_node_rules(linked)),
        element_limit=draw(st.none() | st.integers(0, 6)),
        rebuild=draw(st.sampled_from((True, True, False))),
    )
    commands = draw(st.lists(_commands(linked), max_size=40))
    ending = draw(st.sampled_from((None, None, None, Drain("enough"), Cancel("enough"))))
    return Case(
        linked,
        options,
        draw(st.integers(0, 2**32)),
        draw(st.sampled_from((0.0, 0.0, 0.1, 0.3))),
        (*commands, ending) if ending else tuple(commands),
    )


@dataclass
class _Instance:
    """What a component would know of itself."""

    live: bool = False
    usable: bool = False
    torn_down: bool = False
    told_to_pause: bool = False
    exhausted: bool = False
    finals: int = 0
    inits: int = 0
    crashes: int = 0


class RandomComponents(FakeInvoker):
    """Components that answer at random and check that each call is allowed."""

    def __init__(self, case: Case) -> None:
        super().__init__(case.flow)
        self.case = case
        self.given: Counter[str] = Counter()
        self.instances = {node.name: _Instance() for node in case.flow.nodes}
        self._random = Random(case.seed)

    def plainly(self, call: Call) -> Answer:
        """An answer at random, after the check."""
        assert call.number == len(self.calls)
        self._check(call)
        outcome = self._outcome(call)
        self._remember(call, outcome)
        return Answer(outcome, self._random.randrange(2_000), CopyCount(1, 2, 3, 4))

    def _check(self, call: Call) -> None:
        own = self.instances[call.node]
        assert not own.torn_down, f"{call} after teardown"
        if call.export is Export.INIT:
            assert not own.live or not own.usable, f"{call} of a usable instance"
            self._check_init_order(call)
            return
        assert own.live, f"{call} before init"
        assert own.usable, f"{call} of a crashed instance"
        assert own.finals == 0 or call.export is Export.TEARDOWN, f"{call} after the last"
        if call.export is Export.PULL:
            assert not own.told_to_pause, f"{call} while paused"
            assert not own.exhausted, f"{call} after the end"
        if call.export is Export.NOTIFY_BACKPRESSURE:
            assert not own.exhausted, f"{call} after the end"
            assert own.told_to_pause is (call.argument == Signal.READY.value)

    def _check_init_order(self, call: Call) -> None:
        if self.instances[call.node].live:
            return
        for node in self.case.flow.nodes:
            if node.name == call.node:
                return
            assert self.instances[node.name].live, f"{call} before init of {node.name}"

    def _outcome(self, call: Call) -> Outcome:
        if self._random.random() < self.case.failing:
            can_answer = call.export not in (Export.NOTIFY_BACKPRESSURE, Export.TEARDOWN)
            return fakes.failed(self._random.choice(FAILURES if can_answer else CRASHES))
        match call.export:
            case Export.PULL:
                if self.given[call.node] == 6 or self._random.random() < 0.05:
                    return fakes.EXHAUSTED
                self.given[call.node] += 1
                return fakes.emitted(b"%d" % self.given[call.node])
            case Export.PROCESS:
                discards = self._random.random() < 0.1
                return fakes.DISCARDED if discards else fakes.emitted(b"p")
            case Export.EVALUATE:
                return fakes.HELD_BACK if self._random.random() < 0.2 else fakes.PASSES
            case Export.ROUTE:
                return self._route(call.node)
            case Export.INGEST:
                absorbs = self._random.random() < 0.6
                return fakes.ABSORBED if absorbs else fakes.emitted(b"i")
            case Export.FLUSH:
                return fakes.emitted(*[b"f"] * self._random.randrange(7))
            case Export.PUSH:
                return fakes.PAUSE if self._random.random() < 0.1 else fakes.READY
            case _:
                return fakes.FINISHED

    def _route(self, node: str) -> Outcome:
        if self._random.random() < self.case.failing / 2:
            return Ports(("nowhere",))
        ports = sorted(self.ports[node])
        return Ports(tuple(self._random.choice(ports) for _ in range(self._random.randrange(4))))

    def _remember(self, call: Call, outcome: Outcome) -> None:
        own = self.instances[call.node]
        if isinstance(outcome, Failed):
            if call.export is Export.TEARDOWN:
                own.torn_down = True
            elif outcome.failure.crashed:
                own.usable = own.told_to_pause = False
                own.crashes += 1
            return
        match call.export:
            case Export.INIT:
                own.live = own.usable = True
                own.inits += 1
            case Export.PULL:
                own.exhausted = not isinstance(outcome, Emitted)
            case Export.NOTIFY_BACKPRESSURE:
                own.told_to_pause = call.argument == Signal.PAUSE.value
            case Export.FLUSH | Export.COMPLETE:
                own.finals += 1
            case Export.TEARDOWN:
                own.torn_down = True
