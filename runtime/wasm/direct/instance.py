"""One node's component instance: its store, its host functions, its calls."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any, Protocol

from wasmtime import Engine, Store, WasmtimeError
from wasmtime._error import ExitTrap
from wasmtime.component import Component, Func, Instance, Linker

from runtime.model.call import (
    NO_COPIES,
    Answer,
    Call,
    CopyCount,
    Export,
    Failed,
    Failure,
    Outcome,
    Printed,
)
from runtime.model.linked import LinkedNode
from runtime.model.measures.time_units import NS_PER_MS
from runtime.model.named_tuples.constructors import new_answer, new_copy_count
from runtime.wasm import size_failures, traps
from runtime.wasm.abi import capi
from runtime.wasm.abi.component_values import MAX_TAKEN_BYTES, ByteLists
from runtime.wasm.abi.fuel import fuel_left, fuel_word
from runtime.wasm.abi.handles import Handles
from runtime.wasm.abi.value_layout import SIGNED
from runtime.wasm.call_layer import Compiled, FlowContext, InstanceError
from runtime.wasm.direct.calls import DirectCalls, Run
from runtime.wasm.guest_memory import HandleCount, NotAvailable
from runtime.wasm.host_functions import boundary
from runtime.wasm.host_functions.call_state import CallState, host_bug
from runtime.wasm.host_functions.capabilities import read_grants
from runtime.wasm.host_functions.denials import Denials
from runtime.wasm.host_functions.denied_uses import NodeDenials, replaces
from runtime.wasm.host_functions.output_streams import INTERFACES, STREAMS, OutputStreams
from runtime.wasm.host_functions.printed_output import OutputFileError, PrintedOutput
from runtime.wasm.host_functions.torvyn import TorvynImports
from runtime.wasm.host_functions.wasi import (
    POLLABLES,
    SHADOWED,
    ClockAndRandom,
    WasiError,
    wasi_config,
)
from runtime.wasm.node_types import called_exports, check_types
from runtime.wasm.sandbox import CallWatch, StoreLimits, fuel_of

_perf_counter_ns = time.perf_counter_ns
_lseek, _FROM_HERE = os.lseek, os.SEEK_CUR
_NOT_READABLE = NotAvailable("the native call layer is not in use")
_NOTHING_PRINTED: tuple[tuple[Printed, ...], int] = ((), 0)


class ComponentCode(Protocol):
    """Where instances take compiled code from."""

    engine: Engine

    def compiled(self, text: str) -> Component:
        """A component of our own, compiled once: `wasi.POLLABLES`, `output_streams.STREAMS`."""
        ...


class ComponentInstance:
    """An instance in a store of its own. Made and used on one thread."""

    def __init__(
        self,
        node: LinkedNode,
        compiled: Compiled,
        code: ComponentCode,
        watch: CallWatch,
        lists: ByteLists,
        context: FlowContext,
        call: int,
    ) -> None:
        """Instantiate `compiled` for `node`; `call` is the number of the call it is made for.

        Raises InstanceError.
        """
        self.node = node
        self.compiled = compiled
        self.crashed: Failure | None = None
        """Why the instance cannot be called any more."""
        grants = read_grants(node.grants)
        self._state = CallState(node.name, grants, context.flow_id, context.inputs)
        self._state.call = call
        streams = boundary.output_streams(item.name for item in compiled.surface.imports)
        self._output = PrintedOutput(self._state, streams, context.on_print)
        self._watch = watch
        self._timeout_ns = node.limits.call_timeout_ms * NS_PER_MS
        self._limits = node.limits
        """As they hold for each memory of the component."""
        self._least_memory = compiled.declared.least_bytes
        self._fuel = fuel_of(node.limits)
        self._fuel_argument = capi.u64(self._fuel)
        self._kept: list[Any] = []
        self._store = Store(code.engine)
        self._fuel_word = fuel_word(self._store)
        self._calls: DirectCalls | None = None
        self._handles = Handles(self._store)
        self._uses = NodeDenials(
            node.name,
            context.denied,
            node.grants,
            node.withheld,
            interpreter=node.interpreter,
            made_for=call,
        )
        self._denials = Denials(self._state, self._handles, self._uses)
        self._context = self._handles.context
        self.runs: dict[Export, Run] = {}
        """Calls that can be made; empty once the instance crashed."""
        try:
            self._open(code, lists)
        except WasmtimeError as error:
            self._output.take(*self._output.sizes())
            failure = self._state.fault or self._start_failure(error)
            failure = _with_stderr(failure, self._output)
            self.close()
            raise InstanceError(failure) from None
        except (InstanceError, WasiError, OutputFileError) as problem:
            self.close()
            if isinstance(problem, WasiError):
                raise InstanceError(traps.wasi_failed(str(problem))) from None
            if isinstance(problem, OutputFileError):
                raise InstanceError(traps.no_output_file(str(problem))) from None
            raise

    @property
    def live_handles(self) -> int:
        """Buffers the component owns now."""
        return self._state.owned.count

    def handles(self) -> list[HandleCount]:
        """Buffers: the host has made no others that it could count."""
        owned = self._state.owned
        kinds = (
            ("mutable-buffer", owned.mutable_made, len(owned.mutable)),
            ("buffer", owned.frozen_made, len(owned.frozen)),
        )
        return [HandleCount(kind, made, made - live, live) for kind, made, live in kinds if made]

    @property
    def memory(self) -> NotAvailable:
        """See `NodeInstance.memory`."""
        return _NOT_READABLE

    # ---- making it

    def _open(self, code: ComponentCode, lists: ByteLists) -> None:
        check_types(self.node, self.compiled.surface)
        allowed = StoreLimits.of(self.compiled.declared, self.node.limits)
        if allowed is None:
            raise InstanceError(traps.too_many_memories(self.compiled.declared, self.node.limits))
        allowed.apply(self._store)
        self._limits = replace(self._limits, memory_bytes=allowed.memory_bytes)
        self._store.set_wasi(wasi_config(self._state.grants, self._output, dict(self.node.folders)))
        self._kept.append(self._watch.attach(self._store))
        self._watch.begin(self._timeout_ns, self._output)
        try:
            instance = self._instantiate(code, lists)
        finally:
            self._watch.end()
        functions = self._functions(instance)
        self._calls = DirectCalls(functions, self._state, self._handles)
        self.runs = self._calls.runs

    def _instantiate(self, code: ComponentCode, lists: ByteLists) -> Instance:
        with Linker(code.engine) as linker:
            linker.allow_shadowing = True
            linker.add_wasip2()
            self._define(linker, code, lists)
            self._refill()
            instance: Instance = linker.instantiate(self._store, self.compiled.code)
        return instance

    def _define(self, linker: Linker, code: ComponentCode, lists: ByteLists) -> None:
        torvyn = TorvynImports(self._state, self._handles, lists)
        clocks = ClockAndRandom(self._state, self._store, lists, self._watch)
        streams = OutputStreams(self._state, self._store, self._output)
        self._kept += [torvyn, clocks, streams]
        if self._output.streams:
            streams.open(linker, code.compiled(STREAMS))
        with linker.root() as root:
            for interface in self.compiled.surface.imports:
                name, version = boundary.split_version(interface.name)
                functions = [function.name for function in interface.functions]
                if name.startswith("torvyn:"):
                    with root.add_instance(interface.name) as instance:
                        torvyn.define(instance, name)
                elif replaces(interface, self._state.grants):
                    with root.add_instance(interface.name) as instance:
                        self._denials.define(instance, interface)
                elif name in INTERFACES and boundary.is_wasi_version(version) and functions:
                    with root.add_instance(interface.name) as instance:
                        streams.define(instance, name)
                elif name in SHADOWED and boundary.is_wasi_version(version) and functions:
                    with root.add_instance(interface.name) as instance:
                        clocks.define(instance, name, functions)
                    if any(function.startswith("subscribe-") for function in functions):
                        self._refill()
                        clocks.open_pollables(code.engine, code.compiled(POLLABLES))

    def _functions(self, instance: Instance) -> dict[Export, Func]:
        """The exports of the node's role and lifecycle. Raises InstanceError (E0808)."""
        functions = {}
        for export, name in called_exports(self.node):
            index = instance.get_export_index(self._store, name)
            place = index and instance.get_export_index(self._store, export, index)
            function = place and instance.get_func(self._store, place)
            if not function:
                raise InstanceError(traps.missing_export(export, name))
            functions[export] = function
        return functions

    def _start_failure(self, error: WasmtimeError) -> Failure:
        if self._watch.timed_out:
            return traps.timed_out(self.node.limits)
        if self._watch.interrupted:
            return traps.interrupted()
        return traps.instantiation_failure(str(error), self._limits)

    def _refill(self) -> None:
        capi.set_fuel(self._context, self._fuel_argument)

    # ---- calling it

    def make(self, run: Run, call: Call) -> Answer:
        """Make a call with one of `runs`."""
        state = self._state
        watch = self._watch
        state.call = call.number
        watch.call = call
        place = self._fuel_word
        if place is None:
            self._refill()
        else:
            SIGNED[place] = -self._fuel
        watch.interrupted = False
        watch.timeout_ns = self._timeout_ns
        watch.output = self._output
        watch.running = True
        if watch.idle:
            watch.wake()
        watch.began_ns = began = _perf_counter_ns()
        try:
            outcome = run(call)
        except Exception as problem:
            outcome = Failed(host_bug(problem))
        duration = _perf_counter_ns() - began
        watch.running = False
        if watch.followed_ns:
            watch.end()
        fuel = self._fuel
        minus_left = -fuel_left(self._context) if place is None else SIGNED[place]
        if minus_left < 0:
            fuel += minus_left
        printed, size = _NOTHING_PRINTED
        output = self._output
        if output.descriptors is not None:
            stdout, stderr = output.descriptors
            out = 0 if stdout is None else _lseek(stdout, 0, _FROM_HERE)
            err = 0 if stderr is None else _lseek(stderr, 0, _FROM_HERE)
            if out or err:
                printed, size = output.take(out, err)
                for stream, _, granted in printed:
                    if not granted:
                        self._uses.note_printed(state.call, stream)
                if output.over_limit:
                    state.fault = size_failures.printed_too_much(output.over_limit)
        kind = outcome.__class__
        if kind is int or kind is Failed or state.fault is not None:
            outcome = self._failed(outcome, size > 0)
        if state.reads or state.writes:
            copies = new_copy_count(
                CopyCount, (state.reads, state.read_bytes, state.writes, state.write_bytes)
            )
            state.reads = state.read_bytes = state.writes = state.write_bytes = 0
        else:
            copies = NO_COPIES
        host = state.take_host() if state.host else ()
        return new_answer(
            Answer,
            # No int any more; mypy does not narrow by `__class__`.
            (outcome, duration, copies, printed, size, host, fuel, self._least_memory),  # type: ignore[arg-type]
        )

    def _failed(self, outcome: Outcome | int, printed: bool) -> Outcome:
        """The failed outcome; the instance is not called again if it is unusable.

        Raises the `KeyboardInterrupt` that ended the call, if one did.
        """
        state, watch, output = self._state, self._watch, self._output
        ended = state.ended or watch.ended
        if ended is not None:
            state.ended = watch.ended = None
            raise ended
        if isinstance(outcome, int):
            error = capi.take_error(outcome)
            trouble = traps.CallTrouble(
                str(error),
                error.code if isinstance(error, ExitTrap) else None,
                MAX_TAKEN_BYTES,
                state.fault,
                watch.interrupted,
                watch.timed_out,
                output.stderr_tail if printed else b"",
            )
            failure = traps.call_failure(trouble, self._limits)
            watch.timed_out = False
            self.crashed = failure
        elif isinstance(outcome, Failed):
            failure = outcome.failure
        else:
            failure = state.fault or traps.not_usable("the host failed")
        state.fault = None
        if printed:
            failure = _with_stderr(failure, output)
        if failure.crashed:
            self.crashed = failure
            teardown = self.runs.get(Export.TEARDOWN)
            self.runs = {}
            # After `fatal` the instance still works, and is told that it ends.
            if isinstance(outcome, Failed) and teardown is not None:
                self.runs[Export.TEARDOWN] = teardown
        return Failed(failure)

    def close(self) -> None:
        """Close the store. Idempotent."""
        self.runs = {}
        if self._calls is not None:
            self._calls.close()
            self._calls = None
        self._handles.close()
        self._output.close()
        self._store.close()
        self._kept.clear()


def _with_stderr(failure: Failure, output: PrintedOutput) -> Failure:
    """The failure with what was just taken of stderr."""
    stderr, size = output.stderr_tail, output.stderr_bytes
    return failure._replace(stderr=stderr, stderr_cut=size > len(stderr)) if size else failure
