"""What a user gets for bad manifests, bad files and bad components: one clear message each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from runtime.model.linked import Role
from tests.support.studio_projects import ROOT, pair, row, sink, source, studio
from tests.support.wasm.guests import ELEMENT, LIFECYCLE, ROUTER, SINK, SOURCE, component, printer

SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
TRAP = f"""(func (export "push") {ELEMENT} unreachable)
  (func (export "complete") (result i32) call $ok)"""
LOOP = f"""(func (export "push") {ELEMENT} (loop $again (br $again)) (i32.const 0))
  (func (export "complete") (result i32) call $ok)"""
GREEDY = f"""
  (func (export "push") {ELEMENT}
    (loop $more (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
      (br $more))
    (i32.const 0))
  (func (export "complete") (result i32) call $ok)"""
FOREIGN = f"""
  (func (export "process") {ELEMENT}
    (call $drop_context (local.get $context))
    (call $emit (local.get $payload) (i32.const 0) (i32.const 0)))"""
BIG_WRITES = 1_000
BIG_WRITE_BYTES = 4_000


def only_message(done: subprocess.CompletedProcess[bytes], code: int) -> str:
    text = done.stderr.decode()
    assert done.returncode == code, text
    assert "Traceback" not in text
    assert text.count("error[") == 1, text
    assert "= help: " in text
    return text


def summary(manifest: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = studio("run", str(manifest), "--json", *arguments)
    assert b"Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


# ---- manifests


@pytest.mark.parametrize("verb", ["run", "check", "open"])
def test_a_missing_manifest(tmp_path: Path, verb: str) -> None:
    text = only_message(studio(verb, str(tmp_path / "Torvyn.toml")), 2)
    assert "E0700" in text


@pytest.mark.parametrize("verb", ["run", "check", "open"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "flow", id="empty"),
        pytest.param(b"\xff\xfe[torvyn]", "UTF-8", id="not UTF-8"),
        pytest.param(b"# padding\n" * 1_000_000, "256 KiB", id="10 MB"),
        pytest.param(b"[torvyn\n", "E0701", id="no TOML"),
    ],
)
def test_a_bad_manifest(tmp_path: Path, verb: str, content: bytes, says: str) -> None:
    manifest = tmp_path / "Torvyn.toml"
    manifest.write_bytes(content)
    done = studio(verb, str(manifest))
    text = done.stderr.decode()
    assert done.returncode == 2
    assert "Traceback" not in text
    assert says in text
    assert str(manifest) in text


def test_an_unknown_flow() -> None:
    for verb in ("run", "check", "open"):
        assert "main" in only_message(studio(verb, str(SAMPLE), "--flow", "mian"), 2)


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    manifest = pair(tmp_path, b"")
    manifest.write_text(manifest.read_text().replace('version = "0.1.0"', 'verzion = "1"', 1))
    text = studio("run", str(manifest)).stderr.decode()
    assert "version" in text
    assert "the file is empty" in text
    assert text.count("error[") >= 2


# ---- files that are no component, or not the right one


@pytest.mark.parametrize(
    ("artifact", "says"),
    [
        pytest.param(None, "torvyn-studio build", id="missing"),
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(sink()[:300], "cut off", id="truncated"),
        pytest.param(sink()[:8], "empty", id="8 bytes"),
        pytest.param(wat2wasm("(module)"), "core module", id="core module"),
        pytest.param(source(), "torvyn:streaming/source", id="wrong interface"),
        pytest.param(b"#!/bin/sh\n", "not WebAssembly", id="something else"),
    ],
)
def test_a_bad_artifact(tmp_path: Path, artifact: bytes | None, says: str) -> None:
    manifest = pair(tmp_path, artifact)
    for verb in ("run", "check"):
        text = only_message(studio(verb, str(manifest)), 2)
        assert says in text
        assert "Torvyn.toml:" in text
        assert "flow.main.nodes.sink" in text
        assert "sink.wasm" in text


# ---- components that misbehave


def test_a_failing_init(tmp_path: Path) -> None:
    artifact = component(SINK + LIFECYCLE, Role.SINK, lifecycle=True)
    manifest = pair(tmp_path, artifact, sink='config = "Internal trouble"')
    text = only_message(studio("run", str(manifest)), 1)
    assert "Internal trouble" in text
    assert '"sink"' in text


@pytest.mark.parametrize(
    ("core", "keys", "code"),
    [
        pytest.param(TRAP, "", "E0804", id="traps"),
        pytest.param(LOOP, "", "E0805", id="loops until its fuel is used"),
        pytest.param(GREEDY, "", "E0804", id="takes memory without end"),
    ],
)
def test_a_failing_call_keeps_its_element(tmp_path: Path, core: str, keys: str, code: str) -> None:
    manifest = pair(tmp_path, component(core, Role.SINK), sink=keys)
    text = only_message(studio("run", str(manifest)), 1)
    assert code in text
    assert "element #0" in text
    exit_code, totals = summary(manifest)
    assert exit_code == 1
    assert totals["elements_processed"] == totals["delivered"] + totals["queued"] == 1


def test_a_loop_without_fuel_is_ended_by_its_time_limit(tmp_path: Path) -> None:
    manifest = pair(tmp_path, component(LOOP, Role.SINK), sink="fuel_budget = 0")
    with manifest.open("a") as file:
        file.write("\n[runtime]\ncall_timeout_ms = 200\n")
    text = only_message(studio("run", str(manifest)), 1)
    assert "E0811" in text
    assert "200 ms" in text


def test_skipping_drops_the_failing_elements_and_completes(tmp_path: Path) -> None:
    exit_code, totals = summary(pair(tmp_path, component(TRAP, Role.SINK)), "--on-error", "skip")
    assert exit_code == 0
    assert totals["dropped"] == totals["elements_processed"] == 3


def test_retrying_tries_as_often_as_said_and_fails(tmp_path: Path) -> None:
    exit_code, totals = summary(
        pair(tmp_path, component(TRAP, Role.SINK)), "--on-error", "retry", "--retries", "2"
    )
    assert exit_code == 1
    assert totals["error_count"] == 3


def test_a_port_that_does_not_exist(tmp_path: Path) -> None:
    router = component(ROUTER, Role.ROUTER)
    # The router names as many ports as its first byte is above "0": "a" is far too many.
    named_one = router.replace(b"metricsl\xc3\xb6gs", b"auditssl\xc3\xb6gs")
    first_is_one = component(SOURCE.replace("i32.const 97", "i32.const 49"), Role.SOURCE)
    manifest = row(tmp_path, Role.ROUTER, named_one)
    (tmp_path / ".torvyn" / "build" / "source.wasm").write_bytes(first_is_one)
    text = only_message(studio("run", str(manifest)), 1)
    assert "E0165" in text
    assert "auditss" in text
    assert "output" in text
    _, totals = summary(manifest)
    assert totals["elements_processed"] == totals["queued"] == 1


def test_a_buffer_that_is_not_its_own(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.PROCESSOR, component(FOREIGN, Role.PROCESSOR))
    text = only_message(studio("run", str(manifest)), 1)
    assert "E0303" in text
    _, totals = summary(manifest)
    assert totals["elements_processed"] == totals["queued"] == 1


# ---- components that print


def test_much_output_arrives_whole_and_in_order(tmp_path: Path) -> None:
    core_writes = printer_of(b"x\n" * (BIG_WRITE_BYTES // 2), BIG_WRITES)
    manifest = pair(tmp_path, core_writes, sink="fuel_budget = 0")
    done = studio("run", str(manifest), "--limit", "1")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.count(b"x\n") == BIG_WRITES * BIG_WRITE_BYTES // 2


def test_control_codes_and_markup_reach_a_pipe_as_they_are(tmp_path: Path) -> None:
    nasty = b"\x1b[2J[/red]\x07\r\n\x00end\n"
    manifest = pair(tmp_path, printer_of(nasty, 1))
    done = studio("run", str(manifest), "--limit", "1")
    assert nasty in done.stdout


def test_output_that_is_not_granted_is_shown_with_one_note(tmp_path: Path) -> None:
    manifest = pair(tmp_path, printer_of(b"hello\n", 1))
    manifest.write_text(manifest.read_text().replace('"stdio:stdout"', ""))
    done = studio("run", str(manifest))
    assert done.stdout.count(b"hello\n") == 3
    note = (
        "note: Torvyn discards what 'sink' printed (--as-torvyn does so here): grant stdio:stdout"
    )
    assert done.stderr.decode().count(note) == 1
    output, *_, summary = map(
        json.loads, studio("run", str(manifest), "--json").stdout.splitlines()
    )
    assert (output["text"], output["granted"]) == ("hello", False)
    assert (summary["ungranted_bytes"], summary["suppressed_bytes"]) == ({"sink": 18}, {})


def test_as_torvyn_discards_counts_and_explains_output_that_is_not_granted(tmp_path: Path) -> None:
    manifest = pair(tmp_path, printer_of(b"hello\n", 1))
    manifest.write_text(manifest.read_text().replace('"stdio:stdout"', ""))
    done = studio("run", str(manifest), "--limit", "1", "--as-torvyn")
    assert b"hello" not in done.stdout
    assert b"6 bytes" in done.stderr
    assert b"stdio:stdout" in done.stderr


def printer_of(text: bytes, times: int) -> bytes:
    """A sink that writes `text` to stdout `times` times for each element."""
    escaped = "".join(f"\\{byte:02x}" for byte in text)
    return printer(
        body=f"""
      (func (export "push") {ELEMENT} (local $out i32) (local $left i32)
        (call $release (local.get $payload) (local.get $context))
        (local.set $out (call $stdout))
        (local.set $left (i32.const {times}))
        (loop $next
          (call $put (local.get $out) (i32.const 1024) (i32.const {len(text)}) (i32.const 96))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br_if $next (local.get $left)))
        (call $close (local.get $out))
        (i32.store8 (i32.const 4) (i32.const 0))
        (call $ok))
      (func (export "complete") (result i32) (call $ok))
      (data (i32.const 1024) "{escaped}")
    """
    )


def test_a_limit_of_address_space_is_named_and_no_component_blamed(tmp_path: Path) -> None:
    manifest = pair(tmp_path, sink())
    command = 'ulimit -v 6000000; exec "$0" -m workbench.cli run "$1"'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, str(manifest)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert b"the system gave no address space" in done.stderr
    assert b"ulimit -v" in done.stderr
    assert b"Traceback" not in done.stderr
