"""Hosts of both call layers."""

from __future__ import annotations

import pytest

from runtime.wasm.call_layer import CallLayer
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
from tests.support.wasm.layers import LAYERS, make_layer


@pytest.fixture(scope="module", params=LAYERS)
def layer(request: pytest.FixtureRequest) -> CallLayer:
    """Each call layer in turn."""
    return make_layer(request.param)


@pytest.fixture(scope="module")
def host(layer: CallLayer) -> Host:
    """A host on each call layer in turn."""
    return Host(None, layer)


@pytest.fixture(scope="module")
def direct_host() -> Host:
    """A host on wasmtime-py, for what only that layer has: files, its own thread."""
    return Host(None, DirectLayer())
