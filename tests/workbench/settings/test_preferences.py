"""What the user prefers, on screen: keys, themes, ASCII, pace; and what is kept and asked."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.color import ColorType
from rich.style import Style
from textual.color import Color
from textual.events import CursorPosition, Key
from textual.keys import _character_to_key
from textual.theme import Theme
from textual.widgets import Input

from runtime.protocol.replies import SavedBranches
from runtime.protocol.requests import JumpTo, SaveBranches, SetMarks, StepCall
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PRESENT,
    TWO_BRANCHES,
    FakeLink,
    asked,
    branch_of_calls,
    busy_update,
    on_branch,
    panes_of,
    settle,
    show,
    text_of,
    until,
)
from workbench.actions.context import PaneName
from workbench.app import StudioApp
from workbench.dialogs.quit import endings, quit_rows
from workbench.settings.preferences import Preferences
from workbench.settings.project_memory import ProjectMemory
from workbench.settings.theme_names import THEME_NAMES
from workbench.terminal.ascii_signs import needs_ascii, to_ascii
from workbench.terminal.ascii_twins import TWINS
from workbench.text.keys import use_keys
from workbench.text.lines import StyleRole, plain
from workbench.theme import TERMINAL, THEMES, role_styles
from workbench.view import View

ROOT = Path(__file__).parents[3]

OWN_COLOURS = tuple(theme for theme in THEMES if theme is not TERMINAL)

NEVER_DRAWN = "\u200d\ufe0f\ufffd"
"""Characters that are looked for in texts."""


def app_with(link: FakeLink, preferences: Preferences, project: Path | None = None) -> StudioApp:
    return StudioApp(lambda: link, title="fan-out", project=project, preferences=preferences)


async def test_keys_pace_and_theme_are_the_users_and_an_unknown_key_says_so() -> None:
    link = FakeLink()
    keys = {"step": ("t",), "step-node": ("s",), "restart": ("ctrl+a",)}
    app = app_with(link, Preferences(theme="light", pace=50.0, keys=keys))
    async with app.run_test(size=(120, 24)) as pilot:
        await settle(app, pilot)
        assert app.theme == "light"
        assert "pace 50/s" in text_of(app)
        assert " t step " in text_of(app).split("\n")[-1]
        await pilot.press("t")
        assert asked(link) == [StepCall()]
        await pilot.press("p")
        assert panes_of(app).pace is None
        await pilot.press("A")
        assert "A does nothing here; ? lists what does." in text_of(app)
        await pilot.press("C")
        await until(pilot, lambda: "Dark text on a light ground." in text_of(app))
        await pilot.press("down", "down")
        await until(pilot, lambda: app.theme == "high-contrast")
        await pilot.press("escape", "escape")
        assert app.theme == "light"
        await pilot.press("C", *"blind")
        await until(pilot, lambda: app.theme == "colour-blind")
        await pilot.press("enter")
        await pilot.pause()
        assert app.theme == "colour-blind"
    use_keys({})


def type_at_once(app: StudioApp, text: str) -> None:
    for character in text:
        app.post_message(Key(_character_to_key(character), character))


def typed_in(app: StudioApp, field: str, text: str) -> bool:
    return [one.value for one in app.screen.query(field).results(Input)] == [text]


async def test_keys_typed_ahead_of_a_dialog_reach_it_and_no_other_question() -> None:
    link = FakeLink()
    app = app_with(link, Preferences())
    async with app.run_test(size=(80, 24)) as pilot:
        await show(app, pilot, link, on_branch(PRESENT))
        type_at_once(app, "#-100")
        app.post_message(Key("enter", "\r"))
        await pilot.pause()
        await pilot.pause()
        assert asked(link) == [JumpTo(1_750)]
        panes = panes_of(app)
        for opens, typed in ((":", "goto 5"), ("/", "burst")):
            type_at_once(app, opens + typed)
            await until(pilot, partial(lambda text: panes.prompt.text == text, typed))
            assert f" {opens} {typed}" in text_of(app)
            panes.focus_pane(PaneName.QUEUES)  # as a click does
            await pilot.pause()
            await pilot.press("slash", "escape")
            assert not panes.prompt.display
            assert not panes.commands.display
        await pilot.press("9")
        for opens, field in (("n", "#break-when"), ("w", "#ask-text")):
            type_at_once(app, f"{opens}depth")
            await until(pilot, partial(typed_in, app, field, "depth"))
            await pilot.press("escape")
        await show(app, pilot, link, on_branch(replace(PRESENT, branches=TWO_BRANCHES, branch=2)))
        type_at_once(app, "qd")
        await pilot.pause()
        assert "These end with the workbench:" in text_of(app)


class TypedAtOnce(StudioApp):
    """Keys come before anything of the screen is there."""

    CSS_PATH = str(ROOT / "workbench" / "studio.tcss")

    def on_load(self) -> None:
        for key, character in (("p", "p"), ("6", "6"), ("colon", ":")):
            self.post_message(Key(key, character))


async def test_keys_typed_ahead_of_the_first_paint_reach_the_screen_in_their_order() -> None:
    link = FakeLink()
    app = TypedAtOnce(lambda: link, title="fan-out", preferences=Preferences(pace=50.0))
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(app, pilot)
        panes = panes_of(app)
        await until(pilot, lambda: panes.prompt.display and panes.commands.display)
        assert panes.pace is None
        assert panes.active is PaneName.PROBLEMS
        await pilot.press(*"quit")
        assert panes.prompt.text == "quit"


async def test_in_ascii_the_screen_has_the_same_layout_and_no_other_sign() -> None:
    texts = []
    for ascii_signs in (False, True):
        link = FakeLink()
        app = app_with(link, Preferences(ascii_signs=ascii_signs))
        async with app.run_test(size=(120, 36)) as pilot:
            await show(app, pilot, link, replace(busy_update(link.flow), timeline=PRESENT))
            texts.append(text_of(app))
    assert texts[1].isascii()
    assert to_ascii(texts[0]) == texts[1]
    assert "?" not in texts[1].replace("? help", "")
    assert "+- 1 Flow --" in texts[1]


async def test_a_terminal_that_draws_signs_two_cells_wide_gets_ascii() -> None:
    link = FakeLink()
    assert app_with(link, Preferences(measures_signs=True)).measures_signs
    app = app_with(link, Preferences())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        assert not app.measures_signs
        for measures, column, ascii_drawn in ((False, 2, False), (True, 1, False), (True, 2, True)):
            app._measures_signs = measures
            app.post_message(CursorPosition(column, 0))
            app.post_message(CursorPosition(2, 0))  # of a key that looks like one: too late
            await pilot.pause()
            await pilot.pause()
            assert text_of(app).isascii() is ascii_drawn


def test_every_sign_of_the_workbench_has_a_twin_of_one_cell() -> None:
    lacking: dict[str, str] = {}
    for path in (ROOT / "workbench").rglob("*.py"):
        text = path.read_text()
        for node in () if text.isascii() else ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                lacking.update(
                    (sign, path.name)
                    for sign in node.value
                    if not sign.isascii() and sign not in TWINS and sign not in NEVER_DRAWN
                )
    assert lacking == {}
    assert all(cell_len(sign) == 1 and len(twin) == 1 for sign, twin in TWINS.items())
    assert "".join(TWINS.values()).isascii()


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "de_DE.utf8@euro"}, False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "en_US.ISO-8859-1"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, True),
    ],
)
def test_ascii_is_chosen_by_locale_and_terminal(environ: dict[str, str], wanted: bool) -> None:
    assert needs_ascii(environ) is wanted


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", OWN_COLOURS, ids=lambda theme: theme.name)
def test_every_role_of_every_theme_has_its_contrast_on_every_ground(theme: Theme) -> None:
    variables = theme.to_color_system().generate() | theme.variables
    least = 7.0 if theme.name == "high-contrast" else 4.5
    styles = role_styles(variables)
    assert set(styles) == set(StyleRole)
    for ground in ("background", "surface", "panel", "cursor-ground"):
        for role, style in styles.items():
            if role is not StyleRole.ALERT:
                assert style.color is not None
                assert style.color.triplet is not None
                found = contrast(style.color.triplet.hex, variables[ground])
                assert found >= least, (role, ground, round(found, 2))
    assert contrast(variables["background"], variables["error"]) >= 4.5


async def test_the_terminal_theme_takes_the_terminals_own_colours_alone() -> None:
    assert [theme.name for theme in THEMES] == list(THEME_NAMES)
    link = FakeLink()
    app = app_with(link, Preferences(theme="terminal"))
    async with app.run_test(size=(120, 36)) as pilot:
        await show(app, pilot, link, replace(busy_update(link.flow), timeline=PRESENT))
        for keys in ((), ("2", "down"), ("question_mark",)):
            await pilot.press(*keys)
            await pilot.pause()
            kinds = {colour.type for colour in drawn_colours(app)}
            assert kinds == {ColorType.DEFAULT, ColorType.STANDARD}
        cursor = [style for style in drawn_styles(app) if style.reverse]
        assert cursor, "the row of the cursor is reversed"
    styles = role_styles(TERMINAL.to_color_system().generate() | TERMINAL.variables)
    told_apart = (StyleRole.ACCENT, StyleRole.NEXT, StyleRole.GOOD, StyleRole.BAD, StyleRole.PAST)
    assert len({styles[role].color for role in told_apart}) == len(told_apart)
    assert (styles[StyleRole.FAINT].dim, styles[StyleRole.DIM].dim) == (True, None)


def drawn_styles(app: StudioApp) -> list[Style]:
    """Of what is on screen, as it goes to the terminal."""
    found = []
    for strip in app.screen._compositor.render_strips():
        for one in app.get_line_filters():
            if one.enabled:
                strip = strip.apply_filter(one, Color(0, 0, 0))
        found += [segment.style for segment in strip if segment.style is not None]
    return found


def drawn_colours(app: StudioApp) -> set[RichColor]:
    styles = drawn_styles(app)
    both = [colour for style in styles for colour in (style.color, style.bgcolor)]
    return {colour for colour in both if colour is not None}


# ---- what is kept, and what is asked before it is lost


async def test_marks_are_kept_for_the_project_and_set_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    project = tmp_path / "Torvyn.toml"
    for marks, sent in (((4, 88), []), ((), [SetMarks((4, 88))])):
        link = FakeLink()
        app = app_with(link, Preferences(), project)
        async with app.run_test() as pilot:
            await settle(app, pilot)
            await show(app, pilot, link, on_branch(branch_of_calls(90)))
            await show(app, pilot, link, on_branch(branch_of_calls(91, marks=marks)))
            assert asked(link) == sent
            other = replace(branch_of_calls(91), branch=2, branches=TWO_BRANCHES)
            await show(app, pilot, link, on_branch(other))
    assert ProjectMemory(project).recall("marks") == [4, 88]


async def test_filters_are_kept_for_the_project_and_hide_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    project = tmp_path / "Torvyn.toml"
    for keys in (("5", "slash", *"log-proc", "enter"), ("5", "escape"), ()):
        link = FakeLink()
        app = app_with(link, Preferences(), project)
        async with app.run_test(size=(120, 36)) as pilot:
            await show(app, pilot, link, busy_update(link.flow))
            hidden = "/ log-proc" in text_of(app)
            assert hidden is (keys == ("5", "escape"))
            await pilot.press(*keys)
    assert ProjectMemory(project).recall("filters") == {}


async def test_leaving_asks_when_branches_or_changes_end_with_it_and_saves_them() -> None:
    link = FakeLink()
    app = app_with(link, Preferences())
    kept = replace(PRESENT, branches=TWO_BRANCHES, branch=2, changes=1, marks=(4, 88, 9_999))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(app, pilot)
        await show(app, pilot, link, on_branch(kept))
        await pilot.press("q")
        text = text_of(app)
        assert "2 branches   branch 1, 1,850 calls; branch 2, 1,500 calls" in text
        assert "1 change     of elements, by you" in text
        assert "2 marks      at calls 4 and 88; the numbers are" in text
        assert "The flow is running." not in text
        await pilot.press("escape")
        assert app.is_running
        await pilot.press("q", "s")
        request = asked(link)[-1]
        assert isinstance(request, SaveBranches)
        assert request.folder.endswith("studio")
        assert app.is_running
        saved = Update(Health.READY, replies=(SavedBranches(("last.rec",)),))
        await show(app, pilot, link, saved)
        assert not app.is_running
    assert endings(View()) == ()
    view = View(Health.READY, timeline=PRESENT)
    assert endings(view) == ()
    assert plain(quit_rows((), running=True, cells=40)[0]) == " The flow is running."
