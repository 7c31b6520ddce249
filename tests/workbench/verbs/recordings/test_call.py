"""`torvyn-studio call`: one recorded call as a case that stands alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from wasmtime import Config, Engine, Store, WasiConfig, wat2wasm
from wasmtime.component import Component, Linker

from runtime.headless.call_case import write_case
from runtime.headless.call_history import call_history
from runtime.headless.case_read_me import debugging
from runtime.headless.replay import HeadlessReplay, ReplayOptions
from runtime.model.call import Export
from runtime.model.component.surface import InterfaceSurface, Surface
from runtime.model.errors import StudioError
from runtime.opening.recorded.recordings import open_recording
from runtime.wasm.debug_case.case_calls import CaseCalls
from runtime.wasm.debug_case.component_prefix import UnusualComponentError
from runtime.wasm.debug_case.compose import compose
from runtime.wasm.stand_ins import stand_in_sink
from tests.support.studio_projects import ROOT, studio

SAMPLE = ROOT / "sample_flows" / "event-driven"
RECORDING = SAMPLE / "sixty-orders.rec"
BUILD = SAMPLE / ".torvyn" / "build"


def recorded_call(node: str, export: str, *, last: bool = False) -> int:
    """The number of a node's first call of an export, or of its last."""
    rows = map(json.loads, RECORDING.read_bytes().splitlines())
    found = [row["call"] for row in rows if (row.get("node"), row.get("export")) == (node, export)]
    return int(found[-1 if last else 0])


def test_the_case_of_a_call_is_repeated_away_from_its_flow(tmp_path: Path) -> None:
    number = recorded_call("totals", "flush")
    made = studio("call", str(RECORDING), str(number), "-o", str(tmp_path / "case"))
    assert made.returncode == 0, made.stderr.decode()
    assert (
        "totals flush, after 31 calls of its instance, the recorded build" in made.stderr.decode()
    )
    command = "in a debugger: wasmtime run -g 1234 "
    assert f"{command}{tmp_path / 'case' / 'debug.wasm'}" in made.stderr.decode()
    text = (tmp_path / "case" / "README.md").read_text()
    assert text.startswith(f"# Call {number}, totals flush\n")
    assert "wasmtime run -g 1234 debug.wasm\n" in text
    case = shutil.move(tmp_path / "case", tmp_path / "elsewhere")
    done = studio("replay", str(Path(case) / "call.rec"), "--json", cwd=tmp_path)
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, summary["divergence"]) == (0, None)
    expected = studio("replay", str(Path(case) / "call.rec"), "--expect", "--partial", cwd=tmp_path)
    assert expected.returncode == 0, expected.stderr.decode()


def test_numbers_and_times_of_the_elements_are_those_that_the_call_found(tmp_path: Path) -> None:
    number = recorded_call("router", "route", last=True)
    history = call_history(RECORDING, number)
    case = write_case(history, BUILD / "risk-router.wasm", tmp_path / "case")
    assert (case.difference, case.earlier) == ("", len(history.calls) - 1)
    again = call_history(case.recording, _same_call(case.recording, number=len(history.calls)))
    for one, other in zip(history.calls, again.calls, strict=True):
        first, second = one.call.element, other.call.element
        assert first is not None
        assert second is not None
        assert (first.sequence, first.timestamp_ns, first.payload, first.content_type) == (
            second.sequence,
            second.timestamp_ns,
            second.payload,
            second.content_type,
        )
        assert one.answer.outcome == other.answer.outcome
    replay = HeadlessReplay(open_recording(case.recording), ReplayOptions(), lambda *_: None)
    assert replay.run().divergence is None


def _same_call(recording: Path, number: int) -> int:
    rows = map(json.loads, recording.read_bytes().splitlines())
    found = [row["call"] for row in rows if row.get("export") == Export.ROUTE]
    return int(found[number - 1])


def test_another_build_that_answers_otherwise_is_told_and_the_case_is_kept(tmp_path: Path) -> None:
    number = recorded_call("enricher", "process", last=True)
    other = BUILD / "shipping-labeler.wasm"
    arguments = ("call", str(RECORDING), str(number), "-o", str(tmp_path / "case"))
    done = studio(*arguments, "--component", str(other), "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["digest"] != told["recorded_digest"]
    assert "enricher" in told["difference"]
    again = studio("replay", str(tmp_path / "case" / "call.rec"))
    assert again.returncode == 1
    assert studio(*arguments).returncode == 2  # the folder is not empty


def test_what_is_no_case_says_why(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"has no call 100,000: it has \d+"):
        call_history(RECORDING, 100_000)
    history = call_history(RECORDING, recorded_call("orders", "pull"))
    with pytest.raises(StudioError, match="one of the source 'orders'"):
        write_case(history, BUILD / "order-source.wasm", tmp_path / "case")
    history = call_history(RECORDING, recorded_call("router", "route"))
    with pytest.raises(StudioError, match="cannot be read"):
        write_case(history, tmp_path / "no.wasm", tmp_path / "case")
    assert not (tmp_path / "case").exists()


def test_the_readme_of_a_case_says_what_is_not_as_recorded_in_a_debugger() -> None:
    clocks = (
        InterfaceSurface("wasi:clocks/wall-clock@0.2.3"),
        InterfaceSurface("wasi:io/error@0.2.3"),
    )
    said = debugging("debug.wasm", ("--dir", "my data"), Surface("", 0, clocks), "")
    assert "recorded: wasi:clocks/wall-clock@0.2.3. Where" in said
    assert "wasmtime run -g 1234 --dir 'my data' debug.wasm" in said
    assert "it answers as recorded there" in debugging("debug.wasm", (), Surface("", 0), "")
    none = debugging("debug.wasm", (), Surface("", 0), "it imports a:b/c")
    assert none == "There is no component for a debugger: it imports a:b/c.\n"


# ---- as one component


def printed(component: bytes, folder: Path) -> str:
    """What it prints when it is run as a command, by wasmtime's own binding."""
    config = Config()
    config.cranelift_opt_level = "none"
    engine = Engine(config)
    linker, store, wasi = Linker(engine), Store(engine), WasiConfig()
    wasi.stdout_file = str(folder / "printed")
    linker.add_wasip2()
    store.set_wasi(wasi)
    instance = linker.instantiate(store, Component(engine, component))
    interface = instance.get_export_index(store, "wasi:cli/run@0.2.0")
    index = instance.get_export_index(store, "run", interface)
    assert index is not None
    function = instance.get_func(store, index)
    assert function is not None
    assert function(store).tag == "ok"
    store.close()
    return (folder / "printed").read_text("utf-8")


def test_a_case_makes_its_calls_as_one_component(tmp_path: Path) -> None:
    number = recorded_call("totals", "flush")
    case = write_case(
        call_history(RECORDING, number), BUILD / "order-totals.wasm", tmp_path / "one"
    )
    assert case.debug_component is not None
    last = '{"window":6,"orders":1,"totals":{"eve":8446},"last":true}'
    assert printed(case.debug_component.read_bytes(), tmp_path) == (
        f"call {number}, totals flush\napplication/json, 57 bytes: {last}\n"
    )


def test_what_a_component_leaves_out_is_there_for_its_driver_and_nothing_else(
    tmp_path: Path,
) -> None:
    ended = CaseCalls("{}", (), ((Export.INIT, "sink init", None),))
    for component in (stand_in_sink(), bytes(wat2wasm("(component)"))):
        composed = compose(component, Surface("", len(component)), ended)
        assert printed(composed, tmp_path) == "sink init\nok\n"
    for text, reason in (
        ('(component (import "a:b/c" (instance)))', "it imports a:b/c"),
        ('(component (core module) (import "wasi:a/b" (instance)))', "behind its code"),
        ('(component (import "wasi:a/b" (func)))', "is no interface"),
    ):
        with pytest.raises(UnusualComponentError, match=reason):
            compose(bytes(wat2wasm(text)), Surface("", 0), ended)
