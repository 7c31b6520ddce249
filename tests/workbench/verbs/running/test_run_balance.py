"""The summary of `run`: elements add up, time adds up, errors are counted, the cause is named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from runtime.flow.studio_settings import SETTINGS_FILE
from runtime.model.linked import Role
from tests.support.studio_projects import ROOT, Project, row, sink, source, studio
from tests.support.wasm.guests import AGGREGATOR, ECHO, FILTER, ROUTER, component

PRESSURE = ROOT / "sample_flows" / "backpressure"


def summary(manifest: Path, *arguments: str) -> dict[str, Any]:
    """The summary of a run; it adds up."""
    done = studio("run", str(manifest), "--json", *arguments)
    assert b"Traceback" not in done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    check(found)
    return found


def check(summary: dict[str, Any]) -> None:
    of = summary["balance"]
    came = of["in"] + of["injected"] + of["flushed"] + of["copied"]
    left = of["delivered"] + of["dropped"] + of["absorbed"] + of["filtered"] + of["queued"]
    assert came == left
    assert summary["elements_processed"] == of["in"]
    for node in summary["nodes"]:
        whole = node["busy_ns"] + node["idle_ns"] + node["blocked_ns"]
        assert whole == summary["flow_time_ns"]
    assert len(summary["metrics"]["streams"]) == len(summary["edges"])
    for stream in summary["metrics"]["streams"].values():
        waited, taken = stream["stream.queue.wait_time"], stream["stream.elements.transferred"]
        assert (waited is not None and 0 <= waited["p50"] <= waited["max"]) == bool(taken)


def parts(summary: dict[str, Any]) -> dict[str, int]:
    """What of the balance is not 0."""
    return {name: count for name, count in summary["balance"].items() if count}


def fed(folder: Path, lines: str) -> str:
    path = folder / "input.txt"
    path.write_text(lines)
    return f"--input={path}"


def test_what_an_aggregator_takes_in_is_absorbed_and_what_it_gives_at_the_end_is_flushed(
    tmp_path: Path,
) -> None:
    manifest = row(tmp_path, Role.AGGREGATOR, component(AGGREGATOR, Role.AGGREGATOR))
    # It keeps the first two, then emits each; the two come out of `flush`.
    found = summary(manifest, fed(tmp_path, "a\nb\nc\nd\ne\n"))
    assert parts(found) == {"in": 5, "flushed": 2, "delivered": 5, "absorbed": 2}


def test_the_metrics_are_those_that_the_facts_name(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "torvyn-facts.md").read_text()
    section = text.partition("\n## Metrics\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| a ")]
    of_flow, of_component, of_stream = [set(re.findall(r"`([a-z_.]+)`", line)) for line in lines]
    metrics = summary(
        row(tmp_path, Role.PROCESSOR, component(ECHO, Role.PROCESSOR)), fed(tmp_path, "a\n")
    )["metrics"]
    components, streams = metrics.pop("components"), metrics.pop("streams")
    assert set(metrics) == of_flow
    assert set(components) == {"source", "mid", "sink"}
    assert all(set(own) == of_component for own in components.values())
    assert len(streams) == 2
    assert all(set(own) == of_stream for own in streams.values())


def test_what_a_filter_lets_go_is_no_loss(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.FILTER, component(FILTER, Role.FILTER))
    found = summary(manifest, fed(tmp_path, "a\nbb\nc\ndd\nee\n"))
    assert parts(found) == {"in": 5, "delivered": 2, "filtered": 3}
    assert found["dropped"] == 0


def test_a_fan_out_makes_copies_that_are_counted(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.PROCESSOR, component(ECHO, Role.PROCESSOR))
    edge = '[[flow.main.edges]]\nfrom = { node = "source", port = "output" }\n'
    manifest.write_text(manifest.read_text() + edge + 'to = { node = "sink", port = "input" }\n')
    assert parts(summary(manifest)) == {"in": 3, "copied": 3, "delivered": 6}


def test_an_element_that_a_router_sends_nowhere_is_filtered(tmp_path: Path) -> None:
    nodes = {
        "source": (Role.SOURCE, source()),
        "mid": (Role.ROUTER, component(ROUTER, Role.ROUTER)),
        "sink": (Role.SINK, sink()),
    }
    manifest = Project(tmp_path, nodes, port="metrics").write()
    found = summary(manifest, fed(tmp_path, "0\n1\n0\n1\n"))
    assert parts(found) == {"in": 4, "delivered": 2, "filtered": 2}


@pytest.mark.parametrize(
    ("on_error", "expected", "errors"),
    [
        ("fail", {"in": 2, "delivered": 1, "queued": 1}, {"unavailable": 1}),
        ("stop", {"in": 2, "delivered": 1, "queued": 1}, {"unavailable": 1}),
        ("skip", {"in": 4, "delivered": 2, "dropped": 2}, {"unavailable": 1, "internal": 1}),
        ("retry(2, 0ms)", {"in": 2, "delivered": 1, "queued": 1}, {"unavailable": 3}),
    ],
)
def test_a_node_has_an_error_policy_of_its_own_and_errors_are_counted_by_kind(
    tmp_path: Path, on_error: str, expected: dict[str, int], errors: dict[str, int]
) -> None:
    manifest = row(tmp_path, Role.PROCESSOR, component(ECHO, Role.PROCESSOR))
    lines = fed(tmp_path, "a\nU\nN\nb\n")
    found = summary(manifest, lines, "--on-error", f"mid={on_error}")
    assert parts(found) == expected
    assert {node["node"]: node["errors"] for node in found["nodes"]} == {
        "source": {},
        "mid": errors,
        "sink": {},
    }
    settings = tmp_path / SETTINGS_FILE
    settings.parent.mkdir()
    settings.write_text(f'[flow.main.on_error]\nmid = "{on_error}"\n')
    assert parts(summary(manifest, lines)) == expected
    # What is said on the command line counts more.
    assert parts(summary(manifest, lines, "--on-error", "mid=skip"))["delivered"] == 2


def test_a_back_off_is_time_that_its_node_is_blocked(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.PROCESSOR, component(ECHO, Role.PROCESSOR))
    lines = fed(tmp_path, "U\n")
    found = summary(manifest, lines, "--on-error", "mid=retry(2, 20ms)")
    mid = found["nodes"][1]
    assert mid["blocked_ns"] >= 60_000_000
    assert found["cause"]["reason"] == "back_off"


def test_on_error_names_the_nodes_there_are(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.PROCESSOR, component(ECHO, Role.PROCESSOR))
    done = studio("run", str(manifest), "--on-error", "mud=skip")
    assert done.returncode == 2
    assert b"no node 'mud'; its nodes are source, mid, sink" in done.stderr
    done = studio("run", str(manifest), "--on-error", "mid=ignore")
    assert done.returncode == 2
    assert b"retry(N, e.g. 200ms)" in done.stderr


@pytest.mark.parametrize(
    ("flow", "expected", "edge"),
    [
        (
            "block-producer",
            {"in": 1000, "delivered": 1000},
            {"queue_depth_peak": 16, "backpressure_events": 124, "drained": 992, "state": "done"},
        ),
        (
            "drop-oldest",
            {"in": 1000, "delivered": 16, "dropped": 984},
            {"queue_depth_peak": 16, "drops": {"drop-oldest": 984}, "response_ns": None},
        ),
        (
            "drop-newest",
            {"in": 1000, "delivered": 16, "dropped": 984},
            {"queue_depth_peak": 16, "drops": {"drop-newest": 984}, "response_ns": None},
        ),
        (
            "error",
            {"in": 17, "queued": 17},
            {"queue_depth_peak": 16, "waiting_for_room": 1, "state": "full"},
        ),
    ],
)
def test_each_queue_policy_has_its_counts(
    flow: str, expected: dict[str, int], edge: dict[str, Any]
) -> None:
    found = summary(PRESSURE, "--flow", flow)
    assert found["schedule"] == "priority"
    assert parts(found) == expected
    assert {name: found["edges"][0][name] for name in edge} == edge


def test_a_full_queue_suspends_its_source_once_for_each_episode() -> None:
    found = summary(PRESSURE, "--flow", "block-producer")
    edge, response = found["edges"][0], found["edges"][0]["response_ns"]
    assert response["count"] == edge["backpressure_events"] == 124
    assert 0 < response["p50"] <= response["max"]
    assert edge["blocked_ns"] == found["nodes"][0]["blocked_ns"] > 0
    stream = found["metrics"]["streams"]["source -> sink"]
    assert stream["stream.backpressure.events"] == 124
    assert stream["stream.elements.transferred"] == 1000
    assert found["metrics"]["components"]["sink"]["component.processing_time"]["count"] == 1003
    assert found["metrics"]["flow.latency"]["count"] == 1000


def test_a_rate_limits_its_source_and_is_named_as_the_cause() -> None:
    found = summary(PRESSURE, "--flow", "rate-limit")
    assert parts(found) == {"in": 200, "delivered": 200}
    # 200 elements at 100 a second; flow time stands still between calls, so none comes early.
    assert 2_000_000_000 <= found["flow_time_ns"] < 4_000_000_000
    edge = found["edges"][0]
    assert (edge["backpressure_events"], edge["backpressure_duration_ns"]) == (0, 0)
    assert edge["rate_limited_ns"] >= 1_900_000_000
    assert found["cause"]["reason"] == "rate"
    assert (
        "the cause is the rate of source -> sink, 100 elements a second"
        in (found["cause"]["sentence"])
    )


def test_a_sink_that_pauses_for_ever_is_named_while_the_flow_runs(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.PROCESSOR, component(ECHO, Role.PROCESSOR))
    manifest.write_text(manifest.read_text() + "[runtime.backpressure]\nsink_pause_ms = 2\n")
    done = studio("run", str(manifest), fed(tmp_path, "p\n" * 12))
    text = done.stderr.decode()
    note = "note: sink 'sink' answered pause to each of its last 10 elements"
    assert text.count(note) == 1
    assert text.index(note) < text.index("Summary")
    assert "the cause is sink, which answered pause to 12 of 12 elements" in text


def test_a_schedule_that_is_given_counts_more_than_the_manifest(tmp_path: Path) -> None:
    found = summary(PRESSURE, "--flow", "block-producer", "--schedule", "consumer-first")
    assert (found["schedule"], found["edges"][0]["queue_depth_peak"]) == ("consumer-first", 1)
    manifest = row(tmp_path, Role.PROCESSOR, component(ECHO, Role.PROCESSOR))
    assert summary(manifest)["schedule"] == "consumer-first"


def test_the_summary_for_people_says_the_same() -> None:
    text = studio("run", str(PRESSURE), "--flow", "block-producer").stderr.decode()
    assert "1,000 in = 1,000 delivered + 0 dropped + 0 queued" in text
    assert "full 124 times, 992 drained, producer blocked" in text
    assert "suspended after" in text
    text = studio("run", str(PRESSURE), "--flow", "error").stderr.decode()
    assert "Errors          1: source 1 queue-full" in text
    assert "17 left (full)" in text


def test_a_recording_repeats_the_policies_of_single_nodes(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.PROCESSOR, component(ECHO, Role.PROCESSOR))
    recording = tmp_path / "run.rec"
    rules = ("--on-error", "mid=retry(2, 5ms)", "--on-error", "sink=skip")
    found = summary(manifest, fed(tmp_path, "a\nU\nb\n"), *rules, f"--record={recording}")
    assert found["failed"] is True
    header = json.loads(recording.read_text().splitlines()[0])
    assert header["node_rules"] == [
        {"node": "mid", "on_error": "retry", "max_retries": 2, "back_off_ms": 5},
        {"node": "sink", "on_error": "skip", "max_retries": 3, "back_off_ms": 0},
    ]
    done = studio("replay", str(recording), "--expect")
    assert done.returncode == 0, done.stderr.decode()
