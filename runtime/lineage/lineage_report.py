"""What is known of one element, for people and for the screen."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.lineage.element_traces import (
    ElementTrace,
    TracedAggregate,
    TracedHop,
    TracedInput,
)
from runtime.model.events import DropReason
from runtime.model.linked import LinkedEdge, LinkedFlow, Role
from runtime.protocol.lineage import (
    CALLS_SHOWN,
    INPUTS_SHOWN,
    Lineage,
    LineageAggregate,
    LineageCall,
    LineageDrop,
    LineageInput,
)

_LET_GO = {
    DropReason.DISCARDED.value: "- discarded",
    DropReason.FILTERED.value: "- filtered out",
    DropReason.NO_PORT.value: "- no port",
}
"""What became of an element that a component let go."""


def lineage_report(trace: ElementTrace, flow: LinkedFlow) -> Lineage:
    """The way of an element through `flow`, whose edges have the indices that the trace names.

    The inputs of aggregates are what `aggregate` says of them.
    """
    roles = {node.name: node.role for node in flow.nodes}
    calls = [_call(hop, trace, flow.edges, roles) for hop in trace.hops]
    return Lineage(
        lineage=trace.lineage,
        source=trace.source,
        sequence=trace.sequence,
        calls=tuple(calls[:CALLS_SHOWN]),
        calls_in_all=len(calls),
        drops=tuple(
            LineageDrop(drop.node, drop.reason, drop.at_ns)
            for drop in trace.drops
            if drop.reason not in _LET_GO
        ),
        into=tuple(
            LineageAggregate(one.node, one.lineage, one.sequence, one.call) for one in trace.into
        ),
        edges=tuple(sorted({edge for hop in trace.hops for edge in hop.edges})),
        delivered=sum(_delivered(hop, roles) for hop in trace.hops),
        left=sum(drop.reason in _LET_GO for drop in trace.drops),
        total_ns=trace.total_ns,
    )


def aggregate(
    made: TracedAggregate, inputs: Sequence[TracedInput], in_all: int, *, cut: bool
) -> LineageAggregate:
    """An element of an aggregator with what it was made of."""
    return LineageAggregate(
        made.node,
        made.lineage,
        made.sequence,
        made.call,
        tuple(map(_input, inputs[-INPUTS_SHOWN:])),
        in_all,
        cut,
    )


def _input(one: TracedInput) -> LineageInput:
    return LineageInput(
        one.lineage, one.source, one.sequence, one.call, one.wait_ns, one.run_ns, one.size
    )


def _call(
    hop: TracedHop, trace: ElementTrace, edges: Sequence[LinkedEdge], roles: dict[str, Role]
) -> LineageCall:
    return LineageCall(
        hop.node,
        hop.export,
        hop.call,
        hop.began_ns,
        hop.wait_ns,
        hop.run_ns,
        hop.after,
        hop.size_in,
        hop.size_out,
        _came_to(hop, trace, edges, roles),
        hop.failed,
    )


def _came_to(
    hop: TracedHop, trace: ElementTrace, edges: Sequence[LinkedEdge], roles: dict[str, Role]
) -> str:
    """Where the element went from a call, or what became of it there."""
    if hop.failed:
        return hop.outcome
    links = [edges[index] for index in hop.edges if index < len(edges)]
    if links:
        if roles.get(hop.node) is Role.ROUTER:
            return ", ".join(dict.fromkeys(link.source_port for link in links))
        return links[0].target if len(links) == 1 else f"{len(links)} edges"
    if _delivered(hop, roles):
        return "= delivered"
    if roles.get(hop.node) is Role.AGGREGATOR and hop.size_in is not None:
        into = [f"#{one.sequence}" for one in trace.into if one.node == hop.node]
        return f"kept, in {', '.join(into)}" if into else "kept"
    left = [
        _LET_GO[drop.reason]
        for drop in trace.drops
        if drop.node == hop.node and drop.reason in _LET_GO
    ]
    return left[0] if left else hop.outcome


def _delivered(hop: TracedHop, roles: dict[str, Role]) -> bool:
    return roles.get(hop.node) is Role.SINK and hop.size_in is not None and not hop.failed
