"""Commands: what the engine is asked to do. The same commands and answers give equal events."""

from __future__ import annotations

import math

from runtime.model.call import HostInput
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import (
    LOW_WATERMARK_RATIO,
    LinkedFlow,
    QueuePolicy,
    SchedulePolicy,
)

INJECTED = "(inject)"
"""`Element.source` of what `Inject` puts in; no node has it, for lack of brackets in names."""


@dataclass(frozen=True, slots=True)
class Start:
    """Begin: the first `init` becomes the next call."""

    wall_ns: int
    """Wall clock at flow time 0, nanoseconds since the Unix epoch; base of all timestamps."""


@dataclass(frozen=True, slots=True)
class Step:
    """Make one call: the next in order, or of `node`, or that moves `lineage`, or at `edge`.

    Of a node that is held, a call is made when `node` or `edge` asks for it.
    """

    node: str | None = None
    lineage: int | None = None
    edge: int | None = None
    """Index of an edge: its consumer is called with the element at the head of its queue."""

    @property
    def chosen(self) -> bool:
        """Whether it asks for a certain call, and not for the next in order."""
        return self.node is not None or self.lineage is not None or self.edge is not None


@dataclass(frozen=True, slots=True)
class Advance:
    """Let flow time pass without a call (a paused sink, a rate limit)."""

    elapsed_ns: int


@dataclass(frozen=True, slots=True)
class Skip:
    """Drop the element `node` failed on; it counts as dropped."""

    node: str


@dataclass(frozen=True, slots=True)
class Revive:
    """Have a node whose component crashed go on with what it remembered before that call.

    Given after the invoker has put an instance in use that stands there. The failed element stays
    at the head of its queue, to be tried again or skipped. Refused unless that call was the last
    one of the flow, and crashed.
    """

    node: str
    call: int
    """Number of the call that crashed."""


@dataclass(frozen=True, slots=True)
class SetSchedule:
    """Change the order of calls from now on."""

    policy: SchedulePolicy


@dataclass(frozen=True, slots=True)
class Drain:
    """Sources give nothing more; what is queued runs to its end, then the flow completes."""

    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Make no call any more but `teardown`, in reverse order; queued elements stay queued."""

    reason: str


@dataclass(frozen=True, slots=True)
class Swap:
    """Note that `node` has another build.

    Given after the invoker has put a new, initialised instance in use. A node that has no
    instance, because it was never initialised or its last `init` failed, gets its `init` from
    the next call on as it would have.
    """

    node: str
    digest: str
    """SHA-256 of the build's bytes, in hexadecimal."""
    host: tuple[HostInput, ...] = ()
    """What the host answered the new instance's `init`, for a replay; the engine has no use
    for it."""


@dataclass(frozen=True, slots=True)
class SetQueue:
    """Give one queue other settings, with what is in it."""

    edge: int
    """Index of the edge in the flow as it is."""
    capacity: int
    """Elements, 1 or more. Below the depth nothing is lost: the queue is full until it drains."""
    policy: QueuePolicy
    low_watermark_ratio: float = LOW_WATERMARK_RATIO
    """0 to 1, see `LinkedEdge.low_mark`."""
    rate: float | None = None
    """Elements a second, above 0, for `rate-limit`; None for the other policies."""

    def __post_init__(self) -> None:
        """Raise ValueError for a number out of its range."""
        if self.capacity < 1:
            raise ValueError(f"capacity must be 1 or more, not {self.capacity}")
        if not 0 <= self.low_watermark_ratio <= 1:
            raise ValueError(
                f"low_watermark_ratio must be from 0 to 1, not {self.low_watermark_ratio}"
            )
        limited = self.policy is QueuePolicy.RATE_LIMIT
        if limited and not (self.rate and self.rate > 0 and math.isfinite(self.rate)):
            raise ValueError(f"the policy rate-limit needs a rate above 0, not {self.rate}")
        if not limited and self.rate is not None:
            raise ValueError(f"the policy {self.policy} has no rate")


@dataclass(frozen=True, slots=True)
class Relink:
    """Go on with another graph: only nodes and edges that changed start over.

    A node is kept when its role, interface, component, configuration, limits and grants are
    the same; an edge when both its ends are. A kept node's `digest` stays that of the instance
    in use, whatever `flow` says: another build comes with `Swap`. Edges have the indices of
    `flow` from then on. Refused while the flow ends and after its end.
    """

    flow: LinkedFlow
    """Valid, with nodes in topological order, as a linker makes it."""


@dataclass(frozen=True, slots=True)
class Inject:
    """Put a new element into a queue, as if its producer had sent it.

    It begins a lineage of its own, with `INJECTED` as its source, and its time is the flow
    time it comes in. Refused before the start and when the flow is being torn down or has
    ended, when the queue has no room, whatever its policy, and when the consumer takes nothing
    more.
    """

    edge: int
    """Index of the edge in the flow as it is."""
    payload: bytes
    """At most `MAX_BUFFER_BYTES` bytes."""
    content_type: str = ""
    """Of the element and of its buffer; at most `MAX_CONTENT_TYPE_BYTES` bytes in UTF-8."""
    sequence: int | None = None
    """0 to 2^64 - 1; None counts the injected elements."""
    timestamp_ns: int | None = None
    """0 to 2^64 - 1; None is the time it comes in."""
    buffer_type: str | None = None
    """Content type of the buffer, when it is not `content_type`."""
    place: int | None = None
    """Its place in the queue, counted from 0, the head; None, or beyond the tail, is the tail."""

    def __post_init__(self) -> None:
        """Raise ValueError for a number out of its range."""
        for name, value in (("sequence", self.sequence), ("timestamp_ns", self.timestamp_ns)):
            if value is not None and not 0 <= value < 2**64:
                raise ValueError(f"{name} must be from 0 to 2^64 - 1, not {value}")
        _require_place(self.place)


@dataclass(frozen=True, slots=True)
class Edit:
    """Give an element that waits another payload, in every queue and hand that has a copy.

    All else that is known of the element stays. When a call failed on it, the node forgets the
    failure, as after a `Swap`, and tries the edited element first. Refused when no element
    with that id waits, and when the flow is being torn down or has ended.
    """

    element_id: int
    payload: bytes
    """At most `MAX_BUFFER_BYTES` bytes."""
    content_type: str | None = None
    """Of the element and of its buffer, as in `Inject`; None keeps what both have."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Drop one copy of an element that waits in a queue, or for room in it.

    It counts as dropped. When a call failed on it, the node goes on with the next one. Refused
    when it does not wait there, and, as all surgery, before the start and when the flow is being
    torn down or has ended.
    """

    edge: int
    """Index of the edge in the flow as it is."""
    element_id: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Put a copy of a waiting element right behind it.

    The copy counts as injected, and begins a lineage of its own, with `INJECTED` as its source;
    payload, content types, sequence and timestamp are those of the element. Refused as `Inject`
    is, and when the element does not wait in the queue.
    """

    edge: int
    element_id: int


@dataclass(frozen=True, slots=True)
class Move:
    """Give an element that waits in a queue another place in it. Refused where it has that."""

    edge: int
    element_id: int
    to: int
    """Counted from 0, the head, which is taken first; beyond the tail is the tail."""

    def __post_init__(self) -> None:
        """Raise ValueError for a negative place."""
        _require_place(self.to)


@dataclass(frozen=True, slots=True)
class Empty:
    """Drop all that waits in a queue and for room in it. Refused when that is nothing."""

    edge: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Have a node make no calls while the rest of the flow goes on; or let it go again.

    What it is given waits in its queues. `Step` with its name makes one call all the same, and
    so it is told of back-pressure, and torn down.
    """

    node: str
    on: bool = True


def _require_place(place: int | None) -> None:
    if place is not None and place < 0:
        raise ValueError(f"a place is counted from 0, the head, and is not {place}")


Command = (
    Start
    | Step
    | Advance
    | Skip
    | Revive
    | SetSchedule
    | Drain
    | Cancel
    | Swap
    | SetQueue
    | Relink
    | Inject
    | Edit
    | Discard
    | Duplicate
    | Move
    | Empty
    | Hold
)
