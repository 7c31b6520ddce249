"""A run executed again from its ring, whichever tier its calls are kept in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.engine.options import EngineOptions
from runtime.engine.state.checkpoint import EngineCheckpoint
from runtime.model.call import (
    Answer,
    Call,
    Export,
    Failed,
    FailureKind,
    HostInput,
    Outcome,
    Printed,
)
from runtime.model.commands import (
    Advance,
    Cancel,
    Command,
    Drain,
    Edit,
    Inject,
    Relink,
    SetSchedule,
    Skip,
    Start,
    Step,
    Swap,
)
from runtime.model.events import CallFinished, Event, Stopped, StopReason
from runtime.model.linked import LinkedFlow, Role, SchedulePolicy
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.timeline import RING_BYTES
from runtime.recording.command_lines import is_change
from runtime.recording.recorder import Recorder
from runtime.recording.replay.recorded_host_inputs import RepeatableInputs, ReplayedHostInputs
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.recording.replay.steps import CompactStep, EventStep, steps_of_ring
from runtime.recording.ring.ring import Ring
from runtime.recording.ring.ring_steps import steps_since
from tests.support.engine.fakes import (
    FINISHED,
    READY,
    WALL_NS,
    FakeInvoker,
    edge,
    emitted,
    failed,
    flow,
)
from tests.support.examples import examples
from tests.support.recording_flows import compact_calls

CLOCK = "wasi:clocks/wall-clock"
SAME_ENGINE = ReplaySettings(same_engine=True)
OTHER_DURATION = 77

FLOWS = [
    flow(
        {"one": Role.SOURCE, "work": Role.PROCESSOR, "sum": Role.AGGREGATOR, "sink": Role.SINK},
        [edge("one", "work", 2), edge("work", "sum", 3), edge("sum", "sink", 2)],
    ),
    # Another source.
    flow(
        {"one": Role.SOURCE, "two": Role.SOURCE, "work": Role.PROCESSOR, "sink": Role.SINK},
        [edge("one", "work", 2), edge("two", "work", 2), edge("work", "sink", 2)],
    ),
    # One source less.
    flow(
        {"two": Role.SOURCE, "work": Role.PROCESSOR, "sink": Role.SINK},
        [edge("two", "work", 2), edge("work", "sink", 2)],
    ),
    # What was a source is a processor.
    flow(
        {"two": Role.SOURCE, "one": Role.PROCESSOR, "sink": Role.SINK},
        [edge("two", "one", 2), edge("one", "sink", 2)],
    ),
]
NAMES = sorted({node.name for linked in FLOWS for node in linked.nodes})
LIMITS = (20_000, 100_000, 160_000, 220_000, RING_BYTES)


def sources_of(linked: LinkedFlow) -> frozenset[str]:
    return frozenset(node.name for node in linked.nodes if node.role is Role.SOURCE)


def wide(graphs: list[LinkedFlow]) -> LinkedFlow:
    """A flow that has every source there is, for a fake that is to know them all."""
    sources = sorted(set().union(*map(sources_of, graphs)))
    return flow(dict.fromkeys(sources, Role.SOURCE), [])


class Guests(FakeInvoker):
    """Guests that print, ask the clock, fail for good, and crash once in a while when live."""

    def __init__(self, *, live: bool, graphs: list[LinkedFlow] = FLOWS) -> None:
        super().__init__(wide(graphs), elements=40, duration_ns=10 if live else OTHER_DURATION)
        self.live = live
        self.clock = ReplayedHostInputs(RepeatableInputs())
        self._asked = 0

    def invoke(self, call: Call) -> Answer:
        answer = super().invoke(call)
        number = 0 if call.element is None else call.element.sequence
        host: tuple[HostInput, ...] = ()
        if call.export is Export.PROCESS and number % 3 == 0:
            host = (HostInput(CLOCK, "now", self._now(call)),)
            answer = answer._replace(outcome=emitted(b"%d" % host[0].value))
        if call.export is Export.PROCESS and number % 7 == 3:
            answer = answer._replace(outcome=failed())
        if self.live and call.number % 11 == 0:
            kinds = (FailureKind.TRAP, FailureKind.LIMIT)
            answer = answer._replace(outcome=failed(kinds[call.number % 2], "boom", crashed=True))
        printed: tuple[Printed, ...] = ()
        if call.export in (Export.PUSH, Export.TEARDOWN):
            printed = (Printed("stdout", b"%d;" % number, True), Printed("stderr", b"!", False))
        return answer._replace(
            host=host, printed=printed, printed_bytes=sum(len(item.data) for item in printed)
        )

    def plainly(self, call: Call) -> Outcome | Answer:
        if call.export is Export.PULL:
            assert self.live, "a source is called again"
        return super().plainly(call)

    def _now(self, call: Call) -> int:
        if not self.live:
            return self.clock.answer(call.node, call.number, CLOCK, "now", 0)
        self._asked += 1
        return 10**18 + self._asked


class LiveRun:
    """A run that is recorded, and how it stood after each command; with a checkpoint at some."""

    def __init__(self, ring: Ring, options: EngineOptions, engine: Engine, calls: int = 0) -> None:
        self.options = options
        self.engine = engine
        self.recorder = Recorder(ring)
        self.made: list[tuple[Command, list[Event], int, FlowSnapshot]] = []
        self.calls = calls
        self.checkpoints: list[tuple[EngineCheckpoint, int, int]] = []
        """With the entries the ring was given before, and the commands that were made."""

    @property
    def ring(self) -> Ring:
        return self.recorder.ring

    def apply(self, command: Command) -> None:
        events = self.engine.apply(command)
        self.recorder.record(command, events)
        self.calls += len(calls_of(events))
        self.made.append((command, events, self.calls, self.engine.snapshot()))
        if len(self.made) % 23 == 0:
            place = self.engine.checkpoint(), self.ring.entries_passed, len(self.made)
            self.checkpoints.append(place)

    def until(self, number: int) -> tuple[list[Event], FlowSnapshot]:
        """The events up to call `number` and what stands right after it, and how it stood then."""
        events: list[Event] = []
        snapshot = None
        for command, new, calls, after in self.made:
            called = bool(calls_of(new))
            if calls > number or (not called and calls == number and is_change(command)):
                break
            if type(command) is not Step or called:
                events += new
                snapshot = after
        assert snapshot is not None
        return events, settled(snapshot)


def settled(snapshot: FlowSnapshot) -> FlowSnapshot:
    """Without why it stands still: a step that was refused says so too, and is not recorded."""
    return replace(snapshot, stop=None, stop_detail="")


def calls_of(events: list[Event]) -> list[CallFinished]:
    return [event for event in events if isinstance(event, CallFinished)]


class Switch:
    """Makes calls by what it is set to."""

    target: Invoker

    def invoke(self, call: Call) -> Answer:
        return self.target.invoke(call)


def replayer_of(
    ring: Ring,
    options: EngineOptions,
    guests: Guests | Louder | None = None,
    switch: Switch | None = None,
    before_command: Callable[[Command], None] | None = None,
) -> Replayer:
    guests, switch = guests or Guests(live=False), switch or Switch()
    switch.target = ReplayInvoker(
        guests, sources_of(FLOWS[0]), guests.clock, crashes_from_recording=True
    )
    return Replayer(
        lambda: steps_of_ring(ring),
        lambda _: Engine(FLOWS[0], switch, options),
        switch.target,
        SAME_ENGINE,
        before_command=before_command,
    )


def command_of(random: Random) -> Command:
    """A command; most are steps. Hypothesis by itself draws runs that are too short."""
    name = random.choice(NAMES)
    payload = b"%d" % random.randrange(10**6)
    choices: list[tuple[int, Command]] = [
        (40, Step()),
        (6, Step(name)),
        (2, Step(lineage=random.randint(1, 60))),
        (2, Advance(random.randrange(10**8))),
        (1, SetSchedule(random.choice(list(SchedulePolicy)))),
        (3, Skip(name)),
        (1, Swap(name, "f" * 64)),
        (1, Inject(random.randint(0, 2), payload, "text/plain")),
        (1, Edit(random.randint(1, 60), payload)),
        (1, Relink(random.choice(FLOWS))),
    ]
    return random.choices([command for _, command in choices], [weight for weight, _ in choices])[0]


@st.composite
def runs(draw: st.DrawFn) -> LiveRun:
    options = EngineOptions(schedule=draw(st.sampled_from(SchedulePolicy)))
    ring = Ring(draw(st.sampled_from(LIMITS)))
    run = LiveRun(ring, options, Engine(FLOWS[0], Guests(live=True), options))
    run.apply(Start(WALL_NS))
    random = Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.sampled_from([10, 60, 150, 300]))):
        command = command_of(random)
        for _ in range(random.randint(1, 12) if command == Step() else 1):
            run.apply(command)
    if draw(st.booleans()):
        run.apply(draw(st.sampled_from([Drain("enough"), Cancel("stop")])))
        for _ in range(60):
            run.apply(Step())
    return run


@examples(30)
@given(run=runs(), budget=st.integers(1, 9))
def test_every_place_of_a_run_is_reached_again(run: LiveRun, budget: int) -> None:
    assert run.ring.bytes_used <= run.ring.limit
    assert run.ring.calls_kept + run.ring.calls_lost == run.calls
    if not run.ring.repeatable:
        assert compact_calls(run.ring) == run.ring.calls_lost - run.ring.calls_gone
        return
    assert compact_calls(run.ring) == run.ring.calls_lost
    replayer = replayer_of(run.ring, run.options)
    events: list[Event] = []
    for number in range(run.calls + 1):
        while not replayer.forward(number, budget, lambda _, new: events.extend(new)):
            assert replayer.calls <= number
        assert replayer.divergence is None, replayer.divergence.render()
        expected, snapshot = run.until(number)
        assert events == expected
        assert settled(replayer.engine.snapshot()) == snapshot
    replayer.forward(run.calls + 1, 1)
    assert replayer.stop is StopReason.END_OF_REPLAY


@examples(30)
@given(run=runs(), packs=st.booleans())
def test_every_place_after_a_checkpoint_is_seen_again_and_no_call_is_made(
    run: LiveRun, packs: bool
) -> None:
    for checkpoint, entry, made in run.checkpoints:
        if entry < run.ring.entries_gone:
            continue
        if packs:
            checkpoint.pack()
        events = seen_from(checkpoint, run, entry)
        after = [event for _, new, _, _ in run.made[made:] for event in kept_events(new)]
        assert events == after


def kept_events(events: list[Event]) -> list[Event]:
    """Those that are said again: why a command that is not recorded changed nothing is not."""
    return [event for event in events if not isinstance(event, Stopped) or calls_of(events)]


def seen_from(checkpoint: EngineCheckpoint, run: LiveRun, entry: int) -> list[Event]:
    """What is said from a checkpoint on, along what the ring has, every call answered."""
    nobody = Switch()
    invoker = ReplayInvoker(nobody, frozenset(), all_from_recording=True)
    engine = Engine(checkpoint.flow, invoker, run.options)
    engine.restore(checkpoint)
    replayer = Replayer(
        lambda: steps_since(run.ring, entry),
        lambda _: engine,
        invoker,
        ReplaySettings(calls=engine.calls, same_engine=True),
    )
    events: list[Event] = []
    replayer.forward(run.calls + 1, run.calls + 1, lambda _, new: events.extend(kept_events(new)))
    assert replayer.divergence is None, replayer.divergence.render()
    assert replayer.calls == run.calls
    assert settled(engine.snapshot()) == settled(run.made[-1][3])
    return events


@examples(30)
@given(run=runs(), data=st.data())
def test_a_run_goes_on_from_any_place_with_a_ring_of_its_own(
    run: LiveRun, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, run.calls), "place")
    assert run.ring.bytes_used <= run.ring.limit  # what came last is counted by this
    assert run.ring.bytes_used <= run.ring.limit  # what came lately is counted
    before = list(run.ring.entries())
    fork = run.ring.until(at)
    if not fork.repeatable:
        return
    assert fork.calls_kept + fork.calls_lost == at
    switch = Switch()
    replayer = replayer_of(fork, run.options, switch=switch)
    replayer.forward(run.calls + 1, run.calls + 1)
    assert replayer.divergence is None, replayer.divergence.render()
    assert settled(replayer.engine.snapshot()) == run.until(at)[1]
    # It takes other calls from there, and is executed again with them.
    line = LiveRun(fork, run.options, replayer.engine, at)
    switch.target = Guests(live=True)
    for _ in range(data.draw(st.integers(0, 40), "further steps")):
        line.apply(Step())
    if fork.repeatable:
        again = replayer_of(fork, run.options)
        again.forward(line.calls, line.calls)
        assert again.divergence is None, again.divergence.render()
        assert settled(again.engine.snapshot()) == settled(line.engine.snapshot())
    assert list(run.ring.entries()) == before


def compact_run(commands: list[Command], limit: int = 300_000) -> LiveRun:
    """A run whose first calls are kept compact."""
    run = LiveRun(
        Ring(limit),
        EngineOptions(),
        Engine(FLOWS[0], Guests(live=True), EngineOptions()),
    )
    run.apply(Start(WALL_NS))
    for command in commands:
        run.apply(command)
    prefix = run.calls
    while compact_calls(run.ring) <= prefix:
        for filler in (Step(), Advance(1)):
            run.apply(filler)
    assert run.ring.repeatable
    return run


def test_a_removed_source_is_torn_down_by_the_recording_and_a_new_one_answers_from_it() -> None:
    graphs = [FLOWS[0], FLOWS[1], FLOWS[2], FLOWS[3]]
    run = compact_run(
        [*[Step()] * 20, *(one for graph in graphs[1:] for one in (Relink(graph), *[Step()] * 20))]
    )
    guests = Guests(live=False)
    replayer = replayer_of(run.ring, run.options, guests)
    assert replayer.forward(run.calls + 1, run.calls + 1)
    assert replayer.stop is StopReason.END_OF_REPLAY
    # What has been a source is really called only as the processor it becomes.
    assert guests.made("one")[0] == "init"
    assert "process" in guests.made("one")
    assert guests.made("two") == []


def test_a_crash_is_answered_from_the_recording_or_made_again_as_it_is_wished() -> None:
    run = compact_run([Step()] * 60)
    crashes = [
        event.call.number
        for _, events, _, _ in run.made
        for event in calls_of(events)
        if isinstance(event.answer.outcome, Failed) and event.answer.outcome.failure.crashed
    ]
    guests = Guests(live=False)
    replayer = replayer_of(run.ring, run.options, guests)
    assert replayer.forward(60, 100)
    assert crashes
    assert not {call.number for call in guests.calls} & set(crashes)

    strict = Replayer(
        lambda: steps_of_ring(run.ring),
        lambda given: Engine(FLOWS[0], given, run.options),
        ReplayInvoker(guests := Guests(live=False), sources_of(FLOWS[0]), guests.clock),
        SAME_ENGINE,
    )
    strict.forward(60, 100)
    assert strict.divergence is not None
    assert strict.divergence.call == crashes[0]


def test_a_compact_call_knows_what_it_needs() -> None:
    run = compact_run([Step()] * 40)
    recorded = {event.call.number: event for event in calls_of(all_events(run))}
    steps = [step for step in steps_of_ring(run.ring) if isinstance(step, CompactStep | EventStep)]
    assert {type(step) for step in steps} == {CompactStep, EventStep}
    assert [step.number for step in steps] == list(recorded)
    for step in steps:
        call, answer, at_ns, *_ = recorded[step.number]
        assert (step.node, step.export, step.argument) == (call.node, call.export, call.argument)
        assert (step.at_ns, step.duration_ns) == (at_ns, answer.duration_ns)
        assert step.host == answer.host
        assert step.is_call(call)
        assert step.unlike(answer) is None
        assert step.crashed is (isinstance(answer.outcome, Failed) and answer.outcome[0].crashed)
        if call.element is not None:
            assert step.element is not None
            assert (step.element.id, step.element.sequence, step.element.source) == (
                call.element.id,
                call.element.sequence,
                call.element.source,
            )
            other = call.element._replace(id=call.element.id + 1)
            assert not step.is_call(call._replace(element=other))
            assert not step.is_call(call._replace(element=None))
        assert not step.is_call(call._replace(node="nobody"))
        assert step.answer() == answer


def all_events(run: LiveRun) -> list[Event]:
    return [event for _, events, _, _ in run.made for event in events]


def test_a_compact_call_that_answers_differently_says_what_came() -> None:
    run = compact_run([Step()] * 40)
    guests = Guests(live=False)
    guests.on("work", Export.PROCESS, lambda call: emitted(b"an\x1bother"))
    replayer = replayer_of(run.ring, run.options, guests)
    replayer.forward(40, 100)
    divergence = replayer.divergence
    assert divergence is not None
    assert (divergence.node, divergence.what) == ("work", "output 0")
    assert divergence.expected.startswith("text/plain, ")
    assert divergence.expected != divergence.got == 'text/plain, 8 bytes, "an\\x1bother"'
    assert divergence.element.startswith("one#")

    louder = Guests(live=False)
    louder.on("sink", Export.PUSH, lambda call: Answer(READY, OTHER_DURATION))
    printing = replayer_of(run.ring, run.options, Louder(louder))
    printing.forward(60, 100)
    assert printing.divergence is not None
    assert printing.divergence.what == "printed"
    assert "6 bytes" in printing.divergence.got


class Louder:
    """Guests whose sinks print something else."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests
        self.clock = guests.clock

    def invoke(self, call: Call) -> Answer:
        answer = self._guests.invoke(call)
        if call.export is not Export.PUSH:
            return answer
        return answer._replace(printed=(Printed("stdout", b"louder", True),), printed_bytes=6)


def test_commands_reach_the_one_who_changes_instances_before_the_engine() -> None:
    swap, relink = Swap("work", "f" * 64), Relink(FLOWS[1])
    run = compact_run([*[Step()] * 8, swap, Step("one"), Advance(5), relink])
    heard: list[Command] = []

    def hear(command: Command) -> None:
        if command == swap:
            assert replayer.engine.flow.by_name["work"].digest != swap.digest
        if command == relink:
            assert "two" not in replayer.engine.flow.by_name
            assert replayer._invoker.sources == sources_of(FLOWS[1])
        heard.append(command)

    replayer = replayer_of(run.ring, run.options, before_command=hear)
    while replayer.pending is not None:
        replayer.step()
    assert heard[:4] == [Start(WALL_NS), swap, Advance(5), relink]
    assert replayer.engine.flow.by_name["work"].digest == swap.digest


def test_the_budget_counts_calls_and_every_event_is_told() -> None:
    run = compact_run([Step()] * 40)
    replayer = replayer_of(run.ring, run.options)
    told: list[tuple[Command, list[Event]]] = []
    assert not replayer.forward(30, 10, lambda *done: told.append(done))
    assert replayer.calls == 10
    assert replayer.forward(30, 20, lambda *done: told.append(done))
    assert replayer.calls == 30
    assert replayer.stop is None
    assert isinstance(replayer.pending, CompactStep)
    assert [event for _, events in told for event in events] == run.until(30)[0]
    assert replayer.forward(30, 0)
    assert replayer.forward(5, 9)
    assert replayer.calls == 30


def test_a_changed_set_of_sources_counts_from_the_next_init_of_a_node() -> None:
    asked = Guests(live=False)
    invoker = ReplayInvoker(asked, frozenset({"one"}))

    def invoke(node: str, export: Export) -> None:
        call = Call(1, node, export)
        invoker.expected = EventStep(CallFinished(call, Answer(FINISHED), 0))
        invoker.invoke(call)

    invoker.sources = frozenset({"work"})
    for node in ("one", "work"):
        for export in (Export.TEARDOWN, Export.INIT, Export.COMPLETE):
            invoke(node, export)
    assert asked.made() == ["one.init", "one.complete", "work.teardown"]
