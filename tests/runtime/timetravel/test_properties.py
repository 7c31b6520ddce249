"""Random sessions, recorded and played again: every event is the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from runtime.execution.call_drivers import RecordedKind, RecordedRun
from runtime.execution.event_log import Reported
from runtime.execution.execution import Execution
from runtime.hotreload.builds import ComponentBuild
from runtime.model.call import NO_COPIES
from runtime.model.events import CallFinished, Event, Stopped, StopReason
from runtime.model.linked import QueuePolicy, Role
from runtime.model.snapshot import FlowSnapshot
from runtime.opening.open import SessionOptions
from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.protocol.break_places import parse_place
from runtime.protocol.breakpoints import (
    Breakpoint,
    RemoveBreakpoint,
    SetBreakpoint,
    SetWatch,
    Then,
    Watch,
)
from runtime.protocol.requests import (
    BackToBreak,
    ChangeQueue,
    Continue,
    DropElement,
    DuplicateElement,
    EditElement,
    EmptyQueue,
    Fork,
    HoldNodes,
    InjectElement,
    JumpTo,
    MoveElement,
    Pause,
    RepeatTo,
    RunElement,
    SkipElement,
    StepBack,
    StepCall,
    StepElement,
    StepForward,
)
from runtime.session.recording_file import RecordingSettings
from tests.support.examples import examples
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import Project
from tests.support.wasm.guests import AGGREGATOR, ECHO, component, printer
from tests.support.wasm.recorded_guests import counting_source, stamper

ALL = 10**9
BUILDS = [
    component(ECHO + f'(data (i32.const 2000) "build {build}")', Role.PROCESSOR)
    for build in range(3)
]
NODES = ("source", "echo", "stamp", "group", "sink")


def step(driver: Driver, number: int) -> None:
    driver.ask(StepCall())


def step_node(driver: Driver, number: int) -> None:
    driver.ask(StepCall(NODES[number % len(NODES)]))


def step_element(driver: Driver, number: int) -> None:
    driver.ask(StepElement())


def run(driver: Driver, number: int) -> None:
    """A run that is paused somewhere."""
    driver.session.handle(Continue())
    driver.session.work(20_000 * number)
    driver.ask(Pause())


def inject(driver: Driver, number: int) -> None:
    driver.ask(InjectElement(number % 4, b"guest %d" % number, "text/plain"))


def edit(driver: Driver, number: int) -> None:
    for queue in driver.queues():
        if queue:
            driver.ask(EditElement(queue[0][0], b"edited %d" % number))
            return


def skip(driver: Driver, number: int) -> None:
    driver.ask(SkipElement(NODES[number % len(NODES)]))


def operate(driver: Driver, number: int) -> None:
    """One of the operations on an element that waits, at any place of its queue."""
    for edge, queue in enumerate(driver.queues()):
        if queue:
            element = queue[number % len(queue)][0]
            driver.ask(
                (
                    DropElement(edge, element),
                    DuplicateElement(edge, element),
                    MoveElement(edge, element, number // 3 % (len(queue) + 1)),
                    RunElement(edge, element),
                    InjectElement(edge, b"in the middle", place=number % (len(queue) + 1)),
                )[number % 5]
            )
            return


def empty(driver: Driver, number: int) -> None:
    driver.ask(EmptyQueue(number % 4))


def change_queue(driver: Driver, number: int) -> None:
    policies = (QueuePolicy.BLOCK_PRODUCER, QueuePolicy.DROP_OLDEST, QueuePolicy.DROP_NEWEST)
    driver.ask(ChangeQueue(number % 4, 1 + number % 5, policies[number % len(policies)]))


def hold(driver: Driver, number: int) -> None:
    driver.ask(HoldNodes((NODES[number % len(NODES)],), on=number % 3 > 0))


def hold_while_it_runs(driver: Driver, number: int) -> None:
    driver.session.handle(Continue())
    driver.session.work(20_000 * number)
    driver.session.handle(HoldNodes(NODES[number % len(NODES) :], on=number % 2 > 0))
    driver.session.work(20_000 * number)
    driver.ask(Pause())


def swap(driver: Driver, number: int) -> None:
    """As the reloader does; only at the end of a line."""
    session: Any = driver.session
    if driver.timeline.past or driver.snapshot.state.ended:
        return
    swapper = session.execution.swapper
    compiled = swapper._host.compile(BUILDS[number % len(BUILDS)])
    node = replace(session.flow.by_name["echo"], digest=compiled.digest)
    swapper.swap([ComponentBuild(node, compiled, 0)], compare=True)
    driver.poll()


def back(driver: Driver, number: int) -> None:
    driver.ask(*[StepBack()] * (number % 7))


def forward(driver: Driver, number: int) -> None:
    driver.ask(*[StepForward()] * (number % 5))


def jump(driver: Driver, number: int) -> None:
    driver.ask(JumpTo(number * driver.snapshot.calls // 40))


def to_the_end(driver: Driver, number: int) -> None:
    driver.ask(JumpTo(ALL))


def fork(driver: Driver, number: int) -> None:
    driver.ask(Fork())


PLACES = (
    ("sink", 'json.type == "log"'),
    ("echo input", "seq > 2"),
    ("echo", ""),
    ("source output", "json.value > 72 && hits < 5"),
    ("any call", 'node == "stamp" && fuel > 0'),
    ("group flush", ""),
    ("any drop", ""),
    ("any error", ""),
    ("any back-pressure", ""),
    ("any swap", ""),
    ("source -> echo", "size > 3"),
    ("sink", "seq >"),
)
"""The condition of the last one is refused."""


def set_breakpoint(driver: Driver, number: int) -> None:
    where, condition = PLACES[number % len(PLACES)]
    then = tuple(Then)[number % len(Then)]
    place = parse_place(where, driver.session.flow)
    driver.ask(SetBreakpoint(Breakpoint(0, place, condition, then, 1 + number % 2, 1 + number % 3)))


def change_breakpoint(driver: Driver, number: int) -> None:
    """Switch one, take one away, or give it another condition."""
    rows = driver.session._breakpoints.listing().breakpoints
    if rows:
        one = rows[number % len(rows)].breakpoint
        changed = (
            replace(one, condition="seq % 2 == 0") if number % 3 else replace(one, on=not one.on)
        )
        driver.ask(RemoveBreakpoint(one.number) if number % 5 == 0 else SetBreakpoint(changed))


WATCHED = (
    'queue("source -> echo").depth',
    'node("sink").calls > 2',
    "json.value",
    'node("stamp").state',
)


def set_watch(driver: Driver, number: int) -> None:
    """One that stops the flow when it changes, or one that does not."""
    driver.ask(SetWatch(Watch(number % 3, WATCHED[number % len(WATCHED)], number % 2 > 0)))


def back_to_break(driver: Driver, number: int) -> None:
    """To the last hit of a breakpoint, or of a condition."""
    driver.ask(BackToBreak("seq > 1" if number % 3 == 0 else ""))


def run_to_a_stop(driver: Driver, number: int) -> None:
    """To a breakpoint, where one is on and is met; else a part of the way."""
    driver.session.handle(Continue())
    driver.session.work(2_000_000)
    driver.ask(Pause())


ACTIONS: tuple[Callable[[Driver, int], None], ...] = (
    step, step, step_node, step_element, run, run, inject, edit, skip, swap, back, forward, jump,
    to_the_end, fork, operate, operate, operate, empty, change_queue, hold, hold_while_it_runs,
    set_breakpoint, set_breakpoint, change_breakpoint, run_to_a_stop, run_to_a_stop, set_watch,
    back_to_break,
)  # fmt: skip


def manifest_in(folder: Path) -> Path:
    """A flow of five nodes with clock, random numbers and an aggregator."""
    nodes = {
        "source": (Role.SOURCE, counting_source(9)),
        "echo": (Role.PROCESSOR, BUILDS[0]),
        "stamp": (Role.PROCESSOR, stamper()),
        "group": (Role.AGGREGATOR, component(AGGREGATOR, Role.AGGREGATOR)),
        "sink": (Role.SINK, printer()),
    }
    return Project(folder, nodes).write()


def events_of(execution: Execution) -> list[Event]:
    """What the engine said; a command that changed nothing is not recorded."""
    said = [event for event in execution.log._events if not isinstance(event, Reported)]
    return [
        event
        for event in said
        if not isinstance(event, Stopped) or event.reason is not StopReason.USER
    ]


def without_measures(events: list[Event]) -> list[Event]:
    """Without fuel, memory and copies of the source, which a file does not hold."""
    return [
        event._replace(answer=event.answer._replace(copies=NO_COPIES, fuel=0, memory_bytes=0))
        if isinstance(event, CallFinished) and event.call.node == "source"
        else event
        for event in events
    ]


def shown(execution: Execution) -> FlowSnapshot:
    """The snapshot, without why it stands still."""
    return replace(execution.snapshot(), next_call=None, stop=None, stop_detail="")


def again(driver: Driver) -> Execution:
    """The branch of a session, executed once more from its ring."""
    time: Any = driver.session._time
    recorded = RecordedRun(time.branch.steps, RecordedKind.EXECUTED)
    execution = Execution(time._resources, time.branch.flow, time.apply, recorded)
    assert execution.replayer is not None
    assert execution.replayer.forward(ALL, ALL, execution.keep_step)
    while execution.replayer.pending is not None:  # changes after the last call
        done = execution.replayer.step()
        assert done is not None
        execution.keep_step(*done)
    assert execution.replayer.divergence is None
    return execution


@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 40)), max_size=25))
@example(
    [
        (set_breakpoint, 0),
        (run_to_a_stop, 0),
        (step, 0),
        (inject, 1),
        (set_breakpoint, 15),
        (run_to_a_stop, 0),
        (back, 3),
        (fork, 0),
        (set_breakpoint, 4),
        (run_to_a_stop, 0),
        (change_breakpoint, 1),
        (run_to_a_stop, 0),
        (change_breakpoint, 5),
        (change_breakpoint, 3),
        (run_to_a_stop, 0),
    ]
)
@examples(60)
def test_a_random_session_played_again_gives_equal_events(
    actions: list[tuple[Callable[[Driver, int], None], int]],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = manifest_in(folder)
        driver = opened(manifest, recording=RecordingSettings(folder / "kept.rec"))
        try:
            for action, number in actions:
                action(driver, number)
            driver.ask(JumpTo(ALL))
            lived = events_of(driver.session.execution)
            snapshot, ended = shown(driver.session.execution), driver.snapshot.state.ended
            execution = again(driver)
            try:
                assert events_of(execution) == lived
                assert shown(execution) == snapshot
            finally:
                execution.close()
            file = driver.session._file.stop(driver.session.snapshot())
        finally:
            driver.session.close()
        assert file is not None
        from_file(file, manifest, lived, ended)
        seen_in_file(file, manifest, lived)


def from_file(file: Path, manifest: Path, lived: list[Event], ended: bool) -> None:
    """The same from the file that the session was recorded into."""
    replay = Driver(ReplayOpener(file, manifest, "main", SessionOptions(watch=False)))
    try:
        session: Any = replay.session
        while session._time.replaying:
            replay.ask(RepeatTo(ALL))
            if session._time.replaying:
                replay.step()
        stop_note = session.execution.stop_note
        assert ended or stop_note.reason is StopReason.END_OF_REPLAY, stop_note
        assert without_measures(events_of(session.execution)) == without_measures(lived)
    finally:
        replay.session.close()


def seen_in_file(file: Path, manifest: Path, lived: list[Event]) -> None:
    """The same where no call is made, but only what was recorded is shown."""
    seen = Driver(ReplayOpener(file, manifest, "main", SessionOptions(watch=False)))
    try:
        session: Any = seen.session
        seen.ask(JumpTo(ALL))
        seen.step()  # changes after the last call
        if session._time.branch.calls < session.execution.calls:
            assert session._time.ahead
            assert without_prints(events_of(session.execution)) == without_prints(lived)
            assert not any(session._time.end.invoker.digest(node) for node in NODES)
    finally:
        seen.session.close()


def without_prints(events: list[Event]) -> list[Event]:
    """Without what was printed, of which a file does not hold the order over both streams."""
    return [
        event._replace(answer=event.answer._replace(printed=()))
        if isinstance(event, CallFinished)
        else event
        for event in events
    ]
