"""Manifests with thousands of mistakes cost no more advice than is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.flow import grants, resolve, topology
from runtime.flow.link import link_flows
from runtime.flow.manifest.problems import MAX_PROBLEMS
from runtime.model.text import nearest
from tests.support.flow_manifests import GOOD
from tests.support.flow_surfaces import FakeInspect

EDGE = '[[flow.main.edges]]\nfrom = "{}:output"\nto = "{}:input"\n'
NODE = '[flow.main.nodes.n{0}]\ncomponent = "{1}"\ninterface = "{2}"\n'
SOURCE = "torvyn:streaming/source"


@pytest.mark.parametrize(
    "more",
    [
        "".join(f"[k{index}]\n" for index in range(3_000)),
        EDGE.format("in", "out") * 2_000,
        EDGE.format("inn", "ou") * 2_000,
        "".join(NODE.format(index, "a", f"torvyn:streaming/sourc{index}") for index in range(900)),
        "".join(NODE.format(index, f"b{index}", SOURCE) for index in range(900)),
        "".join(f"[security.grants.m{index}]\ncapabilities = []\n" for index in range(900)),
    ],
    ids=["tables", "equal edges", "unknown nodes", "interfaces", "components", "grants"],
)
def test_words_are_compared_for_the_problems_that_are_kept_alone(
    more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = nearest.nearest

    def counted(word: str, candidates: list[str]) -> str | None:
        asked.append(word)
        return real(word, candidates)

    for module in (nearest, topology, grants, resolve):
        if hasattr(module, "nearest"):
            monkeypatch.setattr(module, "nearest", counted)
    path = tmp_path / "Torvyn.toml"
    path.write_text(GOOD + more)
    result = link_flows(path, inspect=FakeInspect())
    assert any("are not listed" in item.message for item in result.diagnostics)
    assert len(asked) <= 3 * MAX_PROBLEMS
