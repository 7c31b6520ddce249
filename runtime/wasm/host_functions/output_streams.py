"""How a component gets the streams that it prints to: wasmtime's functions, heard of here.

Most components import both streams, as their library does, and never ask for one: where what was
printed is looked for after every call, that is only done for streams that were given.
A replaced interface loses wasmtime's own function, which is therefore called through a small
component of ours in the same store, as for `runtime.wasm.host_functions.wasi.POLLABLES`.
"""

from __future__ import annotations

import ctypes
from typing import Any

from wasmtime import Store, WasmtimeError
from wasmtime.component import Component, Linker, LinkerInstance

from runtime.wasm.abi import capi
from runtime.wasm.abi.fuel import fuel_left
from runtime.wasm.host_functions.call_state import CallState
from runtime.wasm.host_functions.printed_output import PrintedOutput
from runtime.wasm.host_functions.torvyn import define_function

INTERFACES = {"wasi:cli/stdout": "stdout", "wasi:cli/stderr": "stderr"}
"""Interfaces without version, and the stream that each has."""

STREAMS = """
(component
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type (sub resource)))))
  (alias export $streams "output-stream" (type $stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $stream (type $outer))
    (export "output-stream" (type $output-stream (eq $outer)))
    (export "get-stdout" (func (result (own $output-stream))))))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (alias outer 1 $stream (type $outer))
    (export "output-stream" (type $output-stream (eq $outer)))
    (export "get-stderr" (func (result (own $output-stream))))))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $get-stderr (canon lower (func $stderr "get-stderr")))
  (core module $module
    (import "host" "get-stdout" (func $get-stdout (result i32)))
    (import "host" "get-stderr" (func $get-stderr (result i32)))
    (func (export "get-stdout") (result i32) (call $get-stdout))
    (func (export "get-stderr") (result i32) (call $get-stderr)))
  (core instance $core (instantiate $module (with "host" (instance
    (export "get-stdout" (func $get-stdout)) (export "get-stderr" (func $get-stderr))))))
  (func (export "get-stdout") (result (own $stream))
    (canon lift (core func $core "get-stdout")))
  (func (export "get-stderr") (result (own $stream))
    (canon lift (core func $core "get-stderr"))))
"""


class OutputStreams:
    """The functions of one instance."""

    def __init__(self, state: CallState, store: Store, output: PrintedOutput) -> None:
        self._state = state
        self._store = store
        self._context = capi.address(capi.pointer_value(store._context()))
        self._output = output
        self._fuel = capi.u64(1_000_000)
        """Plenty for a call of `STREAMS`."""
        self._functions: dict[str, Any] = {}
        self._kept: list[Any] = []

    def open(self, linker: Linker, component: Component) -> None:
        """Instantiate `STREAMS` (compiled). Raises WasmtimeError.

        `linker` has wasmtime's own functions still.
        """
        capi.set_fuel(self._context, self._fuel)
        instance = linker.instantiate(self._store, component)
        for stream in INTERFACES.values():
            function = instance.get_func(self._store, f"get-{stream}")
            if function is None:
                raise WasmtimeError(f"the streams component lost get-{stream}")
            self._functions[stream] = function

    def define(self, linker: LinkerInstance, interface: str) -> None:
        """Define the function of an interface (name without version)."""
        stream = INTERFACES[interface]
        function = capi.address(ctypes.addressof(self._functions[stream]._func))
        context, output = self._context, self._output

        def get(_args: int, result: int) -> None:
            left = fuel_left(context)
            capi.set_fuel(context, self._fuel)
            error = capi.func_call(
                function, context, capi.NULL, capi.ZERO, capi.address(result), capi.ONE
            )
            # The component pays for none of it.
            capi.set_fuel(context, capi.u64(left))
            if error:
                raise capi.take_error(error)
            output.given(stream)

        self._kept.append(define_function(linker, f"get-{stream}", get, self._state))
