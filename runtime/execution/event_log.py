"""The event log: what happened last, in order, bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from runtime.model.call import Failed
from runtime.model.events import CallFinished, Event, NodeFailed
from runtime.protocol.logs.event_lines import CallMark

LOG_EVENTS = 5_000
"""Events the log keeps."""
LOG_BYTES = 32 * 1024 * 1024
"""Memory of the calls it keeps, with their payloads and what they printed."""


class Reported(NamedTuple):
    """Something the session, not the engine, has to say."""

    at_ns: int
    """Flow time."""
    mark: CallMark
    node: str | None
    text: str


LoggedEvent = Event | Reported


class EventLog:
    """The last events, numbered from 1; older ones are forgotten, and the gap shows."""

    def __init__(self, limit: int = LOG_EVENTS, most_bytes: int = LOG_BYTES) -> None:
        self._events: deque[LoggedEvent] = deque(maxlen=limit)
        self._most_bytes = most_bytes
        self._bytes = 0
        self._sizes: deque[tuple[int, int]] = deque()
        """Of events that came together: the number of the last one, and the memory of all."""
        self._attempts: dict[int, int] = {}
        """By call, of those that failed again; no more than there are events."""
        self.count = 0
        """Events logged so far, the forgotten ones included."""

    def extend(self, events: Iterable[LoggedEvent], size: int = 0) -> None:
        """Append events in the order they happened; `size` is the memory of their calls.

        A failed call and what it meant for its node are one line: the call's, which says both.
        """
        events = list(events)
        if NodeFailed not in set(map(type, events)):
            self._events.extend(events)
            self.count += len(events)
        else:
            self._extend_with_failures(events)
        if size:
            self._sizes.append((self.count, size))
            self._bytes += size
            self._make_room()

    def _make_room(self) -> None:
        """Forget the oldest events; those that came together last are kept, whatever their size."""
        while len(self._sizes) > 1:
            last, size = self._sizes[0]
            # How many of them are left: the log forgets by number as well.
            left = last - (self.count - len(self._events))
            if left > 0 and self._bytes <= self._most_bytes:
                return
            for _ in range(left):
                self._events.popleft()
            self._sizes.popleft()
            self._bytes -= size

    def _extend_with_failures(self, events: Iterable[LoggedEvent]) -> None:
        for event in events:
            if type(event) is NodeFailed and self._told(event):
                if event.attempt > 1:
                    self._keep_attempt(event)
                continue
            self._events.append(event)
            self.count += 1

    def clear(self) -> None:
        """Forget every event; `count` stays."""
        self._events.clear()
        self._attempts.clear()
        self._sizes.clear()
        self._bytes = 0

    def _told(self, failed: NodeFailed) -> bool:
        last = self._events[-1] if self._events else None
        return (
            isinstance(last, CallFinished)
            and last.call.number == failed.call
            and isinstance(last.answer.outcome, Failed)
        )

    def _keep_attempt(self, failed: NodeFailed) -> None:
        if len(self._attempts) == self._events.maxlen:
            del self._attempts[next(iter(self._attempts))]
        self._attempts[failed.call] = failed.attempt

    def attempt(self, event: LoggedEvent) -> int:
        """Which try it was, from 1, where it is a failed call; else 1."""
        return self._attempts.get(event.call.number, 1) if isinstance(event, CallFinished) else 1

    def since(self, number: int, limit: int) -> tuple[list[tuple[int, LoggedEvent]], int]:
        """Events after `number`, the newest `limit` of them, and how many were left out."""
        fresh = self.count - number
        kept = min(fresh, limit, len(self._events))
        first = self.count - kept
        start = len(self._events) - kept
        newest = [(first + offset + 1, self._events[start + offset]) for offset in range(kept)]
        return newest, fresh - kept

    def last(self, limit: int) -> list[LoggedEvent]:
        """The newest events, at most `limit`, oldest first."""
        return list(self._events)[-limit:]

    def calls_of(self, node: str, limit: int) -> list[tuple[int, CallFinished]]:
        """The node's last calls that are still kept, newest first."""
        found: list[tuple[int, CallFinished]] = []
        number = self.count
        for event in reversed(self._events):
            if isinstance(event, CallFinished) and event.call.node == node:
                found.append((number, event))
                if len(found) == limit:
                    break
            number -= 1
        return found

    def call_numbered(self, call: int) -> tuple[int, CallFinished] | None:
        """A call that is still kept, by its number, with that of its event."""
        number = self.count
        for event in reversed(self._events):
            if isinstance(event, CallFinished) and event.call.number == call:
                return number, event
            number -= 1
        return None

    def call_of(self, element_id: int) -> CallFinished | None:
        """The kept call that the element came out of, else the last one that it went into."""
        took: CallFinished | None = None
        for event in reversed(self._events):
            if not isinstance(event, CallFinished):
                continue
            if any(element.id == element_id for element in event.outputs):
                return event
            element = event.call.element
            if took is None and element is not None and element.id == element_id:
                took = event
        return took

    def calls_with(self, element_id: int) -> list[tuple[CallFinished, int]]:
        """Kept calls that worked on the element, oldest first, with their durations in ns."""
        return [
            (event, event.answer.duration_ns)
            for event in self._events
            if isinstance(event, CallFinished)
            and event.call.element is not None
            and event.call.element.id == element_id
        ]
