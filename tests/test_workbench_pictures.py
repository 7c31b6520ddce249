"""Pictures of the whole screen, so that a change of its looks is seen and meant.

After a meant change: `pytest tests/test_workbench_pictures.py --snapshot-update`, then look.
"""

from __future__ import annotations

from dataclasses import replace

from textual.pilot import Pilot
from workbench_fakes import (
    BUILT_NS,
    PROBLEMS,
    FakeLink,
    builds,
    busy_update,
    details,
    fail_node,
    settle,
)

from runtime.model.errors import Diagnostic, ExitCode, Severity
from runtime.session.link import BuildLine, BuildOutcome, BuildStatus, Health, NodeBuild, Update
from workbench.app import StudioApp


def app_of(link: FakeLink) -> StudioApp:
    return StudioApp(lambda: link, title="fan-out")


def showing(link: FakeLink, *updates: Update, keys: tuple[str, ...] = ()):
    """What to do before the picture is taken."""

    async def prepare(pilot: Pilot[None]) -> None:
        await pilot.pause()
        await settle(pilot.app, pilot)
        for update in updates:
            link.push(update)
            await settle(pilot.app, pilot)
        for key in keys:
            await pilot.press(key)
        await settle(pilot.app, pilot)

    return prepare


def test_a_paused_flow_under_pressure_on_a_large_terminal(snap_compare):
    link = FakeLink()
    element = Update(Health.READY, replies=(details(7),))
    prepare = showing(link, busy_update(link.flow), element)
    assert snap_compare(app_of(link), terminal_size=(120, 36), run_before=prepare)


def test_a_failed_node_on_a_small_terminal(snap_compare):
    link = FakeLink()
    busy = busy_update(link.flow)
    failed = Update(Health.READY, snapshot=fail_node(busy.snapshot, "log-proc"))
    prepare = showing(link, replace(busy, replies=()), failed, keys=("G", "left", "left", "3"))
    assert snap_compare(app_of(link), terminal_size=(80, 24), run_before=prepare)


def test_problems_of_a_manifest_on_a_small_terminal(snap_compare):
    link = FakeLink(Update(Health.INVALID, problems=PROBLEMS))
    assert snap_compare(app_of(link), terminal_size=(80, 24), run_before=showing(link))


def test_builds_that_are_reloaded_rolled_back_refused_and_failed(snap_compare):
    link = FakeLink()
    live = builds(
        link.flow,
        metric_proc=NodeBuild("metric-proc", "3fa2b1c9" * 8, BUILT_NS, BUILT_NS, 3),
        log_proc=NodeBuild("log-proc", "91bc04d2" * 8, BUILT_NS, BUILT_NS, 2, rolled_back=True),
    )
    cut_off = Diagnostic(
        Severity.ERROR, "E0800", "CompilationFailed", "the file is cut off at byte 2542",
        "Build the component again.", "Torvyn.toml", 73, 13,
        "flow.main.nodes.metric-sink.component",
    )  # fmt: skip
    mismatch = Diagnostic(
        Severity.ERROR, "E0308", "mismatched types", "expected u32, found str",
        "Change its type.", "components/log-proc/src/lib.rs", 4, 9,
    )  # fmt: skip
    failed = BuildOutcome("log-processor", ExitCode.FAILED, 1_200_000_000, (mismatch,))
    told = Update(
        Health.READY,
        builds=live,
        problems=(cut_off,),
        build=BuildStatus("metric-sink", ("log-sink",), outcomes=(failed,)),
        build_lines=(BuildLine("metric-sink", "   Compiling metric-sink v0.1.0"),),
    )
    prepare = showing(link, busy_update(link.flow), told)
    assert snap_compare(app_of(link), terminal_size=(120, 36), run_before=prepare)
