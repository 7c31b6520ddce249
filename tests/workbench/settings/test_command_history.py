"""Commands that were typed, kept on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.settings.command_history import LONGEST, MOST_KEPT, CommandHistory


def test_commands_are_kept_for_the_next_session_as_they_were_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    file = tmp_path / "torvyn-studio" / "commands.json"
    first = CommandHistory()
    assert first.kept == []
    for line in ("goto 50%", "hold router", "goto 50%", " watch json.password", "", "x" * 600):
        first.add(line)
    assert [one.text for one in CommandHistory().kept] == ["hold router", "goto 50%"]
    assert "password" not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    other = CommandHistory()
    other.add("quit")
    first.add("save")
    assert [one.text for one in CommandHistory().kept][-2:] == ["quit", "save"]
    for number in range(MOST_KEPT + 5):
        first.add(f"goto {number}")
    assert len(CommandHistory().kept) == MOST_KEPT
    assert [one.name for one in file.parent.iterdir()] == ["commands.json"]

    for damaged in ("nonsense", "{}", json.dumps([["x", "y"], [1], [2, "a\x1b[2J"], [3, "ok"]])):
        file.write_text(damaged)
        assert [one.text for one in CommandHistory().kept] in ([], ["ok"])
    file.unlink()
    file.mkdir()
    CommandHistory().add("goto 1")
    assert LONGEST < 600
