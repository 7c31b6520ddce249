"""Forms of the graph, exact to the cell: chains that wrap, lanes, stubs, the map, the view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.linked import LinkedFlow
from runtime.model.outline import FlowOutline, Lack, OutlineNode, outline_of
from tests.support.examples import examples
from tests.support.workbench.fakes import fan_out
from tests.support.workbench.wide_flows import chain, fan_of, graph, plants, regions, standing
from workbench.graph.drawing import draw
from workbench.graph.geometry import Form
from workbench.graph.graph_view import GraphState, GraphView
from workbench.graph.layout.graph_layouts import HYSTERESIS, GraphLayouts
from workbench.graph.viewport import Viewport
from workbench.text.lines import plain, width_of
from workbench.view import NodeRef


def seen(view: GraphView, state: GraphState, width: int, height: int) -> str:
    rows = view.show(state, width, height)
    assert all(width_of(row) <= width for row in rows)
    assert len(rows) <= height
    return "\n".join(plain(row).rstrip() for row in rows)


def drawn(flow: LinkedFlow, width: int, height: int) -> str:
    lines = draw(GraphLayouts(flow).best(width, height), flow, None).lines
    return "\n".join(plain(row).rstrip() for row in lines)


CHAIN = """\
   [- reader]───0──▶[- stage-01]──0─▶[- stage-02]──0─▶[- stage-03]─╮
╭─── 0/16 ─────────────────────────────────────────────────────────╯
╰─▶[- stage-04]━━1━▶[- stage-05]──0─▶[- stage-06]──0─▶[- stage-07]─╮
╭─── 0/16 ─────────────────────────────────────────────────────────╯
╰─▶[- stage-08]──0─▶[- stage-09]━━3━▶[@ stage-10]──0─▶[- stage-11]─╮
╭─── 0/16 ─────────────────────────────────────────────────────────╯
╰─▶[- stage-12]──0─▶[- stage-13]──0─▶[- stage-14]──0─▶[- stage-15]─╮
╭─── 0/16 ─────────────────────────────────────────────────────────╯
╰─▶[- stage-16]──0─▶[- stage-17]──0─▶[- stage-18]──0─▶[- writer]"""


def test_a_chain_of_twenty_wraps_like_text_on_a_small_terminal() -> None:
    flow = chain(20)
    depths = {"stage-04 -> stage-05": 1, "stage-09 -> stage-10": 3}
    view = GraphView()
    state = GraphState(flow, standing(flow, "stage-10", depths))
    assert seen(view, state, 76, 9) == CHAIN
    assert view.count_words == "20 nodes, all shown"


def test_with_more_rows_three_nodes_of_a_row_say_their_calls() -> None:
    flow = chain(20)
    depths = {"stage-02 -> stage-03": 16, "stage-09 -> stage-10": 3}
    text = seen(GraphView(), GraphState(flow, standing(flow, "stage-10", depths)), 76, 16)
    assert text.splitlines()[:3] == [
        "   [- reader   40]─── 0/16 ──▶[- stage-01   40]── 0/16 ─▶[- stage-02   40]─╮",
        "╭━━━ 16/16! ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╯",
        "╰─▶[- stage-03   40]── 0/16 ─▶[- stage-04   40]── 0/16 ─▶[- stage-05   40]─╮",
    ]
    assert "[- stage-09   40]━━ 3/16 ━▶[@ stage-10   40]" in text


@pytest.mark.parametrize(
    ("calls", "shown"),
    [(9, "   9"), (4_653, "4653"), (9_999, "9999"), (12_345, " 12k"), (4_500_000, "4.5M")],
)
def test_calls_in_a_row_of_a_chain_take_four_cells(calls: int, shown: str) -> None:
    flow = chain(20)
    now = standing(flow, "stage-10", {})
    now = replace(now, nodes=tuple(replace(node, calls=calls) for node in now.nodes))
    text = seen(GraphView(), GraphState(flow, now), 76, 16)
    assert text.splitlines()[0] == (
        f"   [- reader {shown}]─── 0/16 ──▶[- stage-01 {shown}]── 0/16 ─▶[- stage-02 {shown}]─╮"
    )


def test_a_chain_of_boxes_turns_at_the_end_of_its_row() -> None:
    text = drawn(chain(8), 60, 20).splitlines()
    assert text[:6] == [
        "   ╭───────────╮         ╭───────────╮",
        "   │ reader    │────────▶│ stage-01  │─╮",
        "   │ - new     │    0/16 │ - new     │ │",
        "   ╰───────────╯         ╰───────────╯ │",
        "╭─── 0/16 ─────────────────────────────╯",
        "│  ╭───────────╮         ╭───────────╮",
    ]


def test_a_fan_out_of_ten_has_a_lane_a_branch() -> None:
    flow = fan_of(10)
    state = GraphState(flow, standing(flow, "router", {"source -> router": 16}))
    lines = seen(GraphView(), state, 76, 16).splitlines()
    assert lines[0] == "╭─[@ router   40]◀━ 16/16! [- source   40]"
    assert lines[1] == "├ p0 ── 0/16 ─▶[- out-0   40]"
    assert lines[10] == "╰ p9 ── 0/16 ─▶[- out-9   40]"
    assert len(lines) == 11


LANES = """\
╭─[- region]◀━4!━[- meters]
├ north   ──0─▶[- read]──0─▶[- fix]──0─▶[- rate]──0─▶[- bill]──0─▶[- out]
├ south   ──0─▶[- read]──0─▶[- fix]──0─▶[- rate]──0─▶[- bill]──0─▶[- out]
├ east    ──0─▶[- read]──0─▶[- fix]━━2━▶[- rate]──0─▶[- bill]──0─▶[- out]
├ west    ━4!━▶[@ read]──0─▶[- fix]──0─▶[- rate]──0─▶[- bill]──0─▶[- out]
├ isles   ──0─▶[- read]──0─▶[- fix]──0─▶[- rate]──0─▶[- bill]──0─▶[- out]
├ harbour ──0─▶[- read]──0─▶[- fix]──0─▶[- rate]──0─▶[- bill]──0─▶[- out]
├ airport ──0─▶[- read]──0─▶[- fix]──0─▶[- rate]──0─▶[- bill]──0─▶[- out]
╰ capital ──0─▶[- read]──0─▶[- fix]──0─▶[- rate]──0─▶[- bill]──0─▶[- out]"""


def test_forty_two_nodes_are_lanes_that_say_shared_names_once() -> None:
    flow = regions()
    depths = {"meters -> region": 4, "region:west -> west-read": 4, "east-fix -> east-rate": 2}
    view = GraphView()
    state = GraphState(flow, standing(flow, "west-read", depths), selection=NodeRef("west-fix"))
    assert seen(view, state, 76, 9) == LANES
    assert view.selected_name == "west-fix"
    assert view.count_words == "42 nodes, all shown"


def test_the_note_says_what_the_steps_of_all_lanes_are() -> None:
    assert GraphLayouts(regions()).best(76, 9).note == "8 lanes · read fix rate bill out"
    assert GraphLayouts(regions()).best(128, 31).form is Form.COMPACT


FOLLOWED = """\
├ plant-01┄──0─▶[- rate]──0─▶[- tax]──0─▶[- bill]──0─▶[- sign]┄
├ plant-02┄──0─▶[- rate]──0─▶[- tax]──0─▶[- bill]──0─▶[- sign]┄ │····▒▒▒▒···
├ plant-03┄──0─▶[- rate]──0─▶[- tax]──0─▶[- bill]──0─▶[- sign]┄ │····▒▒▒▒···
├ plant-04┄──0─▶[- rate]──0─▶[- tax]──0─▶[- bill]──0─▶[- sign]┄ │····▒▒▒▒···
├ plant-05┄──0─▶[- rate]──0─▶[- tax]──0─▶[- bill]──0─▶[- sign]┄ │····▒▒@▒···
├ plant-06┄──0─▶[- rate]──0─▶[- tax]──0─▶[- bill]──0─▶[- sign]┄ │···········
├ plant-07┄──0─▶[- rate]──0─▶[- tax]──0─▶[- bill]──0─▶[- sign]┄ │···········
├ plant-08┄──0─▶[- rate]──0─▶[- tax]━━3━▶[@ bill]──0─▶[- sign]┄ │·········!·
├ plant-09┄──0─▶[- rate]──0─▶[- tax]──0─▶[- bill]──0─▶[- sign]┄ │···········"""


def at_bill() -> GraphState:
    flow = plants()
    depths = {"plant-08-tax -> plant-08-bill": 3, "plant-15-pack -> plant-15-ship": 16}
    return GraphState(flow, standing(flow, "plant-08-bill", depths))


def test_of_two_hundred_nodes_those_around_the_next_call_are_seen_and_the_rest_counted() -> None:
    view = GraphView()
    assert seen(view, at_bill(), 76, 9) == FOLLOWED
    assert view.count_words == "◀ 36  ▶ 27  ▲ 2  ▼ 99 hidden"
    assert len(plants().nodes) == 36 + 27 + 2 + 99 + 9 * 4


def test_what_was_moved_by_hand_stays_and_says_where_the_next_call_is() -> None:
    view, state = GraphView(), at_bill()
    seen(view, state, 76, 9)
    view.scroll(-9, 9)
    moved = seen(view, state, 76, 9)
    assert moved.startswith("├ plant-10 ──0─▶[- read]")
    assert view.note == "@ plant-08-bill ▶3 ▲2   . returns"
    flow = plants()
    stepped = GraphState(flow, standing(flow, "plant-08-sign", calls=121))
    assert seen(view, stepped, 76, 9).startswith("├ plant-10 ──0─▶[- read]")
    view.follow()
    assert "[@ sign]" in seen(view, stepped, 76, 9)
    assert view.note == GraphLayouts(flow).best(76, 9).note


def test_the_view_stays_put_while_the_flow_runs_and_goes_to_the_stop() -> None:
    view, state = GraphView(), at_bill()
    before = seen(view, state, 76, 9)
    flow = plants()
    there = standing(flow, "plant-17-ack")
    running = GraphState(flow, there, running=True)
    assert seen(view, running, 76, 9).startswith(before[:20])
    assert "[@ ack]" not in seen(view, running, 76, 9)
    assert "[@ ack]" in seen(view, GraphState(flow, there), 76, 9)


def test_every_node_can_be_followed_at_any_size() -> None:
    flow = plants()
    for width, height in ((76, 9), (40, 5), (128, 19)):
        view = GraphView()
        for node in flow.nodes[::7]:
            seen(view, GraphState(flow, standing(flow, node.name)), width, height)
            assert view.note == GraphLayouts(flow).best(width, height).note, node.name


MAP = """\
  [- plants]◀──0─[- feed]
          r p c j r t b s p s a                 r p c j r t b s p s a
plant-01  · · · · · · · · · · ·       plant-11  · · · · · · · · · · ·
plant-02  · · · · · · · · · · ·       plant-12  · · · · · · · · · · ·
plant-03  · · · · · · · · · · ·       plant-13  · · · · · · · · · · ·
plant-04  · · · · · · · · · · ·       plant-14  · · · · · · · · · · ·
plant-05  · · · · · · · · · · ·       plant-15  · · · · · · · · · · ·  16!
plant-06  · · · · · · · · · · ·       plant-16  · · · · · · · · · · ·
plant-07  · · · · · · · · · · ·       plant-17  · · · · · · · · · · ·
plant-08  · · · · · · @ · · · ·  3    plant-18  · · · · · · · · · · ·
plant-09  · · · · · · · · · · ·
plant-10  · · · · · · · · · · ·"""


def test_the_map_shows_two_hundred_nodes_at_once() -> None:
    view = GraphView()
    view.mapped = True
    assert seen(view, at_bill(), 76, 12) == MAP
    assert view.count_words == "200 nodes, all shown"


def test_an_edge_over_more_than_two_layers_is_a_stub_with_a_name() -> None:
    flow = graph(
        ("a", "", "b"), ("b", "", "c"), ("c", "", "d"), ("a", "far", "d"), capacity=4
    )  # fmt: skip
    text = drawn(flow, 90, 3)
    assert text.count("①") == 2
    assert "far 0/4" in text
    assert "▶①" in text
    assert text.count("▶") == 4


def test_layers_that_are_wider_than_the_pane_go_on_below_with_numbered_edges() -> None:
    names = [f"stage-e\u0301{number:02}" for number in range(12)]
    flow = graph(
        *((one, "", two) for one, two in pairwise(names)), (names[2], "", "tap"), capacity=16
    )
    text = drawn(flow, 76, 12)
    assert all(name in text for name in names), "accents stay on their letters"
    assert text.count("①") == 2
    assert text.count("②") == 2
    view = GraphView()
    view.show(GraphState(flow, standing(flow, names[0])), 76, 12)
    assert view.count_words == "13 nodes, all shown"
    one_row = drawn(flow, 300, 12)
    assert "①" not in one_row


def test_what_no_edge_joins_is_drawn_below_each_other() -> None:
    flow = graph(
        *((f"a{number}", "", f"a{number + 1}") for number in range(7)),
        *(("hub", f"p{number}", f"lane-{number}") for number in range(3)),
        ("b", "", "c"),
        capacity=16,
    )
    layout = GraphLayouts(flow).best(50, 12)
    rows = [plain(row) for row in draw(layout, flow, None).lines]
    assert layout.note == "3 parts"
    assert layout.fits(50, 12)
    assert len([row for row in rows if not row.strip()]) == 2
    assert sum("├" in row or "╰" in row for row in rows) >= 3
    assert [box.node for box in layout.boxes if box.y == layout.height - 1] == ["b", "c"]


def test_a_port_that_does_not_fit_into_its_wire_leaves_the_wire_whole() -> None:
    flow = graph(*(("hub", port, f"to-{port}") for port in ("tax", "a")), capacity=16)
    (tax, other) = [row for row in drawn(flow, 26, 3).split("\n") if "to-" in row]
    assert "▶[- to-tax]" in tax
    assert "▶[- to-a]" in other


def test_an_edge_that_runs_back_is_a_stub_too() -> None:
    edges = graph(("a", "", "b"), ("b", "", "c"), capacity=4).edges
    back = graph(("c", "", "b"), capacity=4).edges[0]
    nodes = (
        OutlineNode("a", "a", (), (0,)),
        OutlineNode("b", "b", (0, 2), (1,)),
        OutlineNode("c", "c", (1,), (2,)),
    )
    again = FlowOutline("cyclic", nodes, (*edges, type(back)(2, "c", "output", "b", "input", 4)))
    lines = draw(GraphLayouts(again).best(76, 20), again, None).lines
    assert sum(plain(row).count("①") for row in lines) == 2


def test_nothing_is_drawn_behind_a_sink() -> None:
    flow = fan_out()
    for width, height in ((76, 9), (76, 6), (128, 20)):
        layout = GraphLayouts(flow).best(width, height)
        rows = [plain(row) for row in draw(layout, flow, None).lines]
        for box in layout.boxes:
            if box.node.endswith("sink"):
                behind = {row[box.x + box.width :].strip() for row in rows[box.y : box.y + 4]}
                assert behind <= {""}


def test_components_that_are_not_there_are_boxes_that_say_so() -> None:
    flow = outline_of(fan_out())
    unready = {"source": Lack.NO_FILE, "metric-proc": Lack.NOT_WASM}
    lines = draw(GraphLayouts(flow).best(76, 9), flow, None, unready=unready).lines
    text = "\n".join(plain(row) for row in lines)
    assert "╭╌╌╌╌╌╌╌╌╌╌╌╮" in text
    assert "? no file" in text
    assert "x not wasm" in text
    assert text.count("- built") == 4


@given(st.integers(30, 140), st.integers(4, 40))
@examples(60)
def test_a_resize_by_one_cell_and_back_keeps_the_form(width: int, height: int) -> None:
    for flow in (fan_out(), chain(20), regions()):
        layouts = GraphLayouts(flow)
        form = layouts.best(width, height).form
        wider = layouts.best(width + 1, height + 1, form).form
        assert wider is form
        assert layouts.best(width, height, wider).form is form


def test_a_looser_form_comes_with_room_to_spare() -> None:
    layouts = GraphLayouts(chain(20))
    rows = layouts.in_form(Form.FIGURES, 76, 99).height
    assert layouts.best(78, rows + HYSTERESIS - 1, Form.LINE).form is Form.LINE
    assert layouts.best(78, rows + HYSTERESIS, Form.LINE).form is Form.FIGURES
    assert layouts.best(76, rows).form is Form.FIGURES


def test_the_pane_is_drawn_in_the_form_that_its_rows_were_asked_for() -> None:
    view, state = GraphView(), GraphState(chain(5))
    seen(view, state, 96, 3)  # before it is known how much the pane gets
    rows = view.rows_wanted(state.graph, 96, 18)
    form = GraphLayouts(chain(5)).best(96, 18).form
    assert form is not GraphLayouts(chain(5)).best(96, 3).form
    seen(view, state, 96, rows)
    assert view._chosen is not None
    assert view._chosen.form is form


@pytest.mark.parametrize("make", [plants, regions, lambda: chain(50)])
@pytest.mark.parametrize(("width", "height"), [(40, 5), (76, 9), (128, 20)])
def test_hidden_nodes_are_counted_once(
    make: Callable[[], LinkedFlow], width: int, height: int
) -> None:
    flow = make()
    layout = GraphLayouts(flow).in_form(Form.LINE, width, height)
    for x, y in ((0, 0), (30, 3), (999, 999)):
        view = Viewport(layout, width, height).moved_to(x, y)
        shown = sum(view.sees(box) for box in layout.boxes)
        assert shown + sum(view.hidden) == len(flow.nodes)
