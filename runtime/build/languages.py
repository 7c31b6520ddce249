"""How each language is built: the usual command, or the component's own `build_command`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from runtime.build.output.cargo_messages import MESSAGE_FORMAT
from runtime.build.plan import BuildPlan, BuildStep, ComponentSource
from runtime.build.toolchain import (
    WASI_ADAPTER,
    WASI_ADAPTER_INSTALL,
    Toolchain,
    missing_tool,
)
from runtime.build.wanted_exports import wanted_in_javascript, wanted_in_python
from runtime.build.worlds import WitChoice, choose_wit
from runtime.flow.cargo_folders import read_toml
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity

PLAIN_RUST_TARGET = "wasm32-wasip2"
"""The target for which plain cargo already makes components (docs/torvyn-facts.md#components)."""

CARGO_COMPONENT_TARGET = "wasm32-wasip1"
"""What cargo-component 0.21 builds for, whatever else it is asked for."""

_MOD_BINDINGS = re.compile(r"^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+bindings\s*;", re.MULTILINE)
_HOSTED_C = re.compile(r"#\s*include\s*<(stdio|stdlib|string|time|math|errno|unistd|assert)\.h>")
"""Needs a C library."""
_SYSTEM_C = re.compile(r"#\s*include\s*<(stdio|time|unistd|assert)\.h>")
"""Needs a C library that calls WASI."""
_STACK = "-Wl,-z,stack-size=65536"
"""Zig gives C a stack of 16 MiB, all that a component may have (docs/torvyn-facts.md#limits)."""
_HOSTED_ZIG = re.compile(r"\bstd\.(io|fs|os|posix|process|time|debug\.print)\b")
_MOST_SOURCE_BYTES = 4 * 1024 * 1024


def plan_build(source: ComponentSource, tools: Toolchain | None = None) -> BuildPlan | Diagnostic:
    """The commands that build a component, or why it cannot be built.

    A `Diagnostic` with code E0010 means a missing tool: exit code 3. May run `rustc` once, to
    ask for a target. Raises nothing.
    """
    toolchain = tools or Toolchain()
    if not source.directory.is_dir():
        return _problem(source, Code.FILE_NOT_FOUND, "its directory does not exist", "path")
    try:
        if source.build_command is not None and source.build_command.strip():
            return _own_command(source, source.build_command.split(), toolchain)
        planner = {
            "rust": _rust,
            "python": _python,
            "javascript": _javascript,
            "zig": _zig,
            "c": _c,
        }.get(source.language)
        if planner is None:
            return _problem(
                source,
                Code.MISSING_FIELD,
                f"language '{source.language}' has no default build command",
                "build_command",
            )
        return planner(source, toolchain)
    except OSError as error:
        return Diagnostic(
            Severity.ERROR,
            Code.IO,
            f"component '{source.name}': its build cannot be prepared: {error.strerror or error}",
            "Sources must be readable, and the project's folder .torvyn writable.",
            file=str(error.filename or source.directory),
            key=f"component.{source.name}",
        )


def componentize_steps(
    source: ComponentSource, core: Path, embedded: bool, wit: WitChoice, tools: Toolchain
) -> tuple[BuildStep, ...] | Diagnostic:
    """The commands that make a core module a component, written to `component_path`.

    `embedded` says that the module carries its component type already.
    """
    program = tools.find("wasm-tools")
    if program is None:
        return missing_tool("wasm-tools", _who(source))
    steps = []
    if not embedded:
        typed = source.work / "embedded.wasm"
        embed = (program, "component", "embed", str(wit.path), "--world", wit.world)
        steps.append(BuildStep((*embed, str(core), "-o", str(typed)), source.directory))
        core = typed
    adapter = tools.adapter(_project_folders(source))
    adapt = () if adapter is None else ("--adapt", f"wasi_snapshot_preview1={adapter}")
    new = (program, "component", "new", str(core), *adapt, "-o", str(component_path(source)))
    steps.append(BuildStep(new, source.directory))
    return tuple(steps)


def component_path(source: ComponentSource) -> Path:
    """Where our own commands write the finished component."""
    return source.work / "component.wasm"


def _own_command(
    source: ComponentSource, words: list[str], tools: Toolchain
) -> BuildPlan | Diagnostic:
    program = words[0]
    here = source.directory / program
    found = str(here) if "/" in program and here.is_file() else tools.find(program)
    if found is None:
        if "/" in program:
            why = f"the program of its build_command does not exist: {program}"
            return _problem(source, Code.FILE_NOT_FOUND, why, "build_command")
        return missing_tool(program, _who(source))
    return BuildPlan(source, (BuildStep((found, *words[1:]), source.directory),))


def _rust(source: ComponentSource, tools: Toolchain) -> BuildPlan | Diagnostic:
    cargo = tools.find("cargo")
    if cargo is None:
        return missing_tool("cargo", _who(source))
    tail = (*(("--release",) if source.release else ()), *source.extra_args)
    if tools.find("cargo-component") is not None:
        # It knows no wasip2: given that target it would build for wasip1 as well.
        target = CARGO_COMPONENT_TARGET if source.target == PLAIN_RUST_TARGET else source.target
        words = (cargo, "component", "build", "--target", target, *tail)
        return BuildPlan(source, (BuildStep(words, source.directory),))
    if _needs_cargo_component(source.directory):
        return Diagnostic(
            Severity.ERROR,
            Code.TOOLCHAIN_MISSING,
            f"component '{source.name}': this crate needs cargo-component: "
            "cargo install cargo-component",
            "It makes the bindings.rs that `mod bindings;` in the crate's root names.",
        )
    if not _builds_std(source.directory):
        problem = tools.target_problem(PLAIN_RUST_TARGET, source.directory, _who(source))
        if problem is not None:
            return problem
    words = (cargo, "build", "--target", PLAIN_RUST_TARGET, MESSAGE_FORMAT, *tail)
    notes = ["cargo-component is not installed: building with plain cargo"]
    if source.target != PLAIN_RUST_TARGET:
        notes.append(f"for {PLAIN_RUST_TARGET} instead of {source.target}")
    step = BuildStep(words, source.directory, is_cargo=True)
    return BuildPlan(source, (step,), notes=(", ".join(notes),))


def _python(source: ComponentSource, tools: Toolchain) -> BuildPlan | Diagnostic:
    program = tools.find("componentize-py")
    if program is None:
        return missing_tool("componentize-py", _who(source))
    modules = sorted(source.directory.glob("*.py"))
    module = _main_file(source, modules, ("app", "main"))
    if module is None:
        return _no_main(source, modules, "app.py")
    wit = _wit(source, modules)
    if isinstance(wit, Diagnostic):
        return wit
    output = component_path(source)
    output.parent.mkdir(parents=True, exist_ok=True)
    words = (program, "-d", str(wit.path), "-w", wit.world, "componentize", module.stem)
    step = BuildStep((*words, "-o", str(output), *source.extra_args), source.directory)
    return BuildPlan(source, (step,), output=output, wanted=wanted_in_python(wit))


def _javascript(source: ComponentSource, tools: Toolchain) -> BuildPlan | Diagnostic:
    program = tools.componentize_js(_project_folders(source))
    if program is None:
        return missing_tool("componentize-js", _who(source))
    modules = _in_source_folders(source.directory, "*.js")
    modules += _in_source_folders(source.directory, "*.mjs")
    module = _main_file(source, modules, ("index", "main", "app"))
    if module is None:
        return _no_main(source, modules, f"{source.name}.js")
    wit = _wit(source, modules)
    if isinstance(wit, Diagnostic):
        return wit
    output = component_path(source)
    output.parent.mkdir(parents=True, exist_ok=True)
    # Without --disable, it would import wasi:http, which no host of Torvyn has.
    made_of = (str(module), "--wit", str(wit.path), "--world-name", wit.world)
    without = ("--disable", "http", "fetch-event", "--out", str(output))
    step = BuildStep((program, *made_of, *without, *source.extra_args), source.directory)
    return BuildPlan(source, (step,), output=output, wanted=wanted_in_javascript(wit))


def _zig(source: ComponentSource, tools: Toolchain) -> BuildPlan | Diagnostic:
    zig = tools.zig()
    if zig is None:
        return missing_tool("zig", _who(source))
    sources = _in_source_folders(source.directory, "*.zig")
    if (source.directory / "build.zig").is_file():
        wit = _wit(source, sources)
        if isinstance(wit, Diagnostic):
            return wit
        release = ("--release=small",) if source.release else ()
        step = BuildStep((*zig, "build", *release, *source.extra_args), source.directory)
        return BuildPlan(source, (step,), wit=wit)
    if not sources:
        return _c(source, tools)
    main = _main_file(source, sources, ("main", "root", "lib"))
    if main is None:
        return _no_main(source, sources, "main.zig")
    hosted = _mentions(sources, _HOSTED_ZIG)
    mode = "ReleaseSmall" if source.release else "Debug"
    core = source.work / "core.wasm"
    words = (*zig, "build-exe", str(main), "-fno-entry", "-rdynamic", "-O", mode)
    words = (*words, f"-femit-bin={core}")
    return _compiled(source, words, core, sources, hosted, hosted, tools)


def _c(source: ComponentSource, tools: Toolchain) -> BuildPlan | Diagnostic:
    zig = tools.zig()
    if zig is None:
        return missing_tool("zig", _who(source))
    sources = _in_source_folders(source.directory, "*.c")
    if not sources:
        return _no_main(source, sources, f"{source.name}.c")
    headers = _in_source_folders(source.directory, "*.h")
    hosted = _mentions([*sources, *headers], _HOSTED_C)
    system = _mentions([*sources, *headers], _SYSTEM_C)
    types = _in_source_folders(source.directory, "*_component_type.o")
    core = source.work / "core.wasm"
    mode = ("-O2", "-s") if source.release else ("-O0", "-g")
    linking = ("-mexec-model=reactor", _STACK) if hosted else ("-nostdlib", "-Wl,--no-entry")
    inputs = tuple(str(path) for path in (*sources, *types))
    words = (*zig, "cc", *mode, *linking, *inputs, "-o", str(core))
    return _compiled(source, words, core, sources, hosted, system, tools)


def _compiled(
    source: ComponentSource,
    words: tuple[str, ...],
    core: Path,
    sources: list[Path],
    hosted: bool,
    system: bool,
    tools: Toolchain,
) -> BuildPlan | Diagnostic:
    """A core module by Zig; what calls the system needs the WASI adapter."""
    if system and tools.adapter(_project_folders(source)) is None:
        install = f"cd {shlex.quote(str(source.directory))} && {WASI_ADAPTER_INSTALL}"
        return missing_tool(WASI_ADAPTER, _who(source), install)
    wit = _wit(source, sources)
    if isinstance(wit, Diagnostic):
        return wit
    core.parent.mkdir(parents=True, exist_ok=True)
    target = "wasm32-wasi" if hosted else "wasm32-freestanding"
    step = BuildStep((*words, "-target", target, *source.extra_args), source.directory)
    return BuildPlan(source, (step,), output=core, wit=wit)


def _wit(source: ComponentSource, sources: list[Path]) -> WitChoice | Diagnostic:
    own = (source.directory / "wit", source.manifest.parent / "wit")
    lifecycle = _mentions(sources, re.compile("lifecycle", re.IGNORECASE))
    return choose_wit(
        source.name, own, source.wit_packages, source.interface, lifecycle, source.work
    )


def _project_folders(source: ComponentSource) -> tuple[Path, Path]:
    """Where files of a project's own lie that a tool needs, the nearest first."""
    return source.directory, source.manifest.parent


def _builds_std(directory: Path) -> bool:
    """True when a Cargo configuration that counts here builds std itself."""
    for folder in (directory, *directory.parents):
        for name in ("config.toml", "config"):
            path = folder / ".cargo" / name
            if path.is_file() and "build-std" in path.read_text("utf-8", "replace"):
                return True
    return False


def _needs_cargo_component(directory: Path) -> bool:
    """True when the crate's root declares a module `bindings` that is not there."""
    library = read_toml(directory / "Cargo.toml").get("lib", {})
    path = library.get("path") if isinstance(library, dict) else None
    root = directory / (path if isinstance(path, str) else "src/lib.rs")
    made = (root.with_name("bindings.rs"), root.with_name("bindings") / "mod.rs")
    if any(place.is_file() for place in made) or not root.is_file():
        return False
    return _mentions([root], _MOD_BINDINGS)


def _in_source_folders(directory: Path, pattern: str) -> list[Path]:
    return sorted(directory.glob(pattern)) + sorted((directory / "src").glob(pattern))


def _main_file(source: ComponentSource, files: list[Path], stems: tuple[str, ...]) -> Path | None:
    """The file named by convention or like the component, else the only one."""
    by_stem = {path.stem: path for path in reversed(files)}
    for stem in (*stems, source.name, source.name.replace("-", "_")):
        if stem in by_stem:
            return by_stem[stem]
    return files[0] if len(files) == 1 else None


def _mentions(files: list[Path], pattern: re.Pattern[str]) -> bool:
    for path in files:
        with path.open("rb") as stream:
            if pattern.search(stream.read(_MOST_SOURCE_BYTES).decode("utf-8", "replace")):
                return True
    return False


def _no_main(source: ComponentSource, files: list[Path], usual: str) -> Diagnostic:
    names = ", ".join(path.name for path in files[:8]) or "none"
    why = f"no source file to begin with (found: {names}; usual: {usual})"
    return _problem(source, Code.FILE_NOT_FOUND, why, "path")


def _who(source: ComponentSource) -> str:
    return f"component '{source.name}' ({source.language})"


def _problem(source: ComponentSource, code: Code, message: str, key: str) -> Diagnostic:
    advice = {
        "path": f"Look at {source.directory}, or correct `path` in the manifest.",
        "build_command": 'Write the command into the manifest, e.g. build_command = "make wasm".',
    }[key]
    return Diagnostic(
        Severity.ERROR,
        code,
        f"component '{source.name}': {message}",
        advice,
        file=str(source.manifest),
        key=f"component.{source.name}.{key}",
    )
