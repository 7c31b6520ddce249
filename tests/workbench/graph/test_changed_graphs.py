"""Another graph while a session is open: told, shown, and followed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.model.linked import LinkedFlow
from runtime.protocol.logs.event_lines import CallMark, EventLine
from runtime.protocol.updates import Health, Update
from tests.support.narrow import present
from tests.support.workbench.changed_graphs import with_audit, without_log_branch
from tests.support.workbench.fakes import (
    SIZES,
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
from workbench.graph.graph_diff import flow_change
from workbench.view import ChangeRef, NodeRef

NEW = "3fa2b1c9d0e1"


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
