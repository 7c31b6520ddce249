"""Every sample flow as it is shipped: what it prints, what it counts, and its recordings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.extension.installed import find_extension
from runtime.flow.link import check_manifest
from runtime.model.errors import Severity
from tests.support.samples import (
    EXPECTED,
    PRODUCER_FIRST,
    RECORDINGS,
    SAMPLES,
    TRUSTED,
    flow_of,
    sample_id,
)
from tests.support.studio_projects import ROOT, studio


def gives_network() -> bool:
    """Whether components are called through the layer that can give the network."""
    return find_extension().extension is not None


def test_every_sample_has_an_expected_output_of_each_flow_and_a_recording() -> None:
    for manifest in SAMPLES.glob("*/Torvyn.toml"):
        folder = manifest.parent
        assert list(folder.glob("*.rec")), folder
        flows = check_manifest(manifest).manifest.flow  # type: ignore[union-attr]
        named = {f"expected-output.{flow}.txt" for flow in flows}
        found = {path.name for path in folder.glob("expected-output*.txt")}
        assert found == (named if len(flows) > 1 else {"expected-output.txt"})


@pytest.mark.parametrize("expected", EXPECTED, ids=sample_id)
def test_a_sample_prints_what_it_says_byte_for_byte(expected: Path) -> None:
    order = {"backpressure": PRODUCER_FIRST, "grants": TRUSTED}.get(expected.parent.name, ())
    done = studio("run", *flow_of(expected), *order, cwd=expected.parent)
    failed = "error" in flow_of(expected)
    assert done.returncode == (1 if failed else 0), done.stderr.decode()
    assert done.stdout == expected.read_bytes()


@pytest.mark.parametrize("recording", RECORDINGS, ids=sample_id)
def test_a_recording_of_a_sample_repeats_itself(recording: Path) -> None:
    trust = TRUSTED if recording.parent.name == "grants" else ()
    done = studio("replay", str(recording), "--expect", *trust)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("manifest", sorted(SAMPLES.glob("*/*.toml")), ids=sample_id)
def test_a_manifest_of_a_sample_is_sound(manifest: Path) -> None:
    found = check_manifest(manifest).diagnostics
    assert [item for item in found if item.severity is Severity.ERROR] == []


# ---- event-driven


def test_malformed_orders_are_rejected_with_the_reason_on_stderr() -> None:
    folder = SAMPLES / "event-driven"
    stderr = studio("run", cwd=folder).stderr.decode()
    rejects = (folder / "expected-rejects.txt").read_text().splitlines()
    assert [line for line in stderr.splitlines() if line.startswith("rejected")] == rejects


def test_every_order_is_rejected_absorbed_or_delivered() -> None:
    done = studio("run", "--json", cwd=SAMPLES / "event-driven")
    *lines, summary = [json.loads(line) for line in done.stdout.splitlines()]
    printed = [line["text"] for line in lines if line["stream"] == "stdout"]
    rejected = sum(line["stream"] == "stderr" for line in lines)
    reports = [json.loads(text.removeprefix("[analytics] ")) for text in printed if "{" in text]
    ports = summary["ports"]["router"]
    assert summary["edges"][0]["elements"] == 60
    assert rejected == 8
    # Orders of unknown risk go both ways.
    both = ports["analytics"] + ports["delivery"] - (60 - rejected)
    assert both > 0
    assert sum(report["orders"] for report in reports) == ports["analytics"]
    assert [report["window"] for report in reports] == list(range(len(reports)))
    assert {report["orders"] for report in reports[:-1]} == {5}
    assert [report.get("last", False) for report in reports] == [False] * 6 + [True]


@pytest.mark.parametrize("manifest", ["python.toml", "mixed.toml"])
def test_the_pipeline_prints_the_same_in_python_and_mixed(manifest: str) -> None:
    folder = SAMPLES / "event-driven"
    components = check_manifest(folder / manifest).manifest.component  # type: ignore[union-attr]
    built = [(folder / ".torvyn/build" / f"{item.name}.wasm").is_file() for item in components]
    if not all(built):
        pytest.skip(
            f"needs componentize-py: torvyn-studio build sample_flows/event-driven/{manifest}"
        )
    # Compiling eight interpreters for the first time takes minutes on a busy machine.
    done = subprocess.run(
        [sys.executable, "-m", "workbench.cli", "run", manifest],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=1200,
        check=False,
    )
    assert done.stdout == (folder / "expected-output.txt").read_bytes()
    rejects = (folder / "expected-rejects.txt").read_text()
    assert done.stderr.decode().startswith(rejects)


# ---- backpressure


def counted(flow: str) -> tuple[int, dict[str, Any]]:
    done = studio("run", "--flow", flow, *PRODUCER_FIRST, "--json", cwd=SAMPLES / "backpressure")
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return done.returncode, summary


def test_block_producer_loses_nothing_and_holds_the_source_each_time_the_queue_is_full() -> None:
    code, summary = counted("block-producer")
    (edge,) = summary["edges"]
    assert code == 0
    assert (summary["elements_processed"], summary["delivered"], summary["dropped"]) == (
        1000,
        1000,
        0,
    )
    assert (edge["backpressure_events"], edge["queue_depth_peak"], edge["capacity"]) == (
        124,
        16,
        16,
    )


@pytest.mark.parametrize("flow", ["drop-oldest", "drop-newest"])
def test_both_drops_deliver_one_queue_and_lose_the_rest(flow: str) -> None:
    code, summary = counted(flow)
    assert code == 0
    assert (summary["elements_processed"], summary["delivered"], summary["dropped"]) == (
        1000,
        16,
        984,
    )


def test_error_stops_the_flow_at_the_first_element_too_many() -> None:
    code, summary = counted("error")
    assert code == 1
    # Sixteen in the queue, and the one that found no room in it.
    assert (summary["elements_processed"], summary["queued"], summary["delivered"]) == (17, 17, 0)
    (edge,) = summary["edges"]
    assert (edge["queue_depth"], edge["waiting_for_room"]) == (16, 1)
    (failure,) = summary["failures"]
    assert (failure["node"], failure["code"], failure["sequence"]) == ("source", "E0405", 16)


def test_rate_limit_holds_the_source_to_its_rate() -> None:
    code, summary = counted("rate-limit")
    assert code == 0
    assert (summary["delivered"], summary["dropped"]) == (200, 0)
    # The first enters at once, each of the others 10 ms after the one before.
    assert summary["duration_secs"] >= 1.99


def test_a_sink_that_asks_for_a_pause_is_left_alone_for_as_long() -> None:
    code, summary = counted("pausing-sink")
    (edge,) = summary["edges"]
    assert code == 0
    assert (summary["delivered"], edge["queue_depth_peak"]) == (60, 16)
    assert edge["backpressure_events"] > 0


# ---- grants


def attempts(flow: str, folder: Path) -> dict[str, str]:
    done = studio("run", "--flow", flow, "--trust", cwd=folder)
    lines = done.stdout.decode().splitlines()
    mark = "[print-sink] "
    texts = [line.removeprefix(mark) for line in lines if line.startswith(mark) and ": " in line]
    return dict(text.split(": ", 1) for text in texts)


def test_what_is_denied_is_refused_and_what_is_granted_works(tmp_path: Path) -> None:
    folder = tmp_path / "grants"
    shutil.copytree(SAMPLES / "grants", folder)
    (folder / "data" / "written.txt").unlink(missing_ok=True)
    denied = attempts("denied", folder)
    assert not (folder / "data" / "written.txt").exists()
    granted = attempts("granted", folder)
    assert (folder / "data" / "written.txt").read_text() == "by a component\n"
    assert set(denied) == set(granted)
    assert denied["read a file"].startswith("refused")
    assert denied["write a file"].startswith("refused")
    assert denied["read the environment"] == "PATH is not there"
    assert denied["connect to 127.0.0.1"].startswith("refused")
    assert granted["read a file"] == '"hello from the disk"'
    assert granted["write a file"] == "written"
    assert granted["read the environment"] == "PATH is there"


def test_a_relative_path_in_a_grant_counts_from_the_working_directory(tmp_path: Path) -> None:
    done = studio("run", str(SAMPLES / "grants"), "--flow", "granted", "--trust", cwd=tmp_path)
    assert done.returncode == 1
    assert b"'data'" in done.stderr


def test_each_denied_access_is_told_once_with_its_import_and_the_table_to_paste() -> None:
    done = studio("run", "--flow", "denied", "--json", cwd=SAMPLES / "grants")
    *lines, summary = [json.loads(line) for line in done.stdout.splitlines()]
    told = [line for line in lines if line["type"] == "denied"]
    found = {line["capability"]: line["import"].partition("@")[0] for line in told}
    assert found == {
        "filesystem:read:data": "wasi:filesystem/types",
        "filesystem:write:data": "wasi:filesystem/types",
        "environment:read": "wasi:cli/environment",
        "stdio:stdout": "wasi:cli/stdout get-stdout",
        "network:tcp-connect": "wasi:sockets/tcp-create-socket",
    }
    assert {line["node"] for line in told} == {"denied-probe"}
    for line in told:
        paste = f'[security.grants.denied-probe]\ncapabilities = ["{line["capability"]}"]'
        closed = line["capability"].startswith("network:") and not gives_network()
        assert line["paste"] == (None if closed else paste)
    assert summary["denied"]["denied-probe"] == {
        "filesystem:read": 1,
        "filesystem:write": 1,
        "environment:read": 1,
        "stdio:stdout": 1,
        "network:tcp-connect": 1,
    }


def test_the_tables_that_are_told_to_be_pasted_allow_what_was_denied(tmp_path: Path) -> None:
    folder = tmp_path / "grants"
    shutil.copytree(SAMPLES / "grants", folder)
    stderr = studio("run", "--flow", "denied", cwd=folder).stderr.decode()
    blocks = [line.strip() for line in stderr.splitlines() if line.startswith("    capabilities")]
    assert len(blocks) == (4 if gives_network() else 3)
    granted = ", ".join(block.removeprefix("capabilities = [").rstrip("]") for block in blocks)
    table = f"\n[security.grants.denied-probe]\ncapabilities = [{granted}]\n"
    manifest = folder / "Torvyn.toml"
    manifest.write_text(manifest.read_text() + table)
    after = attempts("denied", folder)
    assert after["read a file"] == '"hello from the disk"'
    assert after["write a file"] == "written"
    assert after["read the environment"] == "PATH is there"


def test_a_network_grant_is_refused_where_the_call_layer_has_none_and_it_would_be_used(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "grants"
    shutil.copytree(SAMPLES / "grants", folder)
    manifest = folder / "Torvyn.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace('"stdio:stdout",\n]', '"stdio:stdout", "network:udp",\n]'))
    done = studio("--no-native", "run", "--flow", "granted", "--trust", cwd=folder)
    assert done.returncode == 2
    assert b"make native" in done.stderr
    assert b"'network:udp' cannot be given to node 'granted-probe'" in done.stderr
    assert b"wasmtime" in done.stderr
    manifest.write_text(text.replace('["stdio:stdout"]', '["stdio:stdout", "network:udp"]'))
    done = studio("check", "--flow", "denied", cwd=folder)
    assert done.returncode == 0
    assert b"has no effect: the component of node 'printer' imports no network" in done.stdout


@pytest.mark.parametrize("verb", [("run",), ("record", "-o", "new.rec"), ("replay", "granted.rec")])
def test_without_a_terminal_grants_beyond_the_project_are_refused(
    verb: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "grants"
    shutil.copytree(SAMPLES / "grants", folder)
    flow = () if verb[0] == "replay" else ("--flow", "granted")
    done = studio(*verb, *flow, cwd=folder)
    assert done.returncode == 2
    assert b"granted-probe gets the whole environment" in done.stderr
    assert b"add --trust" in done.stderr
    assert done.stdout == b""
    assert not (folder / "new.rec").exists()
    assert studio(*verb, *flow, "--trust", cwd=folder).returncode == 0


def test_check_says_what_the_manifest_gives_away() -> None:
    done = studio("check", "--flow", "granted", cwd=SAMPLES / "grants")
    text = done.stdout.decode()
    assert f"granted-probe may write {SAMPLES / 'grants' / 'data'}\n" in text
    assert "granted-probe gets the whole environment   beyond the project's folder" in text
    report = json.loads(studio("check", "--json", cwd=SAMPLES / "grants").stdout)
    denied, granted = report["flows"]
    access = {row["capability"]: row["access"] for row in denied["nodes"][0]["access"]}
    assert access["environment:read"] == "denied"
    assert access["clock:wall"] == "open"
    reach = {item["grant"]: item["beyond_project"] for item in granted["gives_away"]}
    assert reach == {
        "filesystem:read:data": False,
        "filesystem:write:data": False,
        "environment:read": True,
    }
