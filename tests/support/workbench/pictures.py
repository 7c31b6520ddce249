"""Pictures of every screen, made from the program itself on its own samples.

`make pictures` writes those that the documents show into docs/pictures; with a folder,
`python -m tests.support.workbench.pictures FOLDER` writes every scene at three sizes. It needs what
`tests/support/workbench/screen_picture.py` needs.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot

from runtime.protocol.updates import Health
from tests.support.process_sessions import process_link
from tests.support.workbench.screen_picture import (
    ROOT,
    MissingToolError,
    check_tools,
    svg_of,
    write_png,
)
from workbench.app import StudioApp
from workbench.screens.main import MainScreen
from workbench.screens.panes import Panes
from workbench.settings.preferences import Preferences
from workbench.view import NodeRef
from workbench.widgets.panes.payload_area import PayloadArea

SIZES = ((80, 24), (120, 36), (200, 60))
PICTURES = ROOT / "docs" / "pictures"
WAIT_S = 0.02
PATIENCE = 1_500

Play = Callable[["Stage"], Awaitable[None]]


class Stage:
    """The workbench in a scene."""

    def __init__(self, app: StudioApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def panes(self) -> Panes:
        """The panes of the main screen."""
        return next(one for one in self.app.screen_stack if isinstance(one, MainScreen)).panes

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is on screen; raises `TimeoutError`."""
        for _ in range(PATIENCE):
            if holds():
                await self.pilot.pause()
                return
            await self.pilot.pause(WAIT_S)
        raise TimeoutError("the scene did not come to be")

    def calls(self) -> int:
        """Calls made where the flow stands."""
        snapshot = self.panes.view.snapshot
        return 0 if snapshot is None else snapshot.calls

    async def step(self, times: int, key: str = "s", by: int = 1) -> None:
        """Press a key that makes or undoes a call, so many times."""
        for _ in range(times):
            there = self.calls() + by
            await self.pilot.press(key)
            await self.until(lambda there=there: self.calls() == there)  # type: ignore[misc]

    async def press(self, *keys: str) -> None:
        """Press keys, with time to draw after each."""
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause(0.15)


class Scene(NamedTuple):
    """What is played before the picture is taken."""

    play: Play
    sample: str = "fan-out"
    flow: str = "main"
    tour: bool = False


async def _paused(stage: Stage) -> None:
    await stage.step(13)


async def _past(stage: Stage) -> None:
    await stage.step(22)
    await stage.step(5, "left_square_bracket", -1)


async def _fork(stage: Stage, change: Callable[[str], str]) -> None:
    await stage.step(18)
    await stage.step(6, "left_square_bracket", -1)
    await stage.until(lambda: stage.panes.context.editable is not None)
    await stage.press("e")
    await stage.until(lambda: bool(stage.app.screen.query(PayloadArea)))
    area = stage.app.screen.query_one(PayloadArea)
    area.text = change(area.text)
    await stage.press("ctrl+s")
    await stage.until(lambda: stage.panes.view.ready and not stage.panes.view.past)
    await stage.press("space")
    await stage.until(lambda: stage.calls() > 12 and not stage.panes.view.running)


async def _difference(stage: Stage) -> None:
    await _fork(stage, lambda text: text.replace("successful", "FAILED"))
    await stage.press("D")
    await stage.until(lambda: bool(stage.app.screen.query("#opened-call")))
    await stage.pilot.pause(0.6)


async def _error(stage: Stage) -> None:
    await _fork(stage, lambda text: text[:40])
    await stage.pilot.pause(0.3)


async def _memory(stage: Stage) -> None:
    await stage.step(16)
    stage.panes.selection = NodeRef("metric-proc")
    await stage.press("W", "s")
    await stage.pilot.pause(0.4)


async def _quit(stage: Stage) -> None:
    await _fork(stage, lambda text: text.replace("successful", "FAILED"))
    await stage.press("m", "q")


async def _slow(stage: Stage) -> None:
    await stage.press("space", "8")
    await stage.until(lambda: stage.calls() > 60 and not stage.panes.view.running)


async def _help(stage: Stage) -> None:
    await stage.step(13)
    await stage.press("2", "question_mark")


async def _themes(stage: Stage) -> None:
    await stage.step(13)
    await stage.press("C")
    await stage.pilot.pause(0.4)


async def _tour(stage: Stage) -> None:
    await stage.pilot.pause()


async def _end(stage: Stage) -> None:
    await stage.press("space")
    await stage.until(lambda: stage.calls() > 20 and not stage.panes.view.running)


def _pane(digit: str) -> Play:
    async def play(stage: Stage) -> None:
        await stage.step(13)
        await stage.press(digit)
        await stage.pilot.pause(0.2)

    return play


SCENES: dict[str, Scene] = {
    "main": Scene(_paused),
    "past": Scene(_past),
    "ended": Scene(_end),
    "queues": Scene(_pane("2")),
    "inspector": Scene(_pane("3")),
    "events": Scene(_pane("5")),
    "difference": Scene(_difference),
    "error": Scene(_error),
    "memory": Scene(_memory),
    "quit": Scene(_quit),
    "slow": Scene(_slow, "backpressure", "block-producer"),
    "help": Scene(_help),
    "themes": Scene(_themes),
    "tour": Scene(_tour, tour=True),
}

SHOWN = (
    ("main", (120, 36), "dark"),
    ("main", (120, 36), "light"),
    ("difference", (120, 36), "dark"),
    ("slow", (120, 36), "dark"),
)
"""Pictures in the documents."""


async def take_scene(name: str, size: tuple[int, int], theme: str = "dark") -> str:
    """Play a scene on a copy of its sample; gives the screen as SVG."""
    scene = SCENES[name]
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-picture-") as folder:
        project = Path(folder) / scene.sample
        shutil.copytree(ROOT / "sample_flows" / scene.sample, project)
        app = StudioApp(
            lambda: process_link(project / "Torvyn.toml", scene.flow),
            title=scene.sample,
            preferences=Preferences(theme=theme),
            tour=scene.tour,
        )
        async with app.run_test(size=size) as pilot:
            stage = Stage(app, pilot)
            await stage.until(lambda: app.health is Health.READY and stage.panes.view.ready)
            await scene.play(stage)
            return svg_of(app, size)


def file_name(name: str, size: tuple[int, int], theme: str) -> str:
    """`main-light-120x36.png`; the dark theme goes without saying."""
    themed = name if theme == "dark" else f"{name}-{theme}"
    return f"{themed}-{size[0]}x{size[1]}.png"


def main() -> int:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description="Draw the documents' pictures of the workbench.")
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        help="every scene at three sizes goes here; without it, the pictures of docs/pictures",
    )
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=", ".join(SCENES))
    given = parser.parse_args()
    unknown = [name for name in given.scenes if name not in SCENES]
    if unknown:
        parser.error(f"no scene {unknown[0]}; there are {', '.join(SCENES)}")
    try:
        check_tools()
    except MissingToolError as problem:
        print(f"no pictures: {problem}", file=sys.stderr)
        return 3
    folder, wanted = PICTURES, list(SHOWN)
    if given.folder is not None:
        folder, names = given.folder, given.scenes or list(SCENES)
        wanted = [(name, size, "dark") for name in names for size in SIZES]
    folder.mkdir(parents=True, exist_ok=True)
    for name, size, theme in wanted:
        target = folder / file_name(name, size, theme)
        write_png(asyncio.run(take_scene(name, size, theme)), target)
        print(f"{target}: {target.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
