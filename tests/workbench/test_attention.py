"""What happens brings up the pane that tells of it, unless the user chose one just now."""

from __future__ import annotations

from dataclasses import replace

from runtime.protocol.requests import StepCall
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    FIRST_CALL,
    FakeLink,
    asked,
    fail_node,
    opened,
    panes_of,
    show,
    snapshot,
    text_of,
)
from workbench.actions.context import PaneName
from workbench.screens.attention import CHOSEN_S, Attention


async def test_an_error_brings_the_inspector_up_and_its_end_what_stood_there_before() -> None:
    link = FakeLink()
    good = Update(Health.READY, snapshot=snapshot(link.flow, calls=9))
    failed = fail_node(snapshot(link.flow, calls=10), "log-proc")
    bad = replace(good, snapshot=replace(failed, next_call=FIRST_CALL))
    async with opened(link, size=(80, 24)) as (app, pilot):
        panes = panes_of(app)
        await show(app, pilot, link, good)
        assert panes.outputs.display
        await show(app, pilot, link, bad)
        assert panes.inspector.display
        assert panes.active is PaneName.FLOW
        # A step makes the failed call again, and that is what is said to come next.
        assert "@ next: log-proc again" in text_of(app)
        await pilot.press("s")
        assert asked(link)[-1] == StepCall("log-proc")
        await show(app, pilot, link, replace(good, snapshot=snapshot(link.flow, calls=11)))
        assert panes.outputs.display
        # What was chosen just now stays.
        await pilot.press("5")
        await show(app, pilot, link, bad)
        assert panes.active is PaneName.EVENTS
        assert panes.event_log.display

        # Later, it has the keys too; and what the user does there is a choice again.
        now = [0.0]
        attention = Attention(panes, lambda: now[0])
        attention.chose()
        attention.happened(PaneName.PROBLEMS)
        assert panes.active is PaneName.EVENTS
        now[0] = CHOSEN_S
        attention.happened(PaneName.PROBLEMS)
        await pilot.pause()
        assert panes.active is PaneName.PROBLEMS
        attention.happened(PaneName.INSPECTOR)
        await pilot.pause()
        assert panes.active is PaneName.INSPECTOR
        attention.over(PaneName.PROBLEMS)
        await pilot.pause()
        assert panes.active is PaneName.INSPECTOR
        attention.over(PaneName.INSPECTOR)
        await pilot.pause()
        assert panes.active is PaneName.EVENTS
        now[0] += CHOSEN_S
        attention.happened(PaneName.PROBLEMS)
        attention.chose()
        attention.over(PaneName.PROBLEMS)
        await pilot.pause()
        assert panes.active is PaneName.PROBLEMS

        # The border at the end folds the pane below to its title.
        await pilot.press("1", *["ctrl+down"] * 9)
        await pilot.pause()
        assert panes.problems.size.height == 0
        folded = next(line for line in text_of(app).splitlines() if "6 Problems" in line)
        assert folded.startswith("── 6 Problems ──")
        await pilot.press("ctrl+up")
        await pilot.pause()
        assert panes.problems.size.height == 3
