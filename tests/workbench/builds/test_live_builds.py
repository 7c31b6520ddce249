"""Which build of a component is in use, what it answers, and going back to an earlier one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.protocol.builds.build_updates import BuildComparison
from runtime.protocol.requests import Rollback, SetComparing
from runtime.protocol.updates import Health, Update
from tests.support.narrow import present
from tests.support.workbench.fakes import (
    BUILT_NS,
    NANO,
    SIZES,
    FakeLink,
    asked,
    busy_update,
    choose,
    opened,
    panes_of,
    reloaded,
    show,
    text_of,
)
from workbench.actions.labels import label
from workbench.actions.table import BY_ID
from workbench.inspection.tables.build_rows import build_rows
from workbench.text.lines import plain
from workbench.view import NodeRef
from workbench.widgets.panes import inspector

NEW = "3fa2b1c9d0e1"
COMPARISON = BuildComparison(
    "metric-proc", "9f3a7bc1d2e4" + "0" * 52, NEW + "0" * 52, 100, 7,
    'processor metric-proc: 100 calls compared, 7 different\n  - $.by: "a"\n  + $.by: "b"',
)  # fmt: skip


@pytest.fixture(autouse=True)
def a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "time_ns", lambda: BUILT_NS + 73 * NANO)


@pytest.mark.parametrize("size", SIZES)
async def test_each_node_shows_its_digest_and_after_a_swap_the_reloads(
    size: tuple[int, int],
) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        assert "9f3a" in text_of(app)
        await show(app, pilot, link, reloaded(link.flow, "metric-proc", NEW, 7))
        assert "3fa2b1c r1" in text_of(app)
        back = reloaded(link.flow, "metric-proc", NEW, 8)
        builds = tuple(
            replace(build, reloads=2, rolled_back=True) if build.reloads else build
            for build in present(back.builds)
        )
        await show(app, pilot, link, replace(back, builds=builds))
        assert "r2<" in text_of(app)


async def test_the_inspector_of_a_node_has_all_facts_of_its_build() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, reloaded(link.flow, "metric-proc", NEW, 7))
        await choose(app, pilot, "metric-proc")
        await pilot.press("3", "plus")
        await pilot.pause()
        rows = "\n".join(plain(row.spans) for row in panes_of(app).inspector.rows)
        assert f"live       {NEW}" in rows
        assert "built      13s ago" in rows
        assert "live since 12s ago" in rows
        assert "reloads    1" in rows
        assert "212ms after the last byte" in rows
        assert "earlier    9f3a7bc1d2e4  u goes back" in rows


async def test_the_age_of_a_build_grows_while_nothing_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await choose(app, pilot, "router")
        rows = [plain(row.spans) for row in panes_of(app).inspector.rows]
        assert any("1m13s ago" in row for row in rows)
        monkeypatch.setattr(inspector, "time_ns", lambda: BUILT_NS + 80 * NANO)
        panes_of(app).inspector._fill_ages()
        rows = [plain(row.spans) for row in panes_of(app).inspector.rows]
        assert any("1m20s ago" in row for row in rows)


def test_a_build_of_which_nothing_is_known_shows_the_linked_digest() -> None:
    rows = [plain(row.spans) for row in build_rows(None, "9f3a7bc1d2e4" + "0" * 52, 0, 40)]
    assert rows[1].split() == ["live", "9f3a7bc1d2e4"]


async def test_a_swap_keeps_what_was_printed_the_events_and_the_selection() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await choose(app, pilot, "log-proc")
        await show(app, pilot, link, reloaded(link.flow, "metric-proc", NEW, 31))
        text = text_of(app)
        assert "slow disk" in text
        assert "accepted" in text
        assert "metric-proc build 3fa2" in text
        assert panes_of(app).selection == NodeRef("log-proc")


async def test_u_goes_back_to_the_earlier_build_of_the_selected_node() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("u")
        assert "needs a selected node with an earlier build." in text_of(app)
        await choose(app, pilot, "metric-proc")
        await pilot.press("u")
        assert asked(link) == []
        await show(app, pilot, link, reloaded(link.flow, "metric-proc", NEW, 7))
        assert label(BY_ID["roll-back"], panes_of(app).context) == "back to 9f3a7bc"
        await pilot.press("u")
        assert asked(link) == [Rollback("metric-proc")]


async def test_enter_on_an_earlier_build_puts_that_one_in_use() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        update = reloaded(link.flow, "metric-proc", NEW, 7)
        older = ("aa" * 32, "bb" * 32)
        builds = tuple(
            replace(one, earlier=older) if one.reloads else one for one in present(update.builds)
        )
        await show(app, pilot, link, replace(update, builds=builds))
        await choose(app, pilot, "metric-proc")
        await pilot.press("3")
        rows = panes_of(app).inspector.rows
        at = next(i for i, row in enumerate(rows) if plain(row.spans).strip() == "b" * 12)
        panes_of(app).inspector.set_cursor(at)
        await pilot.press("enter")
        assert asked(link) == [Rollback("metric-proc", "bb" * 32)]


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
        assert (
            "difference needs something to compare: a fork, a replay, or another build."
            in text_of(app)
        )


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
