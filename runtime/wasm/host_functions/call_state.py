"""What host functions of one instance share with the call they run in."""

from __future__ import annotations

import threading
from collections.abc import Callable

from wasmtime import WasmtimeError

from runtime.model.call import (
    FAILURE_STDERR_BYTES,
    PRINTED_KEPT_BYTES,
    Failure,
    FailureKind,
    HostInput,
    Printed,
)
from runtime.model.codes import Code
from runtime.model.element import Buffer
from runtime.model.host_inputs import HostInputs
from runtime.wasm.abi import capi
from runtime.wasm.abi.buffers import FrozenError, OwnedBuffers
from runtime.wasm.host_functions.capabilities import Grants

OnPrint = Callable[[str, int, str, bytes, bool], None]
"""(node, call number, "stdout" or "stderr", data, granted): called as a component writes.

It runs on a thread of wasmtime's while the thread that made the call waits for it.
"""


class CallState:
    """The state of one instance that changes with its calls."""

    __slots__ = (
        "_kept",
        "_lock",
        "_on_print",
        "_printed",
        "call",
        "ended",
        "fault",
        "flow_id",
        "grants",
        "host",
        "inputs",
        "node",
        "owned",
        "payload",
        "printed_bytes",
        "read_bytes",
        "reads",
        "write_bytes",
        "writes",
    )

    def __init__(
        self,
        node: str,
        grants: Grants,
        flow_id: str,
        inputs: HostInputs,
        on_print: OnPrint | None,
    ) -> None:
        self.node = node
        self.grants = grants
        self.flow_id = flow_id
        self.inputs = inputs
        self.call = 0
        """Number of the running call."""
        self.payload = Buffer(b"")
        """What the lent buffer handle stands for."""
        self.owned = OwnedBuffers()
        self.reads = 0
        self.read_bytes = 0
        self.writes = 0
        self.write_bytes = 0
        self.host: list[HostInput] = []
        self.fault: Failure | None = None
        self.ended: KeyboardInterrupt | None = None
        """Raised in a host function, where it cannot leave: whoever made the call gets it."""
        """Why a host function ended the call; explains the error the call comes back with."""
        self.printed_bytes = 0
        self._printed: list[tuple[str, bytearray, bool]] = []
        self._kept = 0
        self._lock = threading.Lock()
        self._on_print = on_print

    def take_host(self) -> tuple[HostInput, ...]:
        """Host inputs since the last time."""
        taken = tuple(self.host)
        self.host.clear()
        return taken

    def take_printed(self) -> tuple[tuple[Printed, ...], int]:
        """What was written since the last time, and the count of all its bytes."""
        with self._lock:
            chunks = tuple(
                Printed(stream, bytes(data), granted) for stream, data, granted in self._printed
            )
            size = self.printed_bytes
            self._printed.clear()
            self._kept = self.printed_bytes = 0
        return chunks, size

    def write_output(self, stream: str, data: bytes) -> None:
        """The component wrote to a standard stream. Called on another thread; never raises."""
        granted = self.grants.stdout if stream == "stdout" else self.grants.stderr
        with self._lock:
            self.printed_bytes += len(data)
            kept = data[: PRINTED_KEPT_BYTES - self._kept]
            if kept:
                self._kept += len(kept)
                if self._printed and self._printed[-1][0] == stream:
                    self._printed[-1][1].extend(kept)
                else:
                    self._printed.append((stream, bytearray(kept), granted))
        if self._on_print is not None:
            try:
                self._on_print(self.node, self.call, stream, data, granted)
            except Exception as problem:
                self.fault = host_bug(problem)

    def stderr_tail(self) -> tuple[bytes, bool]:
        """The end of what was kept of this call's stderr, and whether it wrote more."""
        text = b"".join(data for stream, data, _granted in self._printed if stream == "stderr")
        cut = len(text) > FAILURE_STDERR_BYTES or self.printed_bytes > self._kept
        return text[-FAILURE_STDERR_BYTES:], cut

    def ask(self, interface: str, function: str, size: int) -> int | bytes:
        """Ask for a host input and keep it with the call."""
        value = self.inputs.answer(self.node, self.call, interface, function, size)
        self.host.append(HostInput(interface, function, value))
        return value

    def refuse(self, problem: BaseException) -> int:
        """An error for wasmtime that ends the call because of `problem`."""
        if isinstance(problem, WasmtimeError):
            # Its text, or the watch of the call, says what it is.
            return capi.pointer_value(problem._consume())
        if isinstance(problem, KeyboardInterrupt):
            self.ended = problem
            return capi.new_error("interrupted")
        if isinstance(problem, FrozenError):
            self.fault = frozen_fault(str(problem))
        elif self.fault is None:
            self.fault = host_bug(problem)
        return capi.new_error(self.fault.message if self.fault else "host function failed")


def frozen_fault(method: str) -> Failure:
    """The failure of using a mutable buffer after `freeze` (docs/torvyn-facts.md#buffers)."""
    return Failure.of(
        FailureKind.CONTRACT,
        f"called mutable-buffer.{method} after freeze",
        Code.STALE_HANDLE,
        "Do everything with a mutable buffer before freeze, then only drop it.",
        crashed=True,
    )


def host_bug(problem: BaseException) -> Failure:
    """The failure of the host itself; a bug of this program."""
    return Failure.of(
        FailureKind.INTERNAL,
        f"the host failed: {type(problem).__name__}: {problem}",
        Code.INTERNAL,
        "This is a bug in torvyn-studio: report it with the component and the input.",
        crashed=True,
    )
