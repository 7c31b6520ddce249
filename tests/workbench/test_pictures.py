"""Pictures of the whole screen, so that a change of its looks is seen and meant.

After a meant change: `pytest tests/workbench/test_pictures.py --snapshot-update`, then look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from textual.pilot import Pilot

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity
from runtime.protocol.builds.build_updates import BuildLine, BuildOutcome, BuildStatus, NodeBuild
from runtime.protocol.updates import Health, Update
from tests.support.narrow import only, present
from tests.support.workbench.fakes import (
    BUILT_NS,
    PROBLEMS,
    RING,
    TWO_BRANCHES,
    FakeLink,
    branch_of_calls,
    builds,
    busy_update,
    details,
    fail_node,
    settle,
)
from workbench.app import StudioApp

SnapCompare = Callable[..., bool]
Prepare = Callable[[Pilot[None]], Awaitable[None]]


def app_of(link: FakeLink) -> StudioApp:
    return StudioApp(lambda: link, title="fan-out")


def showing(link: FakeLink, *updates: Update, keys: tuple[str, ...] = ()) -> Prepare:
    """What to do before the picture is taken."""

    async def prepare(pilot: Pilot[None]) -> None:
        await pilot.pause()
        await settle(only(StudioApp, pilot.app), pilot)
        for update in updates:
            link.push(update)
            await settle(only(StudioApp, pilot.app), pilot)
        for key in keys:
            await pilot.press(key)
        await settle(only(StudioApp, pilot.app), pilot)

    return prepare


def in_the_past(link: FakeLink) -> Update:
    """A busy flow on the second of two lines, before an error that came later."""
    timeline = branch_of_calls(1_850, 1_110, branch=2, branches=TWO_BRANCHES, marks=(555,))
    return replace(busy_update(link.flow), rewound=True, timeline=timeline, recording=RING)


def test_the_past_on_a_large_terminal(snap_compare: SnapCompare) -> None:
    link = FakeLink()
    prepare = showing(link, in_the_past(link), Update(Health.READY, replies=(details(7),)))
    assert snap_compare(app_of(link), terminal_size=(120, 36), run_before=prepare)


def test_the_past_on_a_small_terminal_with_a_build_that_waits(snap_compare: SnapCompare) -> None:
    link = FakeLink()
    there = in_the_past(link)
    waiting = replace(present(there.timeline), waiting=("log-proc",))
    failed = fail_node(present(there.snapshot), "log-proc")
    prepare = showing(link, replace(there, timeline=waiting, snapshot=failed))
    assert snap_compare(app_of(link), terminal_size=(80, 24), run_before=prepare)


def test_a_paused_flow_under_pressure_on_a_large_terminal(snap_compare: SnapCompare) -> None:
    link = FakeLink()
    element = Update(Health.READY, replies=(details(7),))
    busy = replace(busy_update(link.flow), timeline=branch_of_calls(1_842), recording=RING)
    prepare = showing(link, busy, element)
    assert snap_compare(app_of(link), terminal_size=(120, 36), run_before=prepare)


def test_a_failed_node_on_a_small_terminal(snap_compare: SnapCompare) -> None:
    link = FakeLink()
    busy = busy_update(link.flow)
    failed = Update(Health.READY, snapshot=fail_node(present(busy.snapshot), "log-proc"))
    prepare = showing(link, replace(busy, replies=()), failed, keys=("G", "left", "left", "3"))
    assert snap_compare(app_of(link), terminal_size=(80, 24), run_before=prepare)


def test_problems_of_a_manifest_on_a_small_terminal(snap_compare: SnapCompare) -> None:
    link = FakeLink(Update(Health.INVALID, problems=PROBLEMS))
    assert snap_compare(app_of(link), terminal_size=(80, 24), run_before=showing(link))


def test_builds_that_are_reloaded_rolled_back_refused_and_failed(snap_compare: SnapCompare) -> None:
    link = FakeLink()
    live = builds(
        link.flow,
        metric_proc=NodeBuild("metric-proc", "3fa2b1c9" * 8, BUILT_NS, BUILT_NS, 3),
        log_proc=NodeBuild("log-proc", "91bc04d2" * 8, BUILT_NS, BUILT_NS, 2, rolled_back=True),
    )
    cut_off = Diagnostic(
        Severity.ERROR, Code.COMPILATION_FAILED, "the file is cut off at byte 2542",
        "Build the component again.", "Torvyn.toml", 73, 13,
        "flow.main.nodes.metric-sink.component",
    )  # fmt: skip
    mismatch = Diagnostic(
        Severity.ERROR, Code.BUILD_FAILED, "expected u32, found str",
        "Change its type.", "components/log-proc/src/lib.rs", 4, 9,
    )  # fmt: skip
    failed = BuildOutcome("log-processor", ExitCode.FAILED, 1_200_000_000, (mismatch,))
    told = Update(
        Health.READY,
        builds=live,
        problems=(cut_off,),
        build=BuildStatus(("metric-sink",), ("log-sink",), done=1, total=3, outcomes=(failed,)),
        build_lines=(BuildLine("metric-sink", "   Compiling metric-sink v0.1.0"),),
    )
    prepare = showing(link, busy_update(link.flow), told)
    assert snap_compare(app_of(link), terminal_size=(120, 36), run_before=prepare)
