"""The call layer over wasmtime-py: the default, and the oracle of the native one."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from wasmtime import Config, Engine, WasmtimeError, _bindings
from wasmtime.component import Component

from runtime.model.call import Call, CallInProgress
from runtime.model.codes import Code
from runtime.model.component.surface import Surface
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError
from runtime.model.linked import LinkedNode
from runtime.wasm.abi.component_values import MAX_GIVEN_BYTES, MAX_TAKEN_BYTES, ByteLists
from runtime.wasm.cache import CodeCache
from runtime.wasm.call_layer import Compiled, FlowContext, NotCompiledError
from runtime.wasm.direct.instance import ComponentInstance
from runtime.wasm.direct.surface_reader import read_surface
from runtime.wasm.guest_memory import GuestImage, NotAvailable
from runtime.wasm.sandbox import (
    MAX_WASM_STACK_BYTES,
    CallWatch,
    code_settings,
    shares_memory_images,
)

_OPEN_FILES = 16
"""Descriptors that wasmtime and its runtime for host functions take, with some to spare."""
_CONFIGURATION = (
    "epochs fuel canonical-nan deterministic-relaxed-simd no-concurrency stack-1MiB line-tables 1"
)
"""Part of the key of compiled code; change it whenever `_engine` changes."""


class DirectLayer:
    """One engine of wasmtime-py. Instances live on the one thread that calls components."""

    name = "direct"
    gives_network = False
    """wasmtime's C library has no function that allows TCP or UDP."""
    max_taken_bytes = MAX_TAKEN_BYTES
    max_given_bytes = MAX_GIVEN_BYTES

    def __init__(self) -> None:
        check_open_files()
        shares_images = shares_memory_images()
        self.engine = _engine(shares_images)
        self.settings = code_settings(f"{version('wasmtime')} {_CONFIGURATION}", shares_images)
        self._lock = threading.Lock()
        self._own: dict[str, Component] = {}
        self._of_thread = threading.local()

    def mode(self, data: bytes) -> str:
        """See `CallLayer.mode`: there is one."""
        return ""

    def compile(self, data: bytes, mode: str, cache: CodeCache | None = None) -> Component:
        """See `CallLayer.compile`."""
        try:
            return Component(self.engine, data)
        except WasmtimeError as error:
            raise NotCompiledError(str(error)) from None

    def load(self, path: Path, mode: str) -> Component | None:
        """See `CallLayer.load`."""
        try:
            return Component.deserialize_file(self.engine, str(path))
        except WasmtimeError:
            return None

    def serialize(self, code: Component) -> bytes:
        """See `CallLayer.serialize`."""
        return bytes(code.serialize())

    def surface(self, code: Component, digest: str, data: bytes) -> Surface:
        """See `CallLayer.surface`."""
        return read_surface(code, self.engine, digest, data)

    def saved_component(
        self, image: GuestImage, data: bytes, renamed: Mapping[str, str]
    ) -> bytes | NotAvailable:
        """See `CallLayer.saved_component`."""
        return NotAvailable("it takes the native call layer")

    def open_flow(self, context: FlowContext) -> DirectFlow:
        """See `CallLayer.open_flow`."""
        return DirectFlow(self, context)

    def compiled(self, text: str) -> Component:
        """A component of our own, compiled once."""
        with self._lock:
            if text not in self._own:
                self._own[text] = Component(self.engine, text)
            return self._own[text]

    def lists(self) -> ByteLists:
        """The calling thread's writer of byte lists, shared by all its instances."""
        lists: ByteLists | None = getattr(self._of_thread, "lists", None)
        if lists is None:
            lists = self._of_thread.lists = ByteLists()
        return lists


class DirectFlow:
    """The instances of one flow; see `FlowCalls`."""

    def __init__(self, layer: DirectLayer, context: FlowContext) -> None:
        self._layer = layer
        self._context = context
        self._lists = layer.lists()
        self.watch = CallWatch(layer.engine)

    def open(self, node: LinkedNode, compiled: Compiled, call: Call) -> ComponentInstance:
        """See `FlowCalls.open`."""
        return ComponentInstance(
            node, compiled, self._layer, self.watch, self._lists, self._context, call.number
        )

    def begin(self, call: Call) -> None:
        """See `FlowCalls.begin`."""
        self.watch.call = call

    def interrupt(self) -> None:
        """See `FlowCalls.interrupt`."""
        self.watch.interrupt()

    def in_progress(self) -> CallInProgress | None:
        """See `FlowCalls.in_progress`."""
        return self.watch.in_progress()

    def close(self) -> None:
        """See `FlowCalls.close`."""
        self.watch.close()


def check_open_files() -> None:
    """Raise `StudioError` when wasmtime would not get the descriptors that it needs.

    It makes a runtime for its host functions when the first store is made, and aborts the process
    when it cannot (`tokio::runtime::Builder::build`).
    """
    opened: list[int] = []
    try:
        while len(opened) < _OPEN_FILES:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        raise StudioError(
            [
                Diagnostic(
                    Severity.ERROR,
                    Code.IO,
                    f"the runtime of the components needs {_OPEN_FILES} open files more than it "
                    f"can have: {error.strerror}",
                    "Allow more open files, e.g. `ulimit -n 1024`.",
                )
            ],
            ExitCode.ENVIRONMENT,
        ) from None
    finally:
        for descriptor in opened:
            os.close(descriptor)


_BACKTRACE_DETAILS = "WASMTIME_BACKTRACE_DETAILS"


def _config() -> Config:
    """A configuration whose traps name source files and lines.

    This binding has no setter for it: wasmtime reads the variable while it makes the
    configuration. It is put back, as a component may be granted the environment.
    """
    before = os.environ.get(_BACKTRACE_DETAILS)
    os.environ[_BACKTRACE_DETAILS] = "1"
    try:
        return Config()
    finally:
        if before is None:
            del os.environ[_BACKTRACE_DETAILS]
        else:
            os.environ[_BACKTRACE_DETAILS] = before


def _engine(shares_images: bool) -> Engine:
    config = _config()
    config.epoch_interruption = True
    config.consume_fuel = True
    config.cranelift_nan_canonicalization = True
    config.wasm_relaxed_simd_deterministic = True
    config.max_wasm_stack = MAX_WASM_STACK_BYTES
    config.memory_init_cow = shares_images
    # Calls are synchronous here; without support for concurrent ones each is cheaper.
    _bindings.wasmtime_config_concurrency_support_set(config.ptr(), False)
    return Engine(config)
