"""What crosses the component boundary here: Torvyn's contract and the WASI functions replaced here.

The direct calls read values at offsets that follow from these types, so a component is only
instantiated when its own types are the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from runtime.model.call import Export
from runtime.model.component import contract as torvyn

TYPES = "torvyn:streaming/types"
ALLOCATOR = "torvyn:streaming/buffer-allocator"
CAPABILITIES = "torvyn:capabilities/capability-query"
WALL_CLOCK = "wasi:clocks/wall-clock"
MONOTONIC_CLOCK = "wasi:clocks/monotonic-clock"
RANDOM = "wasi:random/random"
INSECURE_RANDOM = "wasi:random/insecure"
INSECURE_SEED = "wasi:random/insecure-seed"

_DATETIME = "record{seconds: u64, nanoseconds: u32}"

EXPORTS: dict[Export, tuple[str, str]] = {
    Export(function): (interface, function_type)
    for interface, functions in torvyn.EXPORTS.items()
    for function, function_type in functions.items()
}
"""Interface without version and type of each export."""

IMPORTS: dict[str, dict[str, str]] = torvyn.PROVIDED | {
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
"""Types of the functions this host provides, by interface without version; those of WASI are
the `wasi:clocks` and `wasi:random` packages 0.2."""


def split_version(interface: str) -> tuple[str, str]:
    """`a:b/c@1.2.3` as `a:b/c` and `1.2.3`; the version is empty when there is none."""
    name, _, version = interface.partition("@")
    return name, version


def output_streams(imports: Iterable[str]) -> frozenset[str]:
    """Which of "stdout" and "stderr" a component with these imports can write to."""
    names = {split_version(interface)[0] for interface in imports}
    return frozenset(stream for stream in ("stdout", "stderr") if f"wasi:cli/{stream}" in names)


def is_torvyn_version(version: str) -> bool:
    """True for every `0.1.x`, and for none: the packages whose types are those above.

    Example projects vendor `package torvyn:streaming;` without a version
    (docs/torvyn-facts.md#interfaces).
    """
    return not version or version.split(".")[:2] == ["0", "1"]


def is_wasi_version(version: str) -> bool:
    """True for every `0.2.x`."""
    return version.split(".")[:2] == ["0", "2"]
