"""The workbench on a real session: back, forward, an edit in the past, another branch, a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.narrow import present
from tests.support.process_sessions import process_link
from tests.support.workbench.fakes import panes_of, text_of, until
from workbench.app import StudioApp
from workbench.dialogs.payload_editor import PayloadScreen
from workbench.widgets.panes.payload_area import PayloadArea

SAMPLE = Path(__file__).parents[3] / "sample_flows" / "fan-out"


async def test_an_element_of_the_past_is_edited_and_goes_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fan-out"
    shutil.copytree(SAMPLE, folder)
    monkeypatch.chdir(tmp_path)
    app = StudioApp(lambda: process_link(folder / "Torvyn.toml"), title="fan-out")
    async with app.run_test(size=(140, 40)) as pilot:
        panes = panes_of(app)

        async def go(key: str, position: int) -> None:
            await pilot.press(key)
            await until(pilot, lambda: present(panes.view.timeline).position == position)

        await until(pilot, lambda: panes.view.timeline is not None)
        for calls in range(present(panes.view.timeline).position, 12):
            await go("s", calls + 1)
        assert "next: log-proc process(#1)" in text_of(app)
        assert "12 calls" in text_of(app)
        for _ in range(6):
            await go("s", present(panes.view.timeline).position + 1)
        assert "Received log" in text_of(app)

        for calls in range(18, 12, -1):
            await go("left_square_bracket", calls - 1)
        await until(pilot, lambda: "<< PAST 12/18" in text_of(app))
        assert "Received log" not in text_of(app)
        assert "next: log-proc process(#1)" in text_of(app)
        await go("right_square_bracket", 13)
        await go("left_square_bracket", 12)

        await until(pilot, lambda: panes.inspector.element is not None)
        await until(pilot, lambda: present(panes.inspector.element).lineage is not None)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, PayloadScreen))
        area = app.screen.query_one(PayloadArea)
        assert '"type":"log"' in area.text
        area.text = area.text.replace("user login", "USER EDIT")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: present(panes.view.timeline).branch == 2)
        assert not panes.view.past
        assert "branch 2" in text_of(app)
        await go("s", 13)
        await go("s", 14)
        # The pane breaks the line between words: these two need not stand on one line.
        await until(
            pilot, lambda: all(word in text_of(app) for word in ('"message":"USER', "EDIT "))
        )

        await pilot.press("D")
        await until(pilot, lambda: "first difference" in text_of(app))
        text = text_of(app)
        assert "D  branch 1 → branch 2" in text
        assert "Branch 2 left branch 1 after call" in text
        await pilot.press("D", "L")
        await until(pilot, lambda: present(panes.view.timeline).branch == 1)
        await until(pilot, lambda: '"message":"USER' not in text_of(app))

        await pilot.press("R", *"kept.rec", "enter")
        await until(pilot, lambda: present(panes.view.recording).writing)
        await pilot.press("R")
        await until(pilot, lambda: not present(panes.view.recording).writing)
        assert (tmp_path / "kept.rec").stat().st_size == present(panes.view.recording).file_bytes
