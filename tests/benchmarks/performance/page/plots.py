"""Draws curves as SVG, of the figures that are kept: nothing is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.benchmarks.performance.results import Curve

COLOURS = ("#0b6fb8", "#d1600a", "#1c8a4c", "#8a3ea8", "#a8242f", "#5b5b5b")
"""Told apart by every kind of colour vision, on white; a line has its own sign as well."""
_MOST_TICKS = 7
_BINARY = (
    "datum.value >= 1048576 ? datum.value / 1048576 + ' MiB' : "
    "datum.value >= 1024 ? datum.value / 1024 + ' KiB' : datum.value + ' B'"
)
SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down")


def draw(curves: list[Curve], folder: Path) -> None:
    """One file a curve, replaced. Raises ImportError where vl-convert-python is not installed."""
    import vl_convert

    folder.mkdir(parents=True, exist_ok=True)
    for curve in curves:
        (folder / f"{curve.key}.svg").write_text(vl_convert.vegalite_to_svg(chart(curve)) + "\n")


def chart(curve: Curve) -> dict[str, Any]:
    """The curve in Vega-Lite: medians with signs, from the least to the most as a bar."""
    names = [line.name for line in curve.lines if line.points]
    rows = [
        {"line": line.name, "x": point.x, "y": point.y.median, "least": point.y.least,
         "most": point.y.most}
        for line in curve.lines
        for point in line.points
    ]  # fmt: skip
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False},
        "axis": {
            "title": curve.x,
            "values": _ticks(curve),
            "labelExpr": _BINARY if "bytes" in curve.x else "format(datum.value, ',')",
            "grid": False,
        },
    }
    scale = {"type": "log"}
    axis = {"title": curve.y, "format": "~s", "tickCount": 6, "gridColor": "#e4e4e4"}
    of_line = {"field": "line", "type": "nominal", "sort": names, "title": None}
    colour = of_line | {
        "scale": {"domain": names, "range": list(COLOURS[: len(names)])},
        "legend": {"symbolOpacity": 1, "labelLimit": 0},
    }
    shape = of_line | {"scale": {"domain": names, "range": list(SHAPES[: len(names)])}}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "white",
        "config": {"aria": False},
        "width": 460,
        "height": 260,
        "data": {"values": rows},
        "encoding": {"x": x, "color": colour},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.35},
                "encoding": {
                    "y": {"field": "least", "type": "quantitative", "scale": scale, "axis": axis},
                    "y2": {"field": "most"},
                },
            },
            {
                "mark": {"type": "line", "strokeWidth": 1.5},
                "encoding": {"y": {"field": "y", "type": "quantitative", "scale": scale}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 36},
                "encoding": {
                    "y": {"field": "y", "type": "quantitative", "scale": scale},
                    "shape": shape,
                },
            },
        ],
    }


def _ticks(curve: Curve) -> list[float]:
    """Where something was measured, or at some of these places."""
    places = sorted({point.x for line in curve.lines for point in line.points})
    return places[:: -(-len(places) // _MOST_TICKS)]
