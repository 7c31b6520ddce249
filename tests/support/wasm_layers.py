"""The call layers that tests run on: always wasmtime-py's, and the native one where it is."""

from __future__ import annotations

from functools import cache

import pytest

from runtime.wasm.call_layer import CallLayer
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.native.extension import Extension, find_extension


@cache
def native_extension() -> Extension | None:
    """The extension, whatever the variable says that keeps the product from using it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TORVYN_STUDIO_NO_NATIVE", raising=False)
        return find_extension().extension


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
