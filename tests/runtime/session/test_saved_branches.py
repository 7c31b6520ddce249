"""Branches and marks that are saved when the workbench is left, and restored."""

from __future__ import annotations

from pathlib import Path

from runtime.model.linked import Role
from runtime.opening.open import FlowOpener, SessionOptions
from runtime.opening.open_replay import ReplayOpener
from runtime.opening.restore import RestoringOpener
from runtime.protocol.branch_comparison import CompareBranches
from runtime.protocol.requests import Fork, JumpTo, JumpToMark, SaveBranches, SetMarks
from runtime.protocol.updates import SavedBranches
from tests.support.narrow import only
from tests.support.recorded_guests import counting_source
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import Project
from tests.support.wasm_guests import ECHO, component, printer


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
    assert sorted(path.name for path in folder.iterdir()) == ["last-branch-1.rec", "last.rec"]
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
