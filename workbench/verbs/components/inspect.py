"""`torvyn-studio inspect`: what a component file imports, exports and needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from runtime.model.component.contract import readable
from runtime.model.component.surface import InterfaceSurface
from runtime.model.errors import ExitCode
from runtime.model.text.printable import json_line
from runtime.opening.components.component_report import (
    ComponentReport,
    component_file,
    inspect_component,
)
from runtime.scaffold.contracts import ROLE_WORLDS
from workbench.command_line.global_options import global_options
from workbench.command_line.messages import show_problems, show_result
from workbench.verbs.options.arguments import MANIFEST_WORD, manifest_and_flow

MIB = 1024 * 1024
_TITLE_CELLS = 14
_SUFFIX = ".wasm"


@click.command("inspect")
@click.argument("target", metavar="FILE.wasm|COMPONENT", type=MANIFEST_WORD)
@click.argument("words", nargs=-1, metavar="[MANIFEST]", type=MANIFEST_WORD)
@click.option(
    "--show",
    type=click.Choice(["all", "interfaces", "capabilities", "metadata", "size"]),
    default="all",
    show_default=True,
    help="This part alone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(target: str, words: tuple[str, ...], show: str, as_json: bool) -> int:
    """Tell what a component is: role, interfaces, capabilities, sizes, memories, limits.

    COMPONENT is a component or a node of the manifest. With --verbose functions and their types
    are listed too. Exit code 2 when no node could have the component; why is told on stderr.

    \b
    torvyn-studio inspect target/wasm32-wasip2/release/router.wasm
    torvyn-studio inspect router --manifest pipelines/Torvyn.toml
    torvyn-studio inspect router --json | jq .capabilities_required
    """
    report = inspect_component(_file(target, words))
    if as_json:
        print(json_line(_fields(report)))
    else:
        rows = [row for part in _PARTS[show] for row in part(report)]
        show_result("\n".join(rows))
    show_problems(report.problems)
    return ExitCode.BAD_INPUT if report.problems else ExitCode.OK


def _file(target: str, words: tuple[str, ...]) -> Path:
    path = Path(target)
    if path.is_file() or target.endswith(_SUFFIX) or path.parent != Path():
        return path
    manifest, _ = manifest_and_flow(words, None)
    return component_file(manifest, target)


def _metadata(report: ComponentReport) -> list[str]:
    surface = report.surface
    roles = ", ".join(f"{role.value} (world {ROLE_WORLDS[role]})" for role in report.roles)
    made = [*surface.languages, *surface.tools]
    interpreter = f"carries the interpreter of {surface.interpreter}" if surface.interpreter else ""
    return [
        _row("Component", str(report.path)),
        _row("Digest", surface.digest),
        _row("Role", roles or "none that a node can have"),
        _row("Made by", ", ".join([*made, *filter(None, [interpreter])]) or "it does not say"),
    ]


def _size(report: ComponentReport) -> list[str]:
    sizes = report.sizes
    return [
        _row("Size", _bytes(report.surface.size)),
        _row(
            "",
            f"modules {_bytes(sizes.modules)}, custom sections {_bytes(sizes.custom)}, "
            f"all else {_bytes(sizes.other)}",
        ),
    ]


def _interfaces(report: ComponentReport) -> list[str]:
    surface = report.surface
    rows = [*_listed("Exports", surface.exports), *_listed("Imports", surface.imports)]
    return [*rows, *(f"  {name}" for name in surface.other_imports)]


def _listed(title: str, interfaces: tuple[InterfaceSurface, ...]) -> list[str]:
    rows = [title]
    for item in interfaces:
        rows.append(f"  {item.name}")
        if global_options().verbose:
            rows += [f"    {made.name}: {readable(made.type)}" for made in item.functions]
    return rows if interfaces else [_row(title, "nothing")]


def _capabilities(report: ComponentReport) -> list[str]:
    if not report.needs:
        return [_row("Capabilities", "it can make use of none")]
    rows = [f"  {need.capability:<22}{', '.join(need.imports)}" for need in report.needs]
    return ["Capabilities that its imports can make use of", *rows]


def _limits(report: ComponentReport) -> list[str]:
    memories = report.declared.memories
    ranges = [
        f"{_bytes(item.least)} at once, "
        + ("no maximum of its own" if item.most is None else f"at most {_bytes(item.most)}")
        for item in memories
    ]
    limits = report.limits
    text = (
        f"{limits.fuel:,} fuel and {limits.call_timeout_ms:,} ms a call, "
        f"{limits.memory_bytes / MIB:g} MiB, where the manifest says nothing"
    )
    rows = [_row("Memories", "; ".join(ranges) or "none"), _row("Limits", text)]
    if report.declared.least_bytes > limits.memory_bytes:
        needed = -(-report.declared.least_bytes // MIB)
        rows.append(_row("", f'it needs max_memory = "{needed}MiB" to be instantiated at all'))
    return rows


_Part = Callable[[ComponentReport], list[str]]
_PARTS: dict[str, tuple[_Part, ...]] = {
    "all": (_metadata, _size, _limits, _interfaces, _capabilities),
    "metadata": (_metadata,),
    "size": (_size, _limits),
    "interfaces": (_interfaces,),
    "capabilities": (_capabilities,),
}


def _fields(report: ComponentReport) -> dict[str, Any]:
    """Torvyn's field names where it has them (docs/torvyn-facts.md#command-line)."""
    surface, sizes, limits = report.surface, report.sizes, report.limits
    return {
        "name": report.path.stem,
        "file": str(report.path),
        "digest": surface.digest,
        "size_wasm_bytes": surface.size,
        "size_modules_bytes": sizes.modules,
        "size_custom_bytes": sizes.custom,
        "roles": [role.value for role in report.roles],
        "worlds": [ROLE_WORLDS[role] for role in report.roles],
        "exports": [item.name for item in surface.exports],
        "imports": [item.name for item in surface.imports] + list(surface.other_imports),
        "functions": {
            item.name: {made.name: made.type for made in item.functions}
            for item in (*surface.exports, *surface.imports)
        },
        "capabilities_required": [need.capability for need in report.needs],
        "build_info": ", ".join(surface.tools) or None,
        "languages": list(surface.languages),
        "interpreter": surface.interpreter or None,
        "memories": [
            {"least_bytes": i.least, "most_bytes": i.most} for i in report.declared.memories
        ],
        "limits": {
            "fuel": limits.fuel,
            "memory_bytes": limits.memory_bytes,
            "call_timeout_ms": limits.call_timeout_ms,
        },
        "diagnostics": [item.fields() for item in report.problems],
    }


def _row(title: str, text: str) -> str:
    return f"{title:<{_TITLE_CELLS}}{text}"


def _bytes(size: int) -> str:
    shown = f"{size / MIB:.1f} MiB" if size >= MIB else f"{size / 1024:.1f} KiB"
    return f"{size:,} bytes" if size < 1024 else f"{shown} ({size:,} bytes)"
