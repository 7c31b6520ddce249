"""The lineage of an element, found in the past of a branch, a part at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from runtime.engine.options import EngineOptions
from runtime.lineage.element_traces import (
    MOST_INPUTS,
    ElementTrace,
    ElementTraces,
    TracedInput,
)
from runtime.lineage.lineage_report import lineage_report
from runtime.model.events import CallFinished, Event
from runtime.model.linked import LinkedFlow, Role
from runtime.protocol.lineage import Lineage
from runtime.timetravel.branches import Branch
from runtime.timetravel.checkpoints import KeptCheckpoint
from runtime.timetravel.past_events import PastEvents

STEPS_AT_ONCE = 200
"""Commands told again between two looks at the clock."""
CALLS_FOR_AGGREGATE = 20_000
"""Calls after an aggregator took the element that are looked through for what it made of it."""
CALLS_FOR_INPUTS = 500_000
"""Calls before an aggregate that are looked through for what it was made of."""


class LineageSearch:
    """Looks for a lineage along the branch, from the last checkpoint before it on.

    For an aggregate it looks backwards from there for its inputs, checkpoint by checkpoint.
    """

    def __init__(self, branch: Branch, lineage: int, options: EngineOptions) -> None:
        self._branch = branch
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
        branch, lineage = self._branch, self._lineage
        begin = branch.checkpoints.before_element(lineage)
        if begin is None and not branch.ring.repeatable:
            yield Lineage(lineage, why=branch.why_no_earlier)
            return
        past = PastEvents(branch, begin, self._options)
        flow = past.engine.flow
        traces = ElementTraces(flow, target=lambda element: element.lineage == lineage)
        until: int | None = None
        for events in _told(past, traces):
            yield None
            trace = traces.traces.get(lineage)
            if trace is None or not any(_concerns(event, lineage) for event in events):
                if until is not None and past.calls > until:
                    break
                continue
            flow = past.engine.flow
            gone = not past.engine.in_flight(lineage)
            if gone and (trace.into or not _was_kept(trace, flow)):
                break
            until = past.calls + CALLS_FOR_AGGREGATE if gone else None
        trace = traces.traces.get(lineage)
        if trace is None or not trace.hops:
            yield Lineage(lineage, why="no call of this branch gave an element of this lineage")
            return
        cut = False
        if trace.inputs is not None:
            for searched in self._inputs(trace):
                yield None
                cut = searched
        yield lineage_report(trace, flow, inputs_cut=cut)

    def _inputs(self, trace: ElementTrace) -> Iterator[bool]:
        """Find what the aggregate was made of; gives whether there may be more."""
        node, made = trace.source, trace.hops[0].call
        found: deque[TracedInput] = deque()
        count, cut, end = 0, False, made
        begins: list[KeptCheckpoint | None] = [*self._branch.checkpoints.backwards(made)]
        if self._branch.ring.repeatable:
            begins.append(None)
        for begin in begins:
            inputs: deque[TracedInput] = deque(maxlen=MOST_INPUTS)
            seen, complete = 0, False
            past = PastEvents(self._branch, begin, self._options)
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
                yield cut
            found.extendleft(reversed(inputs))
            while len(found) > MOST_INPUTS:
                found.popleft()
            count, end = count + seen, begun
            if complete:
                break
            cut = begin is not None
            if made - end > CALLS_FOR_INPUTS:
                break
        trace.inputs, trace.inputs_in_all = tuple(found), count
        yield cut and not complete


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
