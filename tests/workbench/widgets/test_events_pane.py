"""The event log in its columns, and lists whose cursor is the selection."""

from __future__ import annotations

from dataclasses import replace

from runtime.protocol.requests import StepCall
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    FakeLink,
    asked,
    busy_update,
    call_line,
    opened,
    panes_of,
    printed,
    settle,
    show,
    text_of,
)
from workbench.text.lines import plain
from workbench.view import EdgeRef, ElementRef
from workbench.widgets.panes.events_pane import shortened


def test_a_text_that_is_too_long_loses_its_target_first_then_the_call() -> None:
    text = "process(#4) emitted 1 -> metric-sink [1]"
    assert shortened(text, 40) == text
    assert shortened(text, 39) == "process(#4) emitted 1"
    assert shortened(text, 20) == "emitted 1"
    assert shortened("pull gave an element -> router [1]", 9) == "gave one"
    assert shortened(text, 5) == "emit…"
    assert shortened("router:logs -> log-proc is full", 20) == "router:logs -> log-…"


async def test_number_node_and_time_of_each_call_are_seen_in_a_narrow_pane() -> None:
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        call = call_line(8, "metric-proc", "process(#4) emitted 1 -> metric-sink [1]", 13_649)
        await show(app, pilot, link, Update(Health.READY, events=(call,)))
        pane = panes_of(app).event_log
        row = plain(pane.spans_at(0))
        assert row.startswith(" > 13,649 metric-proc emitted")
        assert row.endswith("12.3µs")
        assert len(row) == pane.room
        pane.set_cursor(0)
        assert "process(#4) emitted 1 -> metric-sink [1]" in (pane.copy_text() or "")


async def test_the_cursor_of_a_list_is_the_selection_and_numbers_are_whole() -> None:
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        chunk = printed("log-sink", "a line\n", sequence=13_649)
        await show(app, pilot, link, replace(busy_update(link.flow), printed=(chunk,)))
        panes = panes_of(app)
        await pilot.press("2", "down")
        assert panes.selection == EdgeRef(0)
        await pilot.press("down")
        assert panes.selection == EdgeRef(1)
        await pilot.press("5", "up")
        assert panes.selection == ElementRef(7, 7)
        text = text_of(app)
        assert "#13649 a line" in text
        queues = text.split("2 Queues")[1].split("4 Output")[0]
        assert "blocked" in queues
        assert "4.1ms" in queues


async def test_keys_typed_before_the_flow_is_open_are_done_when_it_is() -> None:
    link = FakeLink(Update(Health.STARTING))
    async with opened(link) as (app, pilot):
        await pilot.press("s")
        assert "i step is done as soon as the flow is open." in text_of(app)
        link.push(link.opened())
        await settle(app, pilot)
        assert asked(link) == [StepCall()]
