"""Going through the past on the screen: each key, each state, the bar."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from runtime.model.events import StopReason
from runtime.protocol.branch_comparison import CompareBranches
from runtime.protocol.logs.event_lines import CallMark, EventLine
from runtime.protocol.requests import (
    Continue,
    Fork,
    JumpTo,
    JumpToElement,
    JumpToMark,
    JumpToStop,
    Pause,
    StepBack,
    StepCall,
    StepElement,
    StepForward,
    TakeBranch,
    ToggleMark,
)
from runtime.protocol.timeline import BranchInfo, ReplayInfo, SeekProgress
from runtime.protocol.updates import Health, Update
from tests.support.narrow import only
from tests.support.workbench.fakes import (
    PAST,
    PRESENT,
    SIZES,
    TWO_BRANCHES,
    FakeLink,
    ReadingLink,
    asked,
    branch_of_calls,
    busy_update,
    fail_node,
    on_branch,
    opened,
    panes_of,
    settle,
    show,
    snapshot,
    text_of,
)
from workbench.actions.action import Action, Group
from workbench.actions.context import PaneName
from workbench.actions.labels import label
from workbench.actions.table import ACTIONS, BY_ID
from workbench.graph.layout.graph_layouts import GraphLayouts
from workbench.text.keys import key_name
from workbench.view import ElementRef, NodeRef

# ---- keys


KEYS = [
    ("left_square_bracket", PRESENT, StepBack()),
    ("left_square_bracket", PAST, StepBack()),
    ("right_square_bracket", PAST, StepForward()),
    ("left_curly_bracket", PRESENT, JumpToStop()),
    ("right_curly_bracket", PAST, JumpToStop(forward=True)),
    ("E", PAST, JumpTo(1_851)),
    ("E", replace(PAST, ahead=True, branches=(BranchInfo(PAST.branch, 12),)), JumpTo(12)),
    ("m", PRESENT, ToggleMark()),
    ("apostrophe", replace(PAST, marks=(3,)), JumpToMark()),
    ("F", PAST, Fork()),
    ("L", replace(PRESENT, branches=TWO_BRANCHES, branch=2), TakeBranch(1)),
    ("L", replace(PRESENT, branches=TWO_BRANCHES, branch=1), TakeBranch(2)),
    ("D", replace(PRESENT, branches=TWO_BRANCHES, branch=2), CompareBranches()),
    ("s", PAST, StepCall()),
    ("S", PAST, StepElement()),
    ("space", PAST, Continue()),
]


@pytest.mark.parametrize("size", SIZES)
async def test_a_key_sends_its_request(size: tuple[int, int]) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        for key, timeline, request in KEYS:
            await show(app, pilot, link, on_branch(timeline))
            link.sent.clear()
            await pilot.press(key)
            assert asked(link) == [request], (key, timeline)


NEEDS = [
    ("left_square_bracket", branch_of_calls(0), "step back needs a call to undo."),
    ("left_curly_bracket", branch_of_calls(0), "stop before needs a call to undo."),
    ("right_square_bracket", PRESENT, "forward needs a call that was undone"),
    ("right_curly_bracket", PRESENT, "next stop needs a call that was undone"),
    ("E", PRESENT, "to the end needs a call that was undone"),
    ("apostrophe", PRESENT, "mark before needs a mark: m sets one."),
    ("F", PRESENT, "fork here needs a place in the past."),
    ("L", PRESENT, "other branch needs another branch: F in the past begins one."),
    ("D", PRESENT, "difference needs something to compare: a fork, a replay, or another build."),
    ("o", PRESENT, "origin needs an element in the inspector."),
]


async def test_a_key_that_cannot_act_says_what_it_needs() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        for key, timeline, said in NEEDS:
            app.clear_notifications()
            await show(app, pilot, link, on_branch(timeline))
            assert said not in text_of(app), key
            await pilot.press(key)
            assert said in text_of(app), key
            assert asked(link) == [], key


@pytest.mark.parametrize("key", ["left_square_bracket", "left_curly_bracket", "F"])
async def test_what_the_ring_lost_says_why_and_asks_nothing(key: str) -> None:
    link = FakeLink()
    why = "The ring has lost the start of this run."
    earliest = replace(PRESENT, past=key == "F", earliest=PRESENT.position)
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(replace(earliest, refusal=why, fork_refusal=why)))
        await pilot.press(key)
        assert why in text_of(app)
        assert asked(link) == []


async def test_before_there_is_a_line_no_key_of_time_asks_anything() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        assert "The timeline begins with the first call." in text_of(app)
        for action in ACTIONS:
            if action.group is Group.TIME:
                await pilot.press(action.keys[0])
                assert f"needs {action.needs}." in text_of(app)
        assert asked(link) == []


async def test_a_dead_session_is_asked_nothing_of_its_past() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(PAST))
        await show(app, pilot, link, Update(Health.DEAD, health_detail="killed"))
        assert "PAST" not in text_of(app).split("\n")[0]
        await pilot.press("left_square_bracket", "F", "E", "R", "number_sign")
        assert asked(link) == []


def keys_of(sequence: str) -> list[str]:
    parser = XTermParser()
    events = [event for part in (sequence, "") for event in parser.feed(part)]
    return [only(Key, event).key for event in events]


@pytest.mark.parametrize(
    "action",
    [one for one in ACTIONS if one.group is Group.TIME and one.id != "back-to-break"],
    ids=lambda one: one.id,
)
def test_a_terminal_delivers_each_key_of_time_in_the_old_and_in_the_kitty_way(
    action: Action,
) -> None:
    character = key_name(action.keys[0])
    assert keys_of(character) == [action.keys[0]]
    shifted = 2 if not character.islower() and character not in "[]'" else 1
    assert keys_of(f"\x1b[{ord(character.lower())};{shifted};{ord(character)}u") == [action.keys[0]]


def test_a_terminal_delivers_backspace_in_the_old_and_in_the_kitty_way() -> None:
    assert BY_ID["back-to-break"].keys == ("backspace",)
    assert keys_of("\x7f") == keys_of("\x1b[127u") == ["backspace"]


async def test_in_a_replay_forward_makes_the_next_recorded_call() -> None:
    link = FakeLink()
    replay = ReplayInfo("a/four-events.rec", 90, True)
    async with opened(link) as (app, pilot):
        timeline = branch_of_calls(90, 12, past=False, replay=replay)
        await show(app, pilot, link, on_branch(timeline))
        text = text_of(app)
        assert "|| PAUSED   REPLAY  " in text
        assert "12/90  replay four-events.rec" in text
        await pilot.press("right_square_bracket", "right_curly_bracket", "E", "F", "D")
        assert asked(link) == [StepCall(), JumpToStop(True), JumpTo(91), CompareBranches()]
        await pilot.press("D")
        await show(
            app, pilot, link, on_branch(replace(timeline, replay=replace(replay, exact=False)))
        )
        text = text_of(app)
        assert "REPLAY inputs only" in text
        assert "inputs of four-events.rec" in text
        ended = replace(replay, exact=False, finished=True)
        await show(app, pilot, link, on_branch(replace(timeline, position=90, replay=ended)))
        text = text_of(app)
        assert "REPLAY as recorded" in text
        assert "90 calls  replay four-events.rec" in text


async def test_a_step_of_a_node_or_a_retry_would_not_be_the_past() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        failed = fail_node(snapshot(link.flow, calls=9), "log-proc")
        await show(app, pilot, link, replace(on_branch(PAST), snapshot=failed))
        panes_of(app).selection = NodeRef("log-proc")
        for key in ("t", "r"):
            await pilot.press(key)
            assert "E goes to its end, F forks here." in text_of(app)
            await pilot.press("escape")
            panes_of(app).selection = NodeRef("log-proc")
        assert asked(link) == []
        assert "x skips" in text_of(app)
        assert "r retries" not in text_of(app)


async def test_the_origin_is_that_of_the_element_that_the_inspector_shows() -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        await show(
            app, pilot, link, replace(on_branch(PRESENT), snapshot=busy_update(link.flow).snapshot)
        )
        await pilot.press("o")
        assert asked(link) == [JumpToElement(7)]
        panes_of(app).selection = ElementRef(9)
        await settle(app, pilot)
        await pilot.press("o")
        assert asked(link)[-1] == JumpToElement(9)


# ---- what is said


@pytest.mark.parametrize("size", SIZES)
async def test_the_past_is_unmistakable(size: tuple[int, int]) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        await show(app, pilot, link, replace(busy_update(link.flow), timeline=PRESENT))
        assert not app.screen.has_class("-past")
        calm = panes_of(app).queues.styles.border
        await show(app, pilot, link, replace(on_branch(PAST), rewound=True))
        lines = text_of(app).split("\n")
        assert "<< PAST 1,842/1,850" in lines[0]
        assert "PAUSED" not in lines[0]
        assert "<< 1,842/1,850" in lines[-4]
        said = "you look at the past  ] goes on  E to the end  F forks here"
        assert (said if size[0] == 120 else "the past  ] on  E end  F fork") in lines[-3]
        assert "next: router route(#6)" in lines[-3]
        assert lines[-1].startswith(" [ step back  ] forward  E to the end  F fork here")
        assert panes_of(app).queues.styles.border != calm
        await show(app, pilot, link, on_branch(PRESENT))
        assert "|| PAUSED" in text_of(app)
        assert panes_of(app).queues.styles.border == calm


async def test_a_run_through_the_past_is_the_past_still() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(PAST, running=True))
        text = text_of(app)
        assert "> PAST 1,842/1,850" in text
        assert "running through the past" in text
        await pilot.press("space")
        assert asked(link) == [Pause()]


@pytest.mark.parametrize("key", ["space", "escape"])
async def test_a_way_shows_its_progress_and_can_be_cancelled(key: str) -> None:
    link = FakeLink()
    going = replace(PRESENT, seeking=SeekProgress(4_938, 12_345))
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(going))
        text = text_of(app)
        assert ".. SEEKING 40 %" in text
        assert "going to call 12,345  40 %  space cancels" in text
        assert label(BY_ID["run-pause"], panes_of(app).context) == "cancel"
        await pilot.press("s", key)
        assert asked(link) == [Pause()]
        assert "step needs a flow that stands still" not in text_of(app)


async def test_a_new_build_that_waits_is_told_before_the_failure_it_may_mend() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        failed = fail_node(snapshot(link.flow, calls=9), "log-proc")
        waiting = replace(PAST, waiting=("log-proc",))
        await show(app, pilot, link, replace(on_branch(waiting), snapshot=failed))
        text = text_of(app)
        assert "a new build of log-proc waits: F takes it here, E at the end of the branch" in text


async def test_what_the_session_remarks_is_told() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        line = EventLine(1, CallMark.NOTE, 5, None, "branch 2 leaves branch 1 here")
        await show(app, pilot, link, Update(Health.READY, events=(line,)))
        assert " i branch 2 leaves branch 1 here" in text_of(app).split("5 Events")[1]


async def test_a_past_that_is_not_what_it_was_says_so() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        words = "router has the same build and the same input: it is not deterministic."
        told = EventLine(1, CallMark.ERROR, 5, "router", words)
        picture = snapshot(link.flow, calls=9, stop=StopReason.DIVERGENCE, stop_detail=words)
        there = replace(on_branch(PAST), snapshot=picture, events=(told,), rewound=True)
        await show(app, pilot, link, there)
        lines = text_of(app).split("\n")
        assert "you look at the past  x divergence" in lines[-3]
        assert f"x router {words}" in lines[-2]


async def test_labels_and_the_footer_follow_the_place() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(
            app, pilot, link, on_branch(replace(PRESENT, marks=(1_850,), branches=TWO_BRANCHES))
        )
        context = panes_of(app).context
        assert label(BY_ID["mark"], context) == "unmark"
        assert label(BY_ID["branch"], context) == "branch 2"
        assert "[ step back" in text_of(app).split("\n")[-1]


# ---- the bar


async def test_a_click_on_the_bar_goes_there() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(branch_of_calls(20, 12)))
        await pilot.click("#timeline", offset=(1, 0))
        await pilot.click("#timeline", offset=(1 + 5, 0))
        await pilot.click("#timeline", offset=(1 + 13, 0))
        await pilot.click("#timeline", offset=(1 + 14, 0))
        await pilot.click("#timeline", offset=(60, 0))
        await pilot.click("#timeline", offset=(0, 0))
        assert asked(link) == [JumpTo(0), JumpTo(5), JumpTo(13)]


async def test_a_click_before_the_earliest_place_says_why_and_leads_there() -> None:
    link = FakeLink()
    timeline = branch_of_calls(20, 12, earliest=9, refusal="The start is gone.")
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(timeline))
        await pilot.click("#timeline", offset=(3, 0))
        assert "The start is gone." in text_of(app)
        await pilot.click("#timeline", offset=(1 + 14, 0))
        assert asked(link) == [JumpTo(9), JumpTo(13)]
        await show(app, pilot, link, on_branch(replace(timeline, position=9)))
        await pilot.click("#timeline", offset=(3, 0))
        assert asked(link) == [JumpTo(9), JumpTo(13)]


@pytest.mark.parametrize(("height", "seen"), [(24, True), (20, True), (19, False), (6, False)])
async def test_the_bar_takes_no_pane_its_last_row(height: int, seen: bool) -> None:
    link = FakeLink()
    async with opened(link, (80, height)) as (app, pilot):
        await show(app, pilot, link, replace(busy_update(link.flow), timeline=PAST))
        assert app.screen.query_one("#timeline").display is seen
        await show(app, pilot, link, Update(Health.DEAD, health_detail="killed"))
        panes = [panes_of(app).pane(name) for name in PaneName]
        assert all(pane.size.height > 0 for pane in panes if pane.display)


async def test_the_bar_costs_the_graph_no_row_it_wants_on_the_smallest_usual_terminal() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        await show(app, pilot, link, on_branch(PAST))
        wanted = GraphLayouts(link.flow).best(panes_of(app).flow_pane.size.width - 2, 100).height
        assert panes_of(app).flow_pane.size.height >= wanted


async def test_a_step_that_was_undone_at_once_is_not_called_none() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(
            app, pilot, link, replace(on_branch(PRESENT), snapshot=snapshot(link.flow, calls=9))
        )
        await pilot.press("s", "left_square_bracket")
        await pilot.pause(0.6)
        assert "No call was made" not in text_of(app)
