"""Components to build, and plans of their builds."""

from __future__ import annotations

from pathlib import Path

from runtime.build.languages import plan_build
from runtime.build.plan import BuildPlan, ComponentSource
from runtime.build.toolchain import Toolchain

WIT = Path(__file__).resolve().parents[2] / "wit"
PACKAGES = tuple(
    WIT / name for name in ("torvyn-streaming", "torvyn-filtering", "torvyn-aggregation")
)
"""The packages of the contracts that components use."""


def component(directory: Path, **fields: object) -> ComponentSource:
    manifest = directory.parent / "Torvyn.toml"
    return ComponentSource("router", directory, manifest, **fields)  # type: ignore[arg-type]


def planned(source: ComponentSource, tools: Toolchain | None = None) -> BuildPlan:
    plan = plan_build(source, tools)
    assert isinstance(plan, BuildPlan), plan
    return plan
