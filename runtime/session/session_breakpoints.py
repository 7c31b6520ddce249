"""Breakpoints and watches of a session: asked at every call, set on request, kept on disk."""

from __future__ import annotations

import time as clocks
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from runtime.breakpoints.breakpoint_set import BreakpointSet, stops
from runtime.breakpoints.store import BreakpointStore
from runtime.breakpoints.trial import try_breakpoint
from runtime.breakpoints.watch_set import WatchSet
from runtime.execution.execution import Execution, StopNote
from runtime.expression.expression_error import ExpressionError
from runtime.model.call import Call
from runtime.model.events import Event, StopReason
from runtime.protocol.break_places import PlaceKind
from runtime.protocol.breakpoints import (
    BreakHit,
    Breakpoint,
    BreakpointList,
    BreakpointTrial,
    RemoveBreakpoint,
    RemoveWatch,
    SetBreakpoint,
    SetWatch,
    Then,
    TryBreakpoint,
    Watch,
    WatchRow,
)
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.timeline import TimelineMark
from runtime.timetravel.time_travel import TimeTravel

TRIED_CALLS = 1_000
TRIED_EVENTS = 3_000
TRIED_NS = 50_000_000


class SessionBreakpoints:
    """For the thread that makes the calls."""

    def __init__(self, time: TimeTravel) -> None:
        """Takes up those that the project's file keeps."""
        self._time = time
        flow = time.shown.flow
        self._set = BreakpointSet(flow)
        self._watches = WatchSet()
        self._store = BreakpointStore(Path(flow.manifest))
        self._unkept = ""
        self._hit: tuple[BreakHit | None, StopNote] | None = None
        self._back: tuple[int, BreakHit] | None = None
        self._passed: tuple[Execution, Call] | None = None
        self._load()

    def _load(self) -> None:
        kept = self._store.load(self._time.shown.flow)
        for breakpoint in kept.breakpoints:
            self._set.put(breakpoint)
        for watch in kept.watches:
            self._watches.put(watch)
        for problem in kept.problems:
            self._time.note(CallMark.NOTE, None, problem)

    # ---- the run

    @property
    def idle(self) -> bool:
        """True while no call has to be looked at, unless something is denied to its component."""
        return not (self._set.asks_before or self._set.asks_after or len(self._watches))

    def before(self, lineage: int | None = None, *, stepping: bool = False) -> bool:
        """Whether the flow stands still before the call that it would make next.

        Asked again of the same call, it does not; nor when that call is asked for by `stepping`.
        """
        if not self._set.asks_before:
            return False
        shown = self._time.shown
        pending = shown.pending
        node = None if pending is None else pending.node
        call = shown.engine.upcoming(node, lineage, self._set.nodes_before)
        if call is None or self._is_passed(shown, call):
            return False
        self._set.follow(shown.engine.flow)
        hits = self._set.before(call)
        if not hits:
            return False
        self._passed = shown, call
        return self._take(hits, call.number - 1, may_stop=not stepping)

    def _is_passed(self, shown: Execution, call: Call) -> bool:
        return self._passed is not None and self._passed[0] is shown and self._passed[1] == call

    def after(self, events: Iterable[Event]) -> bool:
        """Whether the flow stands still after what happened."""
        hits: list[BreakHit] = []
        shown = self._time.shown
        if self._set.asks_after:
            self._set.follow(shown.engine.flow)
            hits = self._set.after(events)
        if shown.first_denials:
            for use in shown.first_denials:
                kind, about = PlaceKind.DENIED, use.capability
                hits += self._set.happened(kind, use.node, shown.calls, about)
            shown.first_denials.clear()
        stopped = bool(hits) and self._take(hits, shown.calls)
        if len(self._watches):
            stopped = self._look(shown) or stopped
        return stopped

    def swapped(self, nodes: Iterable[str]) -> bool:
        """Whether the flow stands still because nodes got other builds."""
        calls = self._time.shown.calls
        hits = [hit for node in nodes for hit in self._set.happened(PlaceKind.SWAP, node, calls)]
        return bool(hits) and self._take(hits, calls)

    def _look(self, shown: Execution) -> bool:
        changed = self._look_at_watches()
        for row in changed:
            was = f"{row.before} → {row.value}"
            self._stop(shown, f"watch {row.watch.number}: {row.watch.text} {was}", None)
        return bool(changed)

    def _look_at_watches(self) -> list[WatchRow]:
        shown = self._time.shown
        return self._watches.look(shown.engine, shown.calls, past=self._time.past)

    def _take(self, hits: list[BreakHit], calls: int, *, may_stop: bool = True) -> bool:
        """Do what the hits ask for, after so many calls; true when the flow stands still."""
        time, stopped = self._time, False
        if not time.past:
            time.branch.places.add(TimelineMark.BREAK, calls)
        for hit in hits:
            said = hit.words
            if stops(hit):
                if may_stop and not stopped:
                    self._stop(time.shown, said, hit)
                    stopped = True
            elif hit.breakpoint.then is Then.LOG:
                values = ", ".join(f"{name} {value}" for name, value in hit.values)
                text = f"{said}, hit {hit.hit}" + (f": {values}" if values else "")
                time.note(CallMark.NOTE, hit.node, text)
        return stopped

    def _stop(self, shown: Execution, said: str, hit: BreakHit | None) -> None:
        note = StopNote(StopReason.BREAKPOINT, said)
        shown.stop_note = note
        shown.note(CallMark.STOP, None if hit is None else hit.node, f"stopped: {said}")
        self._hit = hit, note

    # ---- requests

    def put(self, asked: SetBreakpoint) -> None:
        """Set a breakpoint; one that is there already is switched on instead."""
        wanted = asked.breakpoint
        there = self._set.another_like(wanted)
        if there is not None:
            words = f"breakpoint {there.number} is there already: {there.words}"
            if there.on or not wanted.on:
                self._time.refuse(words)
                return
            self._time.note(CallMark.NOTE, None, f"{words}; it is switched on")
            wanted = replace(there, on=True)
        try:
            self._set.put(wanted)
        except (ExpressionError, ValueError) as error:
            self._time.refuse(f"no breakpoint is set: {_reason(error)}")
        else:
            self._save()

    def remove(self, asked: RemoveBreakpoint) -> None:
        """Forget a breakpoint."""
        self._set.remove(asked.number)
        self._save()

    def put_watch(self, asked: SetWatch) -> None:
        """Set a watch, and take its value at once."""
        try:
            self._watches.put(asked.watch)
        except (ExpressionError, ValueError) as error:
            self._time.refuse(f"nothing is watched: {_reason(error)}")
        else:
            self._look_at_watches()
            self._save()

    def remove_watch(self, asked: RemoveWatch) -> None:
        """Forget a watch."""
        self._watches.remove(asked.number)
        self._save()

    def try_out(self, asked: TryBreakpoint) -> BreakpointTrial:
        """What a breakpoint would have done among the last calls."""
        shown = self._time.shown
        events = shown.log.last(TRIED_EVENTS)
        deadline = clocks.perf_counter_ns() + TRIED_NS
        return try_breakpoint(
            asked.breakpoint,
            shown.engine.flow,
            events,
            TRIED_CALLS,
            lambda: clocks.perf_counter_ns() < deadline,
            shown.engine.upcoming(),
        )

    def listing(self) -> BreakpointList:
        """What the screen hears of them."""
        hit, shown = None, self._time.shown
        if self._hit is not None and shown.stop_note is self._hit[1]:
            hit = self._hit[0]
        elif self._back is not None and self._time.past and shown.calls == self._back[0]:
            hit = self._back[1]
        self._look_at_watches()  # what the user did may have changed them
        return BreakpointList(self._set.rows(), self._watches.rows(), hit, self._unkept)

    def led_back(self, place: int, hit: BreakHit) -> None:
        """A search in the past leads to this hit, after so many calls."""
        self._back = place, hit

    @property
    def switched_on(self) -> tuple[Breakpoint, ...]:
        """The breakpoints that are on."""
        return tuple(one for one in self._set.definitions if one.on)

    @property
    def watches(self) -> tuple[Watch, ...]:
        """What is watched."""
        return self._watches.definitions

    def _save(self) -> None:
        name = self._time.shown.flow.name
        saved = self._store.save(name, self._set.definitions, self._watches.definitions)
        self._unkept = saved.problem
        if saved.note:
            self._time.note(CallMark.NOTE, None, saved.note)


def _reason(error: Exception) -> str:
    return error.reason if isinstance(error, ExpressionError) else str(error)
