"""The call layers that tests run on."""

from __future__ import annotations

from runtime.wasm.call_layer import CallLayer
from runtime.wasm.direct.direct_layer import DirectLayer

LAYERS = ("direct",)
"""Parameters of a test that runs on each."""


def make_layer(name: str) -> CallLayer:
    """A new layer."""
    assert name == "direct"
    return DirectLayer()
