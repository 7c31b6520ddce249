"""Figures of a part of a run: which part is asked for, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from runtime.model.lazy.dataclass import dataclass
from runtime.model.measures.call_times import NO_CALLS, CallTimes
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeSnapshot


class TimeWindow(StrEnum):
    """Of which calls figures are."""

    WHOLE = "whole run"
    LATEST = "last 10 s"
    MARK = "since mark"


@dataclass(frozen=True, slots=True)
class WindowTimes:
    """The calls of a part of a run."""

    window: TimeWindow
    began: FlowSnapshot | None = None
    """The flow where the window begins; None where it begins with the flow, or is refused."""
    times: CallTimes = NO_CALLS
    """The calls of the window; `CallTimes.waits` are left out."""
    refusal: str = ""
    """Why there are no figures of it, in a sentence; empty when there are."""

    def within(self, now: FlowSnapshot) -> FlowSnapshot:
        """The flow as it is now, with the calls, elements and times of the window alone.

        What came into the flow in between, or began again, counts from its beginning.
        """
        began = self.began
        if began is None:
            return now
        nodes = {node.name: node for node in began.nodes}
        edges = {edge.label: edge for edge in began.edges}
        return replace(
            now,
            nodes=tuple(_node_since(nodes.get(node.name), node) for node in now.nodes),
            edges=tuple(_edge_since(edges.get(edge.label), edge) for edge in now.edges),
            calls=max(now.calls - began.calls, 0),
            at_ns=max(now.at_ns - began.at_ns, 0),
        )


def _node_since(before: NodeSnapshot | None, now: NodeSnapshot) -> NodeSnapshot:
    if before is None or before.calls > now.calls:
        return now
    return replace(
        now,
        calls=now.calls - before.calls,
        errors=now.errors - before.errors,
        elements_in=now.elements_in - before.elements_in,
        elements_out=now.elements_out - before.elements_out,
        pauses=now.pauses - before.pauses,
        busy_ns=now.busy_ns - before.busy_ns,
        blocked_ns=now.blocked_ns - before.blocked_ns,
    )


def _edge_since(before: EdgeSnapshot | None, now: EdgeSnapshot) -> EdgeSnapshot:
    if before is None or before.enqueued > now.enqueued:
        return now
    return replace(
        now,
        enqueued=now.enqueued - before.enqueued,
        dequeued=now.dequeued - before.dequeued,
        dropped=now.dropped - before.dropped,
        episodes_blocked_ns=now.episodes_blocked_ns - before.episodes_blocked_ns,
        paced_ns=now.paced_ns - before.paced_ns,
    )


WHOLE_RUN = WindowTimes(TimeWindow.WHOLE)
"""Where the figures are those of the whole run, which are in `CallTimes`."""


@dataclass(frozen=True, slots=True)
class ShowWindow:
    """Have updates carry the figures of this part of the run, see `Update.window`."""

    window: TimeWindow
