"""The drawing of a flow: nothing overlaps, everything is reachable, states are shown."""

from __future__ import annotations

import graphlib
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.call import Export, NextCall
from runtime.model.linked import LinkedEdge, LinkedFlow, LinkedNode, Role
from runtime.model.snapshot import NodeState
from tests.support.workbench.fakes import fan_out, snapshot
from workbench.graph.drawing import Drawing, draw
from workbench.graph.layout.graph_layouts import GraphLayouts
from workbench.graph.layout.layers import layers, ranks, settle
from workbench.text.lines import plain
from workbench.view import EdgeRef, NodeRef


def flow_of(*edges: tuple[str, str, str]) -> LinkedFlow:
    """A flow from `(source, port, target)`; nodes take the order that the edges allow."""
    before: dict[str, set[str]] = {}
    for source, _, target in edges:
        before.setdefault(source, set())
        before.setdefault(target, set()).add(source)
    linked = tuple(
        LinkedEdge(index, source, port or "output", target, "input")
        for index, (source, port, target) in enumerate(edges)
    )
    nodes = tuple(
        LinkedNode(
            name, Role.PROCESSOR, "", "", "", "", None,
            inputs=tuple(edge.index for edge in linked if edge.target == name),
            outputs=tuple(edge.index for edge in linked if edge.source == name),
        )
        for name in graphlib.TopologicalSorter(before).static_order()
    )  # fmt: skip
    return LinkedFlow("drawn", "", nodes, linked)


def text_of(drawing: Drawing) -> list[str]:
    return [plain(row).rstrip() for row in drawing.lines]


DIAMOND = flow_of(("a", "", "b"), ("a", "", "c"), ("b", "", "d"), ("c", "", "d"), ("a", "", "d"))
TWICE = flow_of(("src", "", "router"), ("router", "one", "sink"), ("router", "two", "sink"))


@st.composite
def flows(draw_from: st.DrawFn) -> LinkedFlow:
    """Acyclic flows of up to eight nodes, with several edges between the same two allowed."""
    count = draw_from(st.integers(2, 8))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(
        lambda pair: pair[0] < pair[1]
    )
    chosen = draw_from(st.lists(pairs, min_size=1, max_size=12))
    return flow_of(*((f"n{low}", "", f"n{high}") for low, high in chosen))


@given(flows(), st.integers(20, 140), st.integers(4, 40))
def test_boxes_and_runs_never_overlap_and_all_are_drawn(
    flow: LinkedFlow, width: int, height: int
) -> None:
    layout = GraphLayouts(flow).best(width, height)
    assert {box.node for box in layout.boxes} == {node.name for node in flow.nodes}
    assert sorted(run.edge for run in layout.runs) == [edge.index for edge in flow.edges]
    cells: dict[tuple[int, int], object] = {}
    for box in layout.boxes:
        for x in range(box.x, box.x + box.width):
            for y in range(box.y, box.y + box.height):
                assert cells.setdefault((x, y), box) is box
    for run in layout.runs:
        for x in range(run.x, run.x + run.cells):
            assert cells.setdefault((x, run.row), run) is run
    assert all(0 <= x < layout.width and 0 <= y < layout.height for x, y in cells)


@given(flows())
def test_every_edge_leads_to_the_right(flow: LinkedFlow) -> None:
    rank = ranks(flow)
    assert all(rank[edge.source] < rank[edge.target] for edge in flow.edges)


@given(flows())
def test_the_same_flow_is_always_drawn_the_same(flow: LinkedFlow) -> None:
    assert layers(flow) == layers(flow)
    one, two = (draw(GraphLayouts(flow).best(78, 20), flow, None) for _ in range(2))
    assert one == two


@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=8).flatmap(
        lambda wanted: st.tuples(
            st.just(wanted),
            st.lists(st.integers(1, 5), min_size=len(wanted) - 1, max_size=len(wanted) - 1),
        )
    )
)
def test_settled_places_keep_their_gaps_and_stay_when_there_is_room(
    case: tuple[list[int], list[int]],
) -> None:
    wanted, gaps = case
    places = settle(wanted, gaps)
    for index, gap in enumerate(gaps):
        assert places[index + 1] - places[index] >= gap - 1e-9
    if all(wanted[i + 1] - wanted[i] >= gap for i, gap in enumerate(gaps)):
        assert places == pytest.approx(wanted)


def test_the_fan_out_fits_a_small_terminal_with_whole_names() -> None:
    flow = fan_out()
    layout = GraphLayouts(flow).best(76, 9)
    drawing = draw(layout, flow, snapshot(flow))
    assert drawing.width <= 76
    assert drawing.height <= 9
    text = "\n".join(text_of(drawing))
    for name in ("source", "router", "metric-proc", "log-proc", "metric-sink", "log-sink"):
        assert f"{name}" in text
    assert "metrics" in text
    assert "logs" in text
    assert text.count("▶") == 5


def test_the_branches_of_the_fan_out_are_symmetric() -> None:
    boxes = {box.node: box for box in GraphLayouts(fan_out()).best(100, 20).boxes}
    assert boxes["source"].y == boxes["router"].y
    assert boxes["metric-proc"].y == boxes["metric-sink"].y
    middle = (boxes["metric-proc"].y + boxes["log-proc"].y) / 2
    assert abs(middle - boxes["router"].y) <= 1


def test_two_edges_between_the_same_nodes_are_drawn_apart() -> None:
    layout = GraphLayouts(TWICE).best(78, 12)
    rows = {run.edge: run.row for run in layout.runs}
    assert rows[1] != rows[2]


def test_wires_are_joined_without_a_gap() -> None:
    drawing = draw(GraphLayouts(DIAMOND).best(78, 20), DIAMOND, None)
    rows = text_of(drawing)
    for y, x in ((y, x) for y, row in enumerate(rows) for x in range(len(row))):
        sign = rows[y][x]
        above = rows[y - 1][x] if y and x < len(rows[y - 1]) else " "
        if sign in "│├┤┼╰╯┴":
            assert above in "│├┤┼╭╮┬╰╯┴┏┓┃╰", (y, x, sign, above)


def test_the_next_call_is_marked_with_a_sign_and_a_heavy_frame() -> None:
    flow = fan_out()
    picture = snapshot(flow, calls=6, next_call=NextCall("router", Export.ROUTE, 3, 2))
    layout = GraphLayouts(flow).best(100, 12)
    text = "\n".join(text_of(draw(layout, flow, picture)))
    assert "@ next" in text
    assert "┏" in text
    running = "\n".join(text_of(draw(layout, flow, picture, running=True)))
    assert "@" not in running
    assert "┏" not in running


def test_full_queues_and_failures_are_said_in_signs() -> None:
    flow = fan_out()
    picture = snapshot(
        flow, calls=60, depths=(3, 0, 64, 0, 0), states={"log-proc": NodeState.CRASHED}
    )
    text = "\n".join(text_of(draw(GraphLayouts(flow).best(100, 12), flow, picture)))
    assert "64/64!" in text
    assert "3/16" in text
    assert "x crashed" in text


def test_the_cells_of_nodes_and_edges_know_what_they_are() -> None:
    flow = fan_out()
    drawing = draw(GraphLayouts(flow).best(78, 9), flow, None)
    for one, two in combinations(drawing.spots, 2):
        assert one.target != two.target
    for spot in drawing.spots:
        assert drawing.at(spot.x, spot.y) == spot.target
    assert {spot.target for spot in drawing.spots} == {
        *(NodeRef(node.name) for node in flow.nodes),
        *(EdgeRef(edge.index) for edge in flow.edges),
    }


def test_a_chain_that_is_wider_than_the_room_wraps_and_stays_whole() -> None:
    chain = flow_of(*((f"node-{n}", "", f"node-{n + 1}") for n in range(9)))
    drawing = draw(GraphLayouts(chain).best(60, 10), chain, None)
    assert drawing.width <= 60
    assert drawing.height <= 10
    assert all(f"node-{n}" in "\n".join(text_of(drawing)) for n in range(10))
