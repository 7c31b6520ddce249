"""What is compiled while a flow is opened is told, once, and only when no cache has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.opening import open as opening

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"


def test_each_component_that_no_cache_has_is_told_before_it_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "compiled_cache", lambda: tmp_path / "compiled")
    told: list[tuple[str, int, int]] = []
    flow = opening.open_flow(SAMPLE, None, lambda *what: told.append(what)).flow
    count = len({node.component for node in flow.nodes})
    assert [position for _, position, _ in told] == list(range(1, count + 1))
    assert {total for _, _, total in told} == {count}
    assert {name for name, _, _ in told} == {node.component for node in flow.nodes}
    told.clear()
    opening.open_flow(SAMPLE, None, lambda *what: told.append(what))
    assert told == []
