"""Calls into components, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from runtime.model.codes import Code
from runtime.model.component.stack import StackFrame
from runtime.model.element import Buffer, Element
from runtime.model.lazy.dataclass import dataclass

PRINTED_KEPT_BYTES = 64 * 1024
"""How much of what one call wrote stays with its answer."""
FAILURE_STDERR_BYTES = 8 * 1024
"""How much of what a failed call wrote to stderr stays with its failure: the end of it."""


class Export(StrEnum):
    """The exports a flow calls, by their WIT function name (docs/torvyn-facts.md#interfaces)."""

    INIT = "init"
    PULL = "pull"
    NOTIFY_BACKPRESSURE = "notify-backpressure"
    PROCESS = "process"
    EVALUATE = "evaluate"
    ROUTE = "route"
    INGEST = "ingest"
    FLUSH = "flush"
    PUSH = "push"
    COMPLETE = "complete"
    TEARDOWN = "teardown"


class Signal(StrEnum):
    """`torvyn:streaming/types.backpressure-signal`."""

    READY = "ready"
    PAUSE = "pause"


class FailureKind(StrEnum):
    """Why a call failed: the five cases of `process-error`, and what the host adds to them."""

    INVALID_INPUT = "invalid-input"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    DEADLINE_EXCEEDED = "deadline-exceeded"
    FATAL = "fatal"
    TRAP = "trap"
    LIMIT = "limit"
    """A limit of the manifest ended the call: fuel, time or memory."""
    CONTRACT = "contract"
    """The component answered something its contract does not allow, e.g. a foreign buffer."""
    NO_SUCH_PORT = "no-such-port"
    """A router named a port that has no edge."""
    QUEUE_FULL = "queue-full"
    """An edge with the policy `error` was full."""


class ErrorKind(StrEnum):
    """What errors are counted as: the kinds of failures, with limits told apart."""

    INVALID_INPUT = "invalid-input"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    DEADLINE = "deadline"
    FATAL = "fatal"
    TRAP = "trap"
    FUEL = "fuel"
    MEMORY = "memory"
    TIME = "time"
    """A call that took longer than it may, or was ended on request."""
    LIMIT = "limit"
    """Any other limit."""
    CONTRACT = "contract"
    NO_SUCH_PORT = "no-such-port"
    QUEUE_FULL = "queue-full"


class Failure(NamedTuple):
    """A failed call, as a value."""

    kind: FailureKind
    message: str
    """What happened, in one sentence. Text of the component is data: show it without markup."""
    code: str
    """Torvyn's code, e.g. "E0804" (docs/torvyn-facts.md#codes)."""
    name: str
    """Torvyn's name of the code, e.g. "Trap"."""
    help: str
    """What to do, in one sentence."""
    crashed: bool
    """True when the instance is unusable and is rebuilt before its next call."""
    frames: tuple[StackFrame, ...] = ()
    """The component's stack at a trap, innermost frame first; `own_frame` finds the author's."""
    stderr: bytes = b""
    """What this call wrote to stderr, whether the stream is granted or not; at most
    `FAILURE_STDERR_BYTES` bytes. Nothing that an earlier call wrote stands here."""
    stderr_cut: bool = False
    """True when it wrote more to stderr than stands here, or when that is not known."""

    def without_report(self) -> Failure:
        """The failure itself, without what else is known of its call."""
        return self._replace(frames=(), stderr=b"", stderr_cut=False)

    @classmethod
    def of(cls, kind: FailureKind, message: str, code: Code, help: str, crashed: bool) -> Failure:
        """A failure with a code of this release; a recording may hold one of another."""
        return cls(kind, message, code.number, code.title, help, crashed)

    @property
    def counted_as(self) -> ErrorKind:
        """What it is counted as."""
        if self.kind is FailureKind.LIMIT:
            return _LIMIT_KINDS.get(self.code, ErrorKind.LIMIT)
        if self.kind is FailureKind.DEADLINE_EXCEEDED:
            return ErrorKind.DEADLINE
        return ErrorKind(self.kind.value)


_LIMIT_KINDS = {
    Code.FUEL.number: ErrorKind.FUEL,
    Code.MEMORY.number: ErrorKind.MEMORY,
    Code.INVOCATION_TIMEOUT.number: ErrorKind.TIME,
}


class CopyCount(NamedTuple):
    """Payload copies across the component boundary (docs/torvyn-facts.md#copies)."""

    reads: int = 0
    """Copies from the host into the component (`read`, `read-all`, `clone-into-mutable`)."""
    read_bytes: int = 0
    writes: int = 0
    """Copies from the component into the host (`write`, `append`, `clone-into-mutable`)."""
    write_bytes: int = 0


NO_COPIES = CopyCount()


class Printed(NamedTuple):
    """Bytes a component wrote to one stream during a call, in the order it wrote them."""

    stream: str
    """"stdout" or "stderr"."""
    data: bytes
    granted: bool
    """False when the manifest does not grant the stream: Torvyn would discard it."""


def is_listed_by_stream(printed: Sequence[Printed]) -> bool:
    """Whether a call wrote to both streams, and this does not tell in which order."""
    return len(printed) == 2 and printed[0].stream == "stdout" and printed[1].stream == "stderr"


class HostInput(NamedTuple):
    """What the host answered when a component asked for something it cannot compute."""

    interface: str
    """Import without version, e.g. "wasi:clocks/wall-clock"."""
    function: str
    value: int | bytes
    """Nanoseconds for clocks, an integer or bytes for random."""


class Output(NamedTuple):
    """An `output-element`; the component's sequence and timestamp are advisory and not kept."""

    payload: Buffer
    content_type: str


class Emitted(NamedTuple):
    """`pull` gave an element, `process` or `ingest` emitted one, `flush` any number."""

    outputs: tuple[Output, ...]


class Exhausted(NamedTuple):
    """`pull` answered `ok(none)`: the source is done for good."""


class Discarded(NamedTuple):
    """`process` answered `drop`."""


class Absorbed(NamedTuple):
    """`ingest` kept the element and emitted nothing."""


class Verdict(NamedTuple):
    """What `evaluate` answered."""

    passes: bool


class Ports(NamedTuple):
    """What `route` answered: names of output ports, in the component's order."""

    names: tuple[str, ...]


class Accepted(NamedTuple):
    """What `push` answered."""

    signal: Signal


class Finished(NamedTuple):
    """`init`, `notify-backpressure`, `complete` or `teardown` returned."""


class Failed(NamedTuple):
    """The call failed."""

    failure: Failure


Outcome = (
    Emitted | Exhausted | Discarded | Absorbed | Verdict | Ports | Accepted | Finished | Failed
)


class Call(NamedTuple):
    """One export of one component invoked once."""

    number: int
    """Counted from 1 in a session; keeps counting across restarts of single nodes."""
    node: str
    export: Export
    element: Element | None = None
    argument: str = ""
    """The configuration for `init`, the signal for `notify-backpressure`."""
    edge: int | None = None
    """Index of the edge that the element came by, in the flow as it was then."""


@dataclass(frozen=True, slots=True)
class CallInProgress:
    """A call that has not come back yet."""

    number: int
    node: str
    export: Export
    sequence: int | None
    """Of the element it was given."""
    elapsed_ns: int
    limit_ns: int
    """After so long it is ended; 0 is never."""


class Answer(NamedTuple):
    """What one call gave back."""

    outcome: Outcome
    duration_ns: int = 0
    """Time inside the component, host functions included, in nanoseconds."""
    copies: CopyCount = NO_COPIES
    printed: tuple[Printed, ...] = ()
    """What it wrote, at most `PRINTED_KEPT_BYTES` bytes of it: in the order it wrote to both
    streams where the call layer knows that, else, and out of a recording, stdout first. Two
    answers are compared by stream."""
    printed_bytes: int = 0
    """Bytes it wrote in all."""
    host: tuple[HostInput, ...] = ()
    """Host inputs during the call, in order."""
    fuel: int = 0
    """Fuel used; 0 when fuel is not measured."""
    memory_bytes: int = 0
    """The linear memory the instance has at least: what it has now where the call layer counts
    it, else what its component declares; 0 when not known."""


@dataclass(frozen=True, slots=True)
class NextCall:
    """The call that the next step would make, shown before it runs."""

    node: str
    export: Export
    element_id: int | None
    sequence: int | None
    waits_ns: int = 0
    """Flow time that must pass first (a paused sink, a rate limit); 0 when it can run now."""
