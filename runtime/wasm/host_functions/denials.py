"""Interfaces of WASI that a node is not granted: each attempt fails, and is noticed.

wasmtime denies without a word, so what is denied is replaced here. The environment is empty and
sockets are refused as wasmtime does it. Of files wasmtime would show no folder at all, and a
component's own library would then refuse every path without asking the host. Here there is a
folder `/` in which nothing is permitted, so that the path that was asked for can be named.
"""

from __future__ import annotations

from typing import Any

from wasmtime.component import LinkerInstance

from runtime.model.component.surface import InterfaceSurface
from runtime.wasm.abi import capi, value_layout
from runtime.wasm.abi.component_values import FixedValues, put
from runtime.wasm.abi.handles import FOLDER_TYPE, UNMADE_TYPE, Handles
from runtime.wasm.abi.value_layout import VALUE_SIZE, WORDS, read_text
from runtime.wasm.host_functions import boundary
from runtime.wasm.host_functions.call_state import CallState
from runtime.wasm.host_functions.denied_uses import (
    ENVIRONMENT,
    FILES,
    LOOKUP,
    PREOPENS,
    NodeDenials,
)
from runtime.wasm.host_functions.torvyn import Body, define_function, define_resource

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
_RESOURCES = {
    (FILES, "descriptor"): FOLDER_TYPE,
    (FILES, "directory-entry-stream"): UNMADE_TYPE,
    (LOOKUP, "resolve-address-stream"): UNMADE_TYPE,
}
"""Those that an interface itself has; all others are of interfaces that stay wasmtime's."""
_NAME_SIZE = 16


class Denials:
    """The replaced interfaces of one instance."""

    def __init__(self, state: CallState, handles: Handles, denials: NodeDenials) -> None:
        self._state = state
        self._handles = handles
        self._denials = denials
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
                return self._method(imported, function)
            case _ if name == LOOKUP:
                return self._lookup(imported, function)

        def no_socket(_args: int, result: int) -> None:
            self._note(imported, name, function)
            _give(self._access_denied, result)

        return no_socket

    def _note(
        self,
        imported: str,
        interface: str,
        function: str,
        text: str | None = None,
        flags: tuple[str, ...] = (),
    ) -> None:
        self._denials.note_call(self._state.call, imported, interface, function, text, flags)

    # ---- environment, network

    def _environment(self, imported: str, function: str) -> Body:
        empty = self._none if function == "initial-cwd" else self._no_list

        def nothing(_args: int, result: int) -> None:
            if function == "get-environment":
                self._note(imported, ENVIRONMENT, function)
            _give(empty, result)

        return nothing

    def _lookup(self, imported: str, function: str) -> Body:
        def no_addresses(args: int, result: int) -> None:
            host = read_text(args + VALUE_SIZE + value_layout.FIRST)
            self._handles.drop_borrow(WORDS[args >> 3])
            self._note(imported, LOOKUP, function, host)
            _give(self._access_denied, result)

        return no_addresses

    # ---- files

    def _folders(self, _args: int, result: int) -> None:
        """One folder, `/`. This is no attempt yet: libraries ask for it before anything else."""
        handle = self._handles.own(FOLDER_TYPE, 0)
        put(self._folder, value_layout.RESOURCE, handle)
        _give(self._folders_value, result)
        capi.any_delete(capi.address(handle))

    def _method(self, imported: str, function: str) -> Body:
        method = function.partition(".")[2]
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
            at = _PATH_AT.get(method)
            text = None if at is None else read_text(args + at * VALUE_SIZE + value_layout.FIRST)
            flags = _open_flags(args) if method == "open-at" else ()
            self._drop_handles(args, method)
            self._note(imported, FILES, function, text, flags)
            _give(self._not_permitted, result)

        return denied

    def _known(self, args: int, value: Any, result: int) -> None:
        self._handles.drop_borrow(WORDS[args >> 3])
        _give(value, result)

    def _same(self, args: int, result: int) -> None:
        self._drop_handles(args, "is-same-object")
        put(result, value_layout.BOOL, 1)

    def _drop_handles(self, args: int, method: str) -> None:
        for place in _BORROWS_AT.get(method, (0,)):
            self._handles.drop_borrow(WORDS[(args + place * VALUE_SIZE) >> 3])


def _open_flags(args: int) -> tuple[str, ...]:
    """The flags that are set in the arguments of `open-at`."""
    return (*_flags(args + 3 * VALUE_SIZE), *_flags(args + 4 * VALUE_SIZE))


def _flags(address: int) -> list[str]:
    """The flags that are set in the value at `address`."""
    index = address >> 3
    count, names = WORDS[index], WORDS[index + 1]
    return [read_text(names + position * _NAME_SIZE) for position in range(count)]


def _give(value: Any, result: int) -> None:
    capi.value_clone(value, capi.address(result))


def _dropped(_representation: int) -> None:
    """Nothing stands behind these resources."""
