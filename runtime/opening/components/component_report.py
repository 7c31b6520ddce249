"""What a component file is: looked at alone, without a flow."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from runtime.flow.manifest.manifest_file import load_manifest
from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.source_text import SourceText
from runtime.flow.needs import needs_of
from runtime.flow.resolve import Resolver
from runtime.flow.surface_check import SurfaceCheck
from runtime.model.access import Need
from runtime.model.codes import Code
from runtime.model.component.surface import Surface
from runtime.model.component.wasm_sections import CUSTOM_SECTION, sections
from runtime.model.errors import Diagnostic, StudioError
from runtime.model.files.input_file import read_bounded
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import (
    DEFAULT_LIMITS,
    INTERPRETER_LIMITS,
    ROLE_INTERFACES,
    Limits,
    Role,
)
from runtime.model.text.nearest import did_you_mean
from runtime.opening.cache_folder import compiled_cache
from runtime.opening.components.component_alone import compile_file, roles_of
from runtime.wasm.declared_memory import Declared
from runtime.wasm.host import Host

_CORE_MODULE_SECTION = 1
_COMPONENT_SECTION = 4
_PLAIN_NAME = re.compile(r"(?!.*\.wasm$)[^/\\:]+")
"""Neither a path nor a reference with a scheme."""


@dataclass(frozen=True, slots=True)
class SectionSizes:
    """What a file's bytes are."""

    modules: int
    """Core modules and nested components, with their debug information."""
    custom: int
    """Names, producers and the like, of the component itself."""
    other: int
    """Types, imports, exports, and what joins the modules."""


@dataclass(frozen=True, slots=True)
class ComponentReport:
    """A component, and how it could stand in a flow."""

    path: Path
    surface: Surface
    declared: Declared
    """The memories and tables that an instance has."""
    sizes: SectionSizes
    roles: tuple[Role, ...]
    """The roles whose interface it exports; mostly one."""
    needs: tuple[Need, ...]
    """Capabilities that its imports can make use of."""
    limits: Limits
    """What a node with it gets where the manifest says nothing."""
    problems: tuple[Diagnostic, ...]
    """Why it cannot be linked in the first of its roles, or that it has none."""


def inspect_component(path: Path) -> ComponentReport:
    """Compile and read the component in a file.

    Raises:
        StudioError: the file cannot be read (E0001) or is no component (E0800).
    """
    compiled = compile_file(Host(compiled_cache()), path)
    surface = compiled.surface
    roles = roles_of(surface)
    return ComponentReport(
        path,
        surface,
        compiled.declared,
        _sizes(read_bounded(path)),
        roles,
        needs_of(surface),
        INTERPRETER_LIMITS if surface.interpreter else DEFAULT_LIMITS,
        _problems(path, surface, roles),
    )


def component_file(manifest: Path, name: str) -> Path:
    """The file of a component that a manifest declares, or that one of its nodes has.

    Raises:
        StudioError: the manifest cannot be read, or has no such component, or it is not built.
    """
    loaded = load_manifest(manifest)
    nodes = {
        node: item.component
        for flow in loaded.manifest.flow.values()
        for node, item in flow.nodes.items()
    }
    declared = {item.name: item for item in loaded.manifest.component if item.name}
    reference = name if name in declared else nodes.get(name, name)
    problems = Problems(str(manifest), SourceText(""))
    if reference not in declared and name not in nodes and _PLAIN_NAME.fullmatch(name):
        known = {*nodes, *declared}
        advice = did_you_mean(name, known, "nodes and components")
        words = f"there is no node or component '{name}'"
        problems.error(Code.COMPONENT, (), words, advice)
        raise StudioError(_without_place(problems))
    resolver = Resolver(
        directory=loaded.directory,
        components=declared,
        build=loaded.manifest.build,
        working_directory=Path.cwd(),
        environment=os.environ,
    )
    found = resolver.resolve(reference, (), problems)
    if found is None:
        raise StudioError(_without_place(problems))
    return found


def _problems(path: Path, surface: Surface, roles: tuple[Role, ...]) -> tuple[Diagnostic, ...]:
    problems = Problems(str(path), SourceText(""))
    if roles:
        SurfaceCheck(surface, roles[0], ROLE_INTERFACES[roles[0]], (), problems).check()
    else:
        problems.error(
            Code.INTERFACE_MISMATCH,
            (),
            "the component exports no interface of a role, so no node can have it",
            "build it for one of the worlds that `torvyn-studio wit` prints",
        )
    return tuple(_without_place(problems))


def _without_place(problems: Problems) -> list[Diagnostic]:
    return [replace(item, line=None, column=None, key=None) for item in problems.diagnostics()]


def _sizes(data: bytes) -> SectionSizes:
    modules = custom = 0
    for section in sections(data):
        size = min(section.end, len(data)) - section.start
        if section.id in (_CORE_MODULE_SECTION, _COMPONENT_SECTION):
            modules += size
        elif section.id == CUSTOM_SECTION:
            custom += size
    return SectionSizes(modules, custom, len(data) - modules - custom)
