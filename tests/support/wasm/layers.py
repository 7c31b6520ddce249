"""The call layers that tests run on: always wasmtime-py's, and the native one where it is."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from runtime.extension.installed import REFUSED_VARIABLE
from runtime.wasm.call_layer import CallLayer
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.native.extension import Extension, find_layer


def use_layer(name: str, patch: pytest.MonkeyPatch) -> None:
    """Have the product take a layer where it chooses one, the native one if it is installed."""
    if name == "native":
        patch.delenv(REFUSED_VARIABLE, raising=False)
    else:
        patch.setenv(REFUSED_VARIABLE, "1")


@cache
def native_extension() -> Extension | None:
    """The extension, whatever the variable says that keeps the product from using it."""
    with pytest.MonkeyPatch.context() as patch:
        use_layer("native", patch)
        return find_layer()


needs_native = pytest.mark.skipif(
    native_extension() is None, reason="the native layer is not installed (make native)"
)
LAYERS = ("direct", pytest.param("native", marks=needs_native))
"""Parameters of a test that runs on both."""


def make_layer(name: str, debug: GuestDebug = GuestDebug.OFF) -> CallLayer:
    """A new layer; `debug` says whose memory can be read, natively."""
    if name == "direct":
        return DirectLayer()
    from runtime.wasm.native.native_layer import NativeLayer

    extension = native_extension()
    assert extension is not None
    return NativeLayer(extension, debug)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file can be written beyond `size` bytes (`ulimit -f`)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
