"""Direct calls of the exports a flow uses: one prepared set of parameters per instance.

wasmtime-py's `Func.__call__` reads the function's type and converts every value one by one on
every call. Here the parameters are laid out once; a call changes the numbers, the content type
when it differs, and what the lent handles stand for. A result stays in
its slot until the next call of the same function, where wasmtime frees it while storing
the new one; it is read in place before.

Every reader relies on the types of `boundary.EXPORTS`: instances are only made of
components whose types are equal.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from typing import Any, assert_never, cast

from wasmtime.component import Func

from runtime.model.call import (
    Absorbed,
    Accepted,
    Call,
    Discarded,
    Emitted,
    Exhausted,
    Export,
    Failed,
    Finished,
    Outcome,
    Output,
    Ports,
    Signal,
    Verdict,
)
from runtime.model.element import Element
from runtime.model.named_tuples.constructors import new_emitted, new_output
from runtime.wasm.abi import capi, value_layout
from runtime.wasm.abi.component_values import MAX_GIVEN_BYTES, FixedValues, put
from runtime.wasm.abi.handles import BUFFER_TYPE, CONTEXT_TYPE, LENT, Handles
from runtime.wasm.abi.value_layout import (
    BYTES,
    BYTES_BASE,
    CONTENT,
    FIRST,
    SECOND,
    VALUE_SIZE,
    WORDS,
    read_text,
    word,
)
from runtime.wasm.host_functions.call_state import CallState
from runtime.wasm.size_failures import configuration_too_long
from runtime.wasm.traps import foreign_buffer, process_error

Run = Callable[[Call], "Outcome | int"]
"""Makes a call: its outcome, or the address of wasmtime's error."""

_READY_WORD = Signal.READY.value
_READY = Accepted(Signal.READY)
_PAUSE = Accepted(Signal.PAUSE)
_PASSES = Verdict(True)
_STOPS = Verdict(False)
_EXHAUSTED = Exhausted()
_DISCARDED = Discarded()
_ABSORBED = Absorbed()
_FINISHED = Finished()
_NO_OUTPUT = Emitted(())
_KNOWN_PORTS = 256
"""Port lists remembered, so that a router that always says the same costs nothing."""
_KNOWN_NAME_BYTES = 256
"""A port with a longer name is not remembered."""
_VALUE_FIRST = value_layout.ENTRY_VALUE + FIRST
# Offsets in the fields of an output element, and in those of its metadata.
_META = value_layout.ENTRY_VALUE + SECOND
_PAYLOAD = value_layout.ENTRY_SIZE + _VALUE_FIRST
_CONTENT_TYPE = 2 * value_layout.ENTRY_SIZE + _VALUE_FIRST
_OK = 0xFF
"""`is_ok` is one byte; the other bytes of its word mean nothing."""


class DirectCalls:
    """The prepared exports of one instance."""

    def __init__(
        self, functions: Mapping[Export, Func], state: CallState, handles: Handles
    ) -> None:
        self._state = state
        self._handles = handles
        self._output = self._one_output_reader()
        self._functions = functions
        self._fixed = FixedValues()
        self._slots: list[int] = []
        self._owned: list[int] = []
        self._ports: dict[bytes, Ports] = {}
        self.runs: dict[Export, Run] = {
            export: self._prepare(export, function) for export, function in functions.items()
        }

    def close(self) -> None:
        """Free results and handles; the store must still be open."""
        for slot in self._slots:
            capi.value_delete(capi.address(slot))
        for resource in self._owned:
            capi.any_delete(capi.address(resource))
        self._slots.clear()
        self._owned.clear()
        self.runs.clear()

    # ---- preparing

    def _prepare(self, export: Export, function: Func) -> Run:
        at = capi.address(ctypes.addressof(function._func))
        match export:
            case Export.PROCESS | Export.EVALUATE | Export.ROUTE | Export.INGEST | Export.PUSH:
                return self._element_run(export, at)
            case Export.PULL | Export.FLUSH | Export.COMPLETE:
                return self._plain_run(export, at)
            case Export.INIT:
                return self._init_run(at)
            case Export.NOTIFY_BACKPRESSURE:
                return self._notify_run(at)
            case Export.TEARDOWN:
                return self._teardown_run(at)
        assert_never(export)

    def _result(self, export: Export) -> tuple[int, Callable[[], Outcome]]:
        """A result slot, and what reads it."""
        slot = self._fixed.value(value_layout.BOOL)
        self._slots.append(slot)
        first = word(slot) + 1
        ok = self._reader(export)

        def read() -> Outcome:
            if WORDS[first] & _OK:
                return ok(WORDS[first + 1])
            return self._error(export, WORDS[first + 1])

        return slot, read

    def _reader(self, export: Export) -> Callable[[int], Outcome]:
        """What reads the value of `ok`, given its address."""
        match export:
            case Export.ROUTE:
                return self._read_ports
            case Export.EVALUATE:
                return self._read_verdict
            case Export.PROCESS:
                return self._output_reader(value_layout.THIRD, _DISCARDED)
            case Export.PULL:
                return self._output_reader(FIRST, _EXHAUSTED)
            case Export.INGEST:
                return self._output_reader(FIRST, _ABSORBED)
            case Export.FLUSH:
                return self._read_flushed
            case Export.PUSH:
                return self._read_signal
            case Export.INIT | Export.COMPLETE:
                return lambda _value: _FINISHED
            case Export.NOTIFY_BACKPRESSURE | Export.TEARDOWN:
                raise ValueError(f"{export} has no result")
        assert_never(export)

    def _element_run(self, export: Export, function: Any) -> Run:
        parameter = ElementParameter(self._fixed, self._handles)
        self._owned += parameter.owned
        at = capi.address(parameter.address)
        slot, read = self._result(export)
        slot_at = capi.address(slot)
        context, one, func_call = self._handles.context, capi.ONE, capi.func_call
        state, sequence, timestamp = self._state, parameter.sequence, parameter.timestamp
        set_content_type = parameter.set_content_type
        last = ""
        set_content_type(last)
        # What `read` does, without the call.
        first = word(slot) + 1
        value = first + 1
        ok = self._reader(export)

        def run(call: Call) -> Outcome | int:
            nonlocal last
            _id, _, _, number, time_ns, content_type, payload, _ = call[3] or _no_element(export)
            state.payload = payload
            WORDS[sequence] = number
            WORDS[timestamp] = time_ns
            if content_type != last:
                last = content_type
                set_content_type(content_type)
            error = func_call(function, context, at, one, slot_at, one)
            if error:
                return cast(int, error)
            if WORDS[first] & _OK:
                return ok(WORDS[value])
            return read()

        return run

    def _plain_run(self, export: Export, function: Any) -> Run:
        slot, read = self._result(export)
        slot_at = capi.address(slot)
        context = self._handles.context

        def run(_call: Call) -> Outcome | int:
            error = capi.func_call(function, context, capi.NULL, capi.ZERO, slot_at, capi.ONE)
            return error or read()

        return run

    def _init_run(self, function: Any) -> Run:
        slot, read = self._result(Export.INIT)
        slot_at = capi.address(slot)
        context = self._handles.context

        def run(call: Call) -> Outcome | int:
            size = len(call.argument)
            if size <= MAX_GIVEN_BYTES:
                size = len(call.argument.encode("utf-8", "replace"))
            if size > MAX_GIVEN_BYTES:
                return Failed(configuration_too_long(size, MAX_GIVEN_BYTES))
            fixed = FixedValues()
            config = capi.address(fixed.text(call.argument))
            error = capi.func_call(function, context, config, capi.ONE, slot_at, capi.ONE)
            return error or read()

        return run

    def _notify_run(self, function: Any) -> Run:
        signals = {
            signal: capi.address(self._fixed.text(signal, value_layout.ENUM)) for signal in Signal
        }
        context = self._handles.context

        def run(call: Call) -> Outcome | int:
            signal = signals[Signal(call.argument)]
            error = capi.func_call(function, context, signal, capi.ONE, capi.NULL, capi.ZERO)
            return error or _FINISHED

        return run

    def _teardown_run(self, function: Any) -> Run:
        context = self._handles.context

        def run(_call: Call) -> Outcome | int:
            error = capi.func_call(function, context, capi.NULL, capi.ZERO, capi.NULL, capi.ZERO)
            return error or _FINISHED

        return run

    # ---- reading results; every argument is the address of a value

    def _error(self, export: Export, value: int) -> Outcome:
        case = read_text(value + FIRST)
        payload = WORDS[word(value + value_layout.THIRD)]
        text = read_text(payload + FIRST) if payload else ""
        return Failed(process_error(export, case, text))

    def _read_ports(self, value: int) -> Outcome:
        index = value >> 3
        count = WORDS[index]
        if count == 1:
            place = WORDS[index + 1] >> 3
            start = WORDS[place + 1] - BYTES_BASE
            name = BYTES[start : start + WORDS[place]]
            return self._ports.get(name) or self._new_port(name)
        data = WORDS[index + 1]
        return Ports(tuple([read_text(data + i * VALUE_SIZE + FIRST) for i in range(count)]))

    def _new_port(self, name: bytes) -> Ports:
        ports = Ports((name.decode("utf-8", "replace"),))
        if len(self._ports) < _KNOWN_PORTS and len(name) <= _KNOWN_NAME_BYTES:
            self._ports[name] = ports
        return ports

    def _read_verdict(self, value: int) -> Outcome:
        return _PASSES if WORDS[value >> 3] & _OK else _STOPS

    def _read_signal(self, value: int) -> Outcome:
        return _READY if read_text(value + FIRST) == _READY_WORD else _PAUSE

    def _output_reader(self, at: int, nothing: Outcome) -> Callable[[int], Outcome]:
        """What reads one output element, whose address stands at this offset, or nothing."""
        output = self._output
        at = at - value_layout.CONTENT >> 3

        def read(value: int) -> Outcome:
            record = WORDS[(value >> 3) + at]
            if not record:
                return nothing
            made = output(record)
            if made is None:
                return Failed(foreign_buffer())
            return new_emitted(Emitted, ((made,),))

        return read

    def _read_flushed(self, value: int) -> Outcome:
        count = WORDS[word(value + FIRST)]
        data = WORDS[word(value + SECOND)]
        if not count:
            return _NO_OUTPUT
        outputs = []
        for index in range(count):
            output = self._output(data + index * VALUE_SIZE)
            if output is None:
                return Failed(foreign_buffer())
            outputs.append(output)
        return Emitted(tuple(outputs))

    def _one_output_reader(self) -> Callable[[int], Output | None]:
        """What reads an output element, of its record; None when it does not own its payload."""
        frozen, take_frozen = self._state.owned.frozen, self._state.owned.take_frozen
        buffers_back, representation = self._handles.buffers_back, self._handles.representation

        def output(record: int) -> Output | None:
            fields = WORDS[(record + SECOND >> 3) - 1]
            place = (fields + _PAYLOAD >> 3) - 1
            if len(frozen) == 1:
                # There is no other: no need to ask which it is.
                (number,) = frozen
                buffers_back[number] = WORDS[place]
                # Out of the result, with which wasmtime would free it.
                WORDS[place - 1] = value_layout.BOOL
            else:
                number = representation(WORDS[place])
            payload = take_frozen(number)
            if payload is None:
                return None
            meta = WORDS[(fields + _META >> 3) - 1]
            place = meta + _CONTENT_TYPE >> 3
            start = WORDS[place] - BYTES_BASE
            content_type = BYTES[start : start + WORDS[place - 1]].decode("utf-8", "replace")
            return new_output(Output, (payload, content_type))

        return output


def _no_element(export: Export) -> Element:
    raise ValueError(f"{export} needs an element")


class ElementParameter:
    """A `stream-element` in memory: see docs/torvyn-facts.md#interfaces."""

    def __init__(self, fixed: FixedValues, handles: Handles) -> None:
        self._fixed = fixed
        meta, (sequence, timestamp, content_type) = fixed.record(
            ("sequence", value_layout.U64),
            ("timestamp-ns", value_layout.U64),
            ("content-type", value_layout.STRING),
        )
        self.address, (meta_place, payload, context) = fixed.record(
            ("meta", value_layout.RECORD),
            ("payload", value_layout.RESOURCE),
            ("context", value_layout.RESOURCE),
        )
        put(meta_place, value_layout.RECORD, 3, WORDS[word(meta + SECOND)])
        # The host owns both handles and lends them with every call.
        self.owned = [handles.own(BUFFER_TYPE, LENT), handles.own(CONTEXT_TYPE, LENT)]
        put(payload, value_layout.RESOURCE, self.owned[0])
        put(context, value_layout.RESOURCE, self.owned[1])
        self.sequence = word(sequence + CONTENT)
        self.timestamp = word(timestamp + CONTENT)
        self._content_type = content_type + FIRST
        self._text: Any = None

    def set_content_type(self, text: str) -> None:
        """Set the content type of the metadata."""
        data = text.encode("utf-8", "replace")
        self._text = ctypes.create_string_buffer(data, len(data) + 1)
        index = word(self._content_type)
        WORDS[index] = len(data)
        WORDS[index + 1] = ctypes.addressof(self._text)
