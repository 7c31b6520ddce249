"""One call: what went in, what came out, what it took, what it printed."""

from __future__ import annotations

from runtime.model.call import NO_COPIES, CopyCount, Export, Failure, Printed
from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.element_summary import CallElement

REPORTED_OUTPUTS = 8
"""Elements that came out of a call, of those that are told."""

REPORTED_PRINTED_BYTES = 4 * 1024
"""What a call printed, of each stream the end."""


@dataclass(frozen=True, slots=True)
class ReadCall:
    """Ask for a call by its number."""

    call: int


@dataclass(frozen=True, slots=True)
class CallRun:
    """What is kept of a call that came back."""

    node: str
    export: Export
    did: str
    """What it did, in a line; text that came from a component is as it came."""
    at_ns: int
    """Flow time when it began."""
    duration_ns: int
    argument: str = ""
    """The configuration for `init`, the signal for `notify-backpressure`."""
    failure: Failure | None = None
    given: CallElement | None = None
    """None for a call without an element, e.g. `pull`."""
    outputs: tuple[CallElement, ...] = ()
    """The first ones, at most `REPORTED_OUTPUTS`."""
    outputs_in_all: int = 0
    copies: CopyCount = NO_COPIES
    fuel: int = 0
    """Fuel used; 0 when fuel is not measured."""
    memory_bytes: int = 0
    """See `Answer.memory_bytes`."""
    printed: tuple[Printed, ...] = ()
    """The end of each stream."""
    printed_bytes: int = 0
    """Bytes it wrote in all, as far as that is known."""


@dataclass(frozen=True, slots=True)
class CallReport:
    """Answer to `ReadCall`."""

    call: int
    run: CallRun | None = None
    """None when the event log does not keep it any more, or does not have it yet."""
