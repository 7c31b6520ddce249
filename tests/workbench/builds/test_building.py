"""Components built from the screen: what is said while they are, and how it ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity
from runtime.protocol.builds.build_requests import CancelBuild, StartBuild
from runtime.protocol.builds.build_updates import BuildLine, BuildOutcome, BuildStatus
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PROBLEMS,
    SIZES,
    FakeLink,
    asked,
    choose,
    move_to,
    opened,
    panes_of,
    show,
    text_of,
)
from workbench.actions.context import PaneName
from workbench.actions.labels import footer_actions
from workbench.actions.table import BY_ID
from workbench.dialogs.explanation import ExplanationScreen, explanation_rows
from workbench.text.lines import plain

NEW = "3fa2b1c9d0e1"
MISMATCH = Diagnostic(
    Severity.ERROR, Code.BUILD_FAILED, "expected u32, found [red]str[/red]", "",
    "src/lib.rs", 4, 9,
)  # fmt: skip
BUILDING = Update(
    Health.READY,
    build=BuildStatus(("metric-proc",), ("log-proc",), total=2),
    build_lines=(BuildLine("metric-proc", "   Compiling metric-proc v0.1.0"),),
)
BROKEN = BuildOutcome("metric-proc", ExitCode.FAILED, 1_200_000_000, (MISMATCH,))
BUILT = BuildOutcome(
    "metric-proc", ExitCode.OK, 2_500_000_000, artifact="x.wasm", digest=NEW, size=34_086,
    changed=True,
)  # fmt: skip


@pytest.fixture
def edited(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What an editor was opened for; no editor is."""
    found: list[object] = []

    def edit(app: object, item: object) -> str:
        found.append(item)
        return ""

    monkeypatch.setattr("workbench.terminal.editor.open_in_editor", edit)
    return found


@pytest.mark.parametrize("size", SIZES)
async def test_ctrl_r_builds_the_selected_nodes_component_and_shows_the_output(
    size: tuple[int, int],
) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        await choose(app, pilot, "metric-proc")
        await pilot.press("ctrl+r")
        assert asked(link) == [StartBuild("metric-proc")]
        await show(app, pilot, link, BUILDING)
        text = text_of(app)
        assert "7 Build" in text
        assert "Compiling metric-proc v0.1.0" in text
        assert "> building metric-proc" in text.split("\n")[0]
        assert "> 0 of 2, " in text
        assert "s: metric-proc" in text
        assert "then log-proc" in text
        assert "ctrl+x cancel build" in text.split("\n")[-1]
        assert panes_of(app).active is PaneName.FLOW


@pytest.mark.parametrize("keys", [("ctrl+r",), ("f7",)])
async def test_without_a_selected_node_everything_is_built(keys: tuple[str, ...]) -> None:
    link = FakeLink()
    async with opened(link) as (_, pilot):
        await pilot.press(*keys)
        assert asked(link) == [StartBuild(None)]


async def test_a_running_build_is_cancelled() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("ctrl+x")
        assert "cancel build needs a running build." in text_of(app)
        await show(app, pilot, link, BUILDING)
        await pilot.press("ctrl+x")
        assert asked(link) == [CancelBuild()]
        ended = BuildOutcome("metric-proc", ExitCode.INTERRUPTED, 900_000_000)
        status = BuildStatus(outcomes=(ended,))
        await show(app, pilot, link, Update(Health.READY, build=status))
        text = text_of(app)
        assert "cancelled metric-proc after 900ms" in text
        assert "build failed" not in text


@pytest.mark.parametrize("size", SIZES)
async def test_a_failed_build_is_told_with_its_errors_and_a_good_one_takes_them_away(
    size: tuple[int, int],
) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        await show(app, pilot, link, BUILDING)
        await show(app, pilot, link, Update(Health.READY, build=BuildStatus(outcomes=(BROKEN,))))
        text = text_of(app)
        assert "x build failed metric-proc" in text.split("\n")[0]
        assert "failed metric-proc after 1.2s: expected u32, found [red]str[/red]" in text
        await pilot.press("6")
        text = text_of(app)
        assert "build of metric-proc: 1 error" in text
        assert "src/lib.rs:4:9" in text
        await show(app, pilot, link, Update(Health.READY, build=BuildStatus(outcomes=(BUILT,))))
        text = text_of(app)
        assert "built metric-proc in 2.5s: 3fa2b1c, 33.3 KiB" in text
        assert "build failed" not in text
        assert "No problems." in text


async def test_enter_on_the_end_of_a_failed_build_opens_the_place(
    edited: list[object],
) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, BUILDING)
        await show(app, pilot, link, Update(Health.READY, build=BuildStatus(outcomes=(BROKEN,))))
        await pilot.press("7", "k", "enter")
        assert edited == [MISMATCH]


async def test_enter_on_a_problems_code_explains_it_and_on_its_place_opens_the_editor(
    edited: list[object],
) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, build=BuildStatus(outcomes=(BROKEN,))))
        await pilot.press("6")
        await move_to(pilot, MISMATCH.kind)
        await pilot.press("enter")
        assert isinstance(app.screen, ExplanationScreen)
        shown = "\n".join(plain(row) for row in explanation_rows(MISMATCH.kind))
        assert MISMATCH.kind.meaning in " ".join(shown.split())
        assert "What to do" in shown
        assert "What to do" in text_of(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, ExplanationScreen)
        await move_to(pilot, MISMATCH)
        await pilot.press("enter")
        assert edited == [MISMATCH]


async def test_output_of_several_components_is_told_apart_and_losses_are_counted() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("7", "plus")
        lines = (BuildLine("metric-proc", "one"), BuildLine("log-proc", "two\x1b[31m"))
        status = BuildStatus(("log-proc",), outcomes=(BUILT,))
        told = Update(Health.READY, build=status, build_lines=lines, build_lines_lost=1_200)
        await show(app, pilot, link, told)
        log = panes_of(app).build_log
        assert [plain(log.spans_at(index)).strip() for index in range(len(log.rows))] == [
            ".. 1,200 lines were not kept",
            ">  building metric-proc",
            "one",
            "=  built metric-proc in 2.5s: 3fa2b1c, 33.3 KiB",
            ">  building log-proc",
            "two\\x1b[31m",
        ]


async def test_a_flow_that_is_not_built_yet_can_be_built() -> None:
    link = FakeLink(Update(Health.INVALID, problems=PROBLEMS))
    async with opened(link, (80, 24)) as (app, pilot):
        assert "Press ctrl+r to build what is not built" in text_of(app)
        assert BY_ID["build"] in footer_actions(panes_of(app).context)
        await pilot.press("ctrl+r")
        assert asked(link) == [StartBuild(None)]
        assert panes_of(app).active is PaneName.BUILD
        await show(app, pilot, link, replace(BUILDING, health=Health.INVALID, problems=PROBLEMS))
        assert "Compiling metric-proc" in text_of(app)
