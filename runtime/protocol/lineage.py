"""The lineage of an element: every call it went through, and what became of it.

Everything here is frozen and can be pickled: it crosses the pipe to the child process.
"""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass

CALLS_SHOWN = 1_000
"""Calls of one lineage that are listed; the rest are counted."""
INPUTS_SHOWN = 1_000
"""Inputs of an aggregate that are listed, the last ones; the rest are counted."""


@dataclass(frozen=True, slots=True)
class LineageCall:
    """One call that the element went through."""

    node: str
    export: str
    """The value of a `runtime.model.call.Export`."""
    call: int
    """Number of the call."""
    began_ns: int
    """Flow time when it began."""
    waited_ns: int
    """From when the element was put into the queue until then."""
    ran_ns: int
    after: int | None
    """Index of the call that gave the element to this one; None for the first."""
    size_in: int | None
    """Payload bytes it was given; None for a call that begins the lineage."""
    size_out: int | None
    """Payload bytes it put out, where that is another payload."""
    came_to: str
    """Where the element went from here, or what became of it."""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class LineageDrop:
    """Where the element, or a copy of it, was dropped."""

    node: str
    reason: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class LineageInput:
    """An element that an aggregate was made of."""

    lineage: int
    source: str
    sequence: int
    call: int
    """The call that took it in."""
    waited_ns: int
    ran_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class LineageAggregate:
    """An element that an aggregator made, and what of."""

    node: str
    lineage: int
    sequence: int
    call: int
    """The call that gave it."""
    inputs: tuple[LineageInput, ...] = ()
    """What was taken in since the aggregator's last element, at most `INPUTS_SHOWN`, the last
    ones. What it kept from before is not known."""
    inputs_in_all: int = 0
    cut: bool = False
    """True when earlier calls are not kept, or too many: there may be more inputs."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Answer to `ReadLineage`: one element of a source or an aggregator, and its way."""

    lineage: int
    source: str = ""
    """The node that began it; empty when the lineage was not found."""
    sequence: int = 0
    calls: tuple[LineageCall, ...] = ()
    """The first `CALLS_SHOWN`, in their order."""
    calls_in_all: int = 0
    drops: tuple[LineageDrop, ...] = ()
    made_of: LineageAggregate | None = None
    """Of an element of an aggregator: itself, with its inputs."""
    into: tuple[LineageAggregate, ...] = ()
    """What aggregators made of it; the inputs of the first one are known."""
    edges: tuple[int, ...] = ()
    """Edges it went along, by index."""
    delivered: int = 0
    """Copies that sinks accepted."""
    left: int = 0
    """Copies that a filter, a processor or a router let go."""
    total_ns: int = 0
    """From when its first call began until its last one ended."""
    why: str = ""
    """Why nothing was found."""

    @property
    def found(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.calls)
