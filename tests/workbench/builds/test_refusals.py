"""Builds and manifests that are not taken: told at once, until they are mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.protocol.builds.build_updates import BuildStatus
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PROBLEMS,
    SIZES,
    FakeLink,
    busy_update,
    opened,
    panes_of,
    show,
    text_of,
)
from workbench.actions.context import PaneName

CUT_OFF = Diagnostic(
    Severity.ERROR, Code.COMPILATION_FAILED, "the file is cut off at byte 2542",
    "Build the component again.", "Torvyn.toml", 73, 3, "flow.main.nodes.metric-sink.component",
)  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
async def test_a_refused_build_is_told_at_once_and_goes_when_it_is_mended(
    size: tuple[int, int],
) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, problems=(CUT_OFF,)))
        text = text_of(app)
        header = text.split("\n")[0]
        assert "x 1 build refused" in header
        assert "x 1 build refused: metric-sink: the file is cut off" in text
        assert panes_of(app).active is PaneName.FLOW
        await pilot.press("6")
        text = text_of(app)
        assert "x E0800 CompilationFailed" in text
        assert "Torvyn.toml:73:3" in text
        assert "Build the component again." in text
        await show(app, pilot, link, Update(Health.READY, problems=()))
        text = text_of(app)
        assert "refused" not in text
        assert "No problems." in text


async def test_on_a_large_terminal_new_problems_come_up_without_taking_the_keys() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        assert not panes_of(app).problems.display
        await pilot.press("t")
        assert "step node needs" in text_of(app)
        await show(app, pilot, link, Update(Health.READY, problems=(CUT_OFF,)))
        assert panes_of(app).problems.display
        assert panes_of(app).active is PaneName.FLOW
        assert "x 1 build refused: metric-sink" in text_of(app)
        await show(app, pilot, link, Update(Health.READY, problems=()))
        assert panes_of(app).event_log.display
        assert not panes_of(app).problems.display


async def test_warnings_alone_are_no_refusal() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, problems=PROBLEMS[1:]))
        assert "refused" not in text_of(app)
        assert not panes_of(app).problems.display


async def test_a_refused_manifest_is_not_called_a_build() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, problems=PROBLEMS[:1]))
        assert "x 1 problem, not taken: unknown key `capcity` in an edge" in text_of(app)


async def test_a_refusal_is_seen_while_the_flow_runs() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, replace(busy_update(link.flow), running=True))
        await show(app, pilot, link, Update(Health.READY, running=True, problems=(CUT_OFF,)))
        assert "x 1 build refused: metric-sink" in text_of(app)


async def test_a_request_that_cannot_be_built_says_why() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        none = replace(CUT_OFF, message="there is no component 'x'", key=None)
        await show(app, pilot, link, Update(Health.READY, build=BuildStatus(refused=(none,))))
        assert "Nothing was built: there is no component 'x'" in text_of(app)
