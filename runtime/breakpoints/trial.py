"""What a breakpoint would have done among calls that were made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runtime.breakpoints.breakpoint_set import BreakpointSet
from runtime.expression.expression_error import ExpressionError
from runtime.model.call import Call, Failed
from runtime.model.element import Element
from runtime.model.events import CallFinished, NodeFailed
from runtime.model.linked import LinkedFlow
from runtime.protocol.breakpoints import BreakHit, Breakpoint, BreakpointTrial, Then, TrialHit

LATEST = 3
"""Hits that are told of one by one."""
PREVIEW_BYTES = 160


def try_breakpoint(
    breakpoint: Breakpoint,
    flow: LinkedFlow,
    events: Sequence[object],
    most_calls: int,
    more_time: Callable[[], bool],
    upcoming: Call | None = None,
) -> BreakpointTrial:
    """Ask a breakpoint about the newest calls among `events`, which are oldest first.

    `upcoming` is the call that comes next: a breakpoint before it is met already.
    """
    tried = Breakpoint(
        1,
        breakpoint.place,
        breakpoint.condition,
        Then.MARK,
        breakpoint.first_hit,
        breakpoint.every,
    )
    alone = BreakpointSet(flow)
    try:
        alone.put(tried)
    except ExpressionError as error:
        return BreakpointTrial(breakpoint, 0, 0, problem=error.reason)
    calls, hits = 0, 0
    latest: list[TrialHit] = []
    for event in _newest(events, most_calls):
        found: list[BreakHit] = []
        if isinstance(event, CallFinished):
            if calls and not calls % 32 and not more_time():
                break
            calls += 1
            found += alone.before(event.call)
            found += alone.after(with_failure(event))
            element = event.call.element or (event.outputs[0] if event.outputs else None)
        else:
            found += alone.after([event])  # type: ignore[list-item]
            element = getattr(event, "element", None)
        hits += len(found)
        latest += [_hit(hit, element) for hit in found]
        del latest[:-LATEST]
    coming: list[BreakHit] = []
    if upcoming is not None:
        coming = alone.before(upcoming)
        hits += len(coming)
        latest = [*latest, *(_hit(hit, upcoming.element) for hit in coming)][-LATEST:]
    problem = alone.rows()[0].problem
    return BreakpointTrial(breakpoint, calls, hits, tuple(latest), problem, bool(coming))


def _newest(events: Sequence[object], most_calls: int) -> Sequence[object]:
    """The events from the call on that is the so manieth from the end."""
    calls = 0
    for index in range(len(events) - 1, -1, -1):
        calls += isinstance(events[index], CallFinished)
        if calls == most_calls:
            return events[index:]
    return events


def with_failure(event: CallFinished) -> list[CallFinished | NodeFailed]:
    """The log has a failed call and its `NodeFailed` as one."""
    outcome, call = event.answer.outcome, event.call
    if not isinstance(outcome, Failed):
        return [event]
    failed = NodeFailed(
        event.at_ns, call.node, call.number, call.element, outcome.failure, 1, call.export
    )
    return [event, failed]


def _hit(hit: BreakHit, element: Element | None) -> TrialHit:
    if element is None:
        return TrialHit(hit.call, None, b"")
    return TrialHit(hit.call, element.sequence, element.payload.data[:PREVIEW_BYTES])
