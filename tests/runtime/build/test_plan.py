from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from runtime.build.languages import plan_build
from runtime.build.plan import ComponentSource
from runtime.build.toolchain import Toolchain
from runtime.model.errors import Diagnostic, Severity
from tests.support.component_builds import PACKAGES, component, planned

WIT = Path(__file__).resolve().parents[3] / "wit"


def refused(source: ComponentSource, tools: Toolchain | None = None) -> Diagnostic:
    problem = plan_build(source, tools)
    assert isinstance(problem, Diagnostic), problem
    return problem


def tools_in(folder: Path, **programs: str) -> Toolchain:
    """A toolchain of these shell scripts and nothing else (`-` in a name is written `_`)."""
    folder.mkdir(exist_ok=True)
    for name, body in programs.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    class OnlyThese(Toolchain):
        def _search_path(self) -> str:
            return f"{folder}:/usr/bin:/bin" if programs.get("sh") else str(folder)

        def _has_zig_module(self) -> bool:
            return False

    return OnlyThese({"HOME": str(folder)})


def test_a_build_command_is_split_on_white_space_and_runs_in_the_component(
    directory: Path,
) -> None:
    (step,) = planned(component(directory, build_command="  sh  -c  true ")).steps
    assert step.argv == (shutil.which("sh"), "-c", "true")
    assert step.directory == directory


def test_rust_uses_cargo_component_when_it_is_there(directory: Path, tmp_path: Path) -> None:
    tools = tools_in(tmp_path / "bin", cargo="", cargo_component="")
    source = component(directory, extra_args=("--locked",), target="wasm32-unknown-unknown")
    (step,) = planned(source, tools).steps
    assert step.argv[1:5] == ("component", "build", "--target", "wasm32-unknown-unknown")
    source = component(directory, extra_args=("--locked",), target="wasm32-wasip1")
    (step,) = planned(source, tools).steps
    assert step.argv[1:] == (
        "component", "build", "--target", "wasm32-wasip1", "--release", "--locked",
    )  # fmt: skip


def test_cargo_component_is_asked_for_one_target_so_that_nothing_is_built_twice(
    directory: Path, tmp_path: Path
) -> None:
    # Asked for wasip2, which it does not know, it builds for wasip1 as well.
    tools = tools_in(tmp_path / "bin", cargo="", cargo_component="")
    (step,) = planned(component(directory), tools).steps
    assert step.argv[1:] == ("component", "build", "--target", "wasm32-wasip1", "--release")


BINDINGS = "mod bindings;\n\nuse bindings::exports::torvyn::streaming::sink::Guest;\n"


@pytest.mark.parametrize("root", ["src/lib.rs", "code/root.rs"])
def test_a_crate_that_needs_cargo_component_is_told_so_before_the_compiler_starts(
    directory: Path, tmp_path: Path, root: str
) -> None:
    (directory / "Cargo.toml").write_text(f'[package]\nname = "r"\n[lib]\npath = "{root}"\n')
    file = directory / root
    file.parent.mkdir()
    file.write_text(BINDINGS)
    tools = tools_in(tmp_path / "bin", cargo="", rustc=f"echo {tmp_path}")
    problem = refused(component(directory), tools)
    assert (problem.code, problem.name) == ("E0010", "ToolchainMissing")
    assert "this crate needs cargo-component: cargo install cargo-component" in problem.message
    # Bindings that are there, or made by a macro, need plain cargo alone.
    file.with_name("bindings.rs").write_text("")
    planned(component(directory), tools)
    file.with_name("bindings.rs").unlink()
    file.write_text("mod bindings {\n    wit_bindgen::generate!();\n}\n")
    planned(component(directory), tools)


def test_rust_falls_back_to_plain_cargo_for_wasip2(directory: Path, tmp_path: Path) -> None:
    tools = tools_in(tmp_path / "bin", cargo="", rustc=f"echo {tmp_path}")
    plan = planned(component(directory, release=False), tools)
    assert plan.steps[0].argv[1:] == (
        "build", "--target", "wasm32-wasip2", "--message-format=json-render-diagnostics",
    )  # fmt: skip
    assert "cargo-component is not installed" in plan.notes[0]


def test_a_target_that_is_not_installed_is_named_with_its_command(
    directory: Path, tmp_path: Path
) -> None:
    rustc = "echo /nowhere/rustlib/wasm32-wasip2/lib"
    problem = refused(
        component(directory), tools_in(tmp_path / "bin", cargo="", rustup="", rustc=rustc)
    )
    assert (problem.code, problem.name) == ("E0010", "ToolchainMissing")
    assert problem.help == "Install it: rustup target add wasm32-wasip2"


def test_std_that_is_built_along_needs_no_installed_target(directory: Path, tmp_path: Path) -> None:
    (directory / ".cargo").mkdir()
    (directory / ".cargo" / "config.toml").write_text('[unstable]\nbuild-std = ["std"]\n')
    planned(component(directory), tools_in(tmp_path / "bin", cargo="", rustc="exit 1"))


@pytest.mark.parametrize(
    ("language", "tool", "command"),
    [
        ("rust", "cargo", "sh.rustup.rs"),
        ("python", "componentize-py", "pip install componentize-py"),
        ("zig", "zig", "pip install ziglang"),
        ("c", "zig", "pip install ziglang"),
    ],
)
def test_a_missing_tool_is_named_with_the_command_that_installs_it(
    directory: Path, tmp_path: Path, language: str, tool: str, command: str
) -> None:
    problem = refused(component(directory, language=language), tools_in(tmp_path / "bin"))
    assert problem.code == "E0010"
    assert f"`{tool}`" in problem.message
    assert command in problem.help


def test_a_missing_build_command_program_is_named(directory: Path) -> None:
    problem = refused(component(directory, build_command="tinygo-of-nobody build"))
    assert (problem.code, problem.severity) == ("E0010", Severity.ERROR)
    assert "`tinygo-of-nobody`" in problem.message
    missing = refused(component(directory, build_command="./make.sh"))
    assert (missing.code, missing.key) == ("E0700", "component.router.build_command")


def test_a_language_without_a_usual_command_asks_for_one(directory: Path) -> None:
    problem = refused(component(directory, language="go"))
    assert problem.code == "E0702"
    assert "build_command" in problem.help


def test_a_directory_that_does_not_exist_is_told(directory: Path) -> None:
    assert refused(component(directory / "missing")).code == "E0700"


@pytest.mark.parametrize(
    ("interface", "code", "world"),
    [
        ("torvyn:filtering/router", "", "content-router"),
        ("torvyn:filtering/filter@0.1.0", "", "content-filter"),
        ("torvyn:streaming/source", "", "data-source"),
        ("torvyn:streaming/sink", "", "data-sink"),
        ("torvyn:streaming/processor", "", "transform"),
        ("torvyn:streaming/processor", "class Lifecycle: ...", "managed-transform"),
        ("torvyn:aggregation/aggregator", "", "stream-aggregator"),
    ],
)
def test_the_world_of_a_python_component_follows_from_the_interface_of_its_node(
    directory: Path, tmp_path: Path, interface: str, code: str, world: str
) -> None:
    (directory / "app.py").write_text(code)
    tools = tools_in(tmp_path / "bin", componentize_py="")
    source = component(directory, language="python", interface=interface, wit_packages=PACKAGES)
    (step,) = planned(source, tools).steps
    words = step.argv
    assert words[words.index("-w") + 1] == world
    assert words[words.index("componentize") + 1] == "app"
    wit = Path(words[words.index("-d") + 1])
    assert list(wit.glob("*.wit"))
    uses = () if "streaming" in interface else ("torvyn-streaming",)
    assert tuple(path.name for path in wit.glob("deps/*")) == uses


def test_the_only_world_of_the_components_own_wit_counts_first(
    directory: Path, tmp_path: Path
) -> None:
    (directory / "wit").mkdir()
    (directory / "wit" / "world.wit").write_text(
        "// world commented {}\npackage my:thing;\n"
        "world mine { export torvyn:streaming/sink@0.1.0; }\n"
    )
    (directory / "only.py").write_text("")
    tools = tools_in(tmp_path / "bin", componentize_py="")
    plan = planned(component(directory, language="python", wit_packages=PACKAGES), tools)
    assert plan.steps[0].argv[3:5] == ("-w", "mine")
    bring_streaming(directory / "wit" / "deps")
    plan = planned(component(directory, language="python", wit_packages=PACKAGES), tools)
    assert plan.steps[0].argv[1:5] == ("-d", str(directory / "wit"), "-w", "mine")


def bring_streaming(deps: Path) -> None:
    shutil.copytree(WIT / "torvyn-streaming", deps / "torvyn-streaming")


def test_packages_that_a_components_own_wit_uses_and_lacks_are_added_in_a_copy(
    directory: Path, tmp_path: Path
) -> None:
    own = directory / "wit"
    extra = own / "deps" / "extra"
    extra.mkdir(parents=True)
    (extra / "extra.wit").write_text("package my:extra@1.0.0;\ninterface more {}\n")
    (own / "mine.wit").write_text(
        "package my:thing;\n"
        "/// Not torvyn:capabilities/capability-query@0.1.0.\n"
        "world mine {\n    import my:extra/more@1.0.0;\n"
        "    export torvyn:filtering/router@0.1.0;\n}\n"
    )
    (directory / "app.py").write_text("")
    tools = tools_in(tmp_path / "bin", componentize_py="")
    every = (*PACKAGES, WIT / "torvyn-capabilities")
    plan = planned(component(directory, language="python", wit_packages=every), tools)
    wit = Path(plan.steps[0].argv[2])
    # A router of torvyn:filtering is told by types of torvyn:streaming.
    assert sorted(path.name for path in wit.glob("deps/*")) == [
        "extra",
        "torvyn-filtering",
        "torvyn-streaming",
    ]
    assert (wit / "mine.wit").resolve() == (own / "mine.wit").resolve()
    assert "class Router with route(self" in plan.wanted
    assert sorted(path.name for path in own.rglob("*")) == [
        "deps",
        "extra",
        "extra.wit",
        "mine.wit",
    ]


def test_the_projects_packages_complete_a_components_wit_before_the_contracts(
    directory: Path, tmp_path: Path
) -> None:
    bring_streaming(tmp_path / "wit")
    types = tmp_path / "wit" / "torvyn-streaming" / "types.wit"
    types.write_text(types.read_text() + "\n// The project's.\n")
    own = directory / "wit"
    (own / "deps" / "torvyn-streaming").mkdir(parents=True)
    (own / "deps" / "torvyn-streaming" / "old.wit").write_text("package torvyn:streaming@0.0.9;\n")
    (own / "mine.wit").write_text(
        "package my:thing;\nworld mine { export torvyn:streaming/sink@0.1.0; }\n"
    )
    (directory / "app.py").write_text("")
    tools = tools_in(tmp_path / "bin", componentize_py="")
    plan = planned(component(directory, language="python", wit_packages=PACKAGES), tools)
    wit = Path(plan.steps[0].argv[2])
    found = list(wit.glob("deps/*/types.wit"))
    assert [path.read_text() for path in found] == [types.read_text()]
    assert (wit / "deps" / "torvyn-streaming" / "old.wit").is_file()


def test_an_undecided_world_lists_the_worlds(directory: Path, tmp_path: Path) -> None:
    (directory / "app.py").write_text("")
    tools = tools_in(tmp_path / "bin", componentize_py="")
    problem = refused(component(directory, language="python", wit_packages=PACKAGES), tools)
    assert problem.code == "E0120"
    assert "content-router" in problem.message


def test_c_that_uses_the_c_library_asks_for_the_wasi_adapter(
    directory: Path, tmp_path: Path
) -> None:
    tools = tools_in(tmp_path / "bin", zig="")
    (directory / "router.c").write_text("#include <stdio.h>\n")
    source = component(
        directory, language="c", interface="torvyn:filtering/router", wit_packages=PACKAGES
    )
    problem = refused(source, tools)
    assert problem.code == "E0010"
    assert f"cd {directory} && curl -LO" in problem.help
    (directory / "wasi_snapshot_preview1.reactor.wasm").write_bytes(b"")
    words = planned(source, tools).steps[0].argv
    assert "-mexec-model=reactor" in words
    assert words[words.index("-target") + 1] == "wasm32-wasi"


def test_the_wasi_adapter_is_found_in_node_modules_and_in_cargos_folder(
    directory: Path, tmp_path: Path
) -> None:
    name = "wasi_snapshot_preview1.reactor.wasm"
    crate = "wasi-preview1-component-adapter-provider-50.0.1"
    places = (
        tmp_path / "bin/.cargo/registry/src/index" / crate / "artefacts",
        tmp_path / "node_modules/@bytecodealliance/jco/lib",
        directory,
    )
    tools = tools_in(tmp_path / "bin")
    assert tools.adapter((directory,)) is None
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(b"")
        assert tools.adapter((directory,)) == place / name


def test_c_with_a_library_that_calls_no_system_needs_no_adapter_and_takes_a_small_stack(
    directory: Path, tmp_path: Path
) -> None:
    tools = tools_in(tmp_path / "bin", python_zig="")
    (directory / "router.c").write_text('#include "torvyn.h"\n')
    (directory / "torvyn.h").write_text("#include <stdlib.h>\n")
    source = component(
        directory, language="c", interface="torvyn:filtering/router", wit_packages=PACKAGES
    )
    words = planned(source, tools).steps[0].argv
    assert words[0] == str(tmp_path / "bin" / "python-zig")
    assert "-Wl,-z,stack-size=65536" in words
    assert words[words.index("-target") + 1] == "wasm32-wasi"


def test_javascript_is_built_by_componentize_js_of_the_project(
    directory: Path, tmp_path: Path
) -> None:
    tools = tools_in(tmp_path / "bin")
    (directory / "router.js").write_text("export const router = {};\n")
    source = component(
        directory, language="javascript", interface="torvyn:filtering/router", wit_packages=PACKAGES
    )
    assert "npm install @bytecodealliance/componentize-js" in refused(source, tools).help
    programs = tmp_path / "node_modules" / ".bin"
    programs.mkdir(parents=True)
    tools_in(programs, componentize_js="")
    (step,) = planned(source, tools).steps
    assert step.argv[:2] == (str(programs / "componentize-js"), str(directory / "router.js"))
    assert step.argv[step.argv.index("--world-name") + 1] == "content-router"


def test_wit_of_several_packages_is_taken_from_the_projects_own_folder(
    directory: Path, tmp_path: Path
) -> None:
    own = tmp_path / "wit" / "own-filtering"
    shutil.copytree(WIT / "torvyn-filtering", own)
    shutil.copytree(WIT / "torvyn-streaming", own / "deps" / "torvyn-streaming")
    tools = tools_in(tmp_path / "bin", componentize_py="")
    (directory / "app.py").write_text("")
    source = component(
        directory, language="python", interface="torvyn:filtering/router", wit_packages=PACKAGES
    )
    (step,) = planned(source, tools).steps
    assert step.argv[1:5] == ("-d", str(own), "-w", "content-router")


def test_a_place_that_cannot_be_written_is_named(directory: Path, tmp_path: Path) -> None:
    (directory / "app.py").write_text("")
    (tmp_path / ".torvyn").write_text("a file where a folder belongs")
    tools = tools_in(tmp_path / "bin", componentize_py="")
    source = component(
        directory, language="python", interface="torvyn:streaming/sink", wit_packages=PACKAGES
    )
    problem = refused(source, tools)
    assert problem.code == "E0001"
    assert str(problem.file).startswith(str(tmp_path / ".torvyn" / "studio"))
    assert ".torvyn writable" in problem.help
