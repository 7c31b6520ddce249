"""`torvyn-studio try`: one component called alone, on real components."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.model.errors import StudioError
from runtime.opening.components.component_report import component_file
from runtime.wasm.native.extension import find_layer
from tests.support.studio_projects import ROOT, source, studio
from tests.support.wasm.guests import printer

SAMPLE = ROOT / "sample_flows" / "event-driven"
BUILD = SAMPLE / ".torvyn" / "build"
RECORDING = SAMPLE / "sixty-orders.rec"


def rows(*arguments: str) -> list[dict[str, Any]]:
    done = studio("try", *arguments, "--json")
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_file_is_called_on_text_with_all_that_a_flow_calls() -> None:
    found = rows(
        str(BUILD / "risk-router.wasm"), "--text", '{"risk":"high"}', "--text", '{"risk":"low"}'
    )
    assert [row.get("export") for row in found] == ["init", "route", "route", "teardown", None]
    assert found[1]["ports"] == ["analytics"]
    assert found[1]["element"]["content_type"] == "application/json"
    assert found[1]["copies"] == {"reads": 1, "read_bytes": 15, "writes": 0, "write_bytes": 0}
    assert found[1]["fuel"] > 0
    summary = found[-1]
    assert (summary["inputs"], summary["errors"], summary["calls"]) == (2, 0, 4)
    assert summary["fuel"] == sum(row["fuel"] for row in found[:-1])


def test_a_node_has_its_configuration_and_a_failed_call_is_told_of() -> None:
    done = studio("try", "enricher", str(SAMPLE), "--text", "nope")
    assert done.returncode == 1
    text = done.stdout.decode()
    assert '"ada":' in text.splitlines()[0]
    assert "FAILED" in text
    assert "error[E0420] ComponentError" in text
    assert "1 element, 0 outputs, 1 error, 3 calls in " in done.stderr.decode()


def test_a_name_that_is_neither_is_told_with_the_nearest_node() -> None:
    manifest = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
    for typed, near in (("rooter", "router"), ("metric-prok", "metric-proc")):
        with pytest.raises(StudioError) as caught:
            component_file(manifest, typed)
        (told,) = caught.value.diagnostics
        assert told.message == f"there is no node or component '{typed}'"
        assert told.help == f"did you mean '{near}'?"
        assert told.file == str(manifest)


def test_what_a_node_was_given_gives_what_was_recorded() -> None:
    recorded = [
        line["outputs"]
        for line in map(json.loads, RECORDING.read_bytes().splitlines())
        if line.get("node") == "totals" and line.get("outputs")
    ]
    found = rows("order-totals", str(SAMPLE), "--from", str(RECORDING), "--node", "totals")
    outputs = [row["outputs"] for row in found[:-1] if row.get("outputs")]
    assert [[one["text"] for one in made] for made in outputs] == [
        [one["text"] for one in made] for made in recorded
    ]
    assert found[-3]["export"] == "flush"


def test_typed_elements_keep_what_they_say_and_all_bad_lines_are_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.ndjson", tmp_path / "bad.ndjson"
    good.write_text(
        '\ufeff{"json": {"risk": "low"}, "sequence": 7}\n\n'
        '{"base64": "/w==", "content_type": "x/y"}\n'
    )
    router = str(BUILD / "risk-router.wasm")
    done = studio("try", router, "--elements", str(good), "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    given = [row["element"] for row in found if row.get("element")]
    assert [(one["sequence"], one["size"], one["content_type"]) for one in given] == [
        (7, 14, "application/json"),
        (1, 1, "x/y"),
    ]
    bad.write_text('{"text": 1}\n{"text": "a", "base64": "YQ=="}\n{"sequence": -1}\n')
    done = studio("try", router, "--elements", str(bad))
    assert done.returncode == 2
    assert [f"bad.ndjson:{line}\n" in done.stderr.decode() for line in (1, 2, 3)] == [True] * 3
    assert done.stdout == b""


def test_a_source_is_pulled_and_what_is_printed_without_a_grant_is_shown(tmp_path: Path) -> None:
    source_file, sink_file = tmp_path / "source.wasm", tmp_path / "sink.wasm"
    source_file.write_bytes(source())
    found = rows(str(source_file), "--limit", "2")
    assert [row["outputs"][0]["text"] for row in found[:-1] if "outputs" in row] == ["a", "b"]
    assert found[-1]["stopped_because"] == "--limit 2"
    sink_file.write_bytes(printer())
    printed = [row["printed"] for row in rows(str(sink_file), "--text", "hi") if row.get("printed")]
    # Which came first is known on one call layer alone.
    assert sorted((one["stream"], one["granted"]) for one in printed[0]) == [
        ("stderr", False),
        ("stdout", False),
    ]
    granted = rows(str(sink_file), "--text", "hi", "--grant", "stdio:stdout")
    pieces = [one for row in granted for one in row.get("printed", ())]
    assert sorted((one["stream"], one["granted"]) for one in pieces) == [
        ("stderr", False),
        ("stdout", True),
    ]
    known = find_layer() is not None
    assert [one.get("order_known", True) for one in pieces] == [known, known]
    text = studio("try", str(sink_file), "--text", "hi").stdout.decode()
    assert ("  stderr, not granted:\n" in text) is known
    assert ("  stderr E?, not granted:\n" in text) is not known
    assert ("  E? when, among the call's lines on stdout, is not known\n" in text) is not known
    for arguments, why in (
        ((str(source_file), "--text", "a"), "a source is given nothing"),
        ((str(sink_file), "--text", "a", "--input", "b"), "not from --input and --text"),
        ((str(sink_file), "--node", "a"), "give --from too"),
        ((str(sink_file), "--grant", "a:b"), "--grant: there is no capability"),
        ((str(sink_file), "--role", "router", "--text", "a"), "error[E0201]"),
    ):
        done = studio("try", *arguments)
        assert done.returncode == 2
        assert why in done.stderr.decode()
