"""Branches and marks that are saved when the workbench is left, and restored."""

from __future__ import annotations

from pathlib import Path

from runtime.model.linked import Role
from runtime.opening.open import FlowOpener, SessionOptions
from runtime.opening.process.openers import opener_of
from runtime.opening.process.specification import SessionSpecification
from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.opening.recorded.restore import RestoringOpener
from runtime.protocol.branch_comparison import CompareBranches
from runtime.protocol.replies import SavedBranches
from runtime.protocol.requests import (
    Fork,
    JumpTo,
    JumpToMark,
    RepeatTo,
    SaveBranches,
    SetMarks,
    TakeBranch,
)
from runtime.protocol.timeline import BranchInfo, TimelineMark
from tests.support.narrow import only
from tests.support.session_driver import Driver, opened, rename_into_place
from tests.support.studio_projects import Project
from tests.support.wasm.guests import ECHO, component, printer
from tests.support.wasm.recorded_guests import counting_source


def test_branches_are_saved_and_the_last_one_is_restored_unless_the_flow_is_another(
    tmp_path: Path,
) -> None:
    nodes = {
        "source": (Role.SOURCE, counting_source(3)),
        "mid": (Role.PROCESSOR, component(ECHO, Role.PROCESSOR)),
        "sink": (Role.SINK, printer()),
    }
    manifest = Project(tmp_path, nodes).write()
    folder = tmp_path / ".torvyn" / "studio"
    driver = opened(manifest)
    driver.step(5)
    output = driver.output()
    driver.go(3)
    driver.ask(Fork(), SetMarks((2, 1, 2, 77)))
    assert driver.timeline.marks == (1, 2, 77)
    driver.ask(JumpToMark())
    assert driver.snapshot.calls == 2
    driver.ask(JumpTo(3))
    update = driver.ask(SaveBranches(str(folder)))
    saved = only(SavedBranches, update.replies[0])
    assert saved.failed is None
    assert [Path(file).name for file in saved.files] == ["last-branch-1.rec", "last.rec"]
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["last-branch-1.rec", "last-branches.json", "last.rec"]
    driver.ask(CompareBranches(str(folder / "last-branch-1.rec")))
    compared = driver.wait_for_comparison()
    assert (compared.before, compared.branch_before) == ("last-branch-1.rec", None)
    assert (compared.failed, compared.total, compared.compared) == ("", 0, 3)
    update = driver.ask(SaveBranches(str(manifest)))
    refused = only(SavedBranches, update.replies[0]).failed
    assert refused is not None
    assert "cannot be saved" in refused.message
    driver.session.close()

    options = SessionOptions(watch=False)
    last = ReplayOpener(folder / "last-branch-1.rec", manifest, "main", options)
    opener = RestoringOpener(last, FlowOpener(manifest, "main", options))
    again = Driver(opener)
    again.ask(JumpTo(5))
    assert again.output() == output
    again.session.close()

    shorter = {name: nodes[name] for name in ("source", "sink")}
    Project(tmp_path, shorter).write()
    fresh = opener.open(lambda: None)
    update = fresh.update()
    fresh.close()
    assert update.timeline is not None
    assert update.timeline.replay is None
    assert update.problems is not None
    assert "the calls of last time are not restored" in update.problems[0].message


def _saved_twice_forked(folder: Path) -> tuple[Path, Path]:
    """A project with three branches saved, on the second of which the session was."""
    manifest = Project(folder, _nodes()).write()
    saved = folder / ".torvyn" / "studio"
    driver = opened(manifest)
    driver.step(9)
    driver.ask(SetMarks((4, 8)))
    driver.go(5)
    driver.ask(Fork())
    driver.step(2)
    driver.go(6)
    driver.ask(Fork(), SetMarks((6,)))
    driver.step(4)
    driver.ask(TakeBranch(2), SaveBranches(str(saved)))
    assert driver.timeline.branches == THREE
    driver.session.close()
    return manifest, saved


THREE = (BranchInfo(1, 9), BranchInfo(2, 7, 1, 5), BranchInfo(3, 10, 2, 6))


def _nodes(mid: str = ECHO) -> dict[str, tuple[Role, bytes]]:
    return {
        "source": (Role.SOURCE, counting_source(6)),
        "mid": (Role.PROCESSOR, component(mid, Role.PROCESSOR)),
        "sink": (Role.SINK, printer()),
    }


def _restored(manifest: Path, saved: Path) -> Driver:
    specification = SessionSpecification(
        manifest, "main", watch=False, restore=saved / "last.rec", ring_bytes=1 << 20
    )
    driver = Driver(opener_of(specification))
    driver.ask(RepeatTo(7))
    return driver


def test_every_branch_comes_back_with_its_marks_and_goes_on(tmp_path: Path) -> None:
    manifest, saved = _saved_twice_forked(tmp_path)
    driver = _restored(manifest, saved)
    assert (driver.timeline.branch, driver.timeline.branches) == (2, THREE)
    assert "branch 1 of last time is back, with 9 calls" in driver.log
    driver.ask(CompareBranches())
    compared = driver.wait_for_comparison()
    assert (compared.branch_before, compared.branch_after, compared.forked_at) == (1, 2, 5)
    assert (compared.failed, compared.total, compared.compared) == ("", 0, 7)

    driver.ask(TakeBranch(3))
    assert (driver.timeline.branch, driver.snapshot.calls) == (3, 10)
    assert driver.timeline.marks == (6,)
    forks = [at + 1 for at, cell in enumerate(driver.timeline.cells) if cell & TimelineMark.FORK]
    assert forks == [5, 6]
    driver.step()
    assert driver.snapshot.calls == 11
    driver.go(4)
    driver.ask(TakeBranch(1))
    assert driver.timeline.marks == (4, 8)
    driver.go(8)
    driver.ask(Fork())
    assert driver.timeline.branches[-1] == BranchInfo(4, 8, 1, 8)
    driver.ask(SaveBranches(str(saved)))
    driver.session.close()

    again = _restored(manifest, saved)
    assert (again.timeline.branch, again.timeline.branches[2]) == (4, BranchInfo(3, 11, 2, 6))
    again.session.close()


def test_a_damaged_branch_is_told_and_left_out_and_its_file_stays(tmp_path: Path) -> None:
    manifest, saved = _saved_twice_forked(tmp_path)
    damaged = saved / "last-branch-1.rec"
    data = damaged.read_bytes()
    damaged.write_bytes(data.replace(b'"call":5', b'"call":6', 1))
    driver = _restored(manifest, saved)
    assert driver.timeline.branches == (BranchInfo(2, 7, None, 5), THREE[2])
    told = next(text for text in driver.log if "left out" in text)
    assert told.startswith("branch 1 of last time is left out, and its file stays: ")
    assert str(damaged) in told
    driver.ask(SaveBranches(str(saved)))
    driver.session.close()
    assert damaged.read_bytes() != data

    damaged.write_bytes(data)
    whole = _restored(manifest, saved)
    assert whole.timeline.branches == THREE
    whole.ask(TakeBranch(1))
    assert whole.timeline.marks == (4, 8)
    whole.session.close()

    (saved / "last-branches.json").write_text('{"current": -1}')
    unknown = _restored(manifest, saved)
    assert {info.calls for info in unknown.timeline.branches} == {7, 9, 10}
    assert any("which branch left which" in text for text in unknown.log)
    unknown.session.close()


def test_a_branch_of_other_builds_is_compared_and_why_it_does_not_go_on_is_said(
    tmp_path: Path,
) -> None:
    manifest, saved = _saved_twice_forked(tmp_path)
    released = "(call $release (local.get $payload) (local.get $context))"
    drops = ECHO.replace(released, f"{released} (return (call $nothing (i32.const 1)))")
    Project(tmp_path, _nodes(drops)).write()
    driver = _restored(manifest, saved)
    calls = driver.snapshot.calls
    assert calls < 7  # the present branch ends where the build does something else
    assert driver.timeline.branches == (THREE[0], BranchInfo(2, calls, 1, 5), THREE[2])
    driver.ask(CompareBranches())
    assert driver.wait_for_comparison().branch_before == 1
    driver.ask(TakeBranch(3))
    assert driver.timeline.branch == 2
    assert "mid has another build than was recorded" in driver.log[-1]
    driver.session.close()


def test_a_branch_whose_source_was_rebuilt_goes_on_without_the_builds_of_then(
    tmp_path: Path,
) -> None:
    manifest = Project(tmp_path, _nodes()).write()
    saved, artifact = tmp_path / ".torvyn" / "studio", tmp_path / ".torvyn" / "build"
    driver = opened(manifest, watch=True)
    driver.step(6)
    rename_into_place(artifact / "source.wasm", counting_source(7))
    driver.wait_for_reload()
    driver.step(3)
    driver.go(4)
    driver.ask(Fork(), SaveBranches(str(saved)))
    driver.session.close()
    rename_into_place(artifact / "source.wasm", counting_source(8))
    driver = _restored(manifest, saved)
    driver.ask(TakeBranch(1))
    assert driver.log[-1] == "this is the end of branch 1: executed from the start"
    assert driver.step().calls == 10
    driver.session.close()
