"""`O`: the lineage of the inspected element, asked for, shown, and lit in the graph."""

from __future__ import annotations

from runtime.protocol.lineage import Lineage, LineageAggregate, LineageCall, LineageInput
from runtime.protocol.requests import JumpTo, ReadLineage
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PRESENT,
    FakeLink,
    asked,
    on_branch,
    opened,
    panes_of,
    show,
    text_of,
)
from workbench.text.lines import StyleRole
from workbench.view import ElementRef

CALLS = (
    LineageCall("source", "pull", 41, 0, 0, 90_000, None, None, 60, "router"),
    LineageCall("router", "route", 43, 200_000, 110_000, 20_000, 0, 60, None, "logs"),
)
MADE = LineageAggregate("log-proc", 9, 2, 44, (LineageInput(7, "source", 3, 43, 1, 2, 60),), 1)
LINEAGE = Lineage(7, "source", 3, CALLS, 2, edges=(0, 2), into=(MADE,), total_ns=220_000)


async def test_a_lineage_is_asked_for_shown_and_lit_in_the_graph() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(PRESENT))
        panes_of(app).selection = ElementRef(7, 7)
        before = panes_of(app).flow_pane._lines
        await pilot.press("O")
        assert asked(link) == [ReadLineage(7)]
        assert "Looking through what the ring has" in text_of(app)
        await show(app, pilot, link, Update(Health.READY, replies=(LINEAGE,)))
        shown = text_of(app)
        assert "Lineage of #3" in shown
        assert "router  route  call 43" in shown
        assert "the path is lit in the graph" in shown
        lit = panes_of(app).flow_pane._lines
        assert lit != before
        faint = {span.text for line in lit for span in line if span.role is StyleRole.FAINT}
        assert any("╭" in text for text in faint)
        await pilot.press("v")
        assert "longest wait: 110 µs before router" in text_of(app)
        await pilot.press("v", "down", "enter")
        assert asked(link) == [ReadLineage(7), JumpTo(42)]
        assert panes_of(app).flow_pane._lines == before


async def test_an_input_leads_to_its_own_lineage_and_what_is_lost_is_told() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(PRESENT))
        panes_of(app).selection = ElementRef(7, 7)
        await pilot.press("O")
        await show(app, pilot, link, Update(Health.READY, replies=(LINEAGE,)))
        await pilot.press("down", "down", "enter")
        assert asked(link) == [ReadLineage(7), ReadLineage(9)]
        await show(app, pilot, link, Update(Health.READY, replies=(LINEAGE,)))
        assert "Looking through" in text_of(app)  # that was the answer to another question
        await show(app, pilot, link, Update(Health.READY, replies=(Lineage(9, why="it is gone"),)))
        assert "Not found: it is gone." in text_of(app)
        await pilot.press("escape")
        assert panes_of(app).flow_pane.path is None
