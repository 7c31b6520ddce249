"""Writes the README's picture: the real workbench on the fan-out sample, going back.

Run it as `make picture`, or with the path of the PNG file to write. It needs `rsvg-convert`
and the font DejaVu Sans Mono (Debian: `apt-get install librsvg2-bin fonts-dejavu-core`), and
says so when either is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import re
import shutil
import subprocess
import sys
import tempfile
from html import escape, unescape
from pathlib import Path

from rich.console import Console

from runtime.protocol.updates import Health
from tests.support.process_sessions import process_link
from workbench.app import StudioApp

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
README_PICTURE = ROOT / "docs" / "workbench.png"
SIZE = (120, 36)
STEPS = 22
BACK = 5

FONT = "DejaVu Sans Mono"
ADVANCE = 0.602
"""Width of a character of `FONT`, as a part of its size; its box lines are 1.164 high."""
CELL = (12, 23)
"""Pixels of one character cell. Whole numbers, so that every row and column looks the same."""
RICH_HEIGHT = 20
RICH_LINE = 24.4
"""Rich lays out characters 20 units high in lines of 24.4, whatever the font."""
ZOOM = CELL[1] / RICH_LINE
COLUMN = CELL[0] / ZOOM
FONT_SIZE = COLUMN / ADVANCE
"""21.1 units: glyphs as wide as a column, and box lines a little higher than a line."""

SVG = f"""\
<svg viewBox="0 0 {{width}} {{height}}" width="{{width}}" height="{{height}}"
     xmlns="http://www.w3.org/2000/svg">
  <style>
    .{{unique_id}}-matrix {{{{ font-family: "{FONT}"; font-size: {round(FONT_SIZE, 3)}px; }}}}
    .{{unique_id}}-title {{{{ font-family: "{FONT}"; font-size: 17px; font-weight: bold; }}}}
    {{styles}}
  </style>
  <defs>
    <clipPath id="{{unique_id}}-clip-terminal">
      <rect x="0" y="0" width="{{terminal_width}}" height="{{terminal_height}}"/>
    </clipPath>
    {{lines}}
  </defs>
  {{chrome}}
  <g transform="translate({{terminal_x}}, {{terminal_y}})"
     clip-path="url(#{{unique_id}}-clip-terminal)">
    {{backgrounds}}
    <g class="{{unique_id}}-matrix">{{matrix}}</g>
  </g>
</svg>
"""


class MissingToolError(Exception):
    """A program or a font that the picture needs is not installed; the text says which."""


def check_tools() -> None:
    """Raises MissingToolError naming what to install."""
    if shutil.which("rsvg-convert") is None:
        raise MissingToolError(
            "rsvg-convert is not installed; on Debian: apt-get install librsvg2-bin"
        )
    if shutil.which("fc-list") is not None:
        found = subprocess.run(["fc-list", FONT], capture_output=True, text=True, check=True)
        if not found.stdout.strip():
            raise MissingToolError(
                f"the font {FONT} is not installed; on Debian: apt-get install fonts-dejavu-core"
            )


def svg_of(app: StudioApp, size: tuple[int, int]) -> str:
    """What the screen shows, in characters of `FONT` that lie on Rich's grid."""
    console = Console(
        width=size[0],
        height=size[1],
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    console.print(app.screen._compositor.render_update(full=True))
    svg = console.export_svg(
        title=app.title, code_format=SVG, font_aspect_ratio=COLUMN / RICH_HEIGHT
    )
    return re.sub(
        r'<text class="([^"]*)" x="([^"]*)" y="([^"]*)" textLength[^>]*>([^<]*)</text>', _cells, svg
    )


def _cells(run: re.Match[str]) -> str:
    """Each character in its own column: rsvg-convert ignores `textLength` and leading spaces."""
    style, x, y, text = run.groups()
    start = float(x)
    return "".join(
        f'<text class="{style}" x="{start + index * COLUMN:.3f}" y="{y}">{escape(letter)}</text>'
        for index, letter in enumerate(unescape(text))
        if not letter.isspace()
    )


async def take(keys: list[str], size: tuple[int, int] = SIZE) -> str:
    """Open the sample, press the keys, and return what the screen shows, as SVG."""
    app = StudioApp(lambda: process_link(SAMPLE, "main"), title="fan-out")
    async with app.run_test(size=size) as pilot:
        for _ in range(200):
            await pilot.pause(0.05)
            if app.health is Health.READY:
                break
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.15)
        return svg_of(app, size)


def write_png(svg: str, target: Path) -> None:
    """Draw an SVG into a PNG file."""
    with tempfile.NamedTemporaryFile("w", suffix=".svg", encoding="utf-8") as drawing:
        drawing.write(svg)
        drawing.flush()
        command = ["rsvg-convert", f"--zoom={ZOOM:.6f}", f"--output={target}", drawing.name]
        subprocess.run(command, check=True)


def main() -> int:
    """The picture as the README shows it."""
    parser = argparse.ArgumentParser(description="Draw the README's picture of the workbench.")
    parser.add_argument(
        "target",
        nargs="?",
        type=Path,
        default=README_PICTURE,
        metavar="FILE.png",
        help="where it goes (%(default)s)",
    )
    target = parser.parse_args().target
    try:
        check_tools()
    except MissingToolError as problem:
        print(f"no picture: {problem}", file=sys.stderr)
        return 3
    svg = asyncio.run(take(["s"] * STEPS + ["left_square_bracket"] * BACK))
    target.parent.mkdir(parents=True, exist_ok=True)
    write_png(svg, target)
    print(f"{target}: {target.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
