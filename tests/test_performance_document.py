"""docs/performance.md and its plots belong to the figures that are kept with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.performance.long_runs import MEASUREMENTS, read_long_runs
from tests.benchmarks.performance.page.bounds import exponent, number, rate, slope
from tests.benchmarks.performance.page.document import FOLDER, LONG_RUNS, document
from tests.benchmarks.performance.page.plots import chart
from tests.benchmarks.performance.results import Line, Point, Spread, read_results
from tests.benchmarks.performance.rounds import Effort, Way, in_turns

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = read_results(DOCS / FOLDER / "results.json")
LONG = read_long_runs(DOCS / FOLDER / LONG_RUNS)


def test_the_page_says_what_was_measured() -> None:
    assert (DOCS / "performance.md").read_text() == document(RESULTS, LONG), (
        "make performance PERFORMANCE=--draw"
    )


def test_every_table_of_a_long_measurement_is_whole() -> None:
    assert set(LONG) <= set(MEASUREMENTS)
    for key, found in LONG.items():
        assert found.title == MEASUREMENTS[key][0]
        assert found.rows, key
        assert {len(row) for row in found.rows} == {len(found.head)}, key


def test_every_curve_has_its_plot_with_every_line_and_no_other_file_is_left() -> None:
    plots = {path.name for path in (DOCS / FOLDER).glob("*.svg")}
    assert plots == {f"{curve.key}.svg" for curve in RESULTS.curves}
    for curve in RESULTS.curves:
        drawn = (DOCS / FOLDER / f"{curve.key}.svg").read_text()
        for line in curve.lines:
            assert not line.points or f">{line.name}<" in drawn, (curve.key, line.name)
        points = sum(len(line.points) for line in curve.lines)
        assert len(chart(curve)["data"]["values"]) == points > 4


def test_how_a_line_grows_is_told_from_its_end() -> None:
    line = Line("cubes", [Point(x, Spread.of([x**3, x**3 + 1, 0])) for x in (1, 2, 4, 8)])
    assert exponent(line) == pytest.approx(3)
    assert slope(line) == (512 - 64) / 4
    assert [number(value) for value in (0, 0.01234, 9.876, 1234.5, 98_765)] == [
        "0", "0.0123", "9.88", "1,230", "98,800",
    ]  # fmt: skip
    assert (rate(0.03), rate(0.0001)) == ("33.3 MB/s", "10.0 GB/s")


def test_ways_are_measured_in_turns_and_as_often_as_each_other() -> None:
    made: list[str] = []

    def way(name: str) -> Way:
        return lambda count: made.extend([name] * count)

    found = in_turns({"a": way("a"), "b": way("b")}, Effort(3, 0.0001, 1.0))
    assert {spread.runs for spread in found.values()} == {3}
    turns = [name for name, before in zip(made, ["", *made], strict=False) if name != before]
    assert turns[-6:] == ["a", "b", "a", "b", "a", "b"]
