"""Which call layer is taken, what the engine is, and where both are said."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from runtime.doctor.findings import FindingState
from runtime.doctor.machine import examine_machine
from runtime.engine.compiled import engine_is_compiled, engine_kind
from runtime.extension.installed import INTERFACE, MODULE, REFUSED_VARIABLE, find_extension
from runtime.protocol.updates import Health, Update
from runtime.wasm.host import Host
from runtime.wasm.layer_choice import preferred_layer
from tests.support.session_driver import opened
from tests.support.studio_projects import pair, sink
from tests.support.wasm.layers import needs_native
from workbench.bars.header_line import header
from workbench.cli import main
from workbench.view import View


def doctor_line(tmp_path_factory: pytest.TempPathFactory) -> tuple[FindingState, str]:
    found = examine_machine({}, tmp_path_factory.mktemp("cache"))
    (line,) = [item for item in found if item.name == "native layer"]
    return line.condition, line.detail


@needs_native
def test_the_native_layer_is_taken_and_said_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.delenv(REFUSED_VARIABLE)
    assert Host(None).layer.name == "native"
    assert main(["--version"]) == 0
    version = capsys.readouterr().out
    assert "native layer 0.1.0, wasmtime 50.0.1" in version
    assert doctor_line(tmp_path_factory) == (FindingState.GOOD, "0.1.0, wasmtime 50.0.1")
    shown = "".join(span.text for span in header(View(layer="native"), "flow", None, 120))
    assert " torvyn-studio native " in shown

    assert main(["--no-native", "--version"]) == 0
    assert "refused by --no-native" in capsys.readouterr().out
    assert Host(None).layer.name == "direct"


def test_without_it_everything_is_as_before_and_doctor_has_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.delenv(REFUSED_VARIABLE)
    monkeypatch.setitem(sys.modules, MODULE, None)
    assert preferred_layer().name == "direct"
    assert main(["--version"]) == 0
    engine = " (compiled engine)" if engine_is_compiled() else ""
    assert capsys.readouterr().out == f"torvyn-studio, version 0.1.0{engine}\n"
    state, detail = doctor_line(tmp_path_factory)
    assert state is FindingState.GOOD
    assert detail.startswith("not installed: only nodes that are granted the network need it")
    shown = "".join(span.text for span in header(View(layer="direct"), "flow", None, 120))
    assert "native" not in shown


def test_the_header_says_next_to_the_layer_that_the_engine_is_compiled(tmp_path: Path) -> None:
    def shown(view: View) -> str:
        return "".join(span.text for span in header(view, "flow", None, 120))

    view = View().after(opened(pair(tmp_path, sink())).poll())
    assert view.engine == engine_kind()
    assert ("compiled engine" in shown(view)) is engine_is_compiled()
    assert view.after(Update(Health.INVALID)).engine == view.engine
    for layer, engine, words in (
        ("direct", "Python", " torvyn-studio "),
        ("native", "Python", " torvyn-studio native "),
        ("direct", "compiled", " torvyn-studio compiled engine "),
        ("native", "compiled", " torvyn-studio native, compiled engine "),
    ):
        assert shown(replace(view, layer=layer, engine=engine)).startswith(f"{words} "), words


@pytest.mark.parametrize(
    ("wasmtime", "interface", "why"),
    [
        ("49.0.0", INTERFACE, "installed for wasmtime 49.0.0"),
        (version("wasmtime"), INTERFACE - 1, "installed from other sources than these"),
    ],
)
def test_one_that_is_out_of_date_is_not_used_and_each_place_says_so(
    wasmtime: str,
    interface: int,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.delenv(REFUSED_VARIABLE)
    other = ModuleType(MODULE)
    vars(other).update(WASMTIME_VERSION=wasmtime, INTERFACE=interface, __version__="0.0.9")
    monkeypatch.setitem(sys.modules, MODULE, other)
    assert find_extension().extension is None
    assert preferred_layer().name == "direct"
    state, detail = doctor_line(tmp_path_factory)
    assert state is FindingState.DOUBTFUL
    assert why in detail
    problem = "native layer out of date: make native"
    assert main(["--version"]) == 0
    assert problem in capsys.readouterr().out
    view = View().after(opened(pair(tmp_path, sink())).poll())
    assert problem in "".join(span.text for span in header(view, "flow", None, 120))
    monkeypatch.setenv(REFUSED_VARIABLE, "1")
    assert main(["--version"]) == 0
    assert problem not in capsys.readouterr().out
