"""The tour of `demo`, done with its keys on the real sample; each step goes on when it was done."""

from __future__ import annotations

from pathlib import Path

from runtime.build.samples import copy_sample, samples
from tests.support.narrow import present
from tests.support.process_sessions import process_link
from tests.support.workbench.fakes import panes_of, text_of, until
from workbench.app import StudioApp
from workbench.tour.tour_steps import TOUR
from workbench.verbs.projects.demo import TOUR_SAMPLE
from workbench.widgets.panes.payload_area import PayloadArea


async def test_each_step_of_the_tour_is_done_by_the_keys_it_names(tmp_path: Path) -> None:
    sample = next(item for item in samples() if item.name == TOUR_SAMPLE)
    folder = tmp_path / "demo"
    copy_sample(sample, folder)
    app = StudioApp(
        lambda: process_link(folder / "Torvyn.toml", "main"), title="demo", tour=True
    )  # fmt: skip
    async with app.run_test(size=(80, 24)) as pilot:

        async def arrive(step: int) -> None:
            await until(pilot, lambda: present(panes_of(app)._frame.tour).step == step)
            await pilot.pause()
            assert f"Tour {step} of 7   {TOUR[step - 1].title}" in text_of(app)

        await until(pilot, lambda: panes_of(app).view.ready)
        await arrive(1)
        assert "║ Press  S  to send one element through the flow." in text_of(app)
        assert "metric-proc" in text_of(app)
        await pilot.press("T")
        assert "Tour 1" not in text_of(app)
        await pilot.press("T", "S")
        await arrive(2)
        await pilot.press("s", "s")
        await until(pilot, lambda: panes_of(app).inspector.element is not None)
        await pilot.press("3")
        await arrive(3)
        for _ in range(3):
            await pilot.press("left_square_bracket")
        await arrive(4)
        await until(pilot, lambda: panes_of(app).view.past)
        for _ in range(6):
            await pilot.press("right_square_bracket")
            await pilot.pause(0.1)
            if panes_of(app).context.editable is not None:
                break
        await pilot.press("e")
        await until(pilot, lambda: "Edit the payload" in text_of(app))
        area = app.screen.query_one(PayloadArea)
        area.text = area.text.replace("user", "USER").replace("cpu", "CPU")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "branch 2" in text_of(app))
        await pilot.press("D")
        await until(pilot, lambda: "verdict first" in text_of(app))
        await pilot.press("escape")
        await arrive(5)
        await pilot.press("space")
        await arrive(6)
        await pilot.press("enter")
        await arrive(7)
        await pilot.press("5")
        await until(pilot, lambda: present(panes_of(app)._frame.tour).over)
        await pilot.press("T")
        assert "tour needs the tour that" in text_of(app)
