"""Compares what a component really imports and exports with the role of its node."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from runtime.flow.manifest.problems import Problems, listed
from runtime.flow.manifest.source_text import KeyPath
from runtime.model.codes import Code
from runtime.model.component.contract import (
    EXPORTS,
    PROVIDED,
    PROVIDED_RESOURCES,
    readable,
    same_type,
)
from runtime.model.component.surface import InterfaceSurface, Surface
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LIFECYCLE_INTERFACE, ROLE_INTERFACES, Role, contract_name

SUPPORTED = "0.1"
"""Torvyn's contract version; every 0.1.x is accepted, and so are packages without a version
(docs/torvyn-facts.md#interfaces)."""

_PATCHED = re.compile(r"0\.1\.[0-9]+")
_WASI_PATCHED = re.compile(r"0\.2\.[0-9]+")
_ASYNC = re.compile(r"\basync\b|\b(?:stream|future)\b(?!-)")


PROVIDED_WASI = frozenset(
    {
        "wasi:cli/environment",
        "wasi:cli/exit",
        "wasi:cli/stdin",
        "wasi:cli/stdout",
        "wasi:cli/stderr",
        "wasi:cli/terminal-input",
        "wasi:cli/terminal-output",
        "wasi:cli/terminal-stdin",
        "wasi:cli/terminal-stdout",
        "wasi:cli/terminal-stderr",
        "wasi:clocks/monotonic-clock",
        "wasi:clocks/wall-clock",
        "wasi:filesystem/preopens",
        "wasi:filesystem/types",
        "wasi:io/error",
        "wasi:io/poll",
        "wasi:io/streams",
        "wasi:random/insecure",
        "wasi:random/insecure-seed",
        "wasi:random/random",
        "wasi:sockets/instance-network",
        "wasi:sockets/ip-name-lookup",
        "wasi:sockets/network",
        "wasi:sockets/tcp",
        "wasi:sockets/tcp-create-socket",
        "wasi:sockets/udp",
        "wasi:sockets/udp-create-socket",
    }
)
"""Interfaces of WASI 0.2, any patch version."""


@dataclass(frozen=True, slots=True)
class Binding:
    """The exports a node is called through, with their versions."""

    interface: str
    lifecycle: str | None


class SurfaceCheck:
    """Checks the component of one node; problems go to its `component` and `interface` keys."""

    def __init__(
        self,
        surface: Surface,
        role: Role,
        declared: str,
        at: KeyPath,
        problems: Problems,
        *,
        artifact: str = "",
    ) -> None:
        """`artifact` is the file that problems of the component begin with."""
        self._surface = surface
        self._role = role
        self._declared = declared
        self._component_at: KeyPath = (*at, "component")
        self._interface_at: KeyPath = (*at, "interface")
        self._problems = problems
        self._artifact = f"{artifact}: " if artifact else ""

    def check(self) -> Binding | None:
        """The exports to call, or None when the role's interface is not there."""
        self._check_imports()
        version = self._declared.partition("@")[2]
        if version and not _PATCHED.fullmatch(version):
            self._problems.error(
                Code.VERSION_INCOMPATIBLE,
                self._interface_at,
                f"'{self._declared}' names a version other than {SUPPORTED}.x",
                f"write '{ROLE_INTERFACES[self._role]}', or a version {SUPPORTED}.x",
                value=True,
            )
        interface = self._export(ROLE_INTERFACES[self._role])
        if interface is None:
            self._note_missing()
            return None
        self._check_functions(interface, EXPORTS[ROLE_INTERFACES[self._role]])
        lifecycle = self._export(LIFECYCLE_INTERFACE)
        if lifecycle is not None:
            self._check_functions(lifecycle, EXPORTS[LIFECYCLE_INTERFACE])
        return Binding(interface.name, lifecycle.name if lifecycle else None)

    def _export(self, base: str) -> InterfaceSurface | None:
        """The export of that name or an alias of it, of a version that can be called."""
        return next(
            (
                item
                for item in self._surface.exports
                if contract_name(item.name) == base and _is_callable(item.name)
            ),
            None,
        )

    def _note_missing(self) -> None:
        wanted = ROLE_INTERFACES[self._role]
        exports = [item.name for item in self._surface.exports]
        other = next((name for name in exports if contract_name(name) == wanted), None)
        if other is not None:
            self._error(
                Code.VERSION_INCOMPATIBLE,
                f"the component exports {other}; this host calls {wanted}@{SUPPORTED}.x",
                f"build the component against version {SUPPORTED}.0 of Torvyn's contract",
            )
            return
        known = {contract_name(name) for name in exports}
        roles = [base for base in ROLE_INTERFACES.values() if base in known]
        help_ = f"build a component that exports {wanted}, e.g. from the world of a {self._role}"
        if roles:
            help_ = f'write interface = "{roles[0]}", or name a component that is a {self._role}'
        has = f"it exports {listed(exports)}" if exports else "it exports nothing"
        message = f"the component does not export {wanted}; {has}"
        self._error(Code.INTERFACE_MISMATCH, message, help_, at=self._interface_at)

    def _check_functions(self, interface: InterfaceSurface, expected: Mapping[str, str]) -> None:
        found = {function.name: function.type for function in interface.functions}
        for name, wanted in expected.items():
            if name not in found:
                self._error(
                    Code.INTERFACE_MISMATCH,
                    f"{interface.name} lacks the function '{name}'",
                    _rebuild_help(found.values()),
                )
            elif not same_type(found[name], wanted):
                self._note_type(f"{interface.name} exports '{name}'", found[name], wanted)

    def _note_type(self, what: str, found: str, wanted: str) -> None:
        self._error(
            Code.INTERFACE_MISMATCH,
            f"{what} with another type\n  expected: {readable(wanted)}\n"
            f"  found:    {readable(found)}",
            _rebuild_help([found]),
        )

    def _check_imports(self) -> None:
        unmet: list[str] = list(self._surface.other_imports)
        for item in self._surface.imports:
            base = _base(item.name)
            if base in PROVIDED and _is_callable(item.name):
                self._check_provided(item, PROVIDED[base])
            elif base.startswith("wasi:http/"):
                self._error(
                    Code.UNRESOLVED_IMPORT,
                    f"the component imports {item.name}, which neither Torvyn nor this host has",
                    "move the request out of the flow, or use sockets (wasi:sockets)",
                )
            elif base.startswith("wasi:") and _version(item.name).startswith("0.3"):
                self._error(
                    Code.UNRESOLVED_IMPORT,
                    f"the component imports {item.name} of WASI 0.3 (asynchronous), which this "
                    "host cannot run",
                    "build it for WASI 0.2, e.g. with the target wasm32-wasip2",
                )
            elif not (base in PROVIDED_WASI and _WASI_PATCHED.fullmatch(_version(item.name))):
                unmet.append(item.name)
        for name in unmet:
            self._note_unmet(name)

    def _note_unmet(self, name: str) -> None:
        base = _base(name)
        help_ = "remove the import: a component may use torvyn:streaming and WASI 0.2"
        if base in PROVIDED:
            help_ = f"build the component against version {SUPPORTED}.0 of Torvyn's contract"
        elif contract_name(name) in EXPORTS:
            help_ = f"export {base} instead of importing it; the flow joins components by edges"
        elif base in PROVIDED_WASI:
            help_ = "build it for WASI 0.2, e.g. with the target wasm32-wasip2"
        message = f"the component imports {name}, which this host does not provide"
        self._error(Code.UNRESOLVED_IMPORT, message, help_)

    def _check_provided(self, item: InterfaceSurface, provided: Mapping[str, str]) -> None:
        for resource in item.resources:
            if resource not in PROVIDED_RESOURCES:
                self._note_unmet(f"{item.name}#{resource}")
        for function in item.functions:
            wanted = provided.get(function.name)
            if wanted is None:
                self._note_unmet(f"{item.name}#{function.name}")
            elif not same_type(function.type, wanted):
                self._note_type(f"{item.name} imports '{function.name}'", function.type, wanted)

    def _error(self, code: Code, message: str, help_: str, at: KeyPath | None = None) -> None:
        place = at or self._component_at
        self._problems.error(code, place, self._artifact + message, help_, value=True)


def _rebuild_help(types: Iterable[str]) -> str:
    if any(_ASYNC.search(text) for text in types):
        return "build it without async functions: Torvyn's contract has none"
    return f"build the component against version {SUPPORTED}.0 of Torvyn's contract"


def _is_callable(name: str) -> bool:
    version = _version(name)
    return not version or _PATCHED.fullmatch(version) is not None


def _base(name: str) -> str:
    return name.partition("@")[0]


def _version(name: str) -> str:
    return name.partition("@")[2].partition("#")[0]
