"""Elements: the units of data that travel a flow."""

from __future__ import annotations

from typing import NamedTuple

MAX_BUFFER_BYTES = 16 * 1024 * 1024
"""Largest buffer a component may allocate, in bytes (docs/torvyn-facts.md#buffers)."""

MAX_CONTENT_TYPE_BYTES = 63
"""A buffer keeps this many bytes of its content type (docs/torvyn-facts.md#buffers)."""


class Buffer(NamedTuple):
    """An immutable payload; every queue and every borrower of it shares the one `data`."""

    data: bytes
    """The payload, 0 to `MAX_BUFFER_BYTES` bytes."""
    content_type: str = ""
    """What `buffer.content-type` answers; set by `mutable-buffer.set-content-type`."""


class Hop(NamedTuple):
    """One call an element went through, for its path."""

    node: str
    export: str
    """The value of a `runtime.model.call.Export`."""
    call: int
    """Number of the call in the session, counted from 1."""
    at_ns: int
    """Flow time when the call began, in nanoseconds."""
    duration_ns: int


class Element(NamedTuple):
    """One element. Filters and routers forward it; every other output is a new element."""

    id: int
    """Unique in a session, counted from 1. All copies in a fan-out share it."""
    lineage: int
    """The `id` its ancestor had at its source or aggregator: kept through one-to-one stages."""
    source: str
    """Node that began the lineage."""
    sequence: int
    """Number of the ancestor at its source, counted from 0 (docs/torvyn-facts.md#lifecycle)."""
    timestamp_ns: int
    """Wall-clock nanoseconds since the Unix epoch when its source produced the ancestor."""
    content_type: str
    """The content type of the metadata, as the producing component set it."""
    payload: Buffer
    path: tuple[Hop, ...] = ()
    """Calls it and its ancestors went through, oldest first."""
