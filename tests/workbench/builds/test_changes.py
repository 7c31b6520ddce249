"""What another build answers and what becomes of a graph: told, shown, and followed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from runtime.model.linked import LinkedEdge, LinkedFlow, LinkedNode
from runtime.protocol.requests import SetComparing
from runtime.protocol.updates import BuildComparison, CallMark, EventLine, Health, Update
from tests.support.narrow import present
from tests.support.workbench.fakes import (
    FakeLink,
    busy_update,
    fan_out,
    opened,
    panes_of,
    reloaded,
    show,
    snapshot,
    text_of,
)
from workbench.actions.labels import label
from workbench.actions.table import BY_ID
from workbench.graph.graph_diff import flow_change
from workbench.view import ChangeRef, EdgeRef, NodeRef, followed

SIZES = [(120, 36), (80, 24)]
NEW = "3fa2b1c9d0e1"
COMPARISON = BuildComparison(
    "metric-proc", "9f3a7bc1d2e4" + "0" * 52, NEW + "0" * 52, 100, 7,
    'processor metric-proc: 100 calls compared, 7 different\n  - $.by: "a"\n  + $.by: "b"',
)  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
async def test_differing_answers_are_told_shown_and_closed(size: tuple[int, int]) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        swap = reloaded(link.flow, "metric-proc", NEW, 7)
        await show(app, pilot, link, replace(swap, comparisons=(COMPARISON,)))
        assert "metric-proc 9f3a7bc -> 3fa2b1c: 7 of 100 answers differ  D shows" in text_of(app)
        await pilot.press("D")
        await pilot.pause()
        text = text_of(app)
        assert panes_of(app).selection == NodeRef("metric-proc")
        assert "D shows" not in text
        assert '- $.by: "a"' in text
        assert label(BY_ID["difference"], panes_of(app).context) == "close difference"
        await pilot.press("D")
        await pilot.pause()
        assert "builds compared" not in text_of(app)
        await pilot.press("D")
        assert "difference needs a difference." in text_of(app)


async def test_equal_answers_are_said_once() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        same = replace(COMPARISON, different=0, text="")
        await show(app, pilot, link, Update(Health.READY, comparisons=(same,)))
        assert "9f3a7bc -> 3fa2b1c: the last 100 answers are the same" in text_of(app)
        await pilot.press("j")
        assert "are the same" not in text_of(app)


async def test_comparing_is_switched_and_stays_off_after_a_restart() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("equals_sign")
        assert switched(link) == [SetComparing(False)]
        assert "A swap compares nothing." in text_of(app)
        await show(app, pilot, link, link.opened())
        assert switched(link) == [SetComparing(False)] * 2
        await pilot.press("equals_sign")
        assert switched(link)[-1] == SetComparing(True)


def switched(link: FakeLink) -> list[object]:
    return [request for request in link.sent if isinstance(request, SetComparing)]


def joined(
    flow: LinkedFlow, nodes: Iterable[LinkedNode], edges: Iterable[LinkedEdge]
) -> LinkedFlow:
    """A flow of these nodes and edges, with places of its own."""
    edges = tuple(replace(edge, index=index) for index, edge in enumerate(edges))
    nodes = tuple(
        replace(
            node,
            inputs=tuple(edge.index for edge in edges if edge.target == node.name),
            outputs=tuple(edge.index for edge in edges if edge.source == node.name),
        )
        for node in nodes
    )
    return replace(flow, nodes=nodes, edges=edges)


def without_log_branch(flow: LinkedFlow) -> LinkedFlow:
    """The flow without its last two nodes, its queue to the metrics branch made smaller."""
    nodes = tuple(node for node in flow.nodes if not node.name.startswith("log"))
    kept = [edge for edge in flow.edges if "log" not in edge.target]
    kept[1] = replace(kept[1], capacity=3)
    return joined(flow, nodes, kept)


def with_audit(flow: LinkedFlow) -> LinkedFlow:
    """The flow with one more sink and an edge to it."""
    audit = replace(flow.by_name["log-sink"], name="audit")
    edge = LinkedEdge(5, "router", "audit", "audit", "input")
    return joined(flow, (*flow.nodes, audit), (*flow.edges, edge))


def relinked(flow: LinkedFlow, number: int = 7) -> Update:
    line = EventLine(number, CallMark.RELOAD, 0, None, "another graph")
    picture = snapshot(flow, calls=9, depths=[0] * len(flow.edges))
    return Update(Health.READY, flow=flow, snapshot=picture, events=(line,))


def test_the_difference_of_two_graphs_names_nodes_edges_and_values() -> None:
    flow = fan_out()
    change = flow_change(flow, without_log_branch(flow))
    assert change.nodes_removed == ("log-proc", "log-sink")
    assert change.edges_removed == ("router:logs -> log-proc", "log-proc -> log-sink")
    assert [(item.name, item.fields) for item in change.changed] == [
        ("router:metrics -> metric-proc", (("capacity", "64", "3"),))
    ]
    assert change.words == "2 nodes removed, 2 edges removed, 1 changed"
    added = flow_change(flow, with_audit(flow))
    assert (added.nodes_added, added.edges_added) == (("audit",), ("router:audit -> audit",))
    configured = replace(flow.nodes[0], config='{"count":3}', priority=7)
    changed = flow_change(flow, replace(flow, nodes=(configured, *flow.nodes[1:])))
    assert changed.changed[0].fields == (
        ("config", "{}", '{"count":3}'),
        ("priority", "5", "7"),
    )


def test_another_build_alone_is_no_other_graph() -> None:
    flow = fan_out()
    update = reloaded(flow, "metric-proc", NEW, 7)
    assert not flow_change(flow, present(update.flow))


def test_a_selection_follows_into_another_graph_or_falls_back() -> None:
    flow = fan_out()
    new = without_log_branch(flow)
    assert followed(NodeRef("router"), flow, new) == NodeRef("router")
    assert followed(NodeRef("log-proc"), flow, new) is None
    assert followed(EdgeRef(3), flow, new) == EdgeRef(2)
    assert followed(EdgeRef(4), flow, new) is None


@pytest.mark.parametrize("size", SIZES)
async def test_everything_follows_another_graph_and_the_difference_is_shown(
    size: tuple[int, int],
) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        panes_of(app).selection = NodeRef("log-proc")
        await show(app, pilot, link, relinked(without_log_branch(link.flow), 31))
        assert panes_of(app).selection is None
        text = text_of(app)
        assert "another graph: 2 nodes removed, 2 edges removed, 1 changed  D shows" in text
        assert "log-sink" not in text.split("Output")[0].split("another graph")[0]
        assert "log-sink" not in panes_of(app).outputs._views
        assert "cpu_usage" in text
        await pilot.press("D")
        await pilot.pause()
        assert panes_of(app).selection == ChangeRef()
        text = text_of(app)
        assert "- node log-proc" in text
        assert "- edge log-proc -> log-sink" in text
        await pilot.press("escape", "escape", "escape")
        assert panes_of(app).selection is None
        await show(app, pilot, link, relinked(with_audit(link.flow), 32))
        assert "audit" in panes_of(app).outputs._views


async def test_a_graph_that_the_engine_cannot_take_waits_for_the_restart() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        new = with_audit(link.flow)
        waiting = replace(relinked(new, 31), snapshot=snapshot(link.flow, calls=9))
        await show(app, pilot, link, waiting)
        assert panes_of(app).view.flow == link.flow
        assert "1 node added, 1 edge added (A begins with it)" in text_of(app)
        await pilot.press("D")
        await pilot.pause()
        assert "press A" in text_of(app)
        await show(
            app, pilot, link, Update(Health.READY, flow=new, snapshot=relinked(new).snapshot)
        )
        assert panes_of(app).view.flow == new
        assert "another graph" not in text_of(app)
