"""Looks at everything: the tools of each language, the machine, and what a manifest needs."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from runtime.build.languages import plan_build
from runtime.build.plan import ComponentSource
from runtime.build.toolchain import WASI_ADAPTER, WASI_ADAPTER_INSTALL, Toolchain
from runtime.doctor.findings import Finding, FindingState
from runtime.doctor.tool_probe import PROBE_SECONDS, probe_tool
from runtime.doctor.tool_table import (
    ADAPTER_FROM_REGISTRY,
    TARGET_FROM_REGISTRY,
    TOOLS,
    WASIP2,
    KnownTool,
)
from runtime.model.errors import Diagnostic

_AT_ONCE = 8


def examine_tools(
    folder: Path,
    sources: Collection[ComponentSource] = (),
    languages: Collection[str] = (),
    tools: Toolchain | None = None,
    *,
    timeout_s: float = PROBE_SECONDS,
) -> tuple[Finding, ...]:
    """The tools of every language, those that are needed marked.

    Needed is what builds `sources`, and what builds the `languages` that are named. `folder` is
    where a project's own files are looked for. May take `timeout_s` for a tool that hangs.
    """
    toolchain = tools or Toolchain()
    wanted = {source.language for source in sources if source.build_command is None}
    wanted |= set(languages)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = [
            pool.submit(_probe, language, tool, folder, toolchain, timeout_s)
            for language, known in TOOLS.items()
            for tool in known
        ]
        findings = [item.result() for item in asked]
    by_name = {(item.topic, item.name): item for item in findings}
    rust = [by_name["rust", tool.name] for tool in TOOLS["rust"]]
    if all(item.condition is FindingState.GOOD for item in rust[:2]):
        findings.insert(len(rust), _target(folder, toolchain))
    lacking = [source for source in sources if _lacks_adapter(source, toolchain)]
    after_c = max(index for index, item in enumerate(findings) if item.topic == "c") + 1
    findings.insert(after_c, _adapter(folder, toolchain, needed=bool(lacking)))
    marked = [_marked(item, wanted) for item in findings]
    return (*marked, *_own_commands(sources, toolchain))


def _probe(
    language: str, tool: KnownTool, folder: Path, tools: Toolchain, timeout_s: float
) -> Finding:
    words = None
    if tool.name == "zig":
        words = tools.zig()
    elif tool.name == "componentize-js":
        program = tools.componentize_js((folder,))
        words = None if program is None else (program,)
    return probe_tool(language, tool, tools, words=words, timeout_s=timeout_s)


def _marked(finding: Finding, wanted: Collection[str]) -> Finding:
    optional = {tool.name for known in TOOLS.values() for tool in known if tool.optional}
    if finding.topic in wanted and finding.name not in (*optional, WASI_ADAPTER):
        return replace(finding, needed=True)
    return finding


def _target(folder: Path, tools: Toolchain) -> Finding:
    """Whether rustc can build for wasip2."""
    problem = tools.target_problem(WASIP2, folder, "Rust")
    if problem is None:
        return Finding("rust", WASIP2, FindingState.GOOD, "installed", tools.find("rustc"))
    cure = problem.help.removeprefix("Install it: ")
    detail = "not installed"
    return Finding("rust", WASIP2, FindingState.MISSING, detail, None, cure, TARGET_FROM_REGISTRY)


def _adapter(folder: Path, tools: Toolchain, *, needed: bool) -> Finding:
    """The WASI adapter, for C and Zig that call the system."""
    found = tools.adapter((folder,))
    if found is not None:
        return Finding("c", WASI_ADAPTER, FindingState.GOOD, "found", str(found), needed=needed)
    detail = "not found: C and Zig that print, or read files or clocks, need it"
    cures = (WASI_ADAPTER_INSTALL, ADAPTER_FROM_REGISTRY)
    return Finding("c", WASI_ADAPTER, FindingState.MISSING, detail, None, *cures, needed)


def _lacks_adapter(source: ComponentSource, tools: Toolchain) -> bool:
    if source.language not in ("c", "zig") or source.build_command is not None:
        return False
    plan = plan_build(source, tools)
    return isinstance(plan, Diagnostic) and WASI_ADAPTER in plan.message


def _own_commands(sources: Collection[ComponentSource], tools: Toolchain) -> list[Finding]:
    """The programs that components' own build commands begin with."""
    found: dict[str, Finding] = {}
    for source in sources:
        program = (source.build_command or "").split()[:1]
        if not program or "/" in program[0]:
            continue
        name = program[0]
        place = shutil.which(name, path=tools.environment()["PATH"])
        if place is not None:
            finding = Finding("build_command", name, FindingState.GOOD, "found", place, needed=True)
        else:
            cure = f"install {name}, or correct the build_command of '{source.name}'"
            finding = Finding(
                "build_command", name, FindingState.MISSING, "not found", None, cure, needed=True
            )
        found.setdefault(name, finding)
    return list(found.values())
