"""Help and palette come from the action table, and run what is chosen there."""

from __future__ import annotations

from textual.widgets import Input

from runtime.protocol.requests import StepCall, StepElement
from tests.support.narrow import only
from tests.support.workbench.fakes import FakeLink, opened, settle, text_of
from workbench.actions.action import Action
from workbench.actions.context import PaneName
from workbench.actions.table import ACTIONS, BY_ID
from workbench.app import StudioApp
from workbench.dialogs.help import HelpScreen
from workbench.dialogs.help_columns import HelpColumns
from workbench.dialogs.help_rows import OF_PANES
from workbench.palette.palette_screen import PaletteScreen
from workbench.text.lines import Row, plain
from workbench.widgets.line_view import LineView


def listed(app: StudioApp) -> HelpColumns:
    return only(HelpScreen, app.screen)._list


def rows_of(columns: HelpColumns) -> list[Row]:
    return [row for view in columns.views for row in view.rows]


def actions_of(columns: HelpColumns) -> list[Action]:
    return [only(Action, row.target) for row in rows_of(columns) if row.target is not None]


def commands(link: FakeLink) -> list[object]:
    return [request for request in link.sent if isinstance(request, StepCall | StepElement)]


async def test_the_help_lists_every_action_and_what_it_needs() -> None:
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        found = actions_of(listed(app))
        assert sorted(action.id for action in found) == sorted(action.id for action in ACTIONS)
        text = text_of(app)
        assert f"{len(ACTIONS)} of {len(ACTIONS)} keys" in text
        assert "@ next" in text


async def test_the_help_opens_on_the_pane_one_is_in_and_says_why_not_now() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        await pilot.press("2", "question_mark")
        text = text_of(app)
        assert "Help  2 Queues" in text
        first = actions_of(listed(app))[0]
        assert first.id == "open"
        shown = " ".join(" ".join(plain(row.spans) for row in rows_of(listed(app))).split())
        assert "Look into the queue under the cursor: what waits in it." in shown
        assert "not now: needs a failed element." in shown
        await pilot.press("tab")
        assert "Help  3 Inspector" in text_of(app)
        await pilot.press(*["shift+tab"] * 4, *"skip")
        assert "Help  8 Why slow" in text_of(app)
        assert [action.id for action in actions_of(listed(app))][:1] == ["skip"]


def test_every_pane_has_actions_of_its_own_in_the_help() -> None:
    assert set(OF_PANES) == set(PaneName)
    for actions in OF_PANES.values():
        assert actions.keys() <= BY_ID.keys()


async def test_help_is_filtered_while_typing_and_enter_runs_the_action() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("f1", *"until elem")
        assert [action.id for action in actions_of(listed(app))] == ["step-element"]
        await pilot.press("enter")
        await settle(app, pilot)
        assert commands(link) == [StepElement()]


async def test_n_goes_to_the_next_match_once_the_cursor_is_in_the_list() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        for key in ("f1", "ctrl+p"):
            await pilot.press(key, *"pane")
            await pilot.pause()
            shown = app.screen
            assert isinstance(shown, HelpScreen | PaletteScreen)

            def under(shown: HelpScreen | PaletteScreen = shown) -> object:
                if isinstance(shown, HelpScreen):
                    return listed(app).target
                view = shown.query_one(LineView)
                return None if view.cursor is None else view.rows[view.cursor].target

            first = under()
            await pilot.press("down")
            second = under()
            assert second is not first
            await pilot.press("n", "N", "N")
            assert under() is first
            await pilot.press("x", "n")
            assert shown.query_one(Input).value == "panexn"
            await pilot.press("escape")


async def test_help_without_a_match_says_so_and_enter_does_nothing() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("f1", *"qqqq")
        assert "Nothing is called that." in text_of(app)
        await pilot.press("enter", "escape")
        assert not isinstance(app.screen, HelpScreen)
        assert commands(link) == []


async def test_help_moves_over_actions_only_and_from_one_column_to_the_other() -> None:
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        await pilot.press("f1")
        columns = listed(app)
        assert [bool(view.rows) for view in columns.views] == [True, True]
        order = [id(action) for action in actions_of(columns)]
        seen = [id(columns.target)]
        for _ in range(len(order) + 2):
            columns.move(1)
            seen.append(id(columns.target))
        assert seen == [*order, order[-1], order[-1], order[-1]]
        for _ in range(len(order) + 2):
            columns.move(-1)
        assert id(columns.target) == order[0]
        assert sum(view.cursor is not None for view in columns.views) == 1
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert len(columns.views) == 1
        assert [id(action) for action in actions_of(columns)] == order
        for _ in range(12):
            await pilot.press("down")
            assert columns.target is not None
        await pilot.press("up", "escape")


async def test_the_palette_finds_and_runs_an_action() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"make one call")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "Make one call: the next in order;" in text_of(app)
        await pilot.press("enter")
        await pilot.pause()
        await settle(app, pilot)
        assert commands(link) == [StepCall()]
