"""Pane 8: what holds the flow up, next to the flow."""

from __future__ import annotations

import re
from dataclasses import replace

from runtime.model.text.durations import spaced_duration
from runtime.protocol.time_window import ShowWindow, TimeWindow, WindowTimes
from runtime.protocol.updates import Health, Update
from tests.support.narrow import present
from tests.support.workbench.fakes import (
    FakeLink,
    asked,
    busy_update,
    opened,
    panes_of,
    show,
    text_of,
)
from workbench.actions.context import PaneName
from workbench.view import NodeRef


async def test_8_shows_who_holds_the_others_up_and_a_row_selects_its_node() -> None:
    link = FakeLink()
    busy = present(busy_update(link.flow).snapshot)
    waited_ns = busy.at_ns * 9 // 10
    edges = tuple(
        replace(edge, episodes_blocked_ns=waited_ns)
        if edge.label == "router:logs -> log-proc"
        else edge
        for edge in busy.edges
    )
    blocked = {"router": waited_ns, "log-proc": 0}
    nodes = tuple(
        replace(
            node,
            blocked_ns=blocked.get(node.name, 0),
            busy_ns=waited_ns if node.name == "log-proc" else 0,
        )
        for node in busy.nodes
    )
    async with opened(link) as (app, pilot):
        held = Update(Health.READY, snapshot=replace(busy, nodes=nodes, edges=edges), running=True)
        await show(app, pilot, link, held)
        await pilot.press("8")
        await pilot.pause()
        panes = panes_of(app)
        assert panes.active is PaneName.SLOW
        assert panes.slow.display
        shown = text_of(app)
        assert "the cause is log-proc, 90% busy" in shown
        assert re.search(r"l\S*c ◆ +90%", shown)
        assert f"v: whole run, {spaced_duration(busy.at_ns)}" in shown
        await pilot.press("down", "enter")
        assert panes.selection == NodeRef("log-proc")
        # Of the last 10 s alone: half the run, and nobody waited in it.
        await pilot.press("8", "v")
        assert asked(link)[-1] == ShowWindow(TimeWindow.LATEST)
        present_now = present(held.snapshot)
        began = replace(
            present_now,
            at_ns=busy.at_ns // 2,
            calls=busy.calls // 2,
            nodes=tuple(replace(node, calls=node.calls // 2) for node in nodes),
        )
        latest = WindowTimes(TimeWindow.LATEST, began)
        await show(app, pilot, link, replace(held, window=latest))
        shown = text_of(app)
        assert f"v: last {spaced_duration(busy.at_ns - began.at_ns)}" in shown
        assert "Nobody waited for long." in shown
        await pilot.press("v")
        assert asked(link)[-1] == ShowWindow(TimeWindow.MARK)
        refused = WindowTimes(TimeWindow.MARK, refusal="no place up to here is marked")
        await show(app, pilot, link, replace(held, window=refused))
        shown = text_of(app)
        assert "No figures since a mark: no place" in shown
        assert "the cause is log-proc, 90% busy" in shown
