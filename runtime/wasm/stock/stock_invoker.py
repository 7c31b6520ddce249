"""An `Invoker` that makes every call through wasmtime-py's own binding."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from wasmtime import Trap, WasiConfig, WasmtimeError
from wasmtime.component import Component

from runtime.model.call import (
    Answer,
    Call,
    Export,
    Failed,
    Failure,
    FailureKind,
    Finished,
)
from runtime.model.codes import Code
from runtime.model.linked import LinkedFlow
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.stock.stock_host import StockHost

_FINISHED = Answer(Finished())


class StockComponents:
    """The components of a flow, compiled for the binding; they are granted nothing."""

    def __init__(self, flow: LinkedFlow) -> None:
        self.flow = flow
        self.engine = DirectLayer().engine
        self._compiled: dict[str, Component] = {}

    def compile_all(self, tell: Callable[[str], None]) -> None:
        """Compile them now, so that no run is measured with it; `tell` is given each node's name.

        What cannot be compiled is told by the node's `init`.
        """
        for node in self.flow.nodes:
            tell(node.name)
            with suppress(OSError, WasmtimeError):
                self.of(node.digest, node.artifact)

    def of(self, digest: str, artifact: str) -> Component:
        """The compiled component. Raises OSError, WasmtimeError."""
        if digest not in self._compiled:
            self._compiled[digest] = Component(self.engine, Path(artifact).read_bytes())
        return self._compiled[digest]


class StockInvoker:
    """Makes the calls of one flow, for comparison: without limits, and what is printed is lost."""

    def __init__(self, components: StockComponents) -> None:
        self._components = components
        self._hosts: dict[str, StockHost] = {}

    def invoke(self, call: Call) -> Answer:
        """See `Invoker.invoke`."""
        try:
            if call.export is Export.INIT:
                return self._init(call)
            if call.export is Export.TEARDOWN:
                host = self._hosts.pop(call.node, None)
                if host is None or host.interfaces["lifecycle"] is None:
                    return _FINISHED
                return _answer(host, call)
            return _answer(self._hosts[call.node], call)
        except (WasmtimeError, Trap, OSError, KeyError, TypeError) as problem:
            return _failed(str(problem))

    def close(self) -> None:
        """See `ClosableInvoker.close`."""
        self._hosts.clear()

    def interrupt(self) -> None:
        """Nothing: its calls have no limit, and are not ended."""

    def _init(self, call: Call) -> Answer:
        node = self._components.flow.by_name[call.node]
        component = self._components.of(node.digest, node.artifact)
        wasi = WasiConfig()
        wasi.stdout_file = wasi.stderr_file = os.devnull
        host = StockHost(self._components.engine, component, node.interface, node.lifecycle, wasi)
        self._hosts[call.node] = host
        return _FINISHED if node.lifecycle is None else _answer(host, call)


def _answer(host: StockHost, call: Call) -> Answer:
    began = time.perf_counter_ns()
    found = host.call(call.export, call.element, call.argument)
    duration_ns = time.perf_counter_ns() - began
    copies = host.take_copies()
    if isinstance(found, tuple) and type(found) is tuple:
        case, text = found
        return _failed(f"{case}: {text}")
    return Answer(found, duration_ns, copies)


def _failed(message: str) -> Answer:
    failure = Failure(
        FailureKind.TRAP,
        message,
        Code.TRAP.number,
        Code.TRAP.title,
        "Measure without --stock.",
        False,
    )
    return Answer(Failed(failure))
