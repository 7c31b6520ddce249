"""`/`, `n` and `N` in every pane, on a scripted session."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Input

from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PROBLEMS,
    FakeLink,
    busy_update,
    call_line,
    opened,
    panes_of,
    show,
    text_of,
)
from workbench.app import StudioApp
from workbench.text.lines import plain
from workbench.view import EdgeRef, NodeRef
from workbench.widgets.footer_bar import FooterBar


async def search(app: StudioApp, pilot: Pilot[None], pane: str, text: str) -> None:
    """Search a pane by its digit, and leave the line open."""
    await pilot.press(pane, "slash")
    app.screen.query_one(Input).value = text
    await pilot.pause()


def last_line(app: StudioApp) -> str:
    return text_of(app).splitlines()[-1]


async def test_a_log_is_filtered_while_it_is_typed_and_what_comes_later_too() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        log = panes_of(app).event_log
        await search(app, pilot, "5", "log & !accepted")
        assert last_line(app).rstrip().endswith("3 of 7 · tab marks")
        border = next(row for row in text_of(app).splitlines() if "5 Events" in row)
        assert "/ log & !acc" in border
        assert "3 of 7" in border
        assert not app.screen.query_one(FooterBar).display
        assert len(log.rows) == 3
        more = tuple(call_line(40 + n, "log-proc", f"process(#{n}) done", 90 + n) for n in range(3))
        await show(app, pilot, link, Update(Health.READY, events=more))
        assert len(log.rows) == 6
        await pilot.press("tab")
        assert len(log.rows) == 10
        assert "tab hides the rest" in last_line(app)
        await pilot.press("enter", "n")
        assert "log" in plain(log.spans_at(log.cursor or 0))
        assert app.screen.query_one(FooterBar).display
        first = log.cursor
        await pilot.press("n", "N")
        assert log.cursor == first
        await pilot.press("escape")
        assert log.sought is None
        await search(app, pilot, "5", 'node == "router" && call > 1000')
        assert "1 of 10 · 2 fields" in last_line(app)
        app.screen.query_one(Input).value = "nodes == 3"
        await pilot.pause()
        assert "did you mean node?" in last_line(app)
        app.screen.query_one(Input).value = "nowhere"
        await pilot.pause()
        assert "No line matches nowhere." in text_of(app)
        await pilot.press("up")
        assert app.screen.query_one(Input).value == "log & !accepted"
        await pilot.press("escape")
        assert log.sought is None
        assert len(log.rows) == 10


async def test_every_pane_is_searched_each_by_what_it_shows() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await show(app, pilot, link, Update(Health.READY, problems=PROBLEMS))
        panes = panes_of(app)
        await search(app, pilot, "2", "depth > 10 & !full")
        assert "1 of 5" in last_line(app)
        assert "source -> router" in plain(panes.queues.rows[0].spans)
        await pilot.press("escape")
        await search(app, pilot, "4", "user 2")
        assert "1 of 9" in last_line(app)
        await pilot.press("enter", "escape")
        await search(app, pilot, "6", 'severity == "warning"')
        assert "5 of 13 · 1 field" in last_line(app)
        await pilot.press("escape")
        await search(app, pilot, "8", 'node == "router"')
        assert "2 of 17 · 1 field" in last_line(app)
        await pilot.press("enter")
        assert "router" in plain(panes.slow.spans_at(panes.slow.cursor or 0))
        await search(app, pilot, "3", "calls")
        await pilot.press("enter")
        assert "calls" in plain(panes.inspector.spans_at(panes.inspector.cursor or 0))
        await search(app, pilot, "1", "sink")
        assert "4 of 11" in last_line(app)
        await pilot.press("enter")
        assert panes.selection == NodeRef("metric-sink")
        assert "1 Flow  / sink  4 of 11" in text_of(app)
        await pilot.press("n", "n")
        assert panes.selection == EdgeRef(3)
        await pilot.press("N")
        assert panes.selection == NodeRef("log-sink")
        await pilot.press("escape", "n")
        assert "Nothing is searched for here: / begins." in text_of(app)
        await search(app, pilot, "7", "anything")
        assert "0 of 0" in last_line(app)
