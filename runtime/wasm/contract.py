"""Types of every function that crosses the component boundary here, as `Surface` writes them.

The direct calls read values at offsets that follow from these types, so a component is
only instantiated when its own types are the same, letter by letter. Source:
torvyn-contract §1.1 and §1.2, and the `wasi:clocks` and `wasi:random` packages 0.2.
"""

from __future__ import annotations

from runtime.model.call import Export
from runtime.model.linked import LIFECYCLE_INTERFACE, ROLE_INTERFACES, Role

TYPES = "torvyn:streaming/types"
ALLOCATOR = "torvyn:streaming/buffer-allocator"
CAPABILITIES = "torvyn:capabilities/capability-query"
WALL_CLOCK = "wasi:clocks/wall-clock"
MONOTONIC_CLOCK = "wasi:clocks/monotonic-clock"
RANDOM = "wasi:random/random"
INSECURE_RANDOM = "wasi:random/insecure"
INSECURE_SEED = "wasi:random/insecure-seed"

_META = "record{sequence: u64, timestamp-ns: u64, content-type: string}"
_ELEMENT = f"record{{meta: {_META}, payload: borrow<buffer>, context: borrow<flow-context>}}"
_OUTPUT = f"record{{meta: {_META}, payload: own<buffer>}}"
_PROCESS_ERROR = (
    "variant{invalid-input(string), unavailable(string), internal(string), "
    "deadline-exceeded, fatal(string)}"
)
_BUFFER_ERROR = "variant{capacity-exceeded, out-of-bounds, allocation-failed(string)}"
_SIGNAL = "enum{ready, pause}"
_DATETIME = "record{seconds: u64, nanoseconds: u32}"


def _fallible(answer: str) -> str:
    return f"result<{answer}, {_PROCESS_ERROR}>"


EXPORTS: dict[Export, tuple[str, str]] = {
    Export.INIT: (LIFECYCLE_INTERFACE, f"func(config: string) -> {_fallible('_')}"),
    Export.TEARDOWN: (LIFECYCLE_INTERFACE, "func()"),
    Export.PULL: (
        ROLE_INTERFACES[Role.SOURCE],
        f"func() -> {_fallible(f'option<{_OUTPUT}>')}",
    ),
    Export.NOTIFY_BACKPRESSURE: (ROLE_INTERFACES[Role.SOURCE], f"func(signal: {_SIGNAL})"),
    Export.PROCESS: (
        ROLE_INTERFACES[Role.PROCESSOR],
        f"func(input: {_ELEMENT}) -> {_fallible(f'variant{{emit({_OUTPUT}), drop}}')}",
    ),
    Export.EVALUATE: (
        ROLE_INTERFACES[Role.FILTER],
        f"func(element: {_ELEMENT}) -> {_fallible('bool')}",
    ),
    Export.ROUTE: (
        ROLE_INTERFACES[Role.ROUTER],
        f"func(element: {_ELEMENT}) -> {_fallible('list<string>')}",
    ),
    Export.INGEST: (
        ROLE_INTERFACES[Role.AGGREGATOR],
        f"func(element: {_ELEMENT}) -> {_fallible(f'option<{_OUTPUT}>')}",
    ),
    Export.FLUSH: (
        ROLE_INTERFACES[Role.AGGREGATOR],
        f"func() -> {_fallible(f'list<{_OUTPUT}>')}",
    ),
    Export.PUSH: (
        ROLE_INTERFACES[Role.SINK],
        f"func(element: {_ELEMENT}) -> {_fallible(_SIGNAL)}",
    ),
    Export.COMPLETE: (ROLE_INTERFACES[Role.SINK], f"func() -> {_fallible('_')}"),
}
"""Interface without version and type of each export."""

IMPORTS: dict[str, dict[str, str]] = {
    TYPES: {
        "[method]buffer.size": "func(self: borrow<buffer>) -> u64",
        "[method]buffer.content-type": "func(self: borrow<buffer>) -> string",
        "[method]buffer.read": "func(self: borrow<buffer>, offset: u64, len: u64) -> list<u8>",
        "[method]buffer.read-all": "func(self: borrow<buffer>) -> list<u8>",
        "[method]mutable-buffer.write": (
            "func(self: borrow<mutable-buffer>, offset: u64, bytes: list<u8>)"
            f" -> result<_, {_BUFFER_ERROR}>"
        ),
        "[method]mutable-buffer.append": (
            f"func(self: borrow<mutable-buffer>, bytes: list<u8>) -> result<_, {_BUFFER_ERROR}>"
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
    ALLOCATOR: {
        "allocate": f"func(capacity-hint: u64) -> result<own<mutable-buffer>, {_BUFFER_ERROR}>",
        "clone-into-mutable": (
            f"func(source: borrow<buffer>) -> result<own<mutable-buffer>, {_BUFFER_ERROR}>"
        ),
    },
    CAPABILITIES: {"has-capability": "func(name: string) -> bool"},
    WALL_CLOCK: {"now": f"func() -> {_DATETIME}", "resolution": f"func() -> {_DATETIME}"},
    MONOTONIC_CLOCK: {
        "now": "func() -> u64",
        "resolution": "func() -> u64",
        "subscribe-instant": "func(when: u64) -> own<pollable>",
        "subscribe-duration": "func(when: u64) -> own<pollable>",
    },
    RANDOM: {
        "get-random-bytes": "func(len: u64) -> list<u8>",
        "get-random-u64": "func() -> u64",
    },
    INSECURE_RANDOM: {
        "get-insecure-random-bytes": "func(len: u64) -> list<u8>",
        "get-insecure-random-u64": "func() -> u64",
    },
    INSECURE_SEED: {"insecure-seed": "func() -> tuple<u64, u64>"},
}
"""Types of the functions this host provides, by interface without version."""


def split_version(interface: str) -> tuple[str, str]:
    """`a:b/c@1.2.3` as `a:b/c` and `1.2.3`; the version is empty when there is none."""
    name, _, version = interface.partition("@")
    return name, version


def is_torvyn_version(version: str) -> bool:
    """True for every `0.1.x`: the versions whose types are those above."""
    return version.split(".")[:2] == ["0", "1"]


def is_wasi_version(version: str) -> bool:
    """True for every `0.2.x`."""
    return version.split(".")[:2] == ["0", "2"]
