"""The viewer that was chosen, kept for the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.payload_view.chosen_viewers import MOST_KEPT, ChosenViewers
from workbench.payloads.viewer import PayloadPart
from workbench.settings.project_memory import ProjectMemory


def test_a_choice_is_there_again_in_the_next_session_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    project, other = tmp_path / "Torvyn.toml", tmp_path / "other" / "Torvyn.toml"
    json, untyped = PayloadPart(b"{}", "application/json; a=b"), PayloadPart(b"{}")
    chosen = ChosenViewers(ProjectMemory(project))
    assert chosen.of(json, "source") is None
    chosen.choose(json, "source", "hex")
    chosen.choose(untyped, "clock", "raw")
    again = ChosenViewers(ProjectMemory(project))
    assert again.of(PayloadPart(b"[]", "application/json"), "another") == "hex"
    assert again.of(untyped, "clock") == "raw"
    assert again.of(untyped, "source") is None
    assert ChosenViewers(ProjectMemory(other)).of(json, "source") is None
    again.choose(json, "source", None)
    assert ChosenViewers(ProjectMemory(project)).of(json, "source") is None
    for number in range(MOST_KEPT + 5):
        again.choose(untyped, f"source {number}", "hex")
    last = ChosenViewers(ProjectMemory(project))
    assert last.of(untyped, "source 0") is None
    assert last.of(untyped, f"source {MOST_KEPT}") == "hex"
    ProjectMemory(project).keep("viewers", {"text/plain": 7})
    assert ChosenViewers(ProjectMemory(project)).of(PayloadPart(b"", "text/plain"), "") is None
