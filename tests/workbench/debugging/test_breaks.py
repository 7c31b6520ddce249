"""Breakpoints and watches on the screen: set, listed, edited, and where the flow stands at one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from runtime.model.events import StopReason
from runtime.protocol.break_places import BreakPlace, PlaceKind
from runtime.protocol.breakpoints import (
    BreakHit,
    Breakpoint,
    BreakpointList,
    BreakpointRow,
    BreakpointTrial,
    RemoveBreakpoint,
    RemoveWatch,
    SetBreakpoint,
    SetWatch,
    Then,
    TrialHit,
    TryBreakpoint,
    Watch,
    WatchRow,
)
from runtime.protocol.replies import NodeCalls
from runtime.protocol.requests import BackToBreak
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    FakeLink,
    asked,
    branch_of_calls,
    call_line,
    opened,
    panes_of,
    settle,
    show,
    snapshot,
    text_of,
    until,
)
from workbench.actions.context import PaneName
from workbench.dialogs.breakpoint_dialog import BreakpointScreen
from workbench.screens.breaking.condition_history import (
    CONDITIONS,
    MOST_KEPT,
    WATCHED,
    ConditionHistory,
)
from workbench.settings.project_memory import ProjectMemory
from workbench.view import EdgeRef, NodeRef

ROUTER = BreakPlace(PlaceKind.INPUT, "router")
ONE = Breakpoint(1, ROUTER, 'json.level == "warn"')
OFF = Breakpoint(2, BreakPlace(PlaceKind.EDGE, edge="source -> router"), then=Then.LOG, on=False)
LISTED = BreakpointList(
    (
        BreakpointRow(ONE, 3, 170),
        BreakpointRow(OFF, 12, 88, "text cannot be compared with a whole number"),
    ),
    (
        WatchRow(Watch(1, "json.value"), "4096", "72.5", 121),
        WatchRow(Watch(2, 'node("router").errors', stops=True), "0"),
    ),
)
HIT = BreakHit(ONE, 3, 6, True, "router", None, (("json.level", '"warn"'),))


async def test_b_sets_one_where_the_cursor_is_and_takes_it_away() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes = panes_of(app)
        for selection, place in (
            (NodeRef("router"), ROUTER),
            (NodeRef("source"), BreakPlace(PlaceKind.OUTPUT, "source")),
            (EdgeRef(0), OFF.place),
        ):
            panes.selection = selection
            await pilot.press("b")
            assert asked(link)[-1] == SetBreakpoint(Breakpoint(0, place))
        assert f"{OFF.place.words}. B lists" in text_of(app)
        await show(app, pilot, link, Update(Health.READY, breakpoints=LISTED))
        plain = replace(ONE, condition="")
        there = BreakpointList((BreakpointRow(plain),))
        await show(app, pilot, link, Update(Health.READY, breakpoints=there))
        panes.selection = NodeRef("router")
        await pilot.press("b")
        assert asked(link)[-1] == RemoveBreakpoint(1)
        panes.selection = None
        line = call_line(9, "router", "init ok", 3)
        await show(app, pilot, link, Update(Health.READY, events=(line,)))
        await pilot.press("5", "k", "b")
        init = BreakPlace(PlaceKind.EXPORT, "router", export="init")
        assert asked(link)[-1] == SetBreakpoint(Breakpoint(0, init))
        panes.focus_pane(PaneName.QUEUES)
        await settle(app, pilot)
        await pilot.press("g", "j", "b")
        label = link.flow.edges[1].label
        assert asked(link)[-1] == SetBreakpoint(
            Breakpoint(0, BreakPlace(PlaceKind.EDGE, edge=label))
        )


async def test_the_list_counts_switches_and_forgets() -> None:
    link = FakeLink()
    async with opened(link, (100, 36)) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, breakpoints=LISTED))
        await pilot.press("B")
        await settle(app, pilot)
        text = text_of(app)
        for words in ("● new", "router input", "12 is off", "72.5 → 4096", "call 121", "never"):
            assert words in text
        assert "text cannot be compared with a whole number" in text
        await pilot.press("space")
        assert asked(link)[-1] == SetBreakpoint(replace(ONE, on=False))
        await pilot.press("d")
        assert asked(link)[-1] == RemoveBreakpoint(1)
        await pilot.press("G", "space")
        assert asked(link)[-1] == SetWatch(Watch(2, 'node("router").errors', stops=False))
        await pilot.press("d")
        assert asked(link)[-1] == RemoveWatch(2)
        await pilot.press("w", *"size", "enter")
        await settle(app, pilot)
        assert asked(link)[-1] == SetWatch(Watch(0, "size"))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_dialog_shows_the_mistake_and_tries_what_is_right(size: tuple[int, int]) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, breakpoints=LISTED))
        await pilot.press("B", "enter")
        await until(pilot, lambda: isinstance(app.screen, BreakpointScreen))
        region = app.screen.query_one("#breakpoint").region
        assert region.x == (size[0] - region.width) // 2  # in the middle, over the panes
        await pilot.press("home", *["delete"] * 40, *"size = 9")
        await settle(app, pilot)
        text = text_of(app)
        assert text.find("^") - text.rfind("\n", 0, text.find("^")) == (
            text.find("size = 9") + 5 - text.rfind("\n", 0, text.find("size = 9"))
        )
        assert '"=" is not known here; equal is ==' in text
        assert "not tried yet" in text
        await pilot.press("enter")
        assert isinstance(app.screen, BreakpointScreen)
        await pilot.press("backspace", "backspace", "backspace", *"> 9", "ctrl+t", "down", *"3/10")
        wanted = replace(ONE, condition="size > 9", then=Then.MARK, first_hit=3, every=10)
        await until(pilot, lambda: TryBreakpoint(wanted) in asked(link))
        trial = BreakpointTrial(wanted, 1_000, 3, (TrialHit(170, 42, b'{"type":"log"}'),))
        await show(app, pilot, link, Update(Health.READY, replies=(trial,)))
        text = text_of(app)
        assert "would have marked 3 times in the last 1,000 calls" in text
        assert "call 170     #42    {" in text
        await pilot.press("tab", "ctrl+s")
        await settle(app, pilot)
        sent = asked(link)[-1]
        assert isinstance(sent, SetBreakpoint)
        assert sent.breakpoint.place != ROUTER
        assert (sent.breakpoint.number, sent.breakpoint.condition) == (1, "size > 9")


async def test_earlier_conditions_come_back_with_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    history = ConditionHistory(ProjectMemory(tmp_path / "Torvyn.toml"), CONDITIONS)
    for number in [*range(MOST_KEPT + 5), 51]:
        history.add(f"size > {number}")
    history.add(" ")
    kept = ConditionHistory(ProjectMemory(tmp_path / "Torvyn.toml"), CONDITIONS).texts
    assert kept[-3:] == ["size > 53", "size > 54", "size > 51"]
    assert (len(kept), kept[0]) == (MOST_KEPT, "size > 5")
    assert ConditionHistory(ProjectMemory(tmp_path / "Torvyn.toml"), WATCHED).texts == []

    async with opened(FakeLink()) as (app, pilot):
        screen = BreakpointScreen(ONE, [ROUTER], lambda _made: None, kept[-2:])
        app.push_screen(screen)
        await until(pilot, lambda: screen.is_mounted)
        when = screen.query_one("#break-when", Input)
        shown = [when.value]
        for key in ("up", "up", "up", "down", "down"):
            await pilot.press(key)
            shown.append(when.value)
        typed = 'json.level == "warn"'
        assert shown == [typed, "size > 51", "size > 54", "size > 54", "size > 51", typed]
        await pilot.press("down")
        assert screen.query_one("#break-hits", Input).has_focus
        await pilot.press("up")
        assert when.has_focus


async def test_where_the_flow_stands_at_a_breakpoint() -> None:
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        stands = replace(
            snapshot(link.flow, calls=5),
            stop=StopReason.BREAKPOINT,
            stop_detail=f"breakpoint 1: {ONE.words}",
        )
        at_one = replace(LISTED, hit=HIT)
        panes_of(app).selection = NodeRef("router")
        await show(app, pilot, link, Update(Health.READY, snapshot=stands, breakpoints=at_one))
        calls = NodeCalls("router", ())
        await show(app, pilot, link, Update(Health.READY, replies=(calls,)))
        text = text_of(app)
        assert "● BREAK 1" in text
        assert '● breakpoint 1: router input, json.level == "warn"' in text
        assert "3, before call 6" in text
        assert '● json.level  "warn"' in text
        await show(app, pilot, link, Update(Health.READY, running=True))
        assert "BREAK" not in text_of(app)


async def test_backspace_goes_back_to_a_hit_or_asks_for_a_condition() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, timeline=branch_of_calls(9)))
        await pilot.press("backspace")
        await until(pilot, lambda: app.screen is not panes_of(app).screen)
        await pilot.press(*"size = 9", "enter")
        await settle(app, pilot)
        assert "equal is ==" in text_of(app)
        await pilot.press("backspace", "backspace", "backspace", *"> 9", "enter")
        await settle(app, pilot)
        assert asked(link)[-1] == BackToBreak("size > 9")
        await show(app, pilot, link, Update(Health.READY, breakpoints=LISTED))
        await pilot.press("backspace")
        assert asked(link)[-1] == BackToBreak()


async def test_the_list_is_searched_and_n_goes_on_there_until_the_search_ends() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, breakpoints=LISTED))
        await pilot.press("9", "slash")
        pane = panes_of(app).breaks
        for text, numbers in (
            ("compared", [OFF]),
            ("hits > 2 & on", [ONE]),
            ('value == "4096"', [LISTED.watches[0].watch]),
            ("!router", [LISTED.watches[0].watch]),
            ("hits > 2", [ONE, OFF]),
        ):
            app.screen.query_one(Input).value = text
            await pilot.pause()
            assert list(dict.fromkeys(row.target for row in pane.rows)) == numbers, text
        assert "2 of 4" in text_of(app)
        await pilot.press("enter", "n")
        assert pane.has_focus
        assert pane.cursor is not None
        assert pane.rows[pane.cursor].target == OFF
        await pilot.press("n")
        assert pane.cursor == 0
        assert "n N next" in text_of(app)
        await pilot.press("escape", "n")
        assert isinstance(app.screen, BreakpointScreen)
