"""What is to be built of a manifest."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from runtime.build.bundled import wit_packages
from runtime.build.plan import ComponentSource
from runtime.flow.manifest.manifest_file import LoadedManifest, load_manifest
from runtime.flow.manifest.tables import Manifest
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.nearest import did_you_mean


@dataclass(frozen=True, slots=True)
class Buildable:
    """What is to be built of a manifest."""

    sources: tuple[ComponentSource, ...]
    """In manifest order."""
    warnings: tuple[Diagnostic, ...]
    """Of the manifest."""


def load_buildable(
    manifest: Path, components: Collection[str] = (), *, debug: bool = False
) -> Buildable:
    """The named components of a manifest, without names all of them.

    Raises:
        StudioError: the manifest has errors, or does not declare one of the components.
    """
    loaded = load_manifest(manifest)
    tables = loaded.manifest
    names = [item.name for item in tables.component]
    for unknown in dict.fromkeys(name for name in components if name not in names):
        _note_unknown(loaded, unknown, names)
    diagnostics = loaded.problems.diagnostics()
    if loaded.problems.has_errors:
        raise StudioError(diagnostics)
    packages = wit_packages()
    sources = tuple(
        ComponentSource(
            name=item.name,
            directory=_resolved(loaded.directory / item.path),
            manifest=loaded.path,
            language=item.language,
            build_command=item.build_command,
            target=tables.build.target,
            extra_args=tables.build.extra_args,
            release=tables.build.release and not debug,
            interface=_interface_of(tables, item.name),
            wit_packages=packages,
        )
        for item in tables.component
        if not components or item.name in components
    )
    return Buildable(sources, diagnostics)


def _interface_of(manifest: Manifest, component: str) -> str | None:
    """That of the first node that uses the component, in the order of the manifest."""
    nodes = (node for flow in manifest.flow.values() for node in flow.nodes.values())
    return next((node.interface for node in nodes if node.component == component), None)


def _note_unknown(loaded: LoadedManifest, component: str, names: list[str]) -> None:
    help_ = did_you_mean(component, names, "declared components")
    for flow in loaded.manifest.flow.values():
        node = flow.nodes.get(component)
        if node is not None and node.component in names:
            help_ = f"node '{component}' runs component '{node.component}': name that"
    if not names:
        help_ = "declare it in [[component]] with name and path"
    at = ("component",) if names else ()
    message = f"there is no component '{component}'"
    loaded.problems.error(Code.COMPONENT, at, message, help_)


def _resolved(directory: Path) -> Path:
    """Absolute, links followed, as build tools name their files."""
    try:
        return Path(os.path.realpath(directory))
    except (OSError, ValueError):
        return directory
