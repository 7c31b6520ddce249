"""The lineage of an element, found in the past of a branch, a part at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Generic

from runtime.engine.options import EngineOptions
from runtime.lineage.element_traces import (
    MOST_INPUTS,
    ElementTrace,
    ElementTraces,
    TracedAggregate,
    TracedInput,
)
from runtime.lineage.lineage_report import aggregate, lineage_report
from runtime.model.events import CallFinished, Event
from runtime.model.linked import LinkedFlow, Role
from runtime.protocol.lineage import Lineage, LineageAggregate
from runtime.protocol.requests import ReadLineage
from runtime.timetravel.branch_position import BranchPosition
from runtime.timetravel.search.past_events import Begin, Past, PastEvents

STEPS_AT_ONCE = 200
"""Commands told again between two looks at the clock."""
CALLS_FOR_AGGREGATE = 20_000
"""Calls after an aggregator took the element that are looked through for what it made of it."""
CALLS_FOR_INPUTS = 500_000
"""Calls before an aggregate that are looked through for what it was made of."""


class LineageSearch(Generic[Begin]):
    """Looks for a lineage along the branch, from the last checkpoint before it on.

    For an aggregate it looks backwards from there for its inputs, checkpoint by checkpoint.
    """

    def __init__(self, past: Past[Begin], lineage: int, options: EngineOptions) -> None:
        self._past = past
        self._lineage = lineage
        self._options = options
        self._steps = self._search()

    def go_on(self, more_time: Callable[[], bool]) -> Lineage | None:
        """What was found; None while there is more to look through."""
        while True:
            found = next(self._steps)
            if found is not None or not more_time():
                return found

    def _search(self) -> Iterator[Lineage | None]:
        whole, lineage = self._past, self._lineage
        begin = whole.begin_before_element(lineage)
        if begin is None and whole.why_no_earlier:
            yield Lineage(lineage, why=whole.why_no_earlier)
            return
        past = PastEvents(whole, begin, self._options)
        flow = past.engine.flow
        traces = ElementTraces(flow, target=lambda element: element.lineage == lineage)
        until: int | None = None
        for events in _told(past, traces):
            yield None
            trace = traces.traces.get(lineage)
            if trace is None and past.engine.last_id >= lineage:
                break  # a lineage has the id of its first element, and that was given already
            if trace is None or not any(_concerns(event, lineage) for event in events):
                if until is not None and past.calls > until:
                    break
                continue
            flow = past.engine.flow
            gone = lineage not in past.engine.in_flight()
            if gone and (trace.into or not _was_kept(trace, flow)):
                break
            until = past.calls + CALLS_FOR_AGGREGATE if gone else None
        trace = traces.traces.get(lineage)
        if trace is None or not trace.hops:
            yield Lineage(lineage, why="no call of this branch gave an element of this lineage")
            return
        report = lineage_report(trace, flow)
        if trace.inputs is not None:
            own = TracedAggregate(trace.source, lineage, trace.sequence, trace.hops[0].call)
            for found in self._made_of(own):
                yield None
                if found is not None:
                    report = replace(report, made_of=found)
        for into in trace.into[:1]:
            for found in self._made_of(into):
                yield None
                if found is not None:
                    report = replace(report, into=(found, *report.into[1:]))
        yield report

    def _made_of(self, aggregated: TracedAggregate) -> Iterator[LineageAggregate | None]:
        """Look for the inputs of an aggregate, backwards; the last value has them."""
        node, made = aggregated.node, aggregated.call
        found: deque[TracedInput] = deque()
        count, cut, complete, end = 0, False, False, made
        for begin in self._past.begins(made):
            inputs: deque[TracedInput] = deque(maxlen=MOST_INPUTS)
            seen = 0
            past = PastEvents(self._past, begin, self._options)
            begun = past.calls
            while past.calls < end and (done := past.step()) is not None:
                for event in done[1]:
                    if not isinstance(event, CallFinished) or event.call.node != node:
                        continue
                    taken = TracedInput.of(event)
                    if taken is not None:
                        inputs.append(taken)
                        seen += 1
                    if event.outputs and event.call.number < made:
                        inputs.clear()
                        seen, complete = 0, True
                yield None
            found.extendleft(reversed(inputs))
            while len(found) > MOST_INPUTS:
                found.popleft()
            count, end = count + seen, begun
            if complete:
                break
            cut = begin is not None
            if made - end > CALLS_FOR_INPUTS:
                break
        yield aggregate(aggregated, tuple(found), count, cut=cut and not complete)


def _told(past: PastEvents, traces: ElementTraces) -> Iterator[list[Event]]:
    """Lists of events, each of some commands, which `traces` has heard of."""
    events: list[Event] = []
    while (done := past.step()) is not None:
        traces.record(*done)
        events += done[1]
        if len(events) >= STEPS_AT_ONCE:
            yield events
            events = []
    yield events


def _concerns(event: Event, lineage: int) -> bool:
    if not isinstance(event, CallFinished):
        return True
    element = event.call.element
    return (element is not None and element.lineage == lineage) or any(
        output.lineage == lineage for output in event.outputs
    )


def _was_kept(trace: ElementTrace, flow: LinkedFlow) -> bool:
    """Whether an aggregator took the element in, so that something may be made of it."""
    aggregators = {node.name for node in flow.nodes if node.role is Role.AGGREGATOR}
    return any(
        hop.node in aggregators and hop.size_in is not None and not hop.failed for hop in trace.hops
    )


class LineageReading:
    """Answers `ReadLineage`; the last one that was asked for, next to whatever the flow does."""

    def __init__(
        self, time: BranchPosition, options: EngineOptions, reply: Callable[[Lineage], None]
    ) -> None:
        """`reply` takes what was found."""
        self._time = time
        self._options = options
        self._reply = reply
        self._search: LineageSearch[Any] | None = None

    def read(self, asked: ReadLineage) -> None:
        """Begin to look; `work` goes on."""
        time, recording = self._time, self._time.replay.past
        past: Past[Any] = recording if time.ahead and recording is not None else time.branch
        self._search = LineageSearch(past, asked.lineage, self._options)

    def work(self, more_time: Callable[[], bool]) -> bool:
        """Look further as long as there is time; whether there is more to do."""
        search = self._search
        found = None if search is None else search.go_on(more_time)
        if found is not None:
            self._search = None
            self._reply(found)
        return self._search is not None
