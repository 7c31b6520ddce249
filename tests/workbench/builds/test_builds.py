"""Hot reload and building on the screen, with a scripted session."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity
from runtime.protocol.build_requests import CancelBuild, StartBuild
from runtime.protocol.requests import Rollback, SetComparing, StepCall
from runtime.protocol.updates import BuildLine, BuildOutcome, BuildStatus, Health, Update
from tests.support.narrow import present
from tests.support.workbench.fakes import (
    BUILT_NS,
    NANO,
    PROBLEMS,
    FakeLink,
    busy_update,
    fail_node,
    fan_out,
    opened,
    panes_of,
    reloaded,
    show,
    snapshot,
    text_of,
)
from workbench.actions.context import Context, PaneName
from workbench.actions.labels import footer_actions, label
from workbench.actions.table import BY_ID
from workbench.app import StudioApp
from workbench.dialogs.explanation import ExplanationScreen, explanation_rows
from workbench.inspection.tables.build_rows import build_rows
from workbench.text.lines import plain
from workbench.view import NodeRef, View
from workbench.widgets.panes import inspector

SIZES = [(120, 36), (80, 24)]
NEW = "3fa2b1c9d0e1"
CUT_OFF = Diagnostic(
    Severity.ERROR, Code.COMPILATION_FAILED, "the file is cut off at byte 2542",
    "Build the component again.", "Torvyn.toml", 73, 3, "flow.main.nodes.metric-sink.component",
)  # fmt: skip
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


def asked(link: FakeLink) -> list[object]:
    kinds = (Rollback, StartBuild, CancelBuild, SetComparing, StepCall)
    return [request for request in link.sent if isinstance(request, kinds)]


async def choose(app: StudioApp, pilot: Pilot[None], node: str) -> None:
    panes_of(app).selection = NodeRef(node)
    await pilot.pause()


@pytest.fixture(autouse=True)
def a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "time_ns", lambda: BUILT_NS + 73 * NANO)


# ---- which build is live


@pytest.mark.parametrize("size", SIZES)
async def test_each_node_shows_its_digest_and_after_a_swap_the_reloads(
    size: tuple[int, int],
) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        assert "9f3a" in text_of(app)
        await show(app, pilot, link, reloaded(link.flow, "metric-proc", NEW, 7))
        assert "3fa2b1c r1" in text_of(app)
        back = reloaded(link.flow, "metric-proc", NEW, 8)
        builds = tuple(
            replace(build, reloads=2, rolled_back=True) if build.reloads else build
            for build in present(back.builds)
        )
        await show(app, pilot, link, replace(back, builds=builds))
        assert "r2<" in text_of(app)


async def test_the_inspector_of_a_node_has_all_facts_of_its_build() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, reloaded(link.flow, "metric-proc", NEW, 7))
        await choose(app, pilot, "metric-proc")
        await pilot.press("3", "plus")
        await pilot.pause()
        rows = "\n".join(plain(row.spans) for row in panes_of(app).inspector.rows)
        assert f"live       {NEW}" in rows
        assert "built      13s ago" in rows
        assert "live since 12s ago" in rows
        assert "reloads    1" in rows
        assert "212ms after the last byte" in rows
        assert "earlier    9f3a7bc1d2e4  u goes back" in rows


async def test_the_age_of_a_build_grows_while_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await choose(app, pilot, "router")
        rows = [plain(row.spans) for row in panes_of(app).inspector.rows]
        assert any("1m13s ago" in row for row in rows)
        monkeypatch.setattr(inspector, "time_ns", lambda: BUILT_NS + 80 * NANO)
        panes_of(app).inspector._fill_ages()
        rows = [plain(row.spans) for row in panes_of(app).inspector.rows]
        assert any("1m20s ago" in row for row in rows)


def test_a_build_of_which_nothing_is_known_shows_the_linked_digest() -> None:
    rows = [plain(row.spans) for row in build_rows(None, "9f3a7bc1d2e4" + "0" * 52, 0, 40)]
    assert rows[1].split() == ["live", "9f3a7bc1d2e4"]


async def test_a_swap_keeps_what_was_printed_the_events_and_the_selection() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await choose(app, pilot, "log-proc")
        await show(app, pilot, link, reloaded(link.flow, "metric-proc", NEW, 31))
        text = text_of(app)
        assert "slow disk" in text
        assert "accepted" in text
        assert "metric-proc build 3fa2" in text
        assert panes_of(app).selection == NodeRef("log-proc")


async def test_u_goes_back_to_the_earlier_build_of_the_selected_node() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("u")
        assert "needs a selected node with an earlier build." in text_of(app)
        await choose(app, pilot, "metric-proc")
        await pilot.press("u")
        assert asked(link) == []
        await show(app, pilot, link, reloaded(link.flow, "metric-proc", NEW, 7))
        assert label(BY_ID["roll-back"], panes_of(app).context) == "back to 9f3a7bc"
        await pilot.press("u")
        assert asked(link) == [Rollback("metric-proc")]


async def test_enter_on_an_earlier_build_puts_that_one_in_use() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        update = reloaded(link.flow, "metric-proc", NEW, 7)
        older = ("aa" * 32, "bb" * 32)
        builds = tuple(
            replace(one, earlier=older) if one.reloads else one for one in present(update.builds)
        )
        await show(app, pilot, link, replace(update, builds=builds))
        await choose(app, pilot, "metric-proc")
        await pilot.press("3")
        rows = panes_of(app).inspector.rows
        at = next(i for i, row in enumerate(rows) if plain(row.spans).strip() == "b" * 12)
        panes_of(app).inspector.set_cursor(at)
        await pilot.press("enter")
        assert asked(link) == [Rollback("metric-proc", "bb" * 32)]


# ---- what is refused


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


# ---- building


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
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edited: list[object] = []

    def edit(app: object, item: object) -> str:
        edited.append(item)
        return ""

    monkeypatch.setattr("workbench.screens.panes.open_in_editor", edit)
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, BUILDING)
        await show(app, pilot, link, Update(Health.READY, build=BuildStatus(outcomes=(BROKEN,))))
        await pilot.press("7", "k", "enter")
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


async def test_a_request_that_cannot_be_built_says_why() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        none = replace(CUT_OFF, message="there is no component 'x'", key=None)
        await show(app, pilot, link, Update(Health.READY, build=BuildStatus(refused=(none,))))
        assert "Nothing was built: there is no component 'x'" in text_of(app)


async def test_r_makes_the_failed_call_again() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        failed = fail_node(snapshot(link.flow, calls=12), "log-proc")
        await show(app, pilot, link, Update(Health.READY, snapshot=failed))
        assert "r s S retry x skips" in text_of(app)
        assert BY_ID["retry"] in footer_actions(panes_of(app).context)
        await pilot.press("r")
        assert asked(link) == [StepCall("log-proc")]
        await show(app, pilot, link, Update(Health.READY, snapshot=snapshot(link.flow, calls=13)))
        await pilot.press("r")
        assert "retry needs a failed element." in text_of(app)


def test_a_session_that_could_not_be_opened_stays_invalid_until_a_flow_comes() -> None:
    link = FakeLink()
    view = View(Health.READY).after(link.opened())
    for invalid in (view, View()):
        gone = invalid.after(Update(Health.INVALID, problems=PROBLEMS))
        assert (gone.health, gone.flow, gone.snapshot) == (Health.INVALID, None, None)
        assert gone.after(Update(Health.READY)) == gone
        assert gone.after(link.opened()).health is Health.READY


def test_a_view_is_equal_when_an_update_says_nothing() -> None:
    view = View(Health.READY).after(FakeLink().opened())
    assert view.after(Update(Health.READY)) == view


def test_the_footer_always_has_help_and_quit() -> None:
    flow = fan_out()
    view = View(Health.READY).after(FakeLink().opened())
    failed = replace(view, snapshot=fail_node(snapshot(flow, calls=3), "log-proc"))
    building = replace(failed, build=BuildStatus(("metric-proc",)))
    for one in (view, failed, building):
        shown = [action.id for action in footer_actions(Context(one))]
        assert "help" in shown


async def test_enter_on_a_problems_code_explains_it_and_on_its_place_opens_the_editor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edited: list[object] = []

    def edit(app: object, item: object) -> str:
        edited.append(item)
        return ""

    monkeypatch.setattr("workbench.screens.panes.open_in_editor", edit)
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, build=BuildStatus(outcomes=(BROKEN,))))
        # The first row says whose problems they are, the second one has the code.
        await pilot.press("6", "j", "j", "enter")
        assert isinstance(app.screen, ExplanationScreen)
        shown = "\n".join(plain(row) for row in explanation_rows(MISMATCH.kind))
        assert MISMATCH.kind.meaning in " ".join(shown.split())
        assert "What to do" in shown
        assert "What to do" in text_of(app)
        await pilot.press("escape")
        assert not isinstance(app.screen, ExplanationScreen)
        await pilot.press("j", "enter")
        assert edited == [MISMATCH]
