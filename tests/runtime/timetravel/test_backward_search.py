"""Back to the last call where a breakpoint would have been met, however the past is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, count, cycle, repeat
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from runtime.breakpoints.breakpoint_set import BreakpointSet
from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.expression.expression_error import ExpressionError
from runtime.hotreload.builds import ComponentBuild
from runtime.model.call import Answer, Call, Emitted, Exhausted, Export, Outcome, Output, Ports
from runtime.model.commands import Command, Edit, Start, Step
from runtime.model.element import Buffer
from runtime.model.events import CallFinished
from runtime.model.linked import ErrorPolicy, QueuePolicy, Role
from runtime.opening.open import SessionOptions
from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.protocol.break_places import parse_place
from runtime.protocol.breakpoints import Breakpoint, RemoveBreakpoint, SetBreakpoint, Then
from runtime.protocol.requests import BackToBreak, JumpTo, Pause
from runtime.recording.call_step import CallStep
from runtime.recording.recorder import Recorder
from runtime.recording.ring.ring import Ring
from runtime.session.recording_file import RecordingSettings
from runtime.timetravel.branches import Branch
from runtime.timetravel.search import backward_search
from runtime.timetravel.search.backward_search import BackwardSearch
from runtime.timetravel.search.past_events import PastEvents
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker
from tests.support.examples import examples
from tests.support.recording_flows import compact_calls
from tests.support.session_driver import Driver, opened, opened_and_closed
from tests.support.studio_projects import Project
from tests.support.wasm.guests import ECHO, component, printer
from tests.support.wasm.recorded_guests import counting_source

Open = Callable[..., Driver]
ELEMENTS = 360
ALL = 10**9


@pytest.fixture
def open_flow(tmp_path: Path) -> Iterator[Open]:
    """Opens sessions of metrics and logs in turn to a sink, and closes them."""
    nodes = {"source": (Role.SOURCE, counting_source(ELEMENTS)), "sink": (Role.SINK, printer())}
    manifest = Project(tmp_path, nodes).write()
    with opened_and_closed() as make:
        yield lambda: make(manifest)


def stood_at(driver: Driver) -> tuple[str, int | None]:
    """The next call where the flow stands: node and sequence."""
    upcoming = driver.snapshot.next_call
    assert upcoming is not None
    return upcoming.node, upcoming.sequence


@pytest.mark.parametrize(
    ("condition", "sequences"),
    [
        ('node == "sink" && seq % 100 == 50', [350, 250, 150, 50]),
        ('json.type == "log" && export == "push" && seq < 6', [5, 3, 1]),
    ],
)
def test_each_search_leads_to_the_hit_before(
    open_flow: Open, condition: str, sequences: list[int]
) -> None:
    driver = open_flow()
    driver.run()
    for sequence in sequences:
        driver.ask(BackToBreak(condition))
        assert stood_at(driver) == ("sink", sequence), driver.log[-2:]
    driver.ask(BackToBreak(condition))
    assert stood_at(driver) == ("sink", sequences[-1])
    assert "the condition did not hold before" in driver.log[-1]


def test_a_search_tells_how_far_it_is_and_is_cancelled(open_flow: Open) -> None:
    driver = open_flow()
    driver.run()
    calls = driver.snapshot.calls
    driver.session.handle(BackToBreak("ms > 100000"))
    assert driver.session.work(0) == 0
    driver.poll()
    first = driver.timeline.seeking
    assert first is not None
    assert first.searching
    assert first.target == calls
    while driver.timeline.seeking is not None and driver.timeline.seeking.done <= first.done:
        assert driver.session.work(0) == 0
        driver.poll()
    assert driver.timeline.seeking is not None
    driver.ask(Pause())
    assert driver.timeline.seeking is None
    assert driver.snapshot.calls == calls
    assert "did not hold before" not in driver.log[-1]


def test_the_breakpoints_of_the_session_are_looked_for(open_flow: Open) -> None:
    driver = open_flow()
    driver.run()
    driver.ask(BackToBreak())
    assert driver.log[-1] == "there is no breakpoint to go back to: b sets one"
    for where, condition in (("source output", "seq == 20"), ("source -> sink", "seq == 30")):
        place = parse_place(where, driver.session.flow)
        driver.ask(SetBreakpoint(Breakpoint(0, place, condition)))
    found = []
    for _ in range(2):
        driver.ask(BackToBreak())
        hit = driver.session._breakpoints.listing().hit
        assert hit is not None
        assert driver.snapshot.calls == hit.call
        found.append((hit.breakpoint.place.words, hit.values))
    assert found == [
        ("source -> sink", (("seq", "30"),)),
        ("source output", (("seq", "20"),)),
    ]
    driver.ask(BackToBreak("ms >"))
    assert "a value is missing here" in driver.log[-1]


def test_swaps_and_denied_grants_are_gone_back_to(tmp_path: Path) -> None:
    nodes = {
        "source": (Role.SOURCE, counting_source(6)),
        "echo": (Role.PROCESSOR, component(ECHO, Role.PROCESSOR)),
        "sink": (Role.SINK, printer()),
    }
    file = tmp_path / "kept.rec"
    recording = RecordingSettings(file)
    manifest = Project(tmp_path, nodes, "").write()
    driver = opened(manifest, recording=recording)
    driver.step(12)
    session: Any = driver.session
    swapper = session.execution.swapper
    compiled = swapper._host.compile(
        component(ECHO + '(data (i32.const 2000) "next")', Role.PROCESSOR)
    )
    echo = replace(session.flow.by_name["echo"], digest=compiled.digest)
    swapper.swap([ComponentBuild(echo, compiled, 0)], compare=False)
    driver.run()
    for where, condition, expected in (
        ("any swap", "", (12, "echo")),
        ("echo swap", "node == 'echo'", (12, "echo")),
        ("any denied grant", "", (_first_print(driver), "sink")),
    ):
        driver.ask(JumpTo(ALL))
        place = parse_place(where, session.flow)
        driver.ask(SetBreakpoint(Breakpoint(1, place, condition)))
        driver.ask(BackToBreak())
        hit = session._breakpoints.listing().hit
        assert hit is not None
        assert (driver.snapshot.calls, hit.node) == expected
        driver.ask(BackToBreak())
        assert "no breakpoint was met before" in driver.log[-1]
        with patch.object(backward_search, "HAPPENINGS", frozenset()):
            driver.ask(JumpTo(ALL), BackToBreak())
            assert driver.snapshot.calls == expected[0], "told again by the engine"
    driver.session.close()
    replay = Driver(ReplayOpener(file, manifest, "main", SessionOptions(watch=False)))
    replay.ask(JumpTo(ALL))
    place = parse_place("any swap", replay.session.flow)
    replay.ask(RemoveBreakpoint(1), SetBreakpoint(Breakpoint(0, place)), BackToBreak())
    assert replay.snapshot.calls == 12
    assert replay.timeline.ahead
    replay.session.close()


def _first_print(driver: Driver) -> int:
    return min(chunk.call for chunk in driver.printed)


def test_what_a_recording_has_ahead_is_looked_through(tmp_path: Path) -> None:
    nodes = {"source": (Role.SOURCE, counting_source(20)), "sink": (Role.SINK, printer())}
    manifest = Project(tmp_path, nodes).write()
    file = tmp_path / "kept.rec"
    driver = opened(manifest, recording=RecordingSettings(file))
    # A run's order of calls depends on how long they take; that of steps does not.
    while not driver.snapshot.state.ended:
        driver.step()
    driver.session.close()
    replay = Driver(ReplayOpener(file, manifest, "main", SessionOptions(watch=False)))
    replay.step(15)
    replay.ask(JumpTo(ALL))
    found = []
    for _ in range(4):
        replay.ask(BackToBreak('export == "push" && seq % 4 == 1'))
        upcoming = replay.snapshot.next_call
        assert upcoming is not None
        found.append((upcoming.sequence, replay.timeline.ahead))
    assert found == [(17, True), (13, True), (9, True), (5, False)]
    replay.session.close()


FLOW = fakes.linear(Role.PROCESSOR)
OPTIONS = EngineOptions()


@pytest.fixture(scope="module")
def branch() -> Branch:
    """A run of which the older calls are kept compact."""
    made = Branch(1, FLOW, Recorder(Ring(400_000)))
    engine = Engine(FLOW, FakeInvoker(FLOW, 300), OPTIONS)
    start = Start(fakes.WALL_NS)
    made.recorder.record(start, engine.apply(start))
    while not engine.state.ended:
        made.recorder.record(Step(), engine.step())
    made.calls = engine.calls
    assert made.ring.repeatable
    assert min(compact_calls(made.ring), made.ring.calls_kept) > 300
    return made


@pytest.mark.parametrize(
    ("where", "condition", "sequence"),
    [
        ("processor0", "seq == 20", 20),
        ("any call", 'node == "sink" && export == "push" && seq % 50 == 1 && seq < 90', 51),
        ("source init", "", None),
        ("processor0", 'text == "source 7"', 7),
        ("source output", "size > 0 && seq == 9", 9),
        ("source -> processor0", "seq == 11", 11),
        ("any call", "outputs.size() == 1 && seq == 5 && node == 'processor0'", 5),
        ("any call", 'ms < 1 && seq == 13 && export == "push"', 13),
        ("sink", "seq == 300", None),
    ],
)
def test_older_calls_are_found_too(
    branch: Branch, where: str, condition: str, sequence: int | None
) -> None:
    breakpoint = Breakpoint(1, parse_place(where, FLOW), condition)
    search = BackwardSearch(branch, branch.calls, FLOW, [breakpoint], OPTIONS)
    found = search.go_on(lambda: True)
    assert found is not None
    if condition == "seq == 300":
        assert found.hit is None
        assert found.why == ""
        assert found.looked == branch.calls
        return
    assert found.hit is not None
    assert found.place == found.hit.call - found.hit.before
    event = next(one for one in _calls(branch) if one.number == found.hit.call)
    assert event.node == found.hit.node
    element = event.element
    if sequence is not None and element is not None:
        assert element.sequence == sequence


def _calls(branch: Branch) -> list[CallStep]:
    return [step for step in branch.steps() if isinstance(step, CallStep)]


# ---- random conditions, looked for in every way


PULLED = 60
ROUTED = fakes.flow(
    {
        "source": Role.SOURCE,
        "processor": Role.PROCESSOR,
        "filter": Role.FILTER,
        "router": Role.ROUTER,
        "all": Role.SINK,
        "few": Role.SINK,
        "sums": Role.AGGREGATOR,
        "sink": Role.SINK,
    },
    [
        fakes.edge("source", "processor", 3),
        fakes.edge("processor", "filter", 2),
        fakes.edge("filter", "router", 2),
        fakes.edge("router", "all", 2, port="a"),
        fakes.edge("router", "few", 1, QueuePolicy.DROP_OLDEST, port="b"),
        fakes.edge("router", "sums", 1, port="c"),
        fakes.edge("sums", "sink", 2),
    ],
)
SKIPPING = EngineOptions(on_error=ErrorPolicy.SKIP)


def _run(ring_bytes: int) -> Branch:
    """A run with payloads of all kinds, failures, drops, and an element that was edited.

    Its router has to wait for room, and consumers come last, so that queues fill.
    """
    made = Branch(1, ROUTED, Recorder(Ring(ring_bytes)))
    invoker = FakeInvoker(ROUTED, PULLED)
    pulls, taken = count(), count()

    def give(call: Call) -> Answer | Outcome:
        number = next(pulls)
        if number == PULLED:
            return Exhausted()
        data, content_type = (
            (b'{"n":%d,"tag":"t%d"}' % (number, number // 7 % 3), "application/json"),
            (b"plain %d" % number, "text/plain"),
            (b"\xff" * (number % 6), f"b{number % 4}"),
            (b'{"\\u006e":%d,"tag":"\\u0074%d"}' % (number, number // 7 % 3), "application/json"),
            (f'{{"n":{{"é":{number}}},"tag":["é","t1"]}}'.encode(), "application/json"),
            (f'{{"n":{number},"tag":"é{number % 3}"}}'.encode("utf-16"), "text/plain"),
            (b'{"n":"%d","tag":"\\n\\"t1"}' % number, "application/json"),
        )[number % 7]
        outcome = Emitted((Output(Buffer(data, content_type), content_type),))
        return Answer(outcome, 1_000_000 * (number % 5), fuel=number)

    def route(call: Call) -> Outcome:
        assert call.element is not None
        ports = (("a",), ("a", "b"), ("c", "a"), ("b",), (), ("nowhere",), ("c",))
        return Ports(ports[call.element.sequence % len(ports)])

    def process(call: Call) -> Outcome:
        assert call.element is not None
        if call.element.sequence % 13 == 4:
            return fakes.failed()
        data = call.element.payload.data.replace(b"plain", b"plainer")
        content_type = call.element.content_type
        return Emitted((Output(Buffer(data, content_type), content_type),))

    def take(call: Call) -> Outcome:
        return fakes.ABSORBED if next(taken) % 2 else fakes.emitted(b'{"n":%d}' % call.number)

    invoker.on("source", Export.PULL, give).on("router", Export.ROUTE, route)
    invoker.on("processor", Export.PROCESS, process).on("sums", Export.INGEST, take)
    engine = Engine(ROUTED, invoker, SKIPPING)
    commands: Iterator[Command] = chain([Start(fakes.WALL_NS)], repeat(Step()))
    upstream = ("source", "processor", "filter", "router")
    turns = cycle((*upstream * 5, *(None,) * 12))

    def do(command: Command) -> None:
        events = engine.apply(command)
        made.recorder.record(command, events)
        for event in events:
            if not isinstance(event, CallFinished):
                made.places.note(event, engine.calls)
        waits = engine.pending(5) and engine.calls % 3 == 0
        if (waits or engine.calls % 25 == 0) and engine.calls != made.calls:
            checkpoint = ExecutionCheckpoint(engine.checkpoint(), ROUTED, (), {}, {})
            made.checkpoints.add(checkpoint)
        made.calls = engine.calls

    while not engine.state.ended:
        if engine.calls == 60 and engine.queue(0):
            do(Edit(engine.queue(0)[0].id, b'{"n":7}', "application/json"))
        asked = next(turns) if engine.calls > 8 else None
        do(next(commands) if asked is None else Step(asked))
    assert made.ring.repeatable
    return made


@pytest.fixture(scope="module")
def in_full() -> Branch:
    """All calls are kept in full: each is asked as it is."""
    made = _run(50_000_000)
    assert not compact_calls(made.ring)
    return made


@pytest.fixture(scope="module")
def compact() -> Branch:
    """Most of the same calls are kept compact."""
    made = _run(150_000)
    assert compact_calls(made.ring) > made.calls / 2
    assert any(kept.checkpoint.engine.pending for kept in made.checkpoints.backwards(ALL))
    return made


ATOMS = (
    "seq % 5 == 1", "size > 15", "size == 0", 'text.contains("1")', "json.n > 40", "json.n == 7",
    'json.tag == "t1"', "ms >= 3.0", "fuel % 11 == 0", 'content_type == "text/plain"',
    'export == "push"', 'node == "source"', 'edge.contains("sink")', "has(json.tag)",
    "outputs.size() == 1", 'text.contains("é")', 'text == ""', 'json.tag.startsWith("t")',
    '"t1" in json.tag', 'json.tag in ["t1", "é2"]', 'json.n["é"] % 5 == 1', 'json.n == "90"',
    'json.tag.exists(one, one == "t1")', 'json.tag.endsWith("t1") || json.n == 68',
    r'text.contains("\ufffd")', 'json.tag != "t1" && json.n > 20',
    "seq in [3, 4, 20]", 'export in ["push", "route"]', "ms < 3", "size % 7 == 3", "seq != 9",
    'port == "a"', 'port != "output"', "size(outputs) == 2", "outputs[0].size > 15",
    'outputs.exists(one, one.port == "b")', "outputs[0].json.n > 40", "outputs[0].seq == 1",
    'outputs.all(one, one.text.contains("1"))', "outputs[1].seq % 2 == 0",
    "json.n == outputs[0].size",
    'outputs.exists(one, one.json.tag == "t1" || one.size == 0)', "!(outputs[0].json.n > 3)",
    '(size > 15 ? ms : 4.0) > 3.0', "json.n > 3 && json.n < 50", "json.n > 7.5",
)  # fmt: skip
PLACES = (
    "any call", "all", "filter", "processor", "source call", "router call", "any output",
    "router:b output", "processor output", "sums output", "router:c -> sums", "router:b -> few",
    "processor -> filter", "router:a -> all", "any error", "any no such port", "any drop",
    "any back-pressure", "all push",
)  # fmt: skip


def _places_of_hits(branch: Branch, breakpoint: Breakpoint, most: int = 6) -> list[int]:
    """The last hits, backwards."""
    found: list[int] = []
    at = branch.calls
    while len(found) < most:
        search = BackwardSearch(branch, at, branch.flow, [breakpoint], SKIPPING)
        one = search.go_on(lambda: True)
        while one is None:
            one = search.go_on(lambda: True)
        if one.hit is None:
            assert one.why == ""
            assert one.looked in (at, at + 1), "what was looked at counts once"
            break
        assert one.place == one.hit.call - one.hit.before
        found.append(one.place)
        at = one.place
    return found


def _hits_of_all(branch: Branch, breakpoint: Breakpoint) -> list[int]:
    """The same found plainly: all is told again, and the breakpoint asked of all of it."""
    asked = BreakpointSet(branch.flow)
    asked.put(replace(breakpoint, then=Then.MARK))
    past = PastEvents(branch, None, SKIPPING)
    found: set[int] = set()
    while (done := past.step()) is not None:
        _, events = done
        for event in events:
            if isinstance(event, CallFinished) and asked.before(event.call):
                found.add(event.call.number - 1)
        if asked.after(events):
            found.add(past.calls)
    return sorted(found - {branch.calls}, reverse=True)


@given(
    st.sampled_from(PLACES),
    st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3),
    st.sampled_from((" && ", " || ")),
    st.integers(0, 7),
)
@example("any call", ["json.n == 7"], " && ", 0)
@example("any call", ["ms >= 3.0", 'content_type == "text/plain"'], " && ", 0)
@example("any call", ["size(outputs) == 2"], " && ", 0)
@example("router:c -> sums", ["size % 7 == 3"], " && ", 1)
@examples(60)
def test_the_same_is_found_however_calls_are_kept(
    in_full: Branch, compact: Branch, where: str, atoms: list[str], joined: str, no: int
) -> None:
    parts = (f"!({atom})" if no >> place & 1 else f"({atom})" for place, atom in enumerate(atoms))
    breakpoint = Breakpoint(1, parse_place(where, in_full.flow), joined.join(parts))
    try:
        expected = _hits_of_all(in_full, breakpoint)
    except ExpressionError:  # what is known after the call is not asked before it
        assume(False)
    assert _places_of_hits(in_full, breakpoint) == expected[:6]
    assert _places_of_hits(compact, breakpoint) == expected[:6]


@pytest.mark.parametrize("where", PLACES)
def test_every_place_is_found_without_a_condition(
    in_full: Branch, compact: Branch, where: str
) -> None:
    breakpoint = Breakpoint(1, parse_place(where, in_full.flow))
    expected = _hits_of_all(in_full, breakpoint)
    assert expected
    assert _places_of_hits(in_full, breakpoint, 4) == expected[:4]
    assert _places_of_hits(compact, breakpoint, 4) == expected[:4]
