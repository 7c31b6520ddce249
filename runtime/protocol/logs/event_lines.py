"""Lines of the event log."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class CallMark(StrEnum):
    """How a line of the event log is marked; each has its glyph on screen."""

    CALL = "call"
    DROP = "drop"
    """An element was lost: by a policy, after an error, with its edge."""
    LET_GO = "let go"
    """A component let an element go on purpose: a filter, a router that named no port."""
    ERROR = "error"
    BACKPRESSURE = "backpressure"
    STATE = "state"
    STOP = "stop"
    RELOAD = "reload"
    DENIED = "denied"
    """A component used something that its node is not granted."""
    NOTE = "note"
    """Something the session says that no call, drop or change is."""


class EventLine(NamedTuple):
    """One line of the event log."""

    number: int
    """Position in the session's log, counted from 1; gaps are lines that were not kept."""
    mark: CallMark
    at_ns: int
    node: str | None
    text: str
    """One line; text that came from a component is as it came."""
    call: int | None = None
    edge: int | None = None
    element_id: int | None = None
    lineage: int | None = None
    duration_ns: int | None = None
