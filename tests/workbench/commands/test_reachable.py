"""Everything can be reached by `:` and by ctrl+p: each action, and each thing with a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from runtime.protocol.requests import JumpTo, StepCall
from tests.support.narrow import only
from tests.support.workbench.fakes import (
    PRESENT,
    FakeLink,
    asked,
    busy_update,
    on_branch,
    opened,
    panes_of,
    settle,
    show,
    text_of,
)
from workbench.actions.context import PaneName
from workbench.actions.table import ACTIONS
from workbench.commands.command_table import OWN, completions, run_line
from workbench.palette.named_things import ThingKind, named_things
from workbench.palette.palette_screen import PaletteScreen
from workbench.screens.main import MainScreen
from workbench.view import NodeRef


async def test_every_action_and_every_name_is_reached_by_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.rec").touch()
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await show(app, pilot, link, on_branch(PRESENT))
        target = only(MainScreen, app.screen).controller.commands
        done: list[str] = []
        with monkeypatch.context() as patch:
            patch.setattr(target, "_do", done.append)
            listed = {word for word, _ in completions(target, "")}
            things = named_things(target)
            for thing in things:
                if thing.kind is ThingKind.DO:
                    assert thing.line in listed
                    assert run_line(target, thing.line) == ""
        assert sorted(done) == sorted(action.id for action in ACTIONS)
        by_kind = {kind: [one.name for one in things if one.kind is kind] for kind in ThingKind}
        assert by_kind[ThingKind.COMMAND] == [f":{command.name}" for command in OWN]
        assert by_kind[ThingKind.NODE] == [node.name for node in link.flow.nodes]
        assert by_kind[ThingKind.EDGE] == [edge.label for edge in link.flow.edges]
        assert {*by_kind[ThingKind.NODE], *by_kind[ThingKind.EDGE]} <= listed
        assert "open other.rec" in {line for line, _ in completions(target, "open oth")}
        assert any(one.line == "open other.rec" for one in things)

        async def find(text: str) -> PaletteScreen:
            if not isinstance(app.screen, PaletteScreen):
                await pilot.press("ctrl+p")
            screen = only(PaletteScreen, app.screen)
            screen.query_one(Input).value = text
            await pilot.pause()
            return screen

        await find("log sink node")
        assert f"1 of {len(things)}" in text_of(app)
        await pilot.press("enter")
        assert panes_of(app).selection == NodeRef("log-sink")
        await find("1,000")
        await pilot.press("enter")
        assert asked(link)[-1] == JumpTo(1_000)
        await find('kind == "edge" && !name.contains("sink")')
        assert "3 of" in text_of(app)
        await find("kind == ")
        assert "missing" in text_of(app)
        await find("/^theme (light|high)/")
        await pilot.press("down")
        assert app.theme == "high-contrast"
        await pilot.press("escape")
        assert app.theme == "dark"
        await find("theme light")
        await pilot.press("enter")
        await settle(app, pilot)
        assert app.theme == "light"
        await find(":goto")
        await pilot.press("enter")
        await pilot.pause()
        assert only(Input, app.focused).value == "goto "
        await pilot.press("escape", "ctrl+p", "tab", "tab", "tab")
        assert "Of the kind node" in text_of(app)
        assert f"{len(link.flow.nodes)} of" in text_of(app)
        await pilot.press("escape")
        await find("pane-events")
        await pilot.press("enter")
        assert panes_of(app).active is PaneName.EVENTS
        assert not [one for one in asked(link) if isinstance(one, StepCall)]
