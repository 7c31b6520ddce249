"""The sample flows as they are shipped."""

from __future__ import annotations

from pathlib import Path

from tests.support.studio_projects import ROOT

SAMPLES = ROOT / "sample_flows"
RECORDINGS = sorted(SAMPLES.glob("*/*.rec"))
EXPECTED = sorted(SAMPLES.glob("*/expected-output*.txt"))
PRODUCER_FIRST = ("--schedule", "priority")
"""By the priorities of the nodes: a queue fills as it would if all of them ran at once."""

TRUSTED = ("--trust",)
"""Grants that reach beyond the project's folder are given without a question."""


def sample_id(path: Path) -> str:
    return path.relative_to(SAMPLES).as_posix()


def flow_of(expected: Path) -> list[str]:
    """`expected-output.txt` is of the only flow, `expected-output.NAME.txt` of flow NAME."""
    name = expected.name.removeprefix("expected-output").removesuffix(".txt").strip(".")
    return ["--flow", name] if name else []
