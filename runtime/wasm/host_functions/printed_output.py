"""What one instance prints: an anonymous file for each stream, read after every call.

wasmtime writes to the file while the component's call waits, with no callback and no other
thread. It opens the file itself; only the place in its file says how much a call wrote, so
that descriptor is looked up, read and set back to the start, always between two calls.
The content is read through a mapping. A component has one descriptor for each stream that
it imports.

The two streams are two files: in which order a component wrote to both of them during one
call is not known, which is told with what was printed. stdout is given first, whatever it was.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from wasmtime import WasiConfig, WasmtimeError

from runtime.model.call import FAILURE_STDERR_BYTES, PRINTED_KEPT_BYTES, Printed
from runtime.model.named_tuples.constructors import new_printed
from runtime.wasm.abi.file_mapping import FileMapping
from runtime.wasm.host_functions.call_state import CallState, host_bug
from runtime.wasm.host_functions.printing import OnPrint

PRINT_LIMIT_BYTES = 64 * 1024 * 1024
"""What one call may write to one stream, or less where files may not be so large (`ulimit -f`).
The file cannot grow beyond it on Linux."""
CHUNK_BYTES = 1024 * 1024
"""Bytes given to `OnPrint` at once."""
_RELEASED_BYTES = 1024 * 1024
"""A file that was longer gives its memory back after the call."""
STDERR_SHARE = PRINTED_KEPT_BYTES // 4
"""Of what is kept with an answer, stderr gets this much even after a long stdout."""
_DESCRIPTORS = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"

_lseek, _FROM_HERE, _FROM_START = os.lseek, os.SEEK_CUR, os.SEEK_SET


class OutputFileError(Exception):
    """There is no file for what a component prints; the text says why."""


class PrintedOutput:
    """The two streams of one instance."""

    def __init__(self, state: CallState, streams: frozenset[str], on_print: OnPrint | None) -> None:
        """`streams` are those the component imports, "stdout" and "stderr"."""
        self._state = state
        self._on_print = on_print
        self.streams = streams
        self._granted = {"stdout": state.grants.stdout, "stderr": state.grants.stderr}
        self._stdout: _StreamFile | None = None
        self._stderr: _StreamFile | None = None
        self._order_known = True
        """False while what is told comes from a call that wrote to both streams."""
        self.stderr_tail = b""
        """The end of what was taken of stderr, at most `FAILURE_STDERR_BYTES`."""
        self.stderr_bytes = 0
        """All that was taken of stderr."""
        self.over_limit = 0
        """The size of a stream's file that was full when it was taken, else 0: what came after
        that is lost."""
        self.descriptors: tuple[int | None, int | None] | None = None
        """wasmtime's for stdout and stderr, each None as long as the component was not given it.
        Where they stand are the sizes that `take` is given. None when it was given neither."""

    def attach(self, config: WasiConfig) -> None:
        """Make the files, and let wasmtime open them. Raises OutputFileError."""
        try:
            if "stdout" in self.streams:
                self._stdout = _StreamFile(lambda path: setattr(config, "stdout_file", path))
            if "stderr" in self.streams:
                self._stderr = _StreamFile(lambda path: setattr(config, "stderr_file", path))
        except (OSError, WasmtimeError) as error:
            raise OutputFileError(_no_file(error)) from None

    def given(self, stream: str) -> None:
        """The component has "stdout" or "stderr" from now on, and may write to it."""
        stdout, stderr = self.descriptors or (None, None)
        if stream == "stdout":
            stdout = _descriptor_of(self._stdout)
        else:
            stderr = _descriptor_of(self._stderr)
        self.descriptors = stdout, stderr

    def sizes(self) -> tuple[int, int]:
        """Bytes of stdout and of stderr that were written since the last `take`."""
        if self.descriptors is None:
            return 0, 0
        stdout, stderr = self.descriptors
        out = 0 if stdout is None else _lseek(stdout, 0, _FROM_HERE)
        err = 0 if stderr is None else _lseek(stderr, 0, _FROM_HERE)
        return out, err

    def take(self, out: int, err: int) -> tuple[tuple[Printed, ...], int]:
        """What was written since the last time, of these `sizes`, and the count of its bytes."""
        self.over_limit = 0
        self.stderr_bytes = err
        self.stderr_tail = b""
        kept_err = min(err, max(PRINTED_KEPT_BYTES - out, STDERR_SHARE)) if err else 0
        kept_out = min(out, PRINTED_KEPT_BYTES - kept_err)
        printed: tuple[Printed, ...] = ()
        self._order_known = not (out and err)
        if self._stdout is not None and out:
            printed = (self._take("stdout", self._stdout, kept_out, out),)
        if self._stderr is not None and err:
            begin = max(0, err - FAILURE_STDERR_BYTES)
            self.stderr_tail = self._stderr.content.read(begin, err)
            printed += (self._take("stderr", self._stderr, kept_err, err),)
        return printed, out + err

    def _take(self, stream: str, file: _StreamFile, kept: int, size: int) -> Printed:
        """Show what was not shown yet; the first `kept` bytes of all that was written."""
        data = file.content.read(0, kept)
        granted = self._granted[stream]
        if self._on_print is not None:
            if kept == size and not file.shown:
                self._tell(stream, (data,))
            else:
                self._tell(stream, file.new_chunks(size))
        self.over_limit = file.start_over(size) or self.over_limit
        return new_printed(Printed, (stream, data, granted))

    def show(self) -> None:
        """Give `OnPrint` what was written and not shown yet. Never raises."""
        if self._on_print is None:
            return
        files = (("stdout", self._stdout), ("stderr", self._stderr))
        sizes = self.sizes()
        self._order_known = not all(sizes)
        for (stream, file), size in zip(files, sizes, strict=True):
            if file is not None:
                self._tell(stream, file.new_chunks(size))

    def _tell(self, stream: str, chunks: Iterable[bytes]) -> None:
        on_print, state = self._on_print, self._state
        assert on_print is not None
        granted = self._granted[stream]
        try:
            for data in chunks:
                if self._order_known:
                    on_print(state.node, state.call, stream, data, granted)
                else:
                    on_print(state.node, state.call, stream, data, granted, False)
        except Exception as problem:
            state.fault = host_bug(problem)

    def close(self) -> None:
        """Forget the files; the store must still be open or never have been. Idempotent."""
        for file in (self._stdout, self._stderr):
            if file is not None:
                file.close()
        self._stdout = self._stderr = self.descriptors = None


class _StreamFile:
    """An anonymous file that wasmtime opens to write to, and that is read through a mapping."""

    __slots__ = ("_in_memory", "_limit", "content", "descriptor", "shown")

    def __init__(self, let_open: Callable[[str], None]) -> None:
        """`let_open` has wasmtime open a path. Raises OSError, and what `let_open` raises."""
        self.shown = 0
        """Bytes from the start that `new_chunks` gave."""
        allowed = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        unlimited = allowed == resource.RLIM_INFINITY
        self._limit = PRINT_LIMIT_BYTES if unlimited else min(allowed, PRINT_LIMIT_BYTES)
        own, path = _memory_file() or tempfile.mkstemp(prefix="torvyn-studio-")
        self._in_memory = path.startswith(_DESCRIPTORS)
        try:
            let_open(path)
            self.descriptor = _other_descriptor(own)
            """wasmtime's; valid as long as the store lives."""
            os.ftruncate(own, self._limit)
            if sys.platform == "linux" and self._in_memory:
                fcntl.fcntl(own, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
            self.content = FileMapping(own, self._limit)
            """The file's bytes; beyond the place of `descriptor` they mean nothing."""
        finally:
            os.close(own)
            if not self._in_memory:
                Path(path).unlink()

    def new_chunks(self, size: int) -> Iterator[bytes]:
        """What was written and not given here before, in parts; `size` bytes were written."""
        end = min(size, self._limit)
        while self.shown < end:
            begin = self.shown
            self.shown = min(end, begin + CHUNK_BYTES)
            yield self.content.read(begin, self.shown)

    def start_over(self, size: int) -> int:
        """The next call writes from the start again; `size` bytes were written.

        The size of the file if it was full, else 0.
        """
        _lseek(self.descriptor, 0, _FROM_START)
        self.shown = 0
        if size > _RELEASED_BYTES:
            self._release()
        return self._limit if size >= self._limit else 0

    def _release(self) -> None:
        if sys.platform == "linux" and self._in_memory:
            self.content.clear()
        else:
            os.ftruncate(self.descriptor, 0)
            os.ftruncate(self.descriptor, self._limit)

    def close(self) -> None:
        """Give the mapping back; the descriptor is the store's."""
        self.content.close()


def _descriptor_of(file: _StreamFile | None) -> int | None:
    return None if file is None else file.descriptor


def _memory_file() -> tuple[int, str] | None:
    """A new file in memory and the path it can be opened at; None where there are none.

    Raises OSError when no file can be opened.
    """
    if sys.platform != "linux":
        return None
    try:
        own = os.memfd_create("printed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EPERM):
            return None
        raise
    path = f"{_DESCRIPTORS}/{own}"
    if Path(path).exists():
        return own, path
    os.close(own)
    return None


def _other_descriptor(own: int) -> int:
    """The descriptor through which wasmtime writes to the file of `own`. Raises OSError."""
    for number in _descriptors(own):
        if number != own and _writes_to_file_of(number, own):
            return number
    raise OSError("wasmtime's descriptor of the file was not found")


def _descriptors(own: int) -> Iterator[int]:
    # A file gets the lowest number that is free: mostly one of the next.
    yield from range(own + 1, own + 4)
    yield from sorted((int(path.name) for path in Path(_DESCRIPTORS).iterdir()), reverse=True)


def _writes_to_file_of(number: int, own: int) -> bool:
    try:
        mode = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE
        return mode == os.O_WRONLY and os.path.sameopenfile(number, own)
    except OSError:
        return False


def _no_file(error: Exception) -> str:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"there is no file for what the component prints: {reason}"
