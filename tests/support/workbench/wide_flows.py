"""Flows larger than a screen: chains, fan-outs and lanes, linked without components."""

from __future__ import annotations

import graphlib
from itertools import pairwise

from runtime.model.call import Export, NextCall
from runtime.model.linked import LinkedEdge, LinkedFlow, LinkedNode, Role
from runtime.model.snapshot import FlowSnapshot
from tests.support.workbench.fakes import snapshot

STEPS = ("read", "fix", "rate", "bill", "out")
REGIONS = ("north", "south", "east", "west", "isles", "harbour", "airport", "capital")
LONG_STEPS = (
    "read", "parse", "clean", "join", "rate", "tax", "bill", "sign", "pack", "ship", "ack",
)  # fmt: skip


def graph(*edges: tuple[str, str, str], capacity: int = 64) -> LinkedFlow:
    """A flow from `(source, port, target)`; nodes take the order that the edges allow."""
    before: dict[str, set[str]] = {}
    for source, _, target in edges:
        before.setdefault(source, set())
        before.setdefault(target, set()).add(source)
    linked = tuple(
        LinkedEdge(index, source, port or "output", target, "input", capacity)
        for index, (source, port, target) in enumerate(edges)
    )
    into: dict[str, list[int]] = {}
    out: dict[str, list[int]] = {}
    for edge in linked:
        into.setdefault(edge.target, []).append(edge.index)
        out.setdefault(edge.source, []).append(edge.index)
    nodes = tuple(
        LinkedNode(
            name, Role.PROCESSOR, "", "", "", "", None,
            inputs=tuple(into.get(name, ())), outputs=tuple(out.get(name, ())),
        )
        for name in graphlib.TopologicalSorter(before).static_order()
    )  # fmt: skip
    return LinkedFlow("drawn", "", nodes, linked)


def chain(length: int) -> LinkedFlow:
    """`reader`, `stage-01` and so on, `writer`."""
    names = ["reader", *(f"stage-{number:02}" for number in range(1, length - 1)), "writer"]
    return graph(*((one, "", two) for one, two in pairwise(names)), capacity=16)


def fan_of(branches: int) -> LinkedFlow:
    """A router with that many sinks, each on a port of its own."""
    edges = [("router", f"p{number}", f"out-{number}") for number in range(branches)]
    return graph(("source", "", "router"), *edges, capacity=16)


def lanes(
    labels: tuple[str, ...], steps: tuple[str, ...], trunk: tuple[str, ...], capacity: int
) -> LinkedFlow:
    """A trunk whose last node parts into chains of the same steps."""
    edges = [(one, "", two) for one, two in pairwise(trunk)]
    for label in labels:
        names = [f"{label}-{step}" for step in steps]
        edges.append((trunk[-1], label, names[0]))
        edges += [(one, "", two) for one, two in pairwise(names)]
    return graph(*edges, capacity=capacity)


def regions() -> LinkedFlow:
    """42 nodes in eight lanes."""
    return lanes(REGIONS, STEPS, ("meters", "region"), 4)


def plants() -> LinkedFlow:
    """200 nodes in eighteen lanes."""
    labels = tuple(f"plant-{number:02}" for number in range(1, 19))
    return lanes(labels, LONG_STEPS, ("feed", "plants"), 16)


def standing(
    flow: LinkedFlow, upcoming: str, depths: dict[str, int] | None = None, calls: int = 120
) -> FlowSnapshot:
    """The flow before a call of `upcoming`; `depths` by the edge's label."""
    found = depths or {}
    return snapshot(
        flow,
        calls=calls,
        depths=[found.get(edge.label, 0) for edge in flow.edges],
        next_call=NextCall(upcoming, Export.PROCESS, 3, 2),
    )
