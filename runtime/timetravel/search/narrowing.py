"""Which parts of a branch need not be told again, as no breakpoint can be met in them.

Of the calls that the ring has, some may do, by their columns and payloads; places that the branch
notes, such as errors, are known without looking at calls. What changed between calls, and elements
that had to wait before they could be queued, may lead to anything: such parts are told again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runtime.breakpoints.active_breakpoint import ActiveBreakpoint
from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.model.commands import Advance, Relink, Start, Step
from runtime.model.events import CallFinished
from runtime.model.linked import LinkedFlow
from runtime.protocol.break_places import PlaceKind
from runtime.protocol.timeline import TimelineMark
from runtime.recording.encoding import Entry
from runtime.recording.ring.call_columns import CallColumns, PutOut
from runtime.recording.ring.compact import CompactChunk
from runtime.recording.ring.ring import Ring
from runtime.timetravel.event_index import NOT_SHOWN, EventIndex
from runtime.timetravel.search.call_table import CompactTable
from runtime.timetravel.search.candidates import (
    OF_COLUMNS,
    Candidates,
    events_that_may_do,
)
from runtime.timetravel.search.chunk_payloads import ChunkPayloads

_NOTED = {
    PlaceKind.ERROR: TimelineMark.ERROR,
    PlaceKind.NO_SUCH_PORT: TimelineMark.ERROR,
    PlaceKind.DROP: TimelineMark.DROP | TimelineMark.CHANGE,
    PlaceKind.BACKPRESSURE: NOT_SHOWN,
    PlaceKind.SWAP: TimelineMark.RELOAD,
}
"""What a branch notes where something at such a place happens."""
_IN_ORDER = (Step, Start, Advance)
"""Commands that change nothing by themselves."""


class Narrowing:
    """Asked for one part of a branch after the other, backwards."""

    def __init__(
        self,
        ring: Ring | None,
        places: EventIndex,
        breakpoints: Sequence[ActiveBreakpoint],
        candidates: Candidates,
        flow: LinkedFlow,
        until: int,
    ) -> None:
        """`candidates` are those of the breakpoints; `flow` is the one that runs after call
        `until`, the newest that is asked for. Without a ring nothing is known of calls.
        """
        kinds = {one.breakpoint.place.kind for one in breakpoints}
        self._marks = [_NOTED[kind] for kind in kinds if kind in _NOTED]
        self._places = places
        self._ring = ring
        self._flow = flow
        self._until = until
        self._candidates = candidates
        self._numbers: list[int] = []
        """Calls that may do, of those that were looked at and not asked for yet."""
        self._known_from = until + 1
        """The oldest call that was looked at."""
        self._parts = None if kinds.isdisjoint(OF_COLUMNS) else self._look()

    @staticmethod
    def knows(breakpoints: Sequence[ActiveBreakpoint]) -> bool:
        """Whether anything is known of where such breakpoints may be met."""
        known = OF_COLUMNS | _NOTED.keys()
        return all(one.breakpoint.place.kind in known for one in breakpoints)

    def may_be_met(self, begin: ExecutionCheckpoint | None, first: int, end: int) -> bool:
        """Whether a breakpoint may be met from call `first`, right after `begin`, to before `end`.

        No part that is asked for later is newer.
        """
        if any(self._places.may_have(mark, first - 1, end - 1) for mark in self._marks):
            return True
        if self._parts is None:
            return False
        if begin is not None and not self._candidates.edges.isdisjoint(begin.engine.pending):
            return True
        while self._known_from > first and next(self._parts, None) is not None:
            pass
        if self._known_from > first:
            return True
        may = any(first <= number < end for number in self._numbers)
        self._numbers = [number for number in self._numbers if number < first]
        return may

    def _look(self) -> Iterator[int]:
        """Look at one part of the ring after the other, as far back as the graph is the same."""
        ring = self._ring
        if ring is None:
            return
        for entries in ring.lists_backwards():
            if any(isinstance(entry, Relink) for entry in entries):
                return
            self._look_at_entries(entries)
            yield self._known_from
        chunks = [chunk for chunk in ring.compact_chunks() if chunk.entries]
        candidates = self._candidates
        made = ChunkPayloads(ring, chunks, candidates.payloads)
        sent = ChunkPayloads(ring, chunks, candidates.output_payloads)
        for place in range(len(chunks) - 1, -1, -1):
            chunk = chunks[place]
            if any(isinstance(command, Relink) for _, command in chunk.commands):
                return
            if chunk.calls:
                self._numbers += self._in_chunk(chunk, place, made, sent)
            self._numbers += [
                chunk.first + index
                for index, command in chunk.commands
                if not isinstance(command, _IN_ORDER)
            ]
            self._known_from = min(self._known_from, chunk.first)
            yield self._known_from

    def _look_at_entries(self, entries: Sequence[Entry]) -> None:
        calls = [entry for entry in entries if isinstance(entry, CallFinished)]
        first = calls[0].call.number if calls else self._known_from
        if len(calls) < len(entries):
            following = first
            for entry in entries:
                if isinstance(entry, CallFinished):
                    following = entry.call.number + 1
                elif not isinstance(entry, _IN_ORDER):
                    self._numbers.append(following)
        if calls and first <= self._until:
            found = events_that_may_do(self._candidates, calls, self._flow)
            self._numbers += [first + index for index in found]
        self._known_from = min(self._known_from, first)

    def _in_chunk(
        self, chunk: CompactChunk, place: int, made: ChunkPayloads, sent: ChunkPayloads
    ) -> list[int]:
        """Numbers of the calls that may do."""
        candidates = self._candidates
        columns, wanted = chunk.columns(), None
        if candidates.output_payloads is not None:
            columns = sent.columns(place)
            wanted = sent.of_outputs(place)
        table = CompactTable(columns, self._flow, wanted)
        calls = candidates.calls_in(table, len(table))
        if calls and candidates.payloads is not None:
            made.forget_after(place)
            known = made.of_calls(place, calls)
            if known is not None:
                calls = [index for index in calls if columns.element_id[index] in known]
        put_out = [table.put_out[row] for row in candidates.outputs_in(table)]
        if wanted is not None and put_out:
            put_out = _with_payloads(put_out, columns, place, sent)
        return [chunk.first + index for index in {*calls, *(one.call for one in put_out)}]


def _with_payloads(
    put_out: Sequence[PutOut], columns: CallColumns, place: int, sent: ChunkPayloads
) -> list[PutOut]:
    """Those whose payload may do; those that the calls made themselves do."""
    emitted = columns.emitted
    passed = [one for one in put_out if emitted[one.call]]
    others = [one for one in put_out if not emitted[one.call]]
    if others:
        known = sent.of_calls(place, {one.call for one in others})
        passed += [one for one in others if known is None or one.element_id in known]
    return passed
