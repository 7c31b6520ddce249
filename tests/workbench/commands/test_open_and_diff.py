"""`:open` and `:diff`: files named, completed, refused, and opened in place of the session."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Input

from runtime.opening.process.specification import SessionSpecification
from runtime.protocol.branch_comparison import BranchComparison, CompareBranches, ComparedNode
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PRESENT,
    TWO_BRANCHES,
    FakeLink,
    asked,
    busy_update,
    on_branch,
    opened,
    panes_of,
    settle,
    show,
    text_of,
    type_line,
)
from workbench.dialogs.comparison import ComparisonScreen
from workbench.dialogs.quit import QuitScreen
from workbench.opened_file import OpenedFile
from workbench.verbs.opening.look_into import look_into

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out"
RECORDING = SAMPLE / "four-events.rec"
LIKE = SessionSpecification(Path("Torvyn.toml"), inputs=("a.txt",), trusted=True, watch=False)


async def test_a_damaged_file_changes_nothing_and_another_is_opened_after_the_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    damaged = bytearray(RECORDING.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "damaged.rec").write_bytes(damaged)
    (tmp_path / "bad.toml").write_text("[flow\n")
    (tmp_path / "good.rec").write_bytes(RECORDING.read_bytes())
    (tmp_path / ".torvyn" / "studio").mkdir(parents=True)
    (tmp_path / ".torvyn" / "studio" / "last.rec").touch()
    first, second = FakeLink(), FakeLink()
    looked_into: list[Path] = []

    def look(path: Path) -> OpenedFile:
        looked_into.append(path)
        if path.name != "good.rec":
            return look_into(path, like=LIKE)
        return OpenedFile(lambda: second, path.name)

    async with opened(first) as (app, pilot):
        app._look_into = look
        screen = app.screen
        await show(app, pilot, first, busy_update(first.flow))
        await show(app, pilot, first, on_branch(replace(PRESENT, branches=TWO_BRANCHES)))
        assert "There is no" in await type_line(app, pilot, "open nothing.rec")
        assert "open FILE" in await type_line(app, pilot, "open")
        field = app.screen.query_one(Input)
        await type_line(app, pilot, "open b", "tab")
        assert field.value == "open bad.toml "
        await type_line(app, pilot, "open las", "tab")
        assert field.value == "open .torvyn/studio/last.rec "
        await type_line(app, pilot, "open .torv", "tab")
        assert field.value == "open .torvyn/studio/last.rec "
        await type_line(app, pilot, "diff b", "tab")
        assert field.value == "diff b"
        assert not looked_into
        for name in ("damaged.rec", "bad.toml"):
            await type_line(app, pilot, f"open {name}")
            await app.workers.wait_for_complete()
            await settle(app, pilot)
            said = text_of(app).splitlines()[-2]
            assert f"Not opened, so still here: {name}" in said
            assert app.screen is screen
            assert app._link is first
        for key, left in (("escape", False), ("d", True)):
            assert not first.closed
            await type_line(app, pilot, "open good.rec")
            await app.workers.wait_for_complete()
            await settle(app, pilot)
            assert isinstance(app.screen, QuitScreen)
            await pilot.pause()
            assert "Open good.rec?" in text_of(app)
            assert "discard, and open good.rec" in text_of(app)
            await pilot.press(key)
            await settle(app, pilot)
            assert first.closed is left
        assert app.screen is not screen
        assert app._link is second
        assert panes_of(app).view.health is Health.READY
        assert "good.rec" in text_of(app).splitlines()[0]
        assert app.focused is panes_of(app).flow_pane


async def test_the_branch_is_compared_with_a_recording_also_when_it_is_the_only_one() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await show(app, pilot, link, on_branch(PRESENT))
        assert "is no file" in await type_line(app, pilot, f"diff {ROOT}")
        await type_line(app, pilot, f"diff {RECORDING}")
        assert asked(link)[-1] == CompareBranches(str(RECORDING))
        await show(app, pilot, link, on_branch(PRESENT))
        assert isinstance(app.screen, ComparisonScreen)
        found = BranchComparison(
            RECORDING.name, "branch 1", None, 1, nodes=(ComparedNode("source", 7, 0, 0, 0),)
        )
        await show(app, pilot, link, Update(Health.READY, branch_comparison=found))
        assert "All 7 calls that both made are equal" in text_of(app)


def test_what_was_said_of_the_first_file_alone_does_not_hold_for_the_next() -> None:
    found = look_into(SAMPLE, like=LIKE)
    manifest = SAMPLE / "Torvyn.toml"
    assert found.project == manifest
    assert found.keeps_marks
    assert isinstance(found.open_link, partial)
    assert found.open_link.args == (SessionSpecification(manifest, "main", watch=False),)
