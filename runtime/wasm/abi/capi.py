"""wasmtime's C functions, prepared for calls with integer addresses.

Arguments are `CArgObject`s made once by `address` or `number`: ctypes then copies them
instead of converting an integer on every call, which halves the cost of a call.
Functions that neither block nor run a component keep the GIL. `func_call` must let it go: the
threads that end a call, or show what it prints, run meanwhile.
"""

from __future__ import annotations

import ctypes
from typing import Any

from wasmtime import WasmtimeError, _bindings, _ffi

address: Any = ctypes.c_void_p.from_param
"""An address as an argument."""
number: Any = ctypes.c_size_t.from_param
"""A `size_t` as an argument."""
u64: Any = ctypes.c_uint64.from_param
u32: Any = ctypes.c_uint32.from_param
boolean: Any = ctypes.c_bool.from_param

NULL: Any = address(None)
ONE: Any = number(1)
ZERO: Any = number(0)

_library = _ffi.dll._name
_holding = ctypes.PyDLL(_library)
_releasing = ctypes.CDLL(_library)


def _keeps_gil(name: str, result: Any = None) -> Any:
    function: Any = _holding[f"wasmtime_{name}"]
    function.restype = result
    function.argtypes = None
    return function


def _frees_gil(name: str, result: Any = None) -> Any:
    function: Any = _releasing[f"wasmtime_{name}"]
    function.restype = result
    function.argtypes = None
    return function


func_call = _frees_gil("component_func_call", ctypes.c_void_p)
"""(function, context, parameters, count, results, count) -> error or None."""
value_clone = _keeps_gil("component_val_clone")
"""(source, uninitialised destination)."""
value_new = _keeps_gil("component_val_new", ctypes.c_void_p)
"""(source, moved out of) -> boxed value."""
value_delete = _keeps_gil("component_val_delete")
list_new = _keeps_gil("component_vallist_new")
"""(list, count, values, moved out of): a byte owns nothing, and so can be moved again."""
list_uninit = _keeps_gil("component_vallist_new_uninit")
"""(list, count)."""
any_drop = _keeps_gil("component_resource_any_drop", ctypes.c_void_p)
"""(context, resource) -> error or None. Only for borrows: an owned one runs its destructor."""
any_delete = _keeps_gil("component_resource_any_delete")
any_to_host = _keeps_gil("component_resource_any_to_host", ctypes.c_void_p)
"""(context, resource, place for a host resource) -> error or None."""
host_new = _keeps_gil("component_resource_host_new", ctypes.c_void_p)
"""(owned, representation, type) -> host resource."""
host_rep = _keeps_gil("component_resource_host_rep", ctypes.c_uint32)
host_delete = _keeps_gil("component_resource_host_delete")
host_to_any = _keeps_gil("component_resource_host_to_any", ctypes.c_void_p)
"""(context, host resource, place for a resource) -> error or None."""
set_fuel = _keeps_gil("context_set_fuel")
"""(context, fuel). It fails only where fuel is not configured."""
get_fuel = _keeps_gil("context_get_fuel")
"""(context, place for 64 bits). It fails only where fuel is not configured."""
set_epoch_deadline = _keeps_gil("context_set_epoch_deadline")
epoch_callback = _keeps_gil("store_epoch_deadline_callback")
error_new = _keeps_gil("error_new", ctypes.c_size_t)
"""(text ending in NUL) -> error; the text is copied."""
linker_add_func = _keeps_gil("component_linker_instance_add_func", ctypes.c_void_p)
"""(linker instance, name, size, callback, data, finalizer) -> error or None."""
linker_add_resource = _keeps_gil("component_linker_instance_add_resource", ctypes.c_void_p)
"""(linker instance, name, size, type, destructor, data, finalizer) -> error or None."""

memmove: Any = ctypes.PYFUNCTYPE(None)(ctypes._memmove_addr)  # type: ignore[attr-defined]
memmove.argtypes = None

# ctypes makes a Python object of each argument of a callback, in every call. What nobody reads is
# therefore declared as one byte: in the calling conventions there is a library for, each of these
# arguments has a register or a word of the stack for itself, and a byte is a small number.
_UNREAD: Any = ctypes.c_ubyte
HostFunction: Any = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    _UNREAD,
    _UNREAD,
    _UNREAD,
    ctypes.c_size_t,
    _UNREAD,
    ctypes.c_size_t,
)
"""(data, context, type, parameters, count, results) -> 0 or an error.

The count of the results comes last and is left out: who calls gives it, and takes it away again.
"""
Destructor: Any = ctypes.CFUNCTYPE(ctypes.c_size_t, _UNREAD, _UNREAD, ctypes.c_uint32)
"""(data, context, representation) -> 0 or an error."""
EpochCallback: Any = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ctypes.c_uint8),
)
"""(context, data, place for more ticks, place for what to do) -> 0 or an error."""


def pointer_value(pointer: Any) -> int:
    """The address in a pointer of wasmtime-py."""
    value = ctypes.cast(pointer, ctypes.c_void_p).value
    if not value:
        raise ValueError("null pointer")
    return value


def take_error(pointer: int) -> WasmtimeError:
    """The error at an address as wasmtime-py's exception, which then owns it."""
    return WasmtimeError._from_ptr(ctypes.cast(pointer, ctypes.POINTER(_bindings.wasmtime_error_t)))


def new_error(message: str) -> int:
    """A new error for a host function to return; ownership passes to wasmtime."""
    text = ctypes.create_string_buffer(message.replace("\0", "").encode("utf-8", "replace"))
    error: int = error_new(address(ctypes.addressof(text)))
    return error
