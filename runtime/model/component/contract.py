"""Torvyn's contract 0.1: the types of all functions (docs/torvyn-facts.md#interfaces).

Types are written out structurally, as `runtime.model.component.surface` describes, resources by
name.
"""

from __future__ import annotations

from runtime.model.linked import LIFECYCLE_INTERFACE, ROLE_INTERFACES, Role

_META = "record{sequence: u64, timestamp-ns: u64, content-type: string}"
_IN = f"record{{meta: {_META}, payload: borrow<buffer>, context: borrow<flow-context>}}"
_OUT = f"record{{meta: {_META}, payload: own<buffer>}}"
_RESULT = f"variant{{emit({_OUT}), drop}}"
_ERROR = (
    "variant{invalid-input(string), unavailable(string), internal(string), "
    "deadline-exceeded, fatal(string)}"
)
_SIGNAL = "enum{ready, pause}"
_BUFFER_ERROR = "variant{capacity-exceeded, out-of-bounds, allocation-failed(string)}"
_NEW_BUFFER = f"result<own<mutable-buffer>, {_BUFFER_ERROR}>"
_WRITTEN = f"result<_, {_BUFFER_ERROR}>"

NAMED_TYPES: dict[str, str] = {
    "process-result": _RESULT,
    "stream-element": _IN,
    "output-element": _OUT,
    "element-meta": _META,
    "process-error": _ERROR,
    "buffer-error": _BUFFER_ERROR,
    "backpressure-signal": _SIGNAL,
}
"""The contract's own names of structural types; a type stands before the types inside it."""

EXPORTS: dict[str, dict[str, str]] = {
    ROLE_INTERFACES[Role.SOURCE]: {
        "pull": f"func() -> result<option<{_OUT}>, {_ERROR}>",
        "notify-backpressure": f"func(signal: {_SIGNAL})",
    },
    ROLE_INTERFACES[Role.PROCESSOR]: {
        "process": f"func(input: {_IN}) -> result<{_RESULT}, {_ERROR}>",
    },
    ROLE_INTERFACES[Role.FILTER]: {
        "evaluate": f"func(element: {_IN}) -> result<bool, {_ERROR}>",
    },
    ROLE_INTERFACES[Role.ROUTER]: {
        "route": f"func(element: {_IN}) -> result<list<string>, {_ERROR}>",
    },
    ROLE_INTERFACES[Role.AGGREGATOR]: {
        "ingest": f"func(element: {_IN}) -> result<option<{_OUT}>, {_ERROR}>",
        "flush": f"func() -> result<list<{_OUT}>, {_ERROR}>",
    },
    ROLE_INTERFACES[Role.SINK]: {
        "push": f"func(element: {_IN}) -> result<{_SIGNAL}, {_ERROR}>",
        "complete": f"func() -> result<_, {_ERROR}>",
    },
    LIFECYCLE_INTERFACE: {
        "init": f"func(config: string) -> result<_, {_ERROR}>",
        "teardown": "func()",
    },
}
"""Functions of the interfaces components export, by interface without version."""

PROVIDED: dict[str, dict[str, str]] = {
    "torvyn:streaming/types": {
        "[method]buffer.size": "func(self: borrow<buffer>) -> u64",
        "[method]buffer.content-type": "func(self: borrow<buffer>) -> string",
        "[method]buffer.read": "func(self: borrow<buffer>, offset: u64, len: u64) -> list<u8>",
        "[method]buffer.read-all": "func(self: borrow<buffer>) -> list<u8>",
        "[method]mutable-buffer.write": (
            f"func(self: borrow<mutable-buffer>, offset: u64, bytes: list<u8>) -> {_WRITTEN}"
        ),
        "[method]mutable-buffer.append": (
            f"func(self: borrow<mutable-buffer>, bytes: list<u8>) -> {_WRITTEN}"
        ),
        "[method]mutable-buffer.size": "func(self: borrow<mutable-buffer>) -> u64",
        "[method]mutable-buffer.capacity": "func(self: borrow<mutable-buffer>) -> u64",
        "[method]mutable-buffer.set-content-type": (
            "func(self: borrow<mutable-buffer>, content-type: string)"
        ),
        "[method]mutable-buffer.freeze": "func(self: borrow<mutable-buffer>) -> own<buffer>",
        "[method]flow-context.trace-id": "func(self: borrow<flow-context>) -> string",
        "[method]flow-context.span-id": "func(self: borrow<flow-context>) -> string",
        "[method]flow-context.deadline-ns": "func(self: borrow<flow-context>) -> u64",
        "[method]flow-context.flow-id": "func(self: borrow<flow-context>) -> string",
    },
    "torvyn:streaming/buffer-allocator": {
        "allocate": f"func(capacity-hint: u64) -> {_NEW_BUFFER}",
        "clone-into-mutable": f"func(source: borrow<buffer>) -> {_NEW_BUFFER}",
    },
    "torvyn:capabilities/capability-query": {
        "has-capability": "func(name: string) -> bool",
    },
}
"""Functions of Torvyn's interfaces that the host provides, by interface without version."""

PROVIDED_RESOURCES = frozenset({"buffer", "mutable-buffer", "flow-context"})
"""Resources of `torvyn:streaming/types`; the allocator names them too."""


def same_type(found: str, expected: str) -> bool:
    """True when a function can be called as expected: the names of parameters do not matter."""
    return _positional(found) == _positional(expected)


def readable(function_type: str) -> str:
    """The type with the contract's names in place of their shapes."""
    for name, shape in NAMED_TYPES.items():
        function_type = function_type.replace(shape, name)
    return function_type


def _positional(function_type: str) -> str:
    """The type without the names of its parameters."""
    start = len("func(")
    if not function_type.startswith("func("):
        return function_type
    kept: list[str] = []
    depth = 0
    in_name = True
    for index, char in enumerate(function_type[start:], start):
        if depth == 0 and char == ")":
            return f"func({''.join(kept)}{function_type[index:]}"
        depth += (char in "({<") - (char in ")}>")
        if depth == 0 and char == ",":
            in_name = True
        elif depth == 0 and char == ":":
            in_name = False
        elif not in_name:
            kept.append(char)
            continue
        if char == ",":
            kept.append(char)
    return function_type
