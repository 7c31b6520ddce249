"""What host functions of one instance share with the call they run in."""

from __future__ import annotations

from wasmtime import WasmtimeError

from runtime.model.call import Failure, FailureKind, HostInput
from runtime.model.codes import Code
from runtime.model.element import Buffer
from runtime.model.host_inputs import HostInputs
from runtime.wasm.abi import capi
from runtime.wasm.abi.buffers import FrozenError, OwnedBuffers
from runtime.wasm.abi.component_values import MAX_GIVEN_BYTES, ListTooLongError
from runtime.wasm.host_functions.capabilities import Grants
from runtime.wasm.size_failures import asked_too_much


class CallState:
    """The state of one instance that changes with its calls."""

    __slots__ = (
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
        """Why a host function ended the call; explains the error the call comes back with."""
        self.ended: KeyboardInterrupt | None = None
        """Raised in a host function, where it cannot leave: whoever made the call gets it."""

    def take_host(self) -> tuple[HostInput, ...]:
        """Host inputs since the last time."""
        taken = tuple(self.host)
        self.host.clear()
        return taken

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
        elif isinstance(problem, ListTooLongError):
            self.fault = asked_too_much(problem.size, MAX_GIVEN_BYTES)
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
