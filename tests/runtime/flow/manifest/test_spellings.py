from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runtime.flow.manifest.shape import Shape
from runtime.flow.manifest.tables import (
    BACKPRESSURE,
    MANIFEST,
    OBSERVABILITY,
    RUNTIME,
    Component,
    Edge,
    Flow,
    Node,
)
from tests.support.flow_manifests import EDGE, NODES, PROJECT, check, errors, warnings

DOCUMENTED: list[tuple[str, str, str]] = [
    ("[runtime]\nfuel_per_invocation = 5", "runtime.fuel_per_invocation", "default_fuel_per"),
    (
        "[runtime]\ncomponent_init_timeout_ms = 5",
        "runtime.component_init_timeout_ms",
        "call_timeout",
    ),
    ("[runtime.pools]\nsmall_pool_size = 1", "runtime.pools", "fixed sizes"),
    ('[runtime.backpressure]\ndefault_policy = "error"', "runtime.backpressure.default_policy", ""),
    (
        '[runtime.backpressure]\npolicy = "error"',
        "runtime.backpressure.policy",
        "backpressure_policy",
    ),
    (
        '[runtime.backpressure]\nbackpressure_policy = "block"',
        "runtime.backpressure.backpressure_policy",
        "block-producer",
    ),
    (
        '[runtime.backpressure]\nbackpressure_policy = "rate-limit"\nrate = 2',
        "runtime.backpressure.backpressure_policy",
        "drop-oldest",
    ),
    ("[runtime.backpressure]\nsink_pause_ms = 1", "runtime.backpressure.sink_pause_ms", "remove"),
    ("[runtime]\ncall_timeout_ms = 1", "runtime.call_timeout_ms", "remove"),
    ('[observability]\nlevel = "off"', "observability.level", "tracing_"),
    ("[observability]\nsample_rate = 0.5", "observability.sample_rate", "tracing_sample_rate"),
    ("[observability.tracing]\nx = 1", "observability.tracing", "remove"),
    ('[observability]\ntracing_exporter = "file"', "observability.tracing_exporter", "stdout"),
    ("[security]\naudit_enabled = true", "security.audit_enabled", "remove"),
    (
        '[security]\ndefault_capability_policy = "allow-all"',
        "security.default_capability_policy",
        "[security.grants.NODE]",
    ),
    ("[capabilities.required]\nx = true", "capabilities", "[security.grants.NODE]"),
    ("[zzzzzzzzzz]\nx = true", "zzzzzzzzzz", "its keys are"),
    ("[security.grants.nobody]\ncapabilities = []", "security.grants.nobody", "the nodes are"),
    ("[security.grants.a]\ncapabilities = []", "security.grants.a", "[security.grants.in]"),
    (
        '[[flow.main.edges]]\nfrom = "in:output"\nto = { node = "out", port = "other" }',
        "flow.main.edges[1].from",
        '{ node = "in", port = "output" }',
    ),
    (
        '[[flow.main.edges]]\nfrom = "in:output"\nto = { node = "out", port = "other" }',
        "flow.main.edges[1].to.port",
        'port = "input"',
    ),
    (EDGE, "flow.main.edges[1]", "remove one"),
    ('[runtime.scheduling]\npolicy = "consumer-first"', "runtime.scheduling.policy", "round-robin"),
    (
        '[[component]]\nname = "a"\npath = "x"\nlanguage = "c"',
        "component[0].language",
        "rust, go, python, zig",
    ),
]


@pytest.mark.parametrize(("inserted", "key", "help_"), DOCUMENTED)
def test_spellings_of_the_documentation_and_extensions_are_warnings(
    tmp_path: Path, inserted: str, key: str, help_: str
) -> None:
    result = check(tmp_path, PROJECT + NODES + EDGE + inserted)
    assert errors(result) == []
    found = {item.key: item for item in warnings(result)}
    assert key in found
    assert help_ in found[key].help
    assert found[key].line is not None


def test_a_grant_without_any_node_says_that_there_are_none(tmp_path: Path) -> None:
    result = check(tmp_path, PROJECT + "[security.grants.nobody]\ncapabilities = []\n")
    found = {item.key: item.help for item in (*errors(result), *warnings(result))}
    assert found["security.grants.nobody"] == "there are no nodes"


def test_documented_spellings_mean_the_key_they_stand_for(tmp_path: Path) -> None:
    text = (
        "[runtime]\nfuel_per_invocation = 5\n[runtime.backpressure]\n"
        'policy = "drop-oldest"\nqueue_depth = 9\n'
    )
    manifest = check(tmp_path, PROJECT + NODES + EDGE + text).manifest
    assert manifest is not None
    assert manifest.runtime.default_fuel_per_invocation == 5
    assert manifest.runtime.backpressure.backpressure_policy == "drop-oldest"
    assert manifest.runtime.backpressure.default_queue_depth == 9


def test_the_key_of_the_code_wins_over_its_documented_spelling(tmp_path: Path) -> None:
    text = "[runtime]\nfuel_per_invocation = 5\ndefault_fuel_per_invocation = 7\n"
    result = check(tmp_path, PROJECT + NODES + EDGE + text)
    assert result.manifest is not None
    assert result.manifest.runtime.default_fuel_per_invocation == 7
    assert [item.help for item in warnings(result)] == ["remove 'fuel_per_invocation'"]


def test_edges_with_names_are_an_error_that_shows_the_table_form(tmp_path: Path) -> None:
    text = "[flow.main.edges.first.backpressure]\nqueue_depth = 4\n"
    found = errors(check(tmp_path, PROJECT + NODES + text))
    item = next(item for item in found if item.key == "flow.main.edges")
    assert (item.code, item.line, item.column) == ("E0703", 11, 12)
    assert "queue_depth = N" in item.help


def test_edge_ends_written_as_strings_are_read(tmp_path: Path) -> None:
    text = '[[flow.main.edges]]\nfrom = "in"\nto = "out:input"\n'
    result = check(tmp_path, PROJECT + NODES + text)
    assert errors(result) == []
    assert len(warnings(result)) == 2
    assert result.manifest is not None
    (edge,) = result.manifest.flow["main"].edges
    assert (edge.source.node, edge.source.port) == ("in", "output")
    assert (edge.target.node, edge.target.port) == ("out", "input")


DEFAULTS: dict[str, dict[str, Any]] = {
    "torvyn": {"description": "", "license": "", "repository": "", "authors": ()},
    "component": {"language": "rust", "build_command": None, "config": None},
    "build": {"release": True, "extra_args": (), "target": "wasm32-wasip2"},
    "test": {"timeout_seconds": 60, "fixtures_dir": "tests/fixtures"},
    "registry": {"default": None},
    "runtime": {
        "worker_threads": 0,
        "max_memory_per_component": None,
        "default_fuel_per_invocation": None,
        "compilation_cache_dir": ".torvyn/cache",
        "call_timeout_ms": 5_000,
    },
    "runtime.scheduling": {"policy": "weighted-fair", "default_priority": 5},
    "runtime.backpressure": {
        "default_queue_depth": None,
        "backpressure_policy": None,
        "low_watermark_ratio": None,
        "rate": None,
        "sink_pause_ms": 100,
    },
    "observability": {
        "tracing_enabled": True,
        "tracing_exporter": "stdout",
        "tracing_endpoint": "http://localhost:4317",
        "tracing_sample_rate": 1.0,
        "metrics_enabled": True,
        "metrics_exporter": "none",
        "metrics_endpoint": "0.0.0.0:9090",
    },
    "security": {"default_capability_policy": "deny-all", "grants": {}},
    "flow.main": {
        "description": "",
        "scheduling_policy": None,
        "default_queue_depth": None,
        "backpressure": None,
    },
    "flow.main.nodes.in": {
        "config": None,
        "fuel_budget": None,
        "max_memory": None,
        "priority": None,
    },
    "flow.main.edges": {"queue_depth": None, "backpressure": None},
}


@pytest.mark.parametrize("table", DEFAULTS)
def test_every_key_left_out_has_the_default_of_the_contract(tmp_path: Path, table: str) -> None:
    text = PROJECT + NODES + EDGE + '[[component]]\nname = "a"\npath = "x"\n'
    here: Any = check(tmp_path, text).manifest
    for part in table.split("."):
        here = here[part] if isinstance(here, dict) else getattr(here, part)
    if isinstance(here, tuple):
        (here,) = here
    assert {name: getattr(here, name) for name in DEFAULTS[table]} == DEFAULTS[table]


def test_the_defaults_above_leave_no_optional_key_out() -> None:
    shapes: dict[str, Shape[Any]] = {
        "runtime": RUNTIME,
        "observability": OBSERVABILITY,
        "component": Shape(Component),
        "flow.main": Shape(Flow),
        "flow.main.nodes.in": Shape(Node),
        "flow.main.edges": Shape(Edge),
    }
    tables = {"scheduling", "backpressure", "nodes", "edges"}
    for name, shape in shapes.items():
        optional = {key for key, (_, row) in shape.rows().items() if not row.required}
        assert optional - set(DEFAULTS[name]) <= tables
    assert set(BACKPRESSURE.rows()) < set(DEFAULTS["runtime.backpressure"])
    tops = {name.split(".")[0] for name in DEFAULTS}
    assert set(MANIFEST.rows()) == tops


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("16MiB", 16 * 1024**2),
        ("16mib", 16 * 1024**2),
        ("16M", 16 * 1024**2),
        ("3 KiB", 3072),
        ("1k", 1024),
        ("2G", 2 * 1024**3),
        ("1gib", 1024**3),
        ("70000", 70000),
        ("8B", 8),
    ],
)
def test_sizes_take_every_unit_in_any_case(tmp_path: Path, text: str, size: int) -> None:
    extra = f'[runtime]\nmax_memory_per_component = "{text}"\n'
    result = check(tmp_path, PROJECT + NODES + EDGE + extra)
    assert result.diagnostics == ()
    assert result.manifest is not None
    assert result.manifest.runtime.max_memory_per_component == size


@pytest.mark.parametrize("text", ["", "MiB", "0", "-1", "1.5MiB", "1 TiB", "9" * 30, "１MiB"])
def test_other_sizes_are_refused(tmp_path: Path, text: str) -> None:
    extra = f'[runtime]\nmax_memory_per_component = "{text}"\n'
    result = check(tmp_path, PROJECT + NODES + EDGE + extra)
    assert [item.code for item in errors(result)] == ["E0703"]
