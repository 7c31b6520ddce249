"""The graph in the workbench: it follows, is moved by hand, and is there before the flow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from runtime.model.linked import LinkedFlow
from runtime.model.outline import FlowOutline, Lack, OutlineNode, outline_of
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PROBLEMS,
    FakeLink,
    call_line,
    fan_out,
    opened,
    panes_of,
    settle,
    show,
    snapshot,
    text_of,
)
from tests.support.workbench.wide_flows import plants, standing
from workbench.app import StudioApp
from workbench.text.lines import plain
from workbench.view import EdgeRef, NodeRef
from workbench.widgets.panes.flow_pane import FlowPane


def before(flow: LinkedFlow, node: str, calls: int = 120) -> Update:
    return Update(Health.READY, flow=flow, snapshot=standing(flow, node, calls=calls))


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_the_graph_opens_at_the_next_call_and_goes_along(size: tuple[int, int]) -> None:
    flow = plants()
    link = FakeLink(before(flow, "plant-08-bill"))
    async with opened(link, size) as (app, pilot):
        assert "[@ bill]" in text_of(app)
        there = Update(Health.READY, snapshot=standing(flow, "plant-18-read", calls=121))
        await show(app, pilot, link, there)
        assert "[@ read]" in text_of(app)
        assert "hidden" in text_of(app) or size[0] == 200


async def test_moved_by_hand_it_stays_until_a_key_or_the_next_step() -> None:
    flow = plants()
    link = FakeLink(before(flow, "plant-02-bill"))
    async with opened(link, (80, 24)) as (app, pilot):
        await pilot.press("pagedown")
        assert ". returns" in text_of(app)
        assert "[@ bill]" not in text_of(app)
        await pilot.press("full_stop")
        assert ". returns" not in text_of(app)
        assert "[@ bill]" in text_of(app)
        await pilot.press("pagedown", "s")
        assert "[@ bill]" in text_of(app)


async def test_the_wheel_moves_the_graph_and_counts_what_it_hides() -> None:
    flow = plants()
    link = FakeLink(before(flow, "plant-02-bill"))
    async with opened(link, (80, 24)) as (app, pilot):
        shown = text_of(app)
        pane = panes_of(app).flow_pane
        pane.post_message(_wheel(pane))
        await settle(app, pilot)
        assert text_of(app) != shown
        assert "▲" in text_of(app)


def _wheel(pane: Widget) -> events.MouseScrollDown:
    return events.MouseScrollDown(
        pane, x=5, y=3, delta_x=0, delta_y=1, button=0, shift=False, meta=False, ctrl=False
    )


async def test_the_map_is_a_key_away_and_enter_goes_where_the_cursor_is() -> None:
    flow = plants()
    link = FakeLink(before(flow, "plant-02-bill"))
    async with opened(link, (80, 24)) as (app, pilot):
        await pilot.press("z")
        assert "plant-10  · ·" in text_of(app)
        await pilot.press("G", "enter")
        assert panes_of(app).selection == NodeRef(flow.nodes[-1].name)
        assert "plant-10  · ·" not in text_of(app)
        assert flow.nodes[-1].name in text_of(app)


@pytest.mark.usefixtures("drawn_at_each_change")
async def test_only_rows_that_became_others_are_painted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = plants()
    link = FakeLink(before(flow, "plant-08-bill"))
    async with opened(link, (80, 24)) as (app, pilot):
        painted: list[int] = []
        render_line = FlowPane.render_line

        def count(self: FlowPane, y: int) -> Strip:
            painted.append(y)
            return render_line(self, y)

        monkeypatch.setattr(FlowPane, "render_line", count)
        there = Update(Health.READY, snapshot=standing(flow, "plant-08-tax", calls=121))
        await show(app, pilot, link, there)
        assert 0 < len(set(painted)) <= 3


async def test_the_graph_is_there_while_the_session_opens() -> None:
    link = FakeLink(Update(Health.STARTING))
    app = StudioApp(lambda: link, title="fan-out", outline=outline_of(fan_out()))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        text = text_of(app)
        assert "metric-proc" in text
        assert "6 nodes, all shown" in text


def plain_inspector(app: StudioApp) -> str:
    return "\n".join(plain(row.spans) for row in panes_of(app).inspector.rows)


async def test_a_flow_that_cannot_be_opened_is_drawn_with_what_its_components_lack() -> None:
    whole = outline_of(fan_out())
    lacks = {"source": Lack.NO_FILE, "metric-proc": Lack.NOT_WASM}
    nodes = tuple(
        OutlineNode(
            node.name, node.component, node.inputs, node.outputs, lacks.get(node.name, Lack.NOTHING)
        )
        for node in whole.nodes
    )
    outline = FlowOutline(whole.name, nodes, whole.edges)
    missing = replace(
        PROBLEMS[0], message="it is not built", key=f"flow.{whole.name}.nodes.source.component"
    )
    link = FakeLink(Update(Health.INVALID, problems=(*PROBLEMS, missing), outline=outline))
    async with opened(link, (120, 36)) as (app, pilot):
        text = text_of(app)
        assert "6 nodes, 5 edges" in text
        assert "not built" in text
        panes_of(app).selection = NodeRef("source")
        await settle(app, pilot)
        text = plain_inspector(app)
        assert "no file" in text
        assert "it is not built" in text
        assert "capcity" not in text
        panes_of(app).selection = EdgeRef(0)
        await settle(app, pilot)
        assert "source -> router" in plain_inspector(app)
    link = FakeLink(Update(Health.INVALID, problems=PROBLEMS, outline=outline))
    async with opened(link, (80, 24)) as (app, pilot):
        text = text_of(app)
        assert "? no file" in text
        assert "x not wasm" in text
        assert "6 Problems" in text
        opened_now = Update(Health.READY, flow=link.flow, snapshot=snapshot(link.flow))
        await show(app, pilot, link, opened_now)
        assert "no file" not in text_of(app)


async def test_a_flow_that_broke_keeps_its_last_graph() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        await show(app, pilot, link, Update(Health.INVALID, problems=PROBLEMS))
        assert "metric-sink" in text_of(app)


async def test_layouts_and_borders_change_by_keys() -> None:
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        pane = panes_of(app).flow_pane
        height = pane.outer_size.height
        await pilot.press("ctrl+down")
        assert pane.outer_size.height == height + 1
        await pilot.press("ctrl+up", "ctrl+up")
        assert pane.outer_size.height == height - 1
        width = pane.outer_size.width
        await pilot.press("ctrl+left")
        assert pane.outer_size.width == width - 2
        await pilot.press("ctrl+l")
        assert "Layout: graph" in text_of(app)
        assert not panes_of(app).queues.display
        await pilot.press("ctrl+l")
        assert "Layout: log" in text_of(app)
        assert panes_of(app).flow_pane.outer_size.height == 5
        await pilot.press("ctrl+l")
        assert pane.outer_size.height == height - 1


async def test_a_border_is_dragged_with_the_mouse() -> None:
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        pane = panes_of(app).flow_pane
        bottom = pane.region.bottom - 1
        await pilot.mouse_down(offset=(10, bottom))
        await pilot.hover(offset=(10, bottom + 3))
        await pilot.mouse_up(offset=(10, bottom + 3))
        assert pane.region.bottom - 1 == bottom + 3


async def test_on_eighty_columns_errors_and_the_way_out_are_there() -> None:
    flow = plants()
    link = FakeLink(before(flow, "plant-08-bill", 123_456))
    async with opened(link, (80, 24)) as (app, _pilot):
        lines = text_of(app).splitlines()
        assert lines[0].rstrip().endswith("0 errors")
        assert "123k calls" in lines[0]
        assert lines[-1].rstrip().endswith("? help  q quit")


async def test_nodes_in_the_event_log_can_be_told_apart() -> None:
    flow = plants()
    calls = tuple(
        call_line(number, f"plant-0{number}-clean", "process(#1) emitted 1", number)
        for number in range(1, 5)
    )
    link = FakeLink(replace(before(flow, "plant-08-bill"), events=calls))
    async with opened(link, (120, 36)) as (app, _pilot):
        rows = [line[81:99] for line in text_of(app).splitlines() if "emitted 1" in line[80:]]
        assert len(rows) == len(set(rows)) == len(calls)


async def test_below_the_least_size_only_the_state_is_shown() -> None:
    link = FakeLink()
    async with opened(link, (18, 5)) as (app, _pilot):
        assert "PAUSED" in text_of(app)
        assert "too small" in text_of(app)
