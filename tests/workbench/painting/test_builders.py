"""What is told of a running flow is made into rows once a paint, and not for panes nobody sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.updates import ShownParts, Update
from tests.support.workbench.fakes import (
    FakeLink,
    busy_update,
    call_line,
    opened,
    printed,
    show,
    text_of,
)
from tests.support.workbench.headless_textual import draw_at_each_change
from workbench.graph.graph_view import GraphView
from workbench.screens import frame
from workbench.widgets import footer_bar
from workbench.widgets.log_view import LogView
from workbench.widgets.panes import queues_pane, slow_pane

BUILDERS: tuple[tuple[str, Any, str], ...] = (
    ("header", frame, "header"),
    ("status", frame, "status"),
    ("banner", frame, "banner"),
    ("footer", footer_bar, "footer"),
    ("graph", GraphView, "show"),
    ("queues", queues_pane.QueuesPane, "_fill"),
    ("slow", slow_pane, "slow_rows"),
)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each builder is asked."""
    counts: Counter[str] = Counter()

    def counting(name: str, builder: Callable[..., Any]) -> Callable[..., Any]:
        def build(*given: Any, **named: Any) -> Any:
            counts[name] += 1
            return builder(*given, **named)

        return build

    for name, owner, attribute in BUILDERS:
        monkeypatch.setattr(owner, attribute, counting(name, getattr(owner, attribute)))
    add = LogView.add

    def added(log: LogView[Any], *given: Any) -> None:
        counts[f"log {log.id or getattr(log, 'node', '')}"] += 1
        add(log, *given)

    monkeypatch.setattr(LogView, "add", added)
    return counts


def running(link: FakeLink, number: int) -> Update:
    """What a poll brings while the flow runs."""
    busy = busy_update(link.flow)
    assert isinstance(busy.snapshot, FlowSnapshot)
    return replace(
        busy,
        running=True,
        snapshot=replace(busy.snapshot, calls=2_000 + number),
        events=tuple(call_line(100 * number + one, "router", "route", one) for one in range(50)),
        printed=tuple(printed("log-sink", f"line {one}\n", call=one) for one in range(50)),
        replies=(),
    )


async def test_every_builder_is_asked_at_most_once_an_update(built: Counter[str]) -> None:
    link = FakeLink()
    with draw_at_each_change():
        async with opened(link) as (app, pilot):
            await show(app, pilot, link, running(link, 1))
            text_of(app)
            built.clear()
            link.push(running(link, 2))
            app.poll_link()
            await pilot.pause()
            text_of(app)
            seen = {"header", "status", "footer", "graph", "queues", "log events", "log log-sink"}
            assert seen <= set(built)
            assert max(built.values()) == 1, built
            assert "slow" not in built, "a pane that has no place fills nothing"
            built.clear()
            app.poll_link()
            await pilot.pause()
            text_of(app)
            assert not built, "nothing happened"


async def test_the_session_is_asked_for_what_is_seen() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        assert link.asked == ShownParts(events=False, printed=True, times=False)
        await show(app, pilot, link, running(link, 1))
        await pilot.press("5")
        app.poll_link()
        assert link.asked == ShownParts(events=True, printed=False, times=False)
        await pilot.press("8")
        app.poll_link()
        assert link.asked == ShownParts(events=False, printed=False, times=True)
