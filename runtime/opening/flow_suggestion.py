"""What `run` says of a manifest that has components and no flow."""

from __future__ import annotations

import os
from pathlib import Path

from runtime.build.worlds import worlds_in
from runtime.flow.manifest.manifest_file import LoadedManifest, load_manifest
from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.source_text import SourceText
from runtime.flow.manifest.tables import Component
from runtime.flow.resolve import Resolver
from runtime.flow.suggested_flow import suggested_flow
from runtime.hotreload.proposals import Linking
from runtime.model.errors import StudioError
from runtime.model.files.input_file import read_bounded
from runtime.model.linked import ROLE_INTERFACES, Role, contract_name
from runtime.opening.cache_folder import compiled_cache
from runtime.wasm.host import Host


def suggest_flow(manifest: Path) -> str | None:
    """A `[flow.main]` to paste; None when the manifest has a flow, or no component.

    A component that is built is opened to see its role; of another one the WIT is read.
    Raises `StudioError` when the manifest cannot be read.
    """
    loaded = load_manifest(manifest)
    components = [item for item in loaded.manifest.component if item.name]
    if loaded.manifest.flow or not components:
        return None
    linking = Linking(Host(compiled_cache()))
    resolver = Resolver(
        directory=loaded.directory,
        components={item.name: item for item in components},
        build=loaded.manifest.build,
        working_directory=Path.cwd(),
        environment=os.environ,
    )
    return suggested_flow(
        {item.name: _role(item, loaded, resolver, linking) for item in components}
    )


def _role(
    component: Component, loaded: LoadedManifest, resolver: Resolver, linking: Linking
) -> Role | None:
    # Whatever is wrong with a file is said when the pasted flow is run.
    unused = Problems(str(loaded.path), SourceText(""))
    path = resolver.resolve(component.name, ("component",), unused)
    if path is not None:
        try:
            surface = linking.inspect(read_bounded(path))
        except (OSError, StudioError):
            return None
        return _only_role([item.name for item in surface.exports])
    for folder in (loaded.directory / component.path / "wit", loaded.directory / "wit"):
        exports = [name for world in worlds_in(folder) for name in world.exports]
        if exports:
            return _only_role(exports)
    return None


def _only_role(exports: list[str]) -> Role | None:
    names = {contract_name(name) for name in exports}
    roles = [role for role, interface in ROLE_INTERFACES.items() if interface in names]
    return roles[0] if len(roles) == 1 else None
