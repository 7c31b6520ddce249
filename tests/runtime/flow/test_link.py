from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.flow.check_report import report_json, report_text
from runtime.flow.link import link_flow, link_flows
from runtime.model.linked import (
    INTERPRETER_LIMITS,
    Limits,
    QueuePolicy,
    Role,
    SchedulePolicy,
)
from tests.support.flow_surfaces import FakeInspect, codes, good, project

PAIR = {"in": "source", "out": "sink"}


def test_a_linked_flow_has_everything_filled_in(tmp_path: Path) -> None:
    roles = {"out": "sink", "mid": "aggregator", "in": "source"}
    path = project(tmp_path, roles, [("mid", "out"), ("in", "mid")])
    result = link_flow(path, inspect=FakeInspect())
    assert result.diagnostics == ()
    flow = result.flow
    assert flow is not None
    assert (flow.name, flow.manifest) == ("main", str(path))
    assert flow.build_dir == str(tmp_path / ".torvyn" / "build")
    assert [node.name for node in flow.nodes] == ["in", "mid", "out"]
    assert flow.schedule is SchedulePolicy.WEIGHTED_FAIR
    assert flow.sink_pause_ms == 100
    mid = flow.by_name["mid"]
    assert mid.role is Role.AGGREGATOR
    assert mid.interface == "torvyn:aggregation/aggregator@0.1.0"
    assert mid.lifecycle == "torvyn:streaming/lifecycle@0.1.0"
    assert mid.artifact == str(tmp_path / ".torvyn" / "build" / "mid.wasm")
    assert mid.digest == hashlib.sha256(b'"aggregator"').hexdigest()
    assert (mid.config, mid.limits, mid.priority, mid.grants) == ("{}", Limits(), 5, ())
    assert (mid.inputs, mid.outputs) == ((1,), (0,))
    edge = flow.edges[0]
    assert (edge.index, edge.source, edge.target) == (0, "mid", "out")
    assert (edge.capacity, edge.policy, edge.rate) == (64, QueuePolicy.BLOCK_PRODUCER, None)
    assert edge.low_mark == 32


def test_node_settings_come_before_those_of_the_runtime(tmp_path: Path) -> None:
    path = project(
        tmp_path,
        {"in": "source", "mid": "processor", "out": "sink"},
        [("in", "mid"), ("mid", "out")],
        "[runtime]\nmax_memory_per_component = '2MiB'\ndefault_fuel_per_invocation = 0\n"
        "call_timeout_ms = 9\n[runtime.scheduling]\npolicy = 'priority'\ndefault_priority = 3\n"
        "[runtime.backpressure]\nsink_pause_ms = 7\n"
        "[security.grants.mid]\ncapabilities = ['stdio:stdout']\n",
    )
    text = path.read_text().replace(
        "[flow.main.nodes.mid]\n",
        "[flow.main.nodes.mid]\nconfig = 'x'\nfuel_budget = 5\nmax_memory = '1MiB'\npriority = 9\n",
    )
    path.write_text(text)
    flow = link_flow(path, inspect=FakeInspect()).flow
    assert flow is not None
    assert (flow.schedule, flow.sink_pause_ms) == (SchedulePolicy.PRIORITY, 7)
    mid, out = flow.by_name["mid"], flow.by_name["out"]
    assert mid.limits == Limits(fuel=5, memory_bytes=1024**2, call_timeout_ms=9)
    assert out.limits == Limits(fuel=0, memory_bytes=2 * 1024**2, call_timeout_ms=9)
    assert (mid.config, mid.priority, mid.grants) == ("x", 9, ("stdio:stdout",))
    assert (out.config, out.priority, out.grants) == ("{}", 3, ())


def test_a_component_with_an_interpreter_gets_limits_that_let_it_fail(tmp_path: Path) -> None:
    inspect = FakeInspect(processor=replace(good(Role.PROCESSOR), interpreter="Python"))
    path = project(
        tmp_path,
        {"in": "source", "mid": "processor", "out": "sink"},
        [("in", "mid"), ("mid", "out")],
    )
    text = path.read_text()
    result = link_flow(path, inspect=inspect)
    assert result.flow is not None
    mid, out = result.flow.by_name["mid"], result.flow.by_name["out"]
    assert (mid.interpreter, mid.limits) == ("Python", INTERPRETER_LIMITS)
    assert (out.interpreter, out.limits) == ("", Limits())
    assert "node 'mid' carries the interpreter of Python" in report_text(result)
    assert 'write fuel_budget = 100000000 and max_memory = "64MiB"' in report_text(result)
    assert "'out'" not in report_text(result)
    (node,) = (item for item in report_json(result)["flows"][0]["nodes"] if item["name"] == "mid")
    assert (node["interpreter"], node["limits"]["fuel"]) == ("Python", INTERPRETER_LIMITS.fuel)

    path.write_text(text + "[runtime]\ndefault_fuel_per_invocation = 1000000\n")
    result = link_flow(path, inspect=inspect)
    assert result.flow is not None
    limits = result.flow.by_name["mid"].limits
    assert limits == Limits(1_000_000, INTERPRETER_LIMITS.memory_bytes)
    assert 'write max_memory = "64MiB" into' in report_text(result)

    own = "[flow.main.nodes.mid]\nfuel_budget = 5\nmax_memory = '1MiB'\n"
    path.write_text(text.replace("[flow.main.nodes.mid]\n", own))
    result = link_flow(path, inspect=inspect)
    assert result.flow is not None
    assert result.flow.by_name["mid"].limits == Limits(5, 1024**2)
    assert "interpreter" not in report_text(result)


def test_the_flow_names_its_own_schedule(tmp_path: Path) -> None:
    extra = "[flow.main]\nscheduling_policy = 'round-robin'\n"
    flow = link_flow(project(tmp_path, PAIR, [("in", "out")], extra), inspect=FakeInspect()).flow
    assert flow is not None
    assert flow.schedule is SchedulePolicy.ROUND_ROBIN


LEVELS = [
    ("edge", "queue_depth = 2", "capacity", 2),
    ("edge", "backpressure = { default_queue_depth = 3 }", "capacity", 3),
    ("flow", "default_queue_depth = 4", "capacity", 4),
    ("flow", "backpressure = { default_queue_depth = 5 }", "capacity", 5),
    ("runtime", "default_queue_depth = 6", "capacity", 6),
]
POLICIES = [
    ("edge", 'backpressure = { backpressure_policy = "error" }', "policy", QueuePolicy.ERROR),
    ("flow", 'backpressure = { policy = "drop-oldest" }', "policy", QueuePolicy.DROP_OLDEST),
    ("runtime", 'backpressure_policy = "drop-newest"', "policy", QueuePolicy.DROP_NEWEST),
]
RATIOS = [
    ("edge", "backpressure = { low_watermark_ratio = 0.1 }", "low_watermark_ratio", 0.1),
    ("flow", "backpressure = { low_watermark_ratio = 0.2 }", "low_watermark_ratio", 0.2),
    ("runtime", "low_watermark_ratio = 0.3", "low_watermark_ratio", 0.3),
]


@pytest.mark.parametrize("settings", [LEVELS, POLICIES, RATIOS])
def test_the_nearest_queue_setting_wins(
    tmp_path: Path, settings: list[tuple[str, str, str, object]]
) -> None:
    for first in range(len(settings)):
        lines: dict[str, list[str]] = {"edge": [], "flow": [], "runtime": []}
        for level, line, _, _ in settings[first:]:
            key = line.partition(" ")[0]
            if not any(other.startswith(key + " ") for other in lines[level]):
                lines[level].append(line)
        path = project(tmp_path, PAIR, [("in", "out")], "\n".join(lines["edge"]) + "\n")
        with path.open("a") as file:
            file.write("[flow.main]\n" + "\n".join(lines["flow"]) + "\n")
            file.write("[runtime.backpressure]\n" + "\n".join(lines["runtime"]) + "\n")
        flow = link_flow(path, inspect=FakeInspect()).flow
        assert flow is not None
        assert getattr(flow.edges[0], settings[first][2]) == settings[first][3]


def test_an_edge_table_without_a_depth_leaves_the_flow_its_depth(tmp_path: Path) -> None:
    extra = (
        'backpressure = { backpressure_policy = "rate-limit", rate = 2.5 }\n'
        "[flow.main]\ndefault_queue_depth = 16\n"
    )
    flow = link_flow(project(tmp_path, PAIR, [("in", "out")], extra), inspect=FakeInspect()).flow
    assert flow is not None
    edge = flow.edges[0]
    assert (edge.capacity, edge.policy, edge.rate) == (16, QueuePolicy.RATE_LIMIT, 2.5)


def test_the_config_of_a_component_is_used_with_a_warning(tmp_path: Path) -> None:
    path = project(tmp_path, PAIR, [("in", "out")])
    path.write_text(path.read_text().replace('path = "in"', 'path = "in"\nconfig = "c"'))
    result = link_flow(path, inspect=FakeInspect())
    assert result.flow is not None
    assert result.flow.by_name["in"].config == "c"
    assert codes(result) == [("E0704", "component[0].config")]


def test_a_file_used_twice_is_inspected_once(tmp_path: Path) -> None:
    roles = {"in": "source", "a": "processor", "b": "processor", "out": "sink"}
    path = project(tmp_path, roles, [("in", "a"), ("a", "b"), ("b", "out")])
    inspect = FakeInspect()
    assert link_flow(path, inspect=inspect).flow is not None
    assert inspect.calls == 3


def test_bytes_that_are_no_component_are_blamed_on_the_key(tmp_path: Path) -> None:
    path = project(tmp_path, PAIR, [("in", "out")])
    for name in PAIR:
        (tmp_path / ".torvyn" / "build" / f"{name}.wasm").write_bytes(b"\0asm")
    inspect = FakeInspect()
    result = link_flow(path, inspect=inspect)
    assert [(item.code, item.line, item.column, item.key) for item in result.diagnostics] == [
        ("E0204", 9, 13, "flow.main.nodes.in.component"),
        ("E0204", 15, 13, "flow.main.nodes.out.component"),
    ]
    assert result.diagnostics[0].file == str(path)
    assert inspect.calls == 1


def test_problems_of_keys_graph_and_components_come_together(tmp_path: Path) -> None:
    path = project(tmp_path, {"in": "source", "mid": "router", "out": "sink"}, [("in", "mid")])
    path.write_text(path.read_text() + "[runtime]\nworker_thread = 1\n")
    (tmp_path / ".torvyn" / "build" / "out.wasm").unlink()
    (tmp_path / ".torvyn" / "build" / "in.wasm").write_text('"sink"')
    result = link_flow(path, inspect=FakeInspect())
    assert result.flow is None
    assert codes(result) == [
        ("E0201", "flow.main.nodes.in.interface"),
        ("E0924", "flow.main.nodes.mid"),
        ("E0924", "flow.main.nodes.out"),
        ("E0990", "flow.main.nodes.out.component"),
        ("E0702", "runtime.worker_thread"),
    ]


def test_every_flow_is_linked_or_none(tmp_path: Path) -> None:
    path = project(tmp_path, PAIR, [("in", "out")])
    text = path.read_text()
    path.write_text(
        text
        + text[text.index("[flow.") :]
        .replace("flow.main", "flow.also")
        .replace('[[component]]\nname = "out"\npath = "out"\n', "")
    )
    result = link_flows(path, inspect=FakeInspect())
    assert [flow.name for flow in result.flows] == ["also", "main"]
    named = link_flow(path, "flow.main", inspect=FakeInspect()).flow
    assert named == result.flows[1]
    path.write_text(path.read_text() + "[flow.broken]\n")
    assert link_flows(path, inspect=FakeInspect()).flows == ()
    assert link_flow(path, "main", inspect=FakeInspect()).flow == named


def test_an_unknown_flow_and_a_missing_file_are_problems_of_the_result(tmp_path: Path) -> None:
    path = project(tmp_path, PAIR, [("in", "out")])
    assert codes(link_flow(path, "mian", inspect=FakeInspect())) == [("E0400", "flow")]
    assert codes(link_flow(tmp_path / "x", inspect=FakeInspect())) == [("E0700", None)]
    assert codes(link_flows(tmp_path / "x", inspect=FakeInspect())) == [("E0700", None)]


def test_the_report_says_the_same_to_people_and_programs(tmp_path: Path) -> None:
    extra = "[runtime]\nfuel_per_invocation = 1\n"
    path = project(tmp_path, PAIR, [("in", "out")], extra)
    result = link_flow(path, inspect=FakeInspect())
    text = report_text(result)
    assert "warning[E0702] UnknownKey: 'fuel_per_invocation'" in text
    assert f"  --> {path}:21:1 :: runtime.fuel_per_invocation" in text
    assert text.endswith('Flow "main" links: 2 nodes, 1 edge\n0 errors, 1 warning')
    data = json.loads(json.dumps(report_json(result)))
    assert (data["all_passed"], data["error_count"], data["warning_count"]) == (True, 0, 1)
    assert data["diagnostics"][0]["line"] == 21
    assert data["flows"][0]["nodes"][0]["role"] == "source"
    assert data["flows"][0]["edges"] == [
        {"from": "in:output", "to": "out:input", "capacity": 64, "policy": "block-producer"}
    ]
    path.write_text("x")
    failed = report_json(link_flow(path, inspect=FakeInspect()))
    assert (failed["all_passed"], failed["error_count"], failed["flows"]) == (False, 1, [])
