"""The footer asks each action at most once a paint whether it acts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from runtime.protocol.requests import StepCall
from tests.support.workbench.fakes import FakeLink, asked, busy_update, opened, show, snapshot
from workbench.actions import labels
from workbench.actions.action import Action
from workbench.actions.context import Context
from workbench.actions.table import ACTIONS
from workbench.app import StudioApp

pytestmark = pytest.mark.usefixtures("drawn_at_each_change")

KEYS = ("s", "2", "j", "tab", "v", "p", "3", "escape", "space")


class CountedTable:
    """The action table, with the number of times each action was asked since the last paint."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._asked: Counter[str] = Counter()
        self.paints: list[Counter[str]] = []
        monkeypatch.setattr(labels, "ACTIONS", tuple(map(self._counted, ACTIONS)))
        display = StudioApp._display

        def count_paint(app: StudioApp, *arguments: object) -> None:
            display(app, *arguments)  # type: ignore[arg-type]
            self.paints.append(self._asked.copy())
            self._asked.clear()

        monkeypatch.setattr(StudioApp, "_display", count_paint)

    def _counted(self, action: Action) -> Action:
        def when(context: Context) -> bool:
            self._asked[action.id] += 1
            return action.when(context)

        return replace(action, when=when)


async def test_each_action_is_asked_at_most_once_a_paint(monkeypatch: pytest.MonkeyPatch) -> None:
    table = CountedTable(monkeypatch)
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        for calls, key in enumerate(KEYS, start=2_000):
            await pilot.press(key)
            picture = snapshot(link.flow, calls=calls)
            running = calls % 2 == 0
            update = replace(busy_update(link.flow), snapshot=picture, running=running)
            await show(app, pilot, link, update)
    assert sum(bool(paint) for paint in table.paints) >= len(KEYS)
    assert {number for paint in table.paints for number in paint.values()} == {1}


async def test_a_key_that_changes_nothing_of_the_context_asks_no_action(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = CountedTable(monkeypatch)
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await pilot.press("5")
        await pilot.pause()
        table.paints.clear()
        await pilot.press("w", "w")
        await pilot.pause()
        assert table.paints
        assert not any(table.paints)


async def test_a_click_does_the_action_that_was_painted_there() -> None:
    link = FakeLink()
    async with opened(link) as (_, pilot):
        await pilot.click("#footer", offset=(2, 0))
        assert asked(link) == [StepCall()]
