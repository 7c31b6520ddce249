"""A file's bytes in memory, without a descriptor: `mmap.mmap` would keep one of its own."""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import Any

from runtime.wasm.abi.value_layout import read_bytes

_FAILED = ctypes.c_void_p(-1).value
_library = ctypes.CDLL(None, use_errno=True)


def _function(name: str, result: Any, *parameters: Any) -> Any:
    function = _library[name]
    function.restype = result
    function.argtypes = parameters
    return function


_map = _function(
    "mmap",
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int64,
)
_unmap = _function("munmap", ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
_advise = _function("madvise", ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class FileMapping:
    """The first `size` bytes of a file that is at least as long, and stays so."""

    __slots__ = ("_address", "_size")

    def __init__(self, descriptor: int, size: int) -> None:
        """The descriptor may be closed afterwards. Raises OSError."""
        access = mmap.PROT_READ | mmap.PROT_WRITE
        address = _map(None, size, access, mmap.MAP_SHARED, descriptor, 0)
        if address == _FAILED:
            raise _error()
        self._address: int = address
        self._size = size

    def read(self, begin: int, end: int) -> bytes:
        """The bytes from `begin` up to `end`. Raises ValueError when there are no such."""
        if not 0 <= begin <= end <= self._size:
            raise ValueError(f"bytes {begin} to {end} of {self._size}")
        return read_bytes(self._address + begin, end - begin)

    def clear(self) -> None:
        """Give the memory of a file in memory back: it is all zeros again. Raises OSError."""
        if _advise(self._address, self._size, mmap.MADV_REMOVE):
            raise _error()

    def close(self) -> None:
        """Unmap it. Idempotent."""
        size, self._size = self._size, 0
        if size:
            _unmap(self._address, size)


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
