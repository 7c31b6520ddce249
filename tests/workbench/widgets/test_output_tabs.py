"""Tabs of the output pane and labels of the queue table, where there are more than fit."""

from __future__ import annotations

from rich.cells import cell_len
from textual.widgets import Input

from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import FakeLink, opened, panes_of, printed, text_of
from tests.support.workbench.wide_flows import fan_of, plants, standing
from workbench.text.lines import plain
from workbench.widgets.panes.output_tabs import output_tabs

NAMES = tuple(f"region-{number:02}-invoice-archive-sink" for number in range(30))


def test_tabs_fit_and_are_marked_where_they_are_short_or_not_all() -> None:
    assert plain([tab.span for tab in output_tabs(("a", "b"), {"b"}, "a", 20)]) == " a  b* "
    for names in (NAMES[:1], NAMES[:3], NAMES[:8], NAMES):
        for active in (names[0], names[len(names) // 2], names[-1]):
            for cells in (30, 60, 118, 400):
                tabs = output_tabs(names, {names[0]}, active, cells)
                texts = [tab.span.text.strip() for tab in tabs]
                assert sum(cell_len(tab.span.text) for tab in tabs) <= cells
                assert len(set(texts)) == len(texts)
                assert active in [tab.node for tab in tabs]
                counts = [text for text in texts if "‹" in text or "›" in text]
                hidden = sum(int(text.strip("‹› *")) for text in counts)
                assert hidden + len(tabs) - len(counts) == len(names)
                assert sum("*" in text for text in texts) == 1
                for text in set(texts) - set(counts):
                    assert "…" in text or text.strip("*") in names


async def test_a_hidden_log_is_a_click_away_and_no_two_queues_look_equal() -> None:
    flow = fan_of(40)
    link = FakeLink(Update(Health.READY, flow=flow, snapshot=standing(flow, "router")))
    async with opened(link, (80, 24)) as (app, pilot):
        panes = panes_of(app)
        panes.outputs.take([printed(f"out-{number}", "a line\n") for number in range(40)], ())
        await pilot.press("4")
        assert "* ›" in text_of(app)
        await pilot.press("left")
        assert panes.outputs.active == "out-39"
        assert "‹ " in text_of(app)
        await pilot.click(panes.outputs.query_one(".tabs"), offset=(1, 0))
        assert panes.outputs.active != "out-39"


async def test_queues_with_long_names_are_told_apart_and_found_by_the_whole_name() -> None:
    flow = plants()
    link = FakeLink(Update(Health.READY, flow=flow, snapshot=standing(flow, "plants")))
    async with opened(link, (80, 24)) as (app, pilot):
        queues = panes_of(app).queues
        longest = max(flow.edges, key=lambda edge: len(edge.label))
        await pilot.press("2")
        queues.set_cursor(longest.index)
        names = [plain(row.spans[1:2]).strip() for row in queues.rows]
        assert len(set(names)) == len(flow.edges)
        assert longest.label in str(queues.border_subtitle)
        await pilot.press("slash")
        app.screen.query_one(Input).value = f'"{longest.label}"'
        await pilot.pause()
        assert [row.target.edge for row in queues.rows] == [longest.index]  # type: ignore[attr-defined]
