"""Back to the last call where a breakpoint would have been met, however the past is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, count, repeat
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.breakpoints.breakpoint_set import BreakpointSet
from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.hotreload.builds import ComponentBuild
from runtime.model.call import Answer, Call, Emitted, Exhausted, Export, Outcome, Output
from runtime.model.commands import Command, Edit, Start, Step
from runtime.model.element import Buffer
from runtime.model.linked import Role
from runtime.opening.open import SessionOptions
from runtime.opening.open_replay import ReplayOpener
from runtime.protocol.break_places import parse_place
from runtime.protocol.breakpoints import Breakpoint, RemoveBreakpoint, SetBreakpoint
from runtime.protocol.requests import BackToBreak, JumpTo
from runtime.recording.call_step import CallStep
from runtime.recording.recorder import Recorder
from runtime.recording.ring.ring import Ring
from runtime.session.recording_file import RecordingSettings
from runtime.timetravel.branches import Branch
from runtime.timetravel.search import backward_search
from runtime.timetravel.search.backward_search import BackwardSearch
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker
from tests.support.examples import examples
from tests.support.session_driver import Driver, opened
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
    made: list[Driver] = []

    def make() -> Driver:
        made.append(opened(manifest))
        return made[-1]

    yield make
    for driver in made:
        driver.session.close()


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
    assert "no breakpoint was met before" in driver.log[-1]


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
    assert min(made.ring.calls_compact, made.ring.calls_kept) > 300
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


def _run(ring_bytes: int) -> Branch:
    """A run with payloads of all kinds, and an element that was edited."""
    flow = fakes.linear(Role.PROCESSOR, Role.FILTER)
    made = Branch(1, flow, Recorder(Ring(ring_bytes)))
    invoker = FakeInvoker(flow, PULLED)
    pulls = count()

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

    invoker.on("source", Export.PULL, give)
    engine = Engine(flow, invoker, OPTIONS)
    commands: Iterator[Command] = chain([Start(fakes.WALL_NS)], repeat(Step()))
    while not engine.state.ended:
        if engine.calls == 60 and engine.queue(0):
            edit = Edit(engine.queue(0)[0].id, b'{"n":7}', "application/json")
            made.recorder.record(edit, engine.apply(edit))
        command = next(commands)
        made.recorder.record(command, engine.apply(command))
    made.calls = engine.calls
    assert made.ring.repeatable
    return made


@pytest.fixture(scope="module")
def in_full() -> Branch:
    """All calls are kept in full: each is asked as it is."""
    made = _run(50_000_000)
    assert not made.ring.calls_compact
    return made


@pytest.fixture(scope="module")
def compact() -> Branch:
    """Most of the same calls are kept compact."""
    made = _run(60_000)
    assert made.ring.calls_compact > made.calls / 2
    return made


ATOMS = (
    "seq % 5 == 1", "size > 15", "size == 0", 'text.contains("1")', "json.n > 40", "json.n == 7",
    'json.tag == "t1"', "ms >= 3.0", "fuel % 11 == 0", 'content_type == "text/plain"',
    'export == "push"', 'node == "source"', 'edge.contains("sink")', "has(json.tag)",
    "outputs.size() == 1", 'text.contains("é")', 'text == ""', 'json.tag.startsWith("t")',
    '"t1" in json.tag', 'json.tag in ["t1", "é2"]', 'json.n["é"] % 5 == 1', 'json.n == "90"',
    'json.tag.exists(one, one == "t1")', 'json.tag.endsWith("t1") || json.n == 68',
    r'text.contains("\ufffd")', 'json.tag != "t1" && json.n > 20',
)  # fmt: skip


def _places_of_hits(
    branch: Branch, where: str, condition: str, most: int = 6
) -> list[tuple[int, int]]:
    """The last hits, backwards."""
    breakpoint = Breakpoint(1, parse_place(where, branch.flow), condition)
    found: list[tuple[int, int]] = []
    at = branch.calls
    while True:
        search = BackwardSearch(branch, at, branch.flow, [breakpoint], OPTIONS)
        one = search.go_on(lambda: True)
        while one is None:
            one = search.go_on(lambda: True)
        if one.hit is None or len(found) == most:
            assert one.why == ""
            return found
        found.append((one.place, one.hit.call))
        at = one.place


@given(
    st.sampled_from(("any call", "sink", "filter1", "processor0", "source call")),
    st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3),
    st.sampled_from((" && ", " || ")),
    st.booleans(),
)
@example("any call", ["json.n == 7"], " && ", False)
@example("any call", ["ms >= 3.0", 'content_type == "text/plain"'], " && ", False)
@examples(40)
def test_the_same_is_found_however_calls_are_kept(
    in_full: Branch, compact: Branch, where: str, atoms: list[str], joined: str, no: bool
) -> None:
    condition = joined.join(f"!({atom})" if no else atom for atom in atoms)
    asks_after = any(word in condition for word in ("ms", "fuel", "outputs"))
    if where in ("sink", "filter1", "processor0") and asks_after:
        where = "any call"
    with patch.object(BreakpointSet, "prefilter", return_value=None):
        expected = _places_of_hits(in_full, where, condition)
    assert _places_of_hits(in_full, where, condition) == expected
    assert _places_of_hits(compact, where, condition) == expected
    with patch.object(backward_search, "_OF_CALLS", frozenset()):
        told_again = _places_of_hits(in_full, where, condition, 2)
    assert told_again == expected[:2]
