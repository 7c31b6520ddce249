"""Writes the README's picture: the real workbench on the fan-out sample, going back.

Run it as `make picture`, or with the path of the SVG file to write.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from runtime.opening.open import process_link
from runtime.protocol.updates import Health
from workbench.app import StudioApp

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
SIZE = (120, 36)
STEPS = 22
BACK = 5


async def take(target: Path, keys: list[str], size: tuple[int, int] = SIZE) -> None:
    """Open the sample, press the keys, and write what the screen shows."""
    app = StudioApp(lambda: process_link(SAMPLE, "main"), title="fan-out")
    async with app.run_test(size=size) as pilot:
        for _ in range(200):
            await pilot.pause(0.05)
            if app.health is Health.READY:
                break
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.15)
        target.write_text(app.export_screenshot())


def main() -> None:
    """The picture as the README shows it."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "workbench.svg"
    target.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target, ["s"] * STEPS + ["left_square_bracket"] * BACK))


if __name__ == "__main__":
    main()
