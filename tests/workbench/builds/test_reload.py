"""The workbench on a real session: a component is built again, and the screen follows."""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path

from tests.support.narrow import present
from tests.support.process_sessions import process_link
from tests.support.workbench.fakes import panes_of, text_of, until
from workbench.app import StudioApp

SAMPLE = Path(__file__).parents[3] / "sample_flows" / "fan-out"


def calls_of(app: StudioApp) -> int:
    return present(panes_of(app).view.snapshot).calls


def has_called(app: StudioApp, before: int) -> bool:
    return calls_of(app) > before


async def test_a_new_build_is_seen_in_the_graph_and_prints_with_the_next_step(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "fan-out"
    shutil.copytree(SAMPLE, folder)
    artifact = folder / ".torvyn" / "build" / "metric-sink.wasm"
    old = artifact.read_bytes()
    new = old.replace(b"Received metric", b"Obtained METRIC")
    assert new != old
    before, after = (hashlib.sha256(data).hexdigest() for data in (old, new))

    app = StudioApp(lambda: process_link(folder / "Torvyn.toml"), title="fan-out")
    async with app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: before[:7] in text_of(app))
        while "metric-sink] Received metric" not in text_of(app):
            calls = calls_of(app)
            await pilot.press("s")
            await until(pilot, partial(has_called, app, calls))
        calls = calls_of(app)

        artifact.with_suffix(".new").write_bytes(new)
        artifact.with_suffix(".new").rename(artifact)
        await until(pilot, lambda: f"{after[:7]} r1" in text_of(app))
        assert before[:7] not in text_of(app).split("2 Queues")[0]
        assert calls_of(app) == calls
        assert "1 of 1 answers differs  D shows" in text_of(app)
        assert "Received metric" in text_of(app)

        while "metric-sink] Obtained METRIC" not in text_of(app):
            calls = calls_of(app)
            await pilot.press("s")
            await until(pilot, partial(has_called, app, calls))

        artifact.write_bytes(new[: len(new) // 2])
        await until(pilot, lambda: "1 build refused: metric-sink" in text_of(app))
        assert f"{after[:7]} r1" in text_of(app)
        artifact.write_bytes(new)
        await until(pilot, lambda: "refused" not in text_of(app))
