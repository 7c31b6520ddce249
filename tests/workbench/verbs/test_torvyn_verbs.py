"""Verbs that users of Torvyn's own tool know, and `explain`, `graph` and `completion`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.shell_completion import ShellComplete

from runtime.model.codes import Code
from runtime.model.linked import Role
from tests.support.studio_projects import ROOT, Project, source, studio
from tests.support.wasm.guests import SOURCE, component
from workbench.cli import VERBS, cli
from workbench.text.code_explanations import EXPLANATIONS

SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
ROUTER = SAMPLE.parent / ".torvyn" / "build" / "event-router.wasm"


# ---- link


def test_link_counts_components_and_edges_as_torvyn_does() -> None:
    done = studio("link", str(SAMPLE))
    assert done.returncode == 0
    assert done.stdout == b'Flow "main" links successfully (6 components, 5 edges, 0 errors)\n'
    told = studio("link", str(SAMPLE), "flow.main", "--detail").stdout.decode()
    assert "  router:metrics -> metric-proc:input: 64 elements, block-producer" in told
    assert "router: router torvyn:filtering/router@0.1.0" in told


def test_link_of_a_wrong_component_says_why_and_fails(tmp_path: Path) -> None:
    nodes = {"first": (Role.SOURCE, source()), "last": (Role.SINK, source())}
    manifest = Project(tmp_path, nodes).write()
    done = studio("link", str(manifest))
    assert done.returncode == 2
    assert b"does not export torvyn:streaming/sink" in done.stderr
    assert b'error: flow "main" does not link: 1 error' in done.stderr
    report = json.loads(studio("link", "--json", str(manifest)).stdout)
    assert report["all_linked"] is False
    (flow,) = report["flows"]
    assert (flow["name"], flow["linked"]) == ("main", False)
    assert (flow["component_count"], flow["edge_count"]) == (2, 1)
    assert "E0201" in {item["code"] for item in flow["diagnostics"]}
    assert studio("link", str(manifest), "--flow", "other").returncode == 2


# ---- inspect


def test_inspect_tells_what_a_component_is() -> None:
    done = studio("inspect", str(ROUTER))
    assert done.returncode == 0
    told = done.stdout.decode()
    assert "Role          router (world content-router)" in told
    assert f"({ROUTER.stat().st_size:,} bytes)" in told
    assert "  torvyn:filtering/router@0.1.0\n" in told
    assert "stdio:stdout          wasi:cli/stdout@" in told
    assert "1,000,000 fuel and 5,000 ms a call, 16 MiB" in told
    assert (
        "route: func(element: stream-element)"
        in studio("inspect", "-v", str(ROUTER)).stdout.decode()
    )
    assert "Imports" not in studio("inspect", str(ROUTER), "--show", "size").stdout.decode()


def test_inspect_takes_a_component_or_a_node_of_a_manifest() -> None:
    by_file = json.loads(studio("inspect", str(ROUTER), "--json").stdout)
    for arguments in (
        ["event-router", str(SAMPLE)],
        ["router", "--manifest", str(SAMPLE)],
    ):
        found = json.loads(studio("inspect", *arguments, "--json").stdout)
        assert found == by_file | {"file": found["file"]}
    assert by_file["roles"] == ["router"]
    assert by_file["memories"][0]["least_bytes"] % 65_536 == 0
    assert by_file["size_modules_bytes"] < by_file["size_wasm_bytes"] == ROUTER.stat().st_size
    done = studio("inspect", "rooter", str(SAMPLE))
    assert done.returncode == 2
    assert b"unknown component 'rooter'" in done.stderr or b"E0990" in done.stderr


def test_inspect_of_what_no_node_can_have(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.wasm"
    body = component(SOURCE, Role.SOURCE)
    wrong.write_bytes(body.replace(b"torvyn:streaming/source", b"torvyn:streaming/sourse"))
    done = studio("inspect", str(wrong))
    assert done.returncode == 2
    assert b"none that a node can have" in done.stdout
    assert b"exports no interface of a role" in done.stderr
    core = tmp_path / "core.wasm"
    core.write_bytes(b"\0asm\1\0\0\0")
    assert b"core module, not a component" in studio("inspect", str(core)).stderr
    assert b"E0700" in studio("inspect", str(tmp_path / "no.wasm")).stderr


# ---- graph


def test_the_graph_is_drawn_without_components(tmp_path: Path) -> None:
    nodes = {"first": (Role.SOURCE, None), "last": (Role.SINK, None)}
    manifest = Project(tmp_path, nodes).write()
    done = studio("graph", str(manifest))
    assert done.returncode == 0, done.stderr
    assert re.search(r"│ first +│─+▶│ last", done.stdout.decode())


def test_the_graph_for_other_programs() -> None:
    dot = studio("graph", str(SAMPLE), "--format", "dot").stdout.decode()
    assert 'n1 [label="router\\nevent-router"];' in dot
    assert 'n1 -> n4 [label="metrics 64"];' in dot
    mermaid = studio("graph", str(SAMPLE), "flow.main", "--format", "mermaid").stdout.decode()
    assert mermaid.splitlines()[0] == "flowchart LR"
    assert '  n1 -->|"logs 64"| n2' in mermaid
    graph = json.loads(studio("graph", str(SAMPLE), "--format", "json").stdout)
    assert [node["name"] for node in graph["nodes"]][:2] == ["source", "router"]
    assert {edge["from_port"] for edge in graph["edges"]} == {"output", "metrics", "logs"}
    assert json.loads(studio("--format", "json", "graph", str(SAMPLE)).stdout) == graph
    picture = ElementTree.fromstring(studio("graph", str(SAMPLE), "--format", "svg").stdout)
    shown = "".join(picture.itertext())
    assert all(node["name"] in shown for node in graph["nodes"])


def test_names_cannot_break_out_of_a_graph(tmp_path: Path) -> None:
    manifest = Project(tmp_path, {"a": (Role.SOURCE, None), "b": (Role.SINK, None)}).write()
    text = manifest.read_text().replace('component = "a"', 'component = "x\\"]; <evil> [\\""')
    manifest.write_text(text)
    dot = studio("graph", str(manifest), "--format", "dot").stdout.decode()
    assert r'label="a\nx\"]; <evil> [\""' in dot
    ElementTree.fromstring(studio("graph", str(manifest), "--format", "svg").stdout)


def test_a_graph_with_a_mistake_is_drawn_and_fails(tmp_path: Path) -> None:
    manifest = Project(tmp_path, {"a": (Role.SOURCE, None), "b": (Role.SINK, None)}).write()
    manifest.write_text(manifest.read_text() + '\n[flow.main.nodes.lost]\ncomponent = "a"\n')
    done = studio("graph", str(manifest))
    assert done.returncode == 2
    assert b"lost" in done.stdout
    assert b"error[" in done.stderr


# ---- explain


def test_every_code_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Code)
    for code, (advice, example) in EXPLANATIONS.items():
        assert len(advice) > 20, code
        assert advice[-1] in ".!", code
        assert example.strip(), code


@pytest.mark.parametrize("asked", ["E0811", "e0811", "811", "InvocationTimeout"])
def test_a_code_is_found_by_number_and_by_name(asked: str) -> None:
    told = studio("explain", asked).stdout.decode()
    assert told.startswith("E0811 InvocationTimeout\n  The call took longer than it may")
    assert "call_timeout_ms = 30_000" in told


def test_a_number_with_two_names_and_the_list_of_all() -> None:
    told = studio("explain", "E0702").stdout.decode()
    assert "E0702 MissingField" in told
    assert "E0702 UnknownKey" in told
    listed = studio("explain").stdout.decode().splitlines()
    assert [line.split()[:2] for line in listed] == [[code.number, code.title] for code in Code]
    fields = [json.loads(line) for line in studio("explain", "--json").stdout.splitlines()]
    assert [item["name"] for item in fields] == [code.title for code in Code]


def test_an_unknown_code_is_told_with_the_nearest() -> None:
    done = studio("explain", "E0812")
    assert done.returncode == 2
    assert b"did you mean 'E0811'?" in done.stderr
    assert b"did you mean 'FuelExhausted'?" in studio("explain", "FuelExausted").stderr


# ---- completion


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_verbs_options_and_files(tmp_path: Path) -> None:
    script = studio("completion", "bash").stdout.decode()
    assert studio("completions", "bash").stdout.decode() == script
    program = tmp_path / "torvyn-studio"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m workbench.cli "$@"\n')
    program.chmod(0o755)

    def completed(*words: str) -> list[str]:
        quoted = " ".join(f"'{word}'" for word in words)
        asked = (
            f"{script}\nCOMP_WORDS=(torvyn-studio {quoted})\nCOMP_CWORD={len(words)}\n"
            '_torvyn_studio_completion torvyn-studio\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
        )
        environ = os.environ | {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            ["bash", "-c", asked], capture_output=True, env=environ, check=False, timeout=60
        )
        return done.stdout.decode().split()

    assert {"record", "replay"} <= set(completed("re"))
    assert {"--schedule"} == set(completed("run", "--sch"))
    assert {"always", "auto", "never"} == set(completed("check", "--color", ""))
    assert {"dot"} == set(completed("graph", "--format", "d"))


def test_a_world_of_the_contracts_is_completed() -> None:
    shell = ShellComplete(cli, {}, "torvyn-studio", "_TORVYN_STUDIO_COMPLETE")
    found = shell.get_completions(["wit", "--world"], "content-")
    assert [one.value for one in found] == ["content-filter", "content-router"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_and_unknown_ones_a_sentence(shell: str) -> None:
    done = studio("completion", shell)
    assert done.returncode == 0
    assert b"_TORVYN_STUDIO_COMPLETE" in done.stdout
    refused = studio("completion", "powershell")
    assert refused.returncode == 2
    assert b"bash, zsh or fish" in refused.stderr


# ---- all verbs


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_the_global_options(verb: str) -> None:
    done = studio(verb, "--help")
    assert done.returncode == 0
    for option in ("--manifest", "--quiet", "--verbose", "--color"):
        assert option.encode() in done.stdout
    assert (b"--format" in done.stdout) == (b"--json" in done.stdout)


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], {"textual", "rich", "wasmtime", "msgspec", "email"}),
        (["--version"], {"textual", "rich", "wasmtime", "msgspec"}),
        (["explain", "E0811"], {"textual", "wasmtime"}),
        (["graph", str(SAMPLE)], {"textual", "wasmtime"}),
        (["check", str(SAMPLE)], {"textual", "rich", "watchfiles", "jsonpath", "re2"}),
        (["run", str(SAMPLE)], {"textual"}),
    ],
)
def test_a_verb_loads_what_it_needs_and_no_more(arguments: list[str], unwanted: set[str]) -> None:
    code = (
        "import sys; from workbench.cli import main; main(sys.argv[1:]); "
        "print('loaded', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, cwd=ROOT, check=True
    )
    loaded = set(done.stdout.decode().splitlines()[-1].split())
    assert not loaded & unwanted
