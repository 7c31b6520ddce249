"""Projects as people have them, on the command line: other names, no flow, other folders."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest

from runtime.model.linked import Role
from tests.support.command_server import run
from tests.support.studio_projects import HEAD, Project, sink, source, studio
from tests.support.wasm.guests import (
    AGGREGATOR,
    ECHO,
    FILTER,
    LIFECYCLE,
    ROUTER,
    SINK,
    SOURCE,
    component,
)

CORES = {Role.FILTER: FILTER, Role.ROUTER: ROUTER, Role.AGGREGATOR: AGGREGATOR}


def counted(manifest: Path, *options: str) -> dict[str, object]:
    done = studio("run", str(manifest), "--json", *options)
    assert done.returncode == 0, done.stderr.decode()
    summary: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return {key: summary[key] for key in ("calls", "delivered", "dropped", "ports", "sinks")}


@pytest.mark.parametrize("version", ["", "0.1.0"])
@pytest.mark.parametrize("alias", [True, False])
@pytest.mark.parametrize("role", list(CORES))
def test_unversioned_and_aliased_components_do_what_the_contracts_own_do(
    tmp_path: Path, role: Role, alias: bool, version: str
) -> None:
    def row(folder: Path, version: str, interface: str | None) -> Path:
        folder.mkdir()
        core = CORES[role] + LIFECYCLE
        mid = component(core, role, lifecycle=True, version=version, interface=interface)
        nodes = {
            "source": (Role.SOURCE, component(SOURCE, Role.SOURCE, version=version)),
            "mid": (role, mid),
            "sink": (Role.SINK, component(SINK, Role.SINK, version=version)),
        }
        return Project(folder, nodes, port="metrics").write()

    lines = tmp_path / "lines.txt"
    lines.write_text("1\n0\n1\n")
    interface = f"torvyn:streaming/{role}" if alias else None
    ours = row(tmp_path / "ours", version, interface)
    assert studio("check", str(ours)).stdout.endswith(b"0 errors, 0 warnings\n")
    theirs = row(tmp_path / "contract", "0.1.0", None)
    assert counted(ours, f"--input={lines}") == counted(theirs, f"--input={lines}")


def write_without_flow(folder: Path, components: dict[str, bytes | None]) -> Path:
    build = folder / ".torvyn" / "build"
    build.mkdir(parents=True)
    text = HEAD
    for name, data in components.items():
        text += f'[[component]]\nname = "{name}"\npath = "{name}"\n'
        if data is not None:
            (build / f"{name}.wasm").write_bytes(data)
    manifest = folder / "Torvyn.toml"
    manifest.write_text(text)
    return manifest


def test_a_manifest_without_a_flow_passes_check_and_run_prints_a_flow_to_paste(
    tmp_path: Path,
) -> None:
    parts: dict[str, bytes | None] = {
        "takes": sink(),
        "echo": component(ECHO, Role.PROCESSOR),
        "gives": source(),
        "also-echo": component(ECHO, Role.PROCESSOR),
    }
    manifest = write_without_flow(tmp_path, parts)
    check = studio("check", str(manifest))
    assert check.returncode == 0
    assert b"warning[E0400]" in check.stdout
    assert json.loads(studio("check", str(manifest), "--json").stdout)["all_passed"] is True

    run = studio("run", str(manifest))
    assert run.returncode == 2
    assert b"the manifest has no flow" in run.stderr
    pasted = tomllib.loads(run.stdout.decode())["flow"]["main"]
    assert list(pasted["nodes"]) == ["takes", "echo", "gives", "also-echo"]
    edges = [(edge["from"]["node"], edge["to"]["node"]) for edge in pasted["edges"]]
    assert edges == [("gives", "echo"), ("echo", "also-echo"), ("also-echo", "takes")]

    manifest.write_bytes(manifest.read_bytes() + run.stdout)
    assert counted(manifest)["delivered"] == 3


def test_a_pasted_router_has_a_port_for_each_sink_and_the_file_says_what_to_mend(
    tmp_path: Path,
) -> None:
    parts: dict[str, bytes | None] = {
        "gives": source(),
        "ways": component(ROUTER, Role.ROUTER),
        "one": sink(),
        "two": sink(),
    }
    manifest = write_without_flow(tmp_path, parts)
    run = studio("run", str(manifest))
    pasted = tomllib.loads(run.stdout.decode())["flow"]["main"]
    ports = [(edge["from"]["port"], edge["to"]["node"]) for edge in pasted["edges"]]
    assert ports == [("output", "ways"), ("one", "one"), ("two", "two")]
    assert b"route() answers with" in run.stdout
    manifest.write_bytes(manifest.read_bytes() + run.stdout)
    assert studio("check", str(manifest)).returncode == 0


def test_roles_of_components_that_are_not_built_come_from_their_wit(tmp_path: Path) -> None:
    manifest = write_without_flow(tmp_path, {"lone": None, "dark": None})
    wit = tmp_path / "lone" / "wit"
    wit.mkdir(parents=True)
    (wit / "world.wit").write_text(
        "package my:lone;\nworld lone {\n  export torvyn:streaming/filter@0.1.0;\n}\n"
    )
    run = studio("run", str(manifest))
    assert run.returncode == 2
    assert b"'dark' is left out: it is not built" in run.stdout
    nodes = tomllib.loads(run.stdout.decode())["flow"]["main"]["nodes"]
    assert nodes["lone"]["interface"] == "torvyn:filtering/filter"
    assert (nodes["source"]["component"], nodes["sink"]["component"]) == (
        "YOUR-SOURCE",
        "YOUR-SINK",
    )


def test_a_named_flow_of_a_manifest_without_any_is_an_error_and_prints_nothing(
    tmp_path: Path,
) -> None:
    run = studio("run", str(write_without_flow(tmp_path, {"gives": source()})), "--flow", "main")
    assert (run.returncode, run.stdout) == (2, b"")


def test_build_needs_no_flow(tmp_path: Path) -> None:
    manifest = write_without_flow(tmp_path, {"gives": None})
    made = tmp_path / "made.wasm"
    made.write_bytes(source())
    (tmp_path / "gives").mkdir()
    text = manifest.read_text() + f'build_command = "cp {made} gives.wasm"\n'
    manifest.write_text(text)
    done = studio("build", str(manifest))
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / ".torvyn/build/gives.wasm").read_bytes() == source()


def test_run_and_check_look_into_the_target_directory_that_the_environment_names(
    tmp_path: Path,
) -> None:
    nodes = {"source": (Role.SOURCE, None), "sink": (Role.SINK, sink())}
    manifest = Project(tmp_path / "project", nodes).write()
    target = tmp_path / "target"
    output = target / "wasm32-wasip2" / "release"
    output.mkdir(parents=True)
    (output / "source.wasm").write_bytes(source())
    for verb in ("check", "run"):
        assert studio(verb, str(manifest)).returncode == 2
        environ = os.environ | {"CARGO_TARGET_DIR": str(target)}
        done = run((verb, manifest), env=environ)
        assert done.returncode == 0, done.stderr.decode()
