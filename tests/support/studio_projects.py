"""Projects for tests: a manifest and built components in a folder, and the command line on them."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from runtime.model.linked import ROLE_INTERFACES, Role
from tests.support.command_server import run
from tests.support.wasm.guests import SINK, SOURCE, component

ROOT = Path(__file__).parents[2]
HEAD = '[torvyn]\nname = "project"\nversion = "0.1.0"\ncontract_version = "0.1.0"\n'


def studio(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    """The command line in a process of its own."""
    return run(arguments, cwd)


def source() -> bytes:
    """Gives a, b, c."""
    return component(SOURCE, Role.SOURCE)


def sink() -> bytes:
    """Takes anything."""
    return component(SINK, Role.SINK)


@dataclass
class Project:
    """Nodes in a row, each of a component of its own name; `sink` gets stdout."""

    folder: Path
    nodes: Mapping[str, tuple[Role, bytes | None]]
    """By name: role, and the artifact's bytes, or None for a component that is not built."""
    extra: str = ""
    """More of the manifest."""
    node_keys: dict[str, str] = field(default_factory=dict)
    """More keys of a node's table."""
    port: str = "output"
    """Output port of a router's edge."""

    def write(self) -> Path:
        """Write manifest and artifacts; the manifest's path."""
        build = self.folder / ".torvyn" / "build"
        build.mkdir(parents=True, exist_ok=True)
        parts = [HEAD, self.extra]
        for name, (role, artifact) in self.nodes.items():
            parts.append(f'[[component]]\nname = "{name}"\npath = "{name}"\n')
            parts.append(
                f'[flow.main.nodes.{name}]\ncomponent = "{name}"\n'
                f'interface = "{ROLE_INTERFACES[role]}"\n{self.node_keys.get(name, "")}\n'
            )
            if artifact is not None:
                (build / f"{name}.wasm").write_bytes(artifact)
        names = list(self.nodes)
        for left, right in pairwise(names):
            port = self.port if self.nodes[left][0] is Role.ROUTER else "output"
            parts.append(
                f'[[flow.main.edges]]\nfrom = {{ node = "{left}", port = "{port}" }}\n'
                f'to = {{ node = "{right}", port = "input" }}\n'
            )
        parts.append('[security.grants.sink]\ncapabilities = ["stdio:stdout"]\n')
        manifest = self.folder / "Torvyn.toml"
        manifest.write_text("\n".join(parts))
        return manifest


def pair(folder: Path, sink_bytes: bytes | None, **keys: str) -> Path:
    """The manifest of a flow from `source` to `sink`."""
    nodes = {"source": (Role.SOURCE, source()), "sink": (Role.SINK, sink_bytes)}
    return Project(folder, nodes, node_keys=dict(keys)).write()


def row(folder: Path, role: Role, artifact: bytes, **keys: str) -> Path:
    """The manifest of a flow from `source` through `mid` to `sink`."""
    nodes = {
        "source": (Role.SOURCE, source()),
        "mid": (role, artifact),
        "sink": (Role.SINK, sink()),
    }
    return Project(folder, nodes, node_keys=dict(keys)).write()
