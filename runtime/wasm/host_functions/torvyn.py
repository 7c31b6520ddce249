"""The host functions of `torvyn:streaming` and `torvyn:capabilities` for one instance.

Facts: docs/torvyn-facts.md#interfaces, #buffers and #copies.

A function gets the addresses of its parameters and of its result, values of 32 bytes each;
`address >> 3` is the word of a value's content (see `value_layout.word`). The functions every
element goes through are written out in one piece: a Python call costs as much here as
reading three words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wasmtime.component import LinkerInstance, ResourceType

from runtime.model.element import Buffer
from runtime.model.interruption import CALLED_FROM_C
from runtime.wasm.abi import capi, value_layout
from runtime.wasm.abi.buffers import BufferRefusal, MutableBuffer
from runtime.wasm.abi.component_values import ByteLists, FixedValues, ReadFailures, put, write_text
from runtime.wasm.abi.handles import BUFFER_TYPE, CONTEXT_TYPE, LENT, MUTABLE_TYPE, Handles
from runtime.wasm.abi.value_layout import (
    BYTES,
    BYTES_BASE,
    RESOURCE,
    RESULT,
    U64,
    VALUE_SIZE,
    WORDS,
    read_bytes,
    read_list_u8,
)
from runtime.wasm.host_functions.boundary import ALLOCATOR, CAPABILITIES, TYPES
from runtime.wasm.host_functions.call_state import CallState

Body = Callable[[int, int], None]
"""A host function: addresses of its parameters and of its result."""

# Words of the second and third parameter, counted from `address >> 3`.
_FIRST_OF_1 = 4
_SECOND_OF_1 = 5
_FIRST_OF_2 = 8
_SECOND_OF_2 = 9


class TorvynImports:
    """Makes the functions, and keeps what wasmtime calls alive."""

    def __init__(self, state: CallState, handles: Handles, lists: ByteLists) -> None:
        self._state = state
        self._handles = handles
        self._lists = lists
        self._refusals = ReadFailures()
        self._fixed = FixedValues()
        boxed = self._fixed.value(RESOURCE)
        self._boxed, self._boxed_word = capi.address(boxed), boxed >> 3
        self._boxed_content = capi.address(boxed + value_layout.CONTENT)
        self._self_mutable = self._self_mutable_reader()
        self._kept: list[Any] = []

    def define(self, linker: LinkerInstance, interface: str) -> None:
        """Define every function and resource of one interface (name without version)."""
        if interface == TYPES:
            owned = self._state.owned
            resources: dict[str, tuple[int, Callable[[int], object]]] = {
                "buffer": (BUFFER_TYPE, owned.take_frozen),
                "mutable-buffer": (MUTABLE_TYPE, owned.drop_mutable),
                "flow-context": (CONTEXT_TYPE, lambda _representation: None),
            }
            for resource, (kind, dropped) in resources.items():
                made = define_resource(linker, resource, kind, dropped, self._state)
                self._kept.append(made)
        for name, body in self._bodies(interface).items():
            self._kept.append(define_function(linker, name, body, self._state))

    def _bodies(self, interface: str) -> dict[str, Body]:
        if interface == TYPES:
            return {
                "[method]buffer.size": self._buffer_size,
                "[method]buffer.content-type": self._buffer_content_type,
                "[method]buffer.read": self._buffer_read,
                "[method]buffer.read-all": self._read_all_body(),
                "[method]mutable-buffer.write": self._mutable_write,
                "[method]mutable-buffer.append": self._append_body(),
                "[method]mutable-buffer.size": self._mutable_size,
                "[method]mutable-buffer.capacity": self._mutable_capacity,
                "[method]mutable-buffer.set-content-type": self._set_content_type_body(),
                "[method]mutable-buffer.freeze": self._freeze_body(),
                "[method]flow-context.trace-id": self._no_identifier,
                "[method]flow-context.span-id": self._no_identifier,
                "[method]flow-context.deadline-ns": self._no_deadline,
                "[method]flow-context.flow-id": self._flow_id,
            }
        if interface == ALLOCATOR:
            return {"allocate": self._allocate_body(), "clone-into-mutable": self._clone}
        if interface == CAPABILITIES:
            return {"has-capability": self._has_capability}
        raise ValueError(interface)

    # ---- resources

    def _self_buffer(self, args: int) -> Buffer:
        state = self._state
        frozen = state.owned.frozen
        resource = WORDS[args >> 3]
        if not frozen:
            # The lent payload is the only buffer there is: no need to ask which it is.
            self._handles.drop_borrow(resource)
            return state.payload
        representation = self._handles.representation(resource)
        return state.payload if representation == LENT else frozen[representation]

    def _self_mutable_reader(self) -> Callable[[int], MutableBuffer]:
        """What finds the mutable buffer that a method is called of."""
        owned = self._state.owned
        mutable = owned.mutable
        context, representation = self._handles.context, self._handles.representation
        address, any_drop = capi.address, capi.any_drop

        def self_mutable(args: int) -> MutableBuffer:
            resource = WORDS[args >> 3]
            only = owned.only
            if only is None:
                return mutable[representation(resource)]
            # There is no other: no need to ask which it is.
            error = any_drop(context, address(resource))
            if error:
                raise capi.take_error(error)
            return only

        return self_mutable

    # ---- buffer

    def _buffer_size(self, args: int, result: int) -> None:
        put_u64(result, len(self._self_buffer(args).data))

    def _buffer_content_type(self, args: int, result: int) -> None:
        write_text(result, self._self_buffer(args).content_type)

    def _buffer_read(self, args: int, result: int) -> None:
        data = self._self_buffer(args).data
        index = args >> 3
        offset = WORDS[index + _FIRST_OF_1]
        part = data[offset : offset + WORDS[index + _FIRST_OF_2]]
        self._lists.write(result, part)
        if part:
            self._state.reads += 1
            self._state.read_bytes += len(part)

    def _read_all_body(self) -> Body:
        state = self._state
        frozen = state.owned.frozen
        context = self._handles.context
        write = self._lists.write
        self_buffer = self._self_buffer
        address, any_drop = capi.address, capi.any_drop

        def read_all(args: int, result: int) -> None:
            if frozen:
                data = self_buffer(args).data
            else:
                error = any_drop(context, address(WORDS[args >> 3]))
                if error:
                    raise capi.take_error(error)
                data = state.payload.data
            write(result, data)
            if data:
                state.reads += 1
                state.read_bytes += len(data)

        return read_all

    # ---- mutable-buffer

    def _mutable_write(self, args: int, result: int) -> None:
        buffer = self._self_mutable(args)
        index = args >> 3
        offset = WORDS[index + _FIRST_OF_1]
        data = read_list_u8(WORDS[index + _SECOND_OF_2], WORDS[index + _FIRST_OF_2])
        refusal = buffer.write(offset, data)
        if refusal is not None:
            self._refusals.write(result, refusal)
            return
        self._state.writes += 1
        self._state.write_bytes += len(data)
        put(result, RESULT, 1)

    def _append_body(self) -> Body:
        state = self._state
        self_mutable = self._self_mutable
        refusals = self._refusals

        def append(args: int, result: int) -> None:
            buffer = self_mutable(args)
            index = args >> 3
            size = WORDS[index + _FIRST_OF_1]
            start = WORDS[index + _SECOND_OF_1] + value_layout.FIRST - BYTES_BASE
            data = BYTES[start : start + size * VALUE_SIZE : VALUE_SIZE] if size else b""
            refusal = buffer.append(data)
            if refusal is not None:
                refusals.write(result, refusal)
                return
            state.writes += 1
            state.write_bytes += size
            index = result >> 3
            WORDS[index] = 1
            WORDS[index + 1] = 0
            WORDS[index - 1] = RESULT

        return append

    def _mutable_size(self, args: int, result: int) -> None:
        put_u64(result, self._self_mutable(args).size())

    def _mutable_capacity(self, args: int, result: int) -> None:
        put_u64(result, self._self_mutable(args).capacity)

    def _set_content_type_body(self) -> Body:
        self_mutable = self._self_mutable

        def set_content_type(args: int, _result: int) -> None:
            buffer = self_mutable(args)
            index = args >> 3
            start = WORDS[index + _SECOND_OF_1] - BYTES_BASE
            buffer.set_content_type(BYTES[start : start + WORDS[index + _FIRST_OF_1]])

        return set_content_type

    def _freeze_body(self) -> Body:
        freeze, own_at = self._state.owned.freeze, self._handles.own_at
        buffers_back = self._handles.buffers_back
        self_mutable = self._self_mutable

        def freeze_buffer(args: int, result: int) -> None:
            made = freeze(self_mutable(args))
            index = result >> 3
            if made in buffers_back:
                WORDS[index] = buffers_back.pop(made)
            else:
                own_at(BUFFER_TYPE, made, capi.address(result + value_layout.CONTENT))
            WORDS[index - 1] = RESOURCE

        return freeze_buffer

    # ---- flow-context

    def _no_identifier(self, args: int, result: int) -> None:
        self._handles.drop_borrow(WORDS[args >> 3])
        write_text(result, "")

    def _no_deadline(self, args: int, result: int) -> None:
        self._handles.drop_borrow(WORDS[args >> 3])
        put_u64(result, 0)

    def _flow_id(self, args: int, result: int) -> None:
        self._handles.drop_borrow(WORDS[args >> 3])
        write_text(result, self._state.flow_id)

    # ---- buffer-allocator and capability-query

    def _allocate_body(self) -> Body:
        allocate, give = self._state.owned.allocate, self._give_mutable
        return lambda args, result: give(result, allocate(WORDS[args >> 3]))

    def _clone(self, args: int, result: int) -> None:
        source = self._self_buffer(args)
        made = self._state.owned.clone(source)
        if not isinstance(made, BufferRefusal):
            state = self._state
            size = len(source.data)
            if size:
                state.reads += 1
                state.read_bytes += size
            state.writes += 1
            state.write_bytes += size
        self._give_mutable(result, made)

    def _give_mutable(self, result: int, made: int | BufferRefusal) -> None:
        if isinstance(made, BufferRefusal):
            self._refusals.write(result, made)
            return
        # wasmtime moves the value out and leaves a boolean, so the kind is written each time.
        WORDS[self._boxed_word - 1] = RESOURCE
        self._handles.own_at(MUTABLE_TYPE, made, self._boxed_content)
        index = result >> 3
        WORDS[index + 1] = capi.value_new(self._boxed)
        WORDS[index] = 1
        WORDS[index - 1] = RESULT

    def _has_capability(self, args: int, result: int) -> None:
        index = args >> 3
        name = read_bytes(WORDS[index + 1], WORDS[index]).decode("utf-8", "replace")
        put(result, value_layout.BOOL, int(self._state.grants.allows(name)))


def put_u64(result: int, value: int) -> None:
    """Write a `u64` result."""
    index = result >> 3
    WORDS[index - 1] = U64
    WORDS[index] = value


def define_function(linker: LinkerInstance, name: str, body: Body, state: CallState) -> Any:
    """Define a host function; keep the returned object as long as the store lives.

    No exception leaves it: it becomes `state.fault` and an error that ends the call.
    """
    refuse = state.refuse

    def callback(_data: int, _context: int, _type: int, args: int, _count: int, result: int) -> int:
        try:
            body(args, result)
        except BaseException as problem:
            return refuse(problem)
        return 0

    CALLED_FROM_C.add(callback.__code__)
    function = capi.HostFunction(callback)
    encoded = name.encode()
    error = capi.linker_add_func(
        capi.address(capi.pointer_value(linker.ptr())),
        encoded,
        capi.number(len(encoded)),
        function,
        capi.NULL,
        capi.NULL,
    )
    if error:
        raise capi.take_error(error)
    return function


def define_resource(
    linker: LinkerInstance,
    name: str,
    kind: int,
    dropped: Callable[[int], object],
    state: CallState,
) -> Any:
    """Define a resource of the host; keep the returned object as long as the store lives.

    `kind` is its number in `Handles`; `dropped` hears of the representation of each that is gone.
    """

    def destroy(_data: int, _context: int, representation: int) -> int:
        try:
            dropped(representation)
        except BaseException as problem:
            return state.refuse(problem)
        return 0

    CALLED_FROM_C.add(destroy.__code__)
    callback = capi.Destructor(destroy)
    encoded = name.encode()
    resource = ResourceType.host(kind)
    error = capi.linker_add_resource(
        capi.address(capi.pointer_value(linker.ptr())),
        encoded,
        capi.number(len(encoded)),
        capi.address(capi.pointer_value(resource.ptr())),
        callback,
        capi.NULL,
        capi.NULL,
    )
    if error:
        raise capi.take_error(error)
    return callback
