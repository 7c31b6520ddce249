"""What `make performance` measures, as it is kept in docs/performance/results.json."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec

PLAIN_ENGINE, COMPILED_ENGINE = "Python", "compiled"


class Spread(msgspec.Struct, frozen=True):
    """What the repetitions of one measurement gave."""

    median: float
    least: float
    most: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """That of some values, at least one; kept with four significant figures."""
        rounded = [float(f"{value:.4g}") for value in values]
        median = float(f"{statistics.median(rounded):.4g}")
        return cls(median, min(rounded), max(rounded), len(rounded))


class Point(msgspec.Struct, frozen=True):
    """One measurement of a line."""

    x: float
    y: Spread


class Line(msgspec.Struct):
    """One way of doing the same, from the least to the most."""

    name: str
    points: list[Point]
    ends: str = ""
    """Why it has no point further on; "" where it has."""

    def at(self, x: float) -> float:
        """The median there. Raises KeyError."""
        for point in self.points:
            if point.x == x:
                return point.y.median
        raise KeyError(x)


class Curve(msgspec.Struct):
    """How something grows."""

    key: str
    title: str
    x: str
    """What grows, and its unit."""
    y: str
    """What is measured, and its unit."""
    lines: list[Line]
    notes: list[str] = []
    """What was measured besides, a sentence each."""

    def line(self, name: str) -> Line | None:
        """The line of this name, where it was measured."""
        return next((line for line in self.lines if line.name == name and line.points), None)


class Target(msgspec.Struct):
    """One thing that is promised of the program."""

    name: str
    aim: str
    """What is aimed at, e.g. "≥ 15,000"."""
    unit: str
    figures: dict[str, Spread]
    """By what it was measured with: a layer, the stock binding, the C host."""
    note: str = ""
    """What the reader must know, or why nothing was measured."""


class Memory(msgspec.Struct):
    """What a payload takes of the host's memory at most, while calls are made with it."""

    way: str
    layer: str
    payload: int
    """Bytes."""
    peak: int
    """Bytes of resident memory more than before, without the component's own memory."""
    refused: str = ""
    """The error, when it was refused."""


class Share(msgspec.Struct):
    """What one part of the program takes of a run."""

    part: str
    percent: float


class Profile(msgspec.Struct):
    """Where the processor's time went in one run."""

    layer: str
    call_us: float
    """Microseconds a call, everything included."""
    samples: int
    shares: list[Share]


class Machine(msgspec.Struct):
    """Where, and with what, it was measured."""

    when: str
    processors: int
    model: str
    memory_gib: float
    system: str
    python: str
    wasmtime: str
    native: str
    """The version of the native call layer, or "not installed"."""
    load_before: float
    load_after: float
    """Processes that wanted to run, mean of a minute; 1 of them, or about that, was this."""
    seconds: float
    quick: bool
    engine: str = PLAIN_ENGINE
    """What runs the engine."""


class Results(msgspec.Struct):
    """All of a run."""

    machine: Machine
    targets: list[Target]
    curves: list[Curve]
    memory: list[Memory]
    profiles: list[Profile]

    def curve(self, key: str) -> Curve:
        """Raises KeyError."""
        for curve in self.curves:
            if curve.key == key:
                return curve
        raise KeyError(key)


def read_results(path: Path) -> Results:
    """What was kept. Raises OSError, msgspec.DecodeError."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def keep_results(results: Results, path: Path) -> None:
    """Keep them, a value a line, so that a difference can be read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
