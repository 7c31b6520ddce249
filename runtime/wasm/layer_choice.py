"""Which call layer is taken."""

from __future__ import annotations

from runtime.wasm.call_layer import CallLayer
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.native.extension import find_layer


def preferred_layer(debug: GuestDebug = GuestDebug.OFF) -> CallLayer:
    """A new layer: the native one where the extension is installed and not refused.

    `debug` says of which components the memory can be read, where the layer can.
    """
    extension = find_layer()
    if extension is None:
        return DirectLayer()
    from runtime.wasm.native.native_layer import NativeLayer

    return NativeLayer(extension, debug)
