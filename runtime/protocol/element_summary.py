"""What is told of an element: what it is, and of its payload the beginning."""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ElementSummary:
    """An element without its payload."""

    element_id: int
    lineage: int
    source: str
    sequence: int
    timestamp_ns: int
    content_type: str
    size: int
    """Payload bytes."""
    preview: bytes
    """The first bytes of the payload, at most 160."""
    waited_ns: int | None = None
    """In a `QueueListing`: flow time since it was given; None where that is not kept."""
    edited: bool = False
    """In a `QueueListing`: it has another payload than it was given with."""


@dataclass(frozen=True, slots=True)
class CallElement:
    """What a call was given, or what came out of it."""

    call: int
    about: ElementSummary
    payload: bytes
    """The beginning, at most `INPUT_BYTES`."""


INPUT_BYTES = 4 * 1024
"""Payload bytes of a `CallElement`."""
