"""The main screen: each key does its action, the mouse selects, and every size works."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.geometry import Offset
from textual.widget import Widget

from runtime.model.call import Export, NextCall
from runtime.model.errors import StudioError
from runtime.model.events import FlowState, StopReason
from runtime.model.snapshot import NodeState
from runtime.protocol.replies import QueueListing
from runtime.protocol.requests import (
    Continue,
    ListNode,
    ListQueue,
    Pause,
    ReadElement,
    Restart,
    SkipElement,
    StepCall,
    StepElement,
)
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PROBLEMS,
    SIZES,
    FakeLink,
    busy_update,
    call_line,
    details,
    element_line,
    fail_node,
    inspected,
    opened,
    panes_of,
    printed,
    settle,
    show,
    snapshot,
    text_of,
)
from workbench.actions.context import PaneName
from workbench.app import StudioApp
from workbench.graph.drawing import Drawing, draw
from workbench.view import CallRef, EdgeRef, ElementRef, NodeRef

COMMANDS = (StepCall, StepElement, Continue, Pause, SkipElement, Restart)


def commands(link: FakeLink) -> list[object]:
    """What was asked of the flow, questions of the inspector left out."""
    return [request for request in link.sent if isinstance(request, COMMANDS)]


def centre_of(widget: Widget, text: str) -> Offset:
    """Where `text` stands in a widget, in its own cells."""
    for y in range(widget.size.height):
        x = widget.render_line(y).text.find(text)
        if x >= 0:
            return Offset(x + len(text) // 2 + widget.gutter.left, y + widget.gutter.top)
    raise AssertionError(f"{text!r} is not in {widget!r}")


KEYS = [
    ("s", StepCall()),
    ("f10", StepCall()),
    ("S", StepElement()),
    ("f11", StepElement()),
    ("space", Continue()),
    ("c", Continue()),
    ("f5", Continue()),
    ("A", Restart()),
]


@pytest.mark.parametrize("size", SIZES)
async def test_a_key_sends_its_request(size: tuple[int, int]) -> None:
    link = FakeLink()
    async with opened(link, size) as (_, pilot):
        for key, request in KEYS:
            link.sent.clear()
            await pilot.press(key)
            assert commands(link) == [request], key


async def test_space_pauses_a_flow_that_runs() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, replace(busy_update(link.flow), running=True))
        assert "> RUNNING" in text_of(app)
        await pilot.press("space")
        assert commands(link) == [Pause()]


async def test_the_pace_goes_with_the_run_and_a_running_flow_takes_it_at_once() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("p", "space")
        assert commands(link) == [Continue(20.0)]
        await show(app, pilot, link, replace(busy_update(link.flow), running=True))
        await pilot.press("p")
        assert commands(link)[-1] == Continue(5.0)
        assert "pace 5/s" in text_of(app)


async def test_a_failed_element_is_explained_and_skipped() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        failed = fail_node(snapshot(link.flow, calls=12), "log-proc")
        await show(app, pilot, link, Update(Health.READY, snapshot=failed))
        text = text_of(app)
        assert "stopped: trap" in text
        assert "log-proc: Trap [E0804]" in text
        assert "in [red]log[/red] at \\x1b[31mline 3" in text
        await pilot.press("x")
        assert commands(link) == [SkipElement("log-proc")]


async def test_a_key_that_cannot_act_says_what_it_needs() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("x")
        assert "skip failed needs a failed element." in text_of(app)
        await pilot.press("t")
        assert "step node needs a selected node, or an element of a queue." in text_of(app)
        assert commands(link) == []


async def test_a_selected_node_is_stepped_and_looked_into() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("right", "right", "right")
        await settle(app, pilot)
        assert panes_of(app).selection == NodeRef("router")
        assert ListNode("router", 12) in link.sent
        assert "torvyn:filtering/ router" in inspected(app)
        await pilot.press("t")
        assert commands(link) == [StepCall("router")]


@pytest.mark.parametrize("keys", [("l", "l"), ("right", "right")])
async def test_arrows_and_letters_walk_over_nodes_and_edges(keys: tuple[str, ...]) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press(*keys)
        assert panes_of(app).selection == EdgeRef(0)
        assert ListQueue(0) in link.sent
        await pilot.press("escape")
        assert panes_of(app).selection is None


async def test_up_and_down_change_the_branch() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("G")
        assert panes_of(app).selection == NodeRef("log-sink")
        await pilot.press("k")
        assert panes_of(app).selection == NodeRef("metric-sink")
        await pilot.press("j")
        assert panes_of(app).selection == NodeRef("log-sink")


async def test_what_comes_next_is_inspected_when_nothing_is_selected() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        assert ReadElement(7) in link.sent
        await show(app, pilot, link, Update(Health.READY, replies=(details(7),)))
        text = text_of(app)
        assert '"disk usage above 80%"' in text
        assert "waited 1.2 ms" in text
        assert "router route  12.4 µs" in text
        assert "next: router route(#6)" in text


async def test_a_queue_is_opened_down_to_one_element() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await pilot.press("2", "enter")
        assert panes_of(app).queues.cursor == 0
        assert panes_of(app).active is PaneName.QUEUES
        panes_of(app).queues.cursor = None
        panes_of(app).selection = EdgeRef(2)
        await pilot.press("enter")
        await settle(app, pilot)
        assert panes_of(app).queues.cursor == 2
        assert panes_of(app).active is PaneName.INSPECTOR
        assert panes_of(app).selection == EdgeRef(2)
        assert ListQueue(2) in link.sent
        listing = QueueListing(2, 0, 64, (element_line(31), element_line(32)))
        await show(app, pilot, link, Update(Health.READY, replies=(listing,)))
        assert "and 62 more" in text_of(app)
        await pilot.press("3")
        inspector = panes_of(app).inspector
        inspector.set_cursor([row.target for row in inspector.rows].index(ElementRef(32, 32)))
        await pilot.press("enter", "S")
        assert panes_of(app).selection == ElementRef(32, 32)
        assert ReadElement(32) in link.sent
        assert commands(link) == [StepElement(32)]


async def test_the_lineage_of_an_element_that_was_only_named_comes_from_its_details() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes_of(app).selection = ElementRef(9)
        await settle(app, pilot)
        await show(app, pilot, link, Update(Health.READY, replies=(details(9),)))
        await pilot.press("S")
        assert commands(link) == [StepElement(9)]


@pytest.mark.parametrize("size", SIZES)
async def test_number_keys_bring_each_pane_up(size: tuple[int, int]) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        for number, name in enumerate(PaneName, start=1):
            await pilot.press(str(number))
            assert panes_of(app).active is name
            assert panes_of(app).pane(name).display
            assert f"{number} {name.value.capitalize()}" in text_of(app)


async def test_tab_goes_round_all_panes_and_back() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        seen = []
        for _ in PaneName:
            await pilot.press("tab")
            seen.append(panes_of(app).active)
        assert seen == [*list(PaneName)[1:], PaneName.FLOW]
        await pilot.press("shift+tab")
        assert panes_of(app).active is PaneName.BREAKS


async def test_a_pane_is_zoomed_and_given_back() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("4", "plus")
        assert not panes_of(app).flow_pane.display
        assert panes_of(app).outputs.size.width > 110
        await pilot.press("escape")
        assert panes_of(app).flow_pane.display
        await pilot.press("plus", "underscore")
        assert panes_of(app).flow_pane.display


async def test_a_click_selects_a_node_an_edge_a_row_and_a_footer_action() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        panes = panes_of(app)
        await pilot.click("#flow", offset=centre_of(panes.flow_pane, "log-proc"))
        assert panes.selection == NodeRef("log-proc")
        await pilot.click("#flow", offset=centre_of(panes.flow_pane, "64/64!"))
        assert panes.selection == EdgeRef(2)
        await pilot.click("#queues", offset=centre_of(panes.queues, "log-proc -> log-sink"))
        assert panes.selection == EdgeRef(4)
        await pilot.click("#events", offset=centre_of(panes.event_log, "emitted 1"))
        assert panes.selection == CallRef(1839)
        await pilot.click("#footer", offset=centre_of(panes.query_one("#footer"), "step"))
        assert commands(link) == [StepCall()]


async def test_a_click_on_a_tab_brings_its_log_up() -> None:
    link = FakeLink()
    async with opened(link, (60, 24)) as (app, pilot):
        await pilot.press("4")
        tabs = panes_of(app).outputs.query_one(".tabs")
        assert tabs.display
        await pilot.click(".tabs", offset=centre_of(tabs, "log-sink"))
        assert panes_of(app).outputs.active == "log-sink"
        await pilot.press("left")
        assert panes_of(app).outputs.active == "metric-sink"


async def test_the_header_counts_and_the_last_call_is_explained() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        told = call_line(9, "aggregator", "ingest(#3) kept it, emitted 0", 9)
        picture = snapshot(link.flow, calls=9)
        await show(app, pilot, link, Update(Health.READY, snapshot=picture, events=(told,)))
        text = text_of(app)
        assert "9 calls" in text
        assert "aggregator ingest(#3) kept it, emitted 0" in text


async def test_a_step_that_makes_no_call_is_explained() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        picture = snapshot(link.flow, calls=9, states={"source": NodeState.BLOCKED})
        await show(app, pilot, link, Update(Health.READY, snapshot=picture))
        await pilot.press("l", "t")
        await pilot.pause(0.6)
        assert "No call was made: source is blocked by a full queue." in text_of(app)


async def test_a_flow_at_its_end_says_so_and_offers_to_begin_again() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        picture = snapshot(
            link.flow,
            calls=90,
            next_call=None,
            state=FlowState.COMPLETED,
            stop=StopReason.END_OF_STREAM,
            stop_detail="",
        )
        await show(app, pilot, link, Update(Health.READY, snapshot=picture))
        text = text_of(app)
        assert "= COMPLETED" in text
        assert "A begins again" in text
        await pilot.press("s")
        assert commands(link) == []


@pytest.mark.parametrize("size", SIZES)
async def test_a_dead_runtime_is_announced_and_restarted(size: tuple[int, int]) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        await show(app, pilot, link, Update(Health.DEAD, health_detail="killed by signal 11"))
        text = text_of(app)
        assert "x LOST" in text.splitlines()[0]
        assert "The runtime is gone; A starts it again. Killed by signal 11." in text
        await pilot.press("s")
        assert commands(link) == []
        await pilot.press("A")
        assert commands(link) == [Restart()]
        await show(app, pilot, link, Update(Health.STARTING))
        assert "Compiling the components" in text_of(app)
        await show(app, pilot, link, link.opened())
        assert "The runtime is gone" not in text_of(app)
        assert "paused before the first call" in text_of(app)


async def test_a_restart_begins_with_empty_panes() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        assert "slow disk" in text_of(app)
        await show(app, pilot, link, link.opened())
        text = text_of(app)
        assert "slow disk" not in text
        assert "Nothing printed yet." in text
        assert "Nothing has happened yet." in text


@pytest.mark.parametrize("size", SIZES)
async def test_problems_are_listed_with_place_and_help(size: tuple[int, int]) -> None:
    link = FakeLink(Update(Health.INVALID, problems=PROBLEMS))
    async with opened(link, size) as (app, pilot):
        text = text_of(app)
        assert "2 problems keep the flow from opening." in text
        assert "x E0702 UnknownKey" in text
        assert "Torvyn.toml:12:5" in text
        assert "help Write `capacity`." in text
        assert panes_of(app).active is PaneName.PROBLEMS
        await show(app, pilot, link, link.opened())
        assert panes_of(app).active is PaneName.FLOW


async def test_a_session_that_cannot_be_opened_is_tried_again() -> None:
    link = FakeLink()
    tried: list[None] = []

    def open_link() -> FakeLink:
        tried.append(None)
        if len(tried) == 1:
            raise StudioError(PROBLEMS)
        return link

    app = StudioApp(open_link, title="fan-out")
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert app.health is Health.INVALID
        await pilot.press("A")
        await settle(app, pilot)
        assert app.health is Health.READY
        assert len(tried) == 2


async def test_before_the_session_is_ready_it_says_that_it_compiles() -> None:
    link = FakeLink(Update(Health.STARTING))
    async with opened(link) as (app, pilot):
        assert "- STARTING" in text_of(app)
        assert "Compiling the components" in text_of(app)
        await pilot.press("s", "A")
        assert commands(link) == []


async def test_any_size_of_the_terminal_can_be_drawn_and_left_again() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        for size in [(20, 5), (1, 1), (39, 40), (200, 8), (300, 90)]:
            await pilot.resize_terminal(*size)
            for key in ("1", "2", "3", "4", "5", "6", "7", "j", "right", "plus", "escape"):
                await pilot.press(key)
                assert text_of(app), size
            await pilot.resize_terminal(120, 36)
            await pilot.pause()
            assert "1 Flow" in text_of(app), size


async def test_quitting_asks_while_the_flow_runs() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, replace(busy_update(link.flow), running=True))
        await pilot.press("q")
        assert "The flow is running. Quit?" in text_of(app)
        await pilot.press("n")
        assert app.is_running
        await pilot.press("q", "y")
        await pilot.pause()
        assert not app.is_running
    assert link.closed


async def test_quitting_a_paused_flow_does_not_ask() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running
    assert link.closed


async def test_the_graph_is_drawn_again_only_for_another_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Drawing] = []

    def counted(*given: Any, **more: Any) -> Drawing:
        drawn.append(draw(*given, **more))
        return drawn[-1]

    monkeypatch.setattr("workbench.graph.graph_view.draw", counted)
    link = FakeLink()
    async with opened(link) as (app, pilot):
        drawn.clear()
        for _ in range(5):
            await show(app, pilot, link, Update(Health.READY, snapshot=snapshot(link.flow)))
            chatter = printed("log-sink", "x\n")
            await show(app, pilot, link, Update(Health.READY, printed=(chatter,)))
        assert drawn == []
        await show(app, pilot, link, Update(Health.READY, snapshot=snapshot(link.flow, calls=1)))
        assert len(drawn) == 1


async def test_without_colours_the_states_can_still_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await pilot.press("right")
        text = text_of(app)
        for sign in ("@ ", "||", "> ready", "64/64!", "o3", "E~ slow disk"):
            assert sign in text
        strips = app.screen._compositor.render_strips(app.size)
        colours = {
            part.style.color.triplet for strip in strips for part in strip
            if part.style and part.style.color and part.style.color.triplet
        }  # fmt: skip
        assert all(red == green == blue for red, green, blue in colours)


async def test_a_theme_of_textual_can_be_used_too() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        app.theme = "textual-light"
        await pilot.pause()
        assert "paused before the first call" in text_of(app)


async def test_the_next_call_of_another_node_takes_the_mark() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        upcoming = NextCall("log-sink", Export.PUSH, 3, 2, waits_ns=80_000_000)
        picture = snapshot(link.flow, calls=4, next_call=upcoming)
        await show(app, pilot, link, Update(Health.READY, snapshot=picture))
        assert "next: log-sink push(#2) in 80ms" in text_of(app)
