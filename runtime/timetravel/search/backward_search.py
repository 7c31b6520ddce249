"""Backwards to the last call at which a breakpoint would have been met.

Calls that the ring keeps in full are looked at as they are, newest first. What a condition over a
call and its element asks for is also known of compact calls (`CompactSearch`); for all else the
engine tells the past again, from one checkpoint after the other, backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from operator import itemgetter

from runtime.breakpoints.breakpoint_set import BreakpointSet
from runtime.breakpoints.prefilter import PAYLOAD_FIELDS
from runtime.engine.options import EngineOptions
from runtime.model.commands import Relink, Swap
from runtime.model.events import CallFinished
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.protocol.break_places import PlaceKind
from runtime.protocol.breakpoints import BreakHit, Breakpoint, Then
from runtime.protocol.timeline import SeekProgress
from runtime.recording.ring.ring import Ring
from runtime.timetravel.branches import Branch
from runtime.timetravel.recorded.recorded_past import RecordedPast
from runtime.timetravel.search.candidates import Candidates, events_that_may_do
from runtime.timetravel.search.compact_search import COLUMN_FIELDS, CompactSearch
from runtime.timetravel.search.narrowing import Narrowing
from runtime.timetravel.search.past_events import Begin, Past, PastEvents

CALLS_AT_ONCE = 500
"""Calls looked at between two looks at the clock."""
_OF_CALLS = frozenset(
    {
        PlaceKind.INPUT,
        PlaceKind.EXPORT,
        PlaceKind.CALL,
        PlaceKind.OUTPUT,
    }
)
"""Places that a call alone tells of."""
HAPPENINGS = frozenset({PlaceKind.SWAP, PlaceKind.DENIED})
"""Places of which no call tells."""
_COMPACT_PLACES = frozenset({PlaceKind.INPUT, PlaceKind.EXPORT, PlaceKind.CALL})


@dataclass(frozen=True, slots=True)
class BackwardFind:
    """What a search came to."""

    hit: BreakHit | None
    """None when no such call is kept."""
    place: int = 0
    """Calls made at the hit."""
    looked: int = 0
    """Calls looked at."""
    why: str = ""
    """Why none was found, or why no older call was looked at."""


class BackwardSearch:
    """Looks for the last hit at which fewer than `at` calls were made, a part at a time.

    Raises:
        ExpressionError: a condition is none.
    """

    def __init__(
        self,
        branch: Branch,
        at: int,
        flow: LinkedFlow,
        breakpoints: Sequence[Breakpoint],
        options: EngineOptions,
        recording: RecordedPast | None = None,
    ) -> None:
        """`flow` is the one that runs after `at` calls.

        What the branch has not come to, or its ring has lost, is looked for in the `recording`.
        """
        self._branch = branch
        self._recording = recording
        self._at = at
        self._flow = flow
        self._options = options
        self._breakpoints = [
            replace(one, then=Then.MARK, first_hit=1, every=1) for one in breakpoints if one.on
        ]
        self._looked = 0
        self._asked = self._set(flow)
        self._active = self._asked.switched_on
        self._candidates = Candidates(self._active, flow)
        self._steps = self._search()

    @property
    def progress(self) -> SeekProgress:
        """How many of the calls were looked at."""
        return SeekProgress(min(self._looked, self._at), self._at, searching=True)

    def go_on(self, more_time: Callable[[], bool]) -> BackwardFind | None:
        """What was found; None while there is more to look at."""
        while True:
            found = next(self._steps)
            if found is not None or not more_time():
                return found

    def _set(self, flow: LinkedFlow) -> BreakpointSet:
        made = BreakpointSet(flow)
        for one in self._breakpoints:
            made.put(one)
        return made

    def _search(self) -> Iterator[BackwardFind | None]:
        end = self._at + 1
        """Number of the oldest call that was looked at."""
        branch, recording = self._branch, self._recording
        if all(one.place.kind in HAPPENINGS for one in self._breakpoints):
            yield self._happened()
            return
        if recording is not None and self._at > branch.calls:
            for found, number in self._told(recording, end, branch.calls + 1):
                end = number
                yield found
            end = min(end, branch.calls + 1)
        if self._stands_at(_OF_CALLS):
            for found, number in self._in_full():
                end = min(end, number)
                yield found
            if self._asks_for(COLUMN_FIELDS | PAYLOAD_FIELDS):
                for found, number in self._compact(end):
                    end = number
                    yield found
        for found, number in self._told(branch, end):
            end = number
            yield found
        if recording is not None and end > 1:
            for found, number in self._told(recording, end):
                end = number
                yield found
        why = "" if end <= 1 else branch.why_no_earlier
        yield BackwardFind(None, looked=self._looked, why=why or self._unknown())

    def _unknown(self) -> str:
        """What was not looked for."""
        if self._recording is None or self._at <= self._branch.calls:
            return ""
        if any(one.place.kind is PlaceKind.DENIED for one in self._breakpoints):
            return "a recording does not hold which grants were denied"
        return ""

    def _happened(self) -> BackwardFind:
        """The last swap, or the last first use of what is not granted: these are kept apart."""
        branch = self._branch
        swaps = [*swaps_of(branch.ring, self._at)]
        if self._recording is not None:
            swaps += self._recording.swaps
        places = [(PlaceKind.SWAP, node, calls) for calls, node in swaps]
        places += [(PlaceKind.DENIED, node, calls) for calls, node in branch.denials]
        for kind, node, calls in sorted(places, key=itemgetter(2), reverse=True):
            if calls < self._at and (hits := self._asked.happened(kind, node, calls)):
                return replace(self._found(hits, calls), looked=branch.calls)
        why = "" if branch.ring.repeatable else branch.why_no_earlier
        looked = min(self._at, branch.calls)
        return BackwardFind(None, looked=looked, why=why or self._unknown())

    # ---- calls as they are kept

    def _in_full(self) -> Iterator[tuple[BackwardFind | None, int]]:
        """Newest first, as far back as the graph is the same."""
        at, number = self._at, self._at + 1
        for entries in self._branch.ring.lists_backwards():
            yield None, number
            relinked = [place for place, one in enumerate(entries) if isinstance(one, Relink)]
            since = entries[relinked[-1] + 1 :] if relinked else entries
            calls = [one for one in since if isinstance(one, CallFinished)]
            calls = calls[: max(0, at + 2 - calls[0].call.number)] if calls else []
            if calls:
                number = calls[0].call.number
                self._looked += len(calls)
                found = events_that_may_do(self._candidates, calls, self._flow)
                for entry in map(calls.__getitem__, sorted(found, reverse=True)):
                    hit = self._hit_at(entry)
                    if hit is not None:
                        yield hit, number
            if relinked:
                break
        yield None, number

    def _hit_at(self, event: CallFinished) -> BackwardFind | None:
        """What is met after a call, else before it."""
        asked, at, number = self._asked, self._at, event.call.number
        hits = asked.after([event]) if number < at and asked.asks_after else []
        if hits:
            return self._found(hits, number)
        hits = asked.before(event.call) if number <= at and asked.asks_before else []
        return self._found(hits, number - 1) if hits else None

    def _stands_at(self, places: frozenset[PlaceKind]) -> bool:
        """Whether all breakpoints stand at such places."""
        return all(one.place.kind in places for one in self._breakpoints)

    def _asks_for(self, known: frozenset[str]) -> bool:
        """Whether all breakpoints can be asked of a compact call, if so much is known of it."""
        asked = self._asked.fields()
        return self._stands_at(_COMPACT_PLACES) and all(fields <= known for fields in asked)

    def _compact(self, end: int) -> Iterator[tuple[BackwardFind | None, int]]:
        """Older calls by what is kept of them, without an engine."""
        payloads = not self._asks_for(COLUMN_FIELDS)
        search = CompactSearch(
            self._branch.ring, self._asked, self._candidates, self._flow, with_payloads=payloads
        )
        before = self._looked
        for first, hit, place in search.hits(self._at, min(end, self._at + 1)):
            self._looked = before + search.looked
            yield None if hit is None else self._found([hit], place), first

    # ---- the past told again

    def _told(
        self, past: Past[Begin], end: int, least: int = 1
    ) -> Iterator[tuple[BackwardFind | None, int]]:
        """From one checkpoint before call `end` after the other, back to call `least`.

        Gives what was found, and the oldest call that was looked at.
        """
        narrowing = self._narrowing(past, end)
        for begin in past.begins(end):
            first = 1 if begin is None else begin.calls + 1
            if end <= least:
                return
            if first >= end:
                continue
            start = None if begin is None else begin.checkpoint
            if narrowing is None or narrowing.may_be_met(start, first, end):
                for found in self._told_again(past, begin, end):
                    yield found, end
            else:
                self._looked += end - first
            end = first
            yield None, end

    def _narrowing(self, past: Past[Begin], end: int) -> Narrowing | None:
        """Tells what need not be told again, of the calls before `end`."""
        if not Narrowing.knows(self._active):
            return None
        ring = past.ring if isinstance(past, Branch) else None
        return Narrowing(ring, past.places, self._active, self._candidates, self._flow, end - 1)

    def _told_again(
        self, whole: Past[Begin], begin: Begin | None, end: int
    ) -> Iterator[BackwardFind | None]:
        """From a checkpoint up to call `end`: the last hit counts."""
        past = PastEvents(whole, begin, self._options)
        asked = self._set(past.engine.flow)
        denials = dict(self._branch.denials)
        last: BackwardFind | None = None
        with closing(past):
            while past.calls < end - 1 and (done := past.step()) is not None:
                command, events = done
                asked.follow(past.engine.flow)
                for event in events:
                    if isinstance(event, CallFinished):
                        self._looked += 1
                        if event.call.number < self._at + 1:
                            hits = asked.before(event.call)
                            last = self._found(hits, event.call.number - 1) if hits else last
                calls = past.calls
                hits = asked.after(events) if calls < self._at else []
                if isinstance(command, Swap) and calls < self._at:
                    hits += asked.happened(PlaceKind.SWAP, command.node, calls)
                if calls in denials and calls < self._at:
                    hits += asked.happened(PlaceKind.DENIED, denials[calls], calls)
                last = self._found(hits, calls) if hits else last
                if not calls % CALLS_AT_ONCE:
                    yield None
        yield last

    def _found(self, hits: list[BreakHit], place: int) -> BackwardFind:
        return BackwardFind(hits[0], place, self._looked)


def swaps_of(ring: Ring, until: int) -> Iterator[tuple[int, str]]:
    """After how many calls a node got another build, of what the ring has; up to a call."""
    for chunk in ring.compact_chunks():
        for index, command in chunk.commands:
            if isinstance(command, Swap):
                yield chunk.first - 1 + index, command.node
    calls = ring.calls_lost
    for entry in ring.entries(until):
        if isinstance(entry, CallFinished):
            calls = entry.call.number
        elif isinstance(entry, Swap):
            yield calls, entry.node
