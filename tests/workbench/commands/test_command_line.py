"""`:`: every command, its completion and its history, on a scripted session."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from runtime.model.linked import QueuePolicy
from runtime.protocol.break_places import BreakPlace, PlaceKind
from runtime.protocol.breakpoints import Breakpoint, SetBreakpoint, SetWatch, Watch
from runtime.protocol.requests import (
    ChangeQueue,
    HoldNodes,
    JumpTo,
    Request,
    StartRecording,
    StepCall,
)
from tests.support.workbench.fakes import (
    PRESENT,
    FakeLink,
    asked,
    busy_update,
    on_branch,
    opened,
    panes_of,
    show,
    text_of,
    type_line,
)
from workbench.actions.context import PaneName
from workbench.commands.command_table import OWN
from workbench.view import EdgeRef, NodeRef


async def test_commands_send_what_they_say_and_refuse_what_they_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await show(app, pilot, link, on_branch(PRESENT))
        right: list[tuple[str, Request]] = [
            ("goto 1000", JumpTo(1_000)),
            ("goto 50%", JumpTo(925)),
            ("step router", StepCall("router")),
            ("depth router:logs -> log-proc 8", ChangeQueue(2, 8, QueuePolicy.BLOCK_PRODUCER)),
            (
                "policy source -> router rate-limit 20",
                ChangeQueue(0, 16, QueuePolicy.RATE_LIMIT, 20.0),
            ),
            ("hold log-proc", HoldNodes(("log-proc",))),
            ("release log-proc", HoldNodes(("log-proc",), on=False)),
            ("record a.rec", StartRecording("a.rec")),
            (
                "break router input if size > 10",
                SetBreakpoint(Breakpoint(0, BreakPlace(PlaceKind.INPUT, "router"), "size > 10")),
            ),
            (
                'break router when text.contains("go when ready")',
                SetBreakpoint(
                    Breakpoint(
                        0,
                        BreakPlace(PlaceKind.INPUT, "router"),
                        'text.contains("go when ready")',
                    )
                ),
            ),
            (
                'break json.a == "x when y" && ms > 2',
                SetBreakpoint(
                    Breakpoint(0, BreakPlace(PlaceKind.CALL), 'json.a == "x when y" && ms > 2')
                ),
            ),
            ('watch node("router").errors', SetWatch(Watch(0, 'node("router").errors'))),
        ]
        for text, request in right:
            await type_line(app, pilot, text)
            assert asked(link)[-1] == request, text
            assert app.focused is panes_of(app).flow_pane
        sent = len(asked(link))
        for text, why in (
            ("goto nowhere", "A call's number"),
            ("step nobody", "There is no node 'nobody'"),
            ("hold ruter", "did you mean router?"),
            ("depth source -> router 0", "from 1 to"),
            ("depth nothing 3", "is no edge"),
            ("policy source -> router sometimes", "block-producer"),
            ("policy source -> router rate-limit", "needs elements a second"),
            ("policy source -> router rate-limit nan", "above 0"),
            ("break router when size = 9", "equal is ==, at: size ▸= 9"),
            ("break router outward", "outward"),
            ("watch 1 +", "a value is missing here"),
            ("break nowhere", "nowhere"),
            ("graph png", "the forms are dot, mermaid"),
            ("grpah dot", "no command grpah; did you mean graph?"),
        ):
            assert why in await type_line(app, pilot, text), text
        assert len(asked(link)) == sent
        await pilot.press("escape")
        await type_line(app, pilot, "graph mermaid flow.md")
        assert "log-proc" in (tmp_path / "flow.md").read_text()
        assert "is not written over" in await type_line(app, pilot, "graph mermaid flow.md")


async def test_names_are_completed_selected_and_kept_and_every_action_is_a_command() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await type_line(app, pilot, "metric-proc")
        assert panes_of(app).selection == NodeRef("metric-proc")
        await type_line(app, pilot, "log-proc -> log-sink")
        assert panes_of(app).selection == EdgeRef(4)
        await type_line(app, pilot, "pane-events")
        assert panes_of(app).active is PaneName.EVENTS
        assert "goto" in await type_line(app, pilot, "got", "left")
        await pilot.press("tab")
        field = app.screen.query_one(Input)
        assert field.value == "goto "
        await type_line(app, pilot, "hold log-s", "tab")
        assert field.value == "hold log-sink "
        for typed, then, seen in (
            ("break any de", "break any denied grant ", "enter does it"),
            ("break router:m", "break router:metrics ", "-> metric-proc"),
            ("break log-sink com", "break log-sink complete ", "enter does it"),
            ("break router when json.a = ", None, "json.a =\n^"),
            ("watch json.a =", None, "equal is =="),
            ("watch json.a == 1", None, "enter does it"),
        ):
            field.value = typed
            await pilot.press(*(["tab"] if then else ["end"]))
            await pilot.pause()
            assert field.value == (then or typed)
            shown = "\n".join(line.strip("│ ") for line in text_of(app).splitlines())
            assert all(part.strip() in shown for part in seen.splitlines()), (typed, shown)
        field.value = "hold log-sink "
        await pilot.pause()
        await pilot.press("up")
        assert field.value == "hold log-sink "  # nothing that begins like this was typed before
        field.value = ""
        await pilot.pause()
        await pilot.press("up")
        assert field.value == "pane-events"
        await pilot.press("up", "down", "down")
        assert field.value == ""
        field.value = "log"
        await pilot.pause()
        assert "Commands" in text_of(app)
        assert ":log-proc -> log-sink" in text_of(app)
        assert "s ago" in text_of(app)
        await pilot.press("down", "tab")
        assert field.value == "log-sink "
        field.value = "log"
        await pilot.pause()
        await pilot.press("up")
        assert field.value == "log-proc -> log-sink"
        await pilot.press("down", "down")
        assert field.value == "log"
        await pilot.press("escape")
        assert app.focused is panes_of(app).event_log
        await pilot.press("ctrl+p")
        await pilot.pause(0.1)
        await pilot.press(*"log-sink".replace("-", " ").split(" ")[0], "minus", *"sink")
        await pilot.pause(0.3)
        assert "node    log-sink" in text_of(app)
        assert len({command.name for command in OWN}) == len(OWN)
