"""WASI 0.2 for one instance: what it may touch, and clocks and random numbers of ours.

wasmtime provides all of WASI; the interfaces of `SHADOWED` that a component imports are
replaced, at the very version it imports and with exactly the functions it imports. A
replaced interface loses wasmtime's own functions, so `subscribe-…` of the monotonic clock
calls wasmtime's through a small component of ours (`POLLABLES`) in the same store.
What stays wasmtime's own and is therefore not recorded: files and their times, sockets,
the environment.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping
from typing import Any

from wasmtime import Engine, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component, Linker, LinkerInstance

from runtime.model.measures.time_units import NS_PER_S
from runtime.wasm.abi import capi, value_layout
from runtime.wasm.abi.component_values import (
    MAX_GIVEN_BYTES,
    ByteLists,
    FixedValues,
    ListTooLongError,
    put,
)
from runtime.wasm.abi.value_layout import WORDS, word
from runtime.wasm.host_functions.boundary import (
    INSECURE_RANDOM,
    INSECURE_SEED,
    MONOTONIC_CLOCK,
    RANDOM,
    WALL_CLOCK,
)
from runtime.wasm.host_functions.call_state import CallState
from runtime.wasm.host_functions.capabilities import Grants, granted_environment
from runtime.wasm.host_functions.granted_folders import FolderError, opened_folder
from runtime.wasm.host_functions.printed_output import PrintedOutput
from runtime.wasm.host_functions.torvyn import Body, define_function, put_u64
from runtime.wasm.sandbox import CallWatch

SHADOWED = (WALL_CLOCK, MONOTONIC_CLOCK, RANDOM, INSECURE_RANDOM, INSECURE_SEED)
_SEED_BYTES = 16
_MASK = 0xFFFF_FFFF_FFFF_FFFF

POLLABLES = """
(component
  (import "wasi:io/poll@0.2.0" (instance $poll
    (export "pollable" (type (sub resource)))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (core func $lowered (canon lower (func $clock "subscribe-duration")))
  (core module $module
    (import "clock" "subscribe" (func $subscribe (param i64) (result i32)))
    (func (export "subscribe") (param i64) (result i32)
      (call $subscribe (local.get 0))))
  (core instance $instance (instantiate $module
    (with "clock" (instance (export "subscribe" (func $lowered))))))
  (alias core export $instance "subscribe" (core func $core))
  (func (export "subscribe") (param "when" u64) (result (own $pollable))
    (canon lift (core func $core))))
"""


class WasiError(Exception):
    """A grant that cannot be given, e.g. a directory that does not exist."""


def wasi_config(grants: Grants, output: PrintedOutput, folders: Mapping[str, str]) -> WasiConfig:
    """What the component may touch; everything else is refused at run time.

    `folders` has what each granted path stood for when the flow was linked.
    Raises WasiError when a granted directory cannot be opened (E0810), and OutputFileError.
    """
    config = WasiConfig()
    output.attach(config)
    environment = granted_environment(grants)
    if environment:
        config.env = environment
    for path, writable in grants.directories:
        try:
            with opened_folder(path, folders) as opened:
                config.preopen_dir(opened, path, writable)
        except FolderError as problem:
            raise WasiError(str(problem)) from None
        except WasmtimeError:
            raise WasiError(f"the granted directory {path!r} cannot be opened") from None
    return config


class ClockAndRandom:
    """Host functions for the interfaces of `SHADOWED`."""

    def __init__(self, state: CallState, store: Store, lists: ByteLists, watch: CallWatch) -> None:
        self._state = state
        self._store = store
        self._context = capi.address(capi.pointer_value(store._context()))
        self._lists = lists
        self._watch = watch
        self._fixed = FixedValues()
        self._datetime, (seconds, nanoseconds) = self._fixed.record(
            ("seconds", value_layout.U64), ("nanoseconds", value_layout.U32)
        )
        self._seconds = word(seconds) + 1
        self._nanoseconds = word(nanoseconds) + 1
        self._seed, (low, high) = self._fixed.tuple_of(2, value_layout.U64)
        self._seed_words = (word(low) + 1, word(high) + 1)
        self._requested = self._fixed.value(value_layout.U64)
        self._subscribe: Any = None
        self._kept: list[Any] = []

    def open_pollables(self, engine: Engine, component: Component) -> None:
        """Instantiate `POLLABLES` (compiled) next to the component. Raises WasmtimeError."""
        with Linker(engine) as linker:
            linker.add_wasip2()
            instance = linker.instantiate(self._store, component)
        function = instance.get_func(self._store, "subscribe")
        if function is None:
            raise WasmtimeError("the pollables component lost its export")
        self._kept.append(function)
        self._subscribe = capi.address(ctypes.addressof(function._func))

    def define(self, linker: LinkerInstance, interface: str, functions: Iterable[str]) -> None:
        """Define those of `functions` that `interface` (name without version) has."""
        bodies = self._bodies(interface)
        for name in functions:
            if name in bodies:
                self._kept.append(define_function(linker, name, bodies[name], self._state))

    def _bodies(self, interface: str) -> dict[str, Body]:
        if interface == WALL_CLOCK:
            return {"now": self._wall_now, "resolution": self._wall_resolution}
        if interface == MONOTONIC_CLOCK:
            return {
                "now": self._monotonic_now,
                "resolution": self._monotonic_resolution,
                "subscribe-instant": self._subscribe_instant,
                "subscribe-duration": self._subscribe_duration,
            }
        if interface == INSECURE_SEED:
            return {"insecure-seed": self._insecure_seed}
        bodies: dict[str, Body] = {}
        prefix = "get-" if interface == RANDOM else "get-insecure-"

        def get_bytes(args: int, result: int) -> None:
            size = WORDS[args >> 3]
            if size > MAX_GIVEN_BYTES:
                raise ListTooLongError(size)
            data = self._state.ask(interface, f"{prefix}random-bytes", size)
            self._lists.write(result, _exact(data, size))

        def get_u64(_args: int, result: int) -> None:
            put_u64(result, self._number(interface, f"{prefix}random-u64"))

        bodies[f"{prefix}random-bytes"] = get_bytes
        bodies[f"{prefix}random-u64"] = get_u64
        return bodies

    def _number(self, interface: str, function: str) -> int:
        value = self._state.ask(interface, function, 8)
        if not isinstance(value, int):
            raise TypeError(f"the host input for {interface}.{function} is not a number")
        return value & _MASK

    # ---- clocks

    def _wall_now(self, _args: int, result: int) -> None:
        self._put_datetime(result, self._number(WALL_CLOCK, "now"))

    def _wall_resolution(self, _args: int, result: int) -> None:
        self._put_datetime(result, 1)

    def _put_datetime(self, result: int, nanoseconds: int) -> None:
        WORDS[self._seconds], WORDS[self._nanoseconds] = divmod(nanoseconds, NS_PER_S)
        capi.value_clone(capi.address(self._datetime), capi.address(result))

    def _monotonic_now(self, _args: int, result: int) -> None:
        put_u64(result, self._number(MONOTONIC_CLOCK, "now"))

    def _monotonic_resolution(self, _args: int, result: int) -> None:
        put_u64(result, 1)

    def _subscribe_instant(self, args: int, result: int) -> None:
        now = self._number(MONOTONIC_CLOCK, "subscribe-instant")
        self._pollable(result, max(0, WORDS[args >> 3] - now))

    def _subscribe_duration(self, args: int, result: int) -> None:
        self._pollable(result, WORDS[args >> 3])

    def _pollable(self, result: int, requested: int) -> None:
        # A wait inside WASI is no wasm code, so epochs cannot end it: it is never made
        # longer than the call may still take, and the deadline ends the call after it.
        wait = self._state.inputs.wait_ns(self._state.node, self._state.call, requested)
        put(self._requested, value_layout.U64, min(wait, self._watch.left_ns()))
        error = capi.func_call(
            self._subscribe,
            self._context,
            capi.address(self._requested),
            capi.ONE,
            capi.address(result),
            capi.ONE,
        )
        if error:
            raise capi.take_error(error)

    # ---- random

    def _insecure_seed(self, _args: int, result: int) -> None:
        seed = _exact(self._state.ask(INSECURE_SEED, "insecure-seed", _SEED_BYTES), _SEED_BYTES)
        for index, place in enumerate(self._seed_words):
            WORDS[place] = int.from_bytes(seed[index * 8 : index * 8 + 8], "little")
        capi.value_clone(capi.address(self._seed), capi.address(result))


def _exact(value: int | bytes, size: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != size:
        raise TypeError(f"the host input is not {size} bytes")
    return value
