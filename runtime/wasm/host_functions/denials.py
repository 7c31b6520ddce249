"""Interfaces of WASI that a node is not granted: each attempt fails, and is noticed.

wasmtime denies without a word, so what is denied is replaced here. The environment is empty and
sockets are refused as wasmtime does it. Of files wasmtime would show no folder at all, and a
component's own library would then refuse every path without asking the host. Here there is a
folder `/` in which nothing is permitted, so that the path that was asked for can be named.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from wasmtime.component import LinkerInstance

from runtime.model.access import WRITING_METHODS, DeniedUse, base_of, is_of
from runtime.model.surface import InterfaceSurface
from runtime.wasm.abi import capi, value_layout
from runtime.wasm.abi.component_values import FixedValues, put
from runtime.wasm.abi.handles import FOLDER_TYPE, UNMADE_TYPE, Handles
from runtime.wasm.abi.value_layout import VALUE_SIZE, WORDS, read_text
from runtime.wasm.host_functions import boundary
from runtime.wasm.host_functions.call_state import CallState
from runtime.wasm.host_functions.torvyn import Body, define_function, define_resource

ENVIRONMENT = "wasi:cli/environment"
PREOPENS = "wasi:filesystem/preopens"
FILES = "wasi:filesystem/types"
TCP = "wasi:sockets/tcp-create-socket"
UDP = "wasi:sockets/udp-create-socket"
LOOKUP = "wasi:sockets/ip-name-lookup"

OnDenied = Callable[[DeniedUse, int], None]
"""Hears of each use, on the thread that makes calls, and how often the node used that so far."""

_PATH_AT = {
    "open-at": 2,
    "stat-at": 2,
    "create-directory-at": 1,
    "readlink-at": 1,
    "remove-directory-at": 1,
    "unlink-file-at": 1,
    "rename-at": 1,
    "symlink-at": 1,
    "link-at": 2,
    "set-times-at": 2,
    "metadata-hash-at": 2,
}
"""Which parameter of a method is the path, counted from 0."""
_BORROWS_AT = {"rename-at": (0, 2), "link-at": (0, 3), "is-same-object": (0, 1)}
"""Parameters that are handles, where there are more than the first."""
_OPEN_TO_WRITE = frozenset({"create", "exclusive", "truncate", "write", "mutate-directory"})
_RESOURCES = {
    (FILES, "descriptor"): FOLDER_TYPE,
    (FILES, "directory-entry-stream"): UNMADE_TYPE,
    (LOOKUP, "resolve-address-stream"): UNMADE_TYPE,
}
"""Those that an interface itself has; all others are of interfaces that stay wasmtime's."""
_NAME_SIZE = 16
_SHOWN_CHARACTERS = 200
"""Characters of a component's text that are kept."""


class DeniedUses:
    """Counts what the nodes of one flow tried and were denied."""

    def __init__(self, on_denied: OnDenied | None) -> None:
        self._on_denied = on_denied
        self._counts: Counter[tuple[str, str]] = Counter()

    def note(self, use: DeniedUse) -> None:
        """Count a use."""
        kind = use.node, base_of(use.capability)
        self._counts[kind] += 1
        if self._on_denied is not None:
            self._on_denied(use, self._counts[kind])


class Denials:
    """The replaced interfaces of one instance."""

    def __init__(
        self,
        state: CallState,
        handles: Handles,
        uses: DeniedUses,
        grants: tuple[str, ...],
        withheld: tuple[str, ...],
    ) -> None:
        """`withheld` are grants that the user did not agree to."""
        self._state = state
        self._handles = handles
        self._uses = uses
        self._grants = grants
        self._withheld = withheld
        fixed = self._fixed = FixedValues()
        self._kept: list[Any] = []
        self._no_list = capi.address(fixed.value(value_layout.LIST))
        self._none = capi.address(fixed.value(value_layout.OPTION))
        self._directory = self._ok(fixed.text("directory", value_layout.ENUM))
        self._no_flags = self._ok(fixed.value(value_layout.FLAGS))
        self._not_permitted = self._error("not-permitted")
        self._access_denied = self._error("access-denied")
        pair, (self._folder, path) = fixed.tuple_of(2, value_layout.RESOURCE)
        put(path, value_layout.STRING)
        fixed.name(path + value_layout.FIRST, "/")
        self._folders_value = capi.address(fixed.value(value_layout.LIST, 1, pair))

    def _ok(self, value: int) -> Any:
        return capi.address(self._fixed.value(value_layout.RESULT, 1, value))

    def _error(self, code: str) -> Any:
        error = self._fixed.text(code, value_layout.ENUM)
        return capi.address(self._fixed.value(value_layout.RESULT, 0, error))

    def replaces(self, interface: InterfaceSurface) -> bool:
        """True when the node has no grant for what the interface is for."""
        name, version = boundary.split_version(interface.name)
        grants = self._state.grants
        if not boundary.is_wasi_version(version):
            return False
        if name in (PREOPENS, FILES):
            # Also when only its types are imported: they must be those of the other.
            return not grants.directories
        if not interface.functions:
            return False
        if name == ENVIRONMENT:
            return not grants.environment and not grants.variables
        return name in (TCP, UDP, LOOKUP)

    def define(self, linker: LinkerInstance, interface: InterfaceSurface) -> None:
        """Define everything that the component imports of the interface."""
        name = boundary.split_version(interface.name)[0]
        for resource in interface.resources:
            kind = _RESOURCES.get((name, resource))
            if kind is not None:
                self._kept.append(define_resource(linker, resource, kind, _dropped, self._state))
        for function in interface.functions:
            body = self._body(f"{interface.name} {function.name}", name, function.name)
            self._kept.append(define_function(linker, function.name, body, self._state))

    def _body(self, imported: str, name: str, function: str) -> Body:
        match name:
            case _ if name == ENVIRONMENT:
                return self._environment(imported, function)
            case _ if name == PREOPENS:
                return self._folders
            case _ if name == FILES:
                return self._method(imported, function.partition(".")[2])
            case _ if name == LOOKUP:
                return self._lookup(imported)
        capability = "network:udp" if name == UDP else "network:tcp-connect"

        def no_socket(_args: int, result: int) -> None:
            self._note(imported, capability, "make a socket")
            _give(self._access_denied, result)

        return no_socket

    def note_printed(self, stream: str) -> None:
        """Count that the component printed to "stdout" or "stderr" without a grant."""
        self._note(f"wasi:cli/{stream} get-{stream}", f"stdio:{stream}", f"print to {stream}")

    # ---- environment, network

    def _environment(self, imported: str, function: str) -> Body:
        empty = self._none if function == "initial-cwd" else self._no_list

        def nothing(_args: int, result: int) -> None:
            if function == "get-environment":
                self._note(imported, "environment:read", "read the environment")
            _give(empty, result)

        return nothing

    def _lookup(self, imported: str) -> Body:
        def no_addresses(args: int, result: int) -> None:
            host = read_text(args + VALUE_SIZE + value_layout.FIRST)[:_SHOWN_CHARACTERS]
            self._handles.drop_borrow(WORDS[args >> 3])
            self._note(imported, "network:tcp-connect", f"look up the host {host}")
            _give(self._access_denied, result)

        return no_addresses

    # ---- files

    def _folders(self, _args: int, result: int) -> None:
        """One folder, `/`. This is no attempt yet: libraries ask for it before anything else."""
        handle = self._handles.own(FOLDER_TYPE, 0)
        put(self._folder, value_layout.RESOURCE, handle)
        _give(self._folders_value, result)
        capi.any_delete(capi.address(handle))

    def _method(self, imported: str, method: str) -> Body:
        match method:
            case "get-type":
                return lambda args, result: self._known(args, self._directory, result)
            case "get-flags":
                return lambda args, result: self._known(args, self._no_flags, result)
            case "":
                # filesystem-error-code: no error of a stream is one of a file here.
                return lambda args, result: self._known(args, self._none, result)
            case "is-same-object":
                return self._same

        def denied(args: int, result: int) -> None:
            path = self._path(args, method)
            action = "write" if _writes(args, method) else "read"
            self._drop_handles(args, method)
            capability = f"filesystem:{action}:{PurePosixPath(path).parent}"
            self._note(imported, capability, f"{action} {path}")
            _give(self._not_permitted, result)

        return denied

    @staticmethod
    def _path(args: int, method: str) -> str:
        """What was asked for, as a path in the one folder."""
        at = _PATH_AT.get(method)
        if at is None:
            return "/"
        text = read_text(args + at * VALUE_SIZE + value_layout.FIRST)[:_SHOWN_CHARACTERS]
        return asked_path(text)

    def _known(self, args: int, value: Any, result: int) -> None:
        self._handles.drop_borrow(WORDS[args >> 3])
        _give(value, result)

    def _same(self, args: int, result: int) -> None:
        self._drop_handles(args, "is-same-object")
        put(result, value_layout.BOOL, 1)

    def _drop_handles(self, args: int, method: str) -> None:
        for place in _BORROWS_AT.get(method, (0,)):
            self._handles.drop_borrow(WORDS[(args + place * VALUE_SIZE) >> 3])

    def _note(self, imported: str, capability: str, what: str) -> None:
        state = self._state
        withheld = any(is_of(grant, base_of(capability)) for grant in self._withheld)
        self._uses.note(
            DeniedUse(state.node, state.call, imported, capability, what, self._grants, withheld)
        )


def asked_path(text: str) -> str:
    """The path that a component most likely asked for, of its path in the folder `/`.

    Its library makes "data/x" of "/data/x" too: it counts from the working directory when only
    there is such a folder.
    """
    path = text.lstrip("/")
    first = path.partition("/")[0]
    relative = first not in ("", ".", "..") and os.path.lexists(first)
    return path if relative and not os.path.lexists(f"/{first}") else f"/{path}"


def _writes(args: int, method: str) -> bool:
    if method != "open-at":
        return method in WRITING_METHODS
    flags = {*_flags(args + 3 * VALUE_SIZE), *_flags(args + 4 * VALUE_SIZE)}
    return not flags.isdisjoint(_OPEN_TO_WRITE)


def _flags(address: int) -> list[str]:
    """The flags that are set in the value at `address`."""
    index = address >> 3
    count, names = WORDS[index], WORDS[index + 1]
    return [read_text(names + position * _NAME_SIZE) for position in range(count)]


def _give(value: Any, result: int) -> None:
    capi.value_clone(value, capi.address(result))


def _dropped(_representation: int) -> None:
    """Nothing stands behind these resources."""
