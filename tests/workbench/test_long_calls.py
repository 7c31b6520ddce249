"""What the screen says of a call that takes long, and of a runtime that does not answer."""

from __future__ import annotations

import pytest

from runtime.model.call import CallInProgress, Export
from runtime.protocol.requests import StopCall
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import FakeLink, asked, opened, settle, show, snapshot, text_of
from workbench.screens.session_controller import STEP_ANSWER_S

CALL = CallInProgress(5, "router", Export.ROUTE, 1, 1_300_000_000, 5_000_000_000)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize("running", [False, True])
async def test_a_long_call_is_on_the_node_in_the_header_and_in_the_status_line(
    size: tuple[int, int], running: bool
) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, snapshot=snapshot(link.flow, calls=4)))
        await show(app, pilot, link, Update(Health.READY, running=running, call=CALL))
        text = text_of(app)
        assert "* 1.3 s of 5 s" in text.splitlines()[0]
        assert "* router route(#1) running 1.3 s of 5 s  esc stops it" in text
        assert text.count("* 1.3 s") == 2
        assert "PAUSED" not in text
        await pilot.press("escape")
        assert asked(link) == [StopCall()]
        await show(app, pilot, link, Update(Health.READY, snapshot=snapshot(link.flow, calls=5)))
        assert "1.3 s" not in text_of(app)
        assert "PAUSED" in text_of(app)


async def test_a_step_that_takes_long_is_not_said_to_have_made_no_call() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("s")
        await show(app, pilot, link, Update(Health.READY, call=CALL))
        await pilot.pause(STEP_ANSWER_S * 1.5)
        assert "No call was made" not in text_of(app)
        await show(app, pilot, link, Update(Health.READY, snapshot=snapshot(link.flow, calls=1)))
        await pilot.pause(STEP_ANSWER_S * 1.5)
        await settle(app, pilot)
        assert "No call was made" not in text_of(app)


async def test_a_runtime_that_does_not_answer_is_named() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        detail = "the runtime process 41 is stopped by a signal: kill -CONT 41 wakes it"
        await show(app, pilot, link, Update(Health.READY, health_detail=detail))
        assert f"x {detail}" in text_of(app)
