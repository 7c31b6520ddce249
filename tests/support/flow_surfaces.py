"""Hand-made surfaces and a stand-in for reading components, for tests that open no wasm."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from runtime.flow.link import LinkResult
from runtime.model.codes import Code
from runtime.model.component.contract import EXPORTS, PROVIDED
from runtime.model.component.surface import FunctionSurface, InterfaceSurface, Surface
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.linked import LIFECYCLE_INTERFACE, ROLE_INTERFACES, Role


def exported(base: str, version: str = "0.1.0") -> InterfaceSurface:
    """An interface as the contract has it."""
    functions = tuple(FunctionSurface(name, kind) for name, kind in EXPORTS[base].items())
    return InterfaceSurface(f"{base}@{version}", functions)


def imported(base: str, version: str = "0.1.0") -> InterfaceSurface:
    """An interface of the host as the contract has it."""
    functions = tuple(FunctionSurface(name, kind) for name, kind in PROVIDED[base].items())
    return InterfaceSurface(f"{base}@{version}", functions, ("buffer", "mutable-buffer"))


def good(role: Role) -> Surface:
    """What a component of that role imports and exports."""
    return Surface(
        digest="",
        size=0,
        imports=(
            imported("torvyn:streaming/types"),
            imported("torvyn:streaming/buffer-allocator"),
            InterfaceSurface("wasi:cli/stdout@0.2.9"),
            InterfaceSurface("wasi:io/streams@0.2.12"),
        ),
        exports=(exported(ROLE_INTERFACES[role]), exported(LIFECYCLE_INTERFACE)),
    )


class FakeInspect:
    """Reads "components" that are the JSON of a role, or a key of `odd`."""

    def __init__(self, **odd: Surface) -> None:
        self.odd = odd
        self.calls = 0

    def __call__(self, data: bytes) -> Surface:
        self.calls += 1
        try:
            name = json.loads(data)
        except ValueError:
            problem = Diagnostic(
                Severity.ERROR, Code.BUILD_FAILED, "not a component", "build it again"
            )
            raise StudioError([problem]) from None
        surface = self.odd.get(name) or good(Role(name))
        return replace(surface, digest=hashlib.sha256(data).hexdigest(), size=len(data))


def project(
    folder: Path, roles: dict[str, str], edges: list[tuple[str, str]], extra: str = ""
) -> Path:
    """A manifest whose nodes each have a component of their own name, "built" as JSON."""
    build = folder / ".torvyn" / "build"
    build.mkdir(parents=True, exist_ok=True)
    text = '[torvyn]\nname = "p"\nversion = "0.1.0"\ncontract_version = "0.1.0"\n'
    for node, role in roles.items():
        text += f'[[component]]\nname = "{node}"\npath = "{node}"\n'
        interface = ROLE_INTERFACES[Role(role)]
        text += f'[flow.main.nodes.{node}]\ncomponent = "{node}"\ninterface = "{interface}"\n'
        (build / f"{node}.wasm").write_text(json.dumps(role))
    for source, target in edges:
        text += (
            f'[[flow.main.edges]]\nfrom = {{ node = "{source}", port = "output" }}\n'
            f'to = {{ node = "{target}", port = "input" }}\n'
        )
    path = folder / "Torvyn.toml"
    path.write_text(text + extra)
    return path


def codes(result: LinkResult) -> list[tuple[str, str | None]]:
    return [(item.code, item.key) for item in result.diagnostics]
