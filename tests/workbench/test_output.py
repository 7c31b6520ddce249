"""Printed output: bounded, followed until the reader scrolls, marked, and never interpreted."""

from __future__ import annotations

import pytest
from textual.events import MouseScrollUp

from runtime.protocol.logs.event_lines import CallMark, EventLine
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    FakeLink,
    call_line,
    opened,
    panes_of,
    printed,
    show,
    text_of,
)
from workbench.app import StudioApp
from workbench.widgets.line_view import LineView
from workbench.widgets.log_view import KEPT_ENTRIES
from workbench.widgets.panes.outputs_pane import PrintedView


def log_of(app: StudioApp, node: str) -> PrintedView:
    return panes_of(app).outputs._views[node]


def shown(view: LineView) -> str:
    return "\n".join(view.render_line(y).text for y in range(view.size.height))


async def test_each_sink_has_its_own_log_side_by_side() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        chunks = (printed("metric-sink", "m one\n"), printed("log-sink", "l one\nl two\n"))
        await show(app, pilot, link, Update(Health.READY, printed=chunks))
        assert "m one" in shown(log_of(app, "metric-sink"))
        assert "l two" in shown(log_of(app, "log-sink"))
        assert "2 lines" in shown(log_of(app, "log-sink"))
        assert log_of(app, "metric-sink").display
        assert log_of(app, "log-sink").display


async def test_a_node_that_is_no_sink_gets_a_log_when_it_prints() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        chunk = printed("router", "no port for it\n", stream="stderr")
        await show(app, pilot, link, Update(Health.READY, printed=(chunk,)))
        assert "router*" in text_of(app)
        await pilot.press("4", "left")
        assert "router*" not in text_of(app)
        assert " #3    E no port for it" in shown(log_of(app, "router"))


async def test_a_million_lines_are_kept_in_bounds_and_counted() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        view = log_of(app, "log-sink")
        for start in range(0, 1_000_000, 50_000):
            data = b"".join(b"line %d\n" % number for number in range(start, start + 50_000))
            chunk = printed("log-sink", data)
            await show(app, pilot, link, Update(Health.READY, printed=(chunk,)))
        assert len(view.entries) == KEPT_ENTRIES
        assert view.forgotten == 1_000_000 - KEPT_ENTRIES
        assert "line 999999" in shown(view)
        assert "1.0M lines, 995k passed by" in shown(view)


async def test_bytes_that_were_lost_before_the_screen_are_counted() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(
            app, pilot, link, Update(Health.READY, printed_lost=(("log-sink", 3 * 1024 * 1024),))
        )
        assert "3.0 MiB lost" in shown(log_of(app, "log-sink"))


async def test_scrolling_stops_following_and_the_end_takes_it_up_again() -> None:
    link = FakeLink()

    def lines(start: int) -> Update:
        text = "".join(f"line {number}\n" for number in range(start, start + 100))
        return Update(Health.READY, printed=(printed("log-sink", text),))

    async with opened(link) as (app, pilot):
        await show(app, pilot, link, lines(0))
        view = log_of(app, "log-sink")
        await pilot.press("4", "right")
        assert view.has_focus
        assert "line 99" in shown(view)
        await pilot.press("k")
        assert not view.following
        assert "f follows" in shown(view)
        before = shown(view).splitlines()[1:]
        await show(app, pilot, link, lines(100))
        assert shown(view).splitlines()[1:] == before
        await pilot.press("G")
        assert view.following
        assert "line 199" in shown(view)
        await show(app, pilot, link, lines(200))
        assert "line 299" in shown(view)


async def test_the_reader_stays_at_the_same_line_while_old_ones_are_forgotten() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        text = "".join(f"line {number}\n" for number in range(KEPT_ENTRIES))
        await show(app, pilot, link, Update(Health.READY, printed=(printed("log-sink", text),)))
        view = log_of(app, "log-sink")
        await pilot.press("4", "right", "k", "pageup", "pageup")
        before = shown(view).splitlines()[1:]
        more = printed("log-sink", "".join(f"more {number}\n" for number in range(1_000)))
        await show(app, pilot, link, Update(Health.READY, printed=(more,)))
        assert shown(view).splitlines()[1:] == before


async def test_the_mouse_wheel_stops_following_too() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        text = "".join(f"line {number}\n" for number in range(100))
        await show(app, pilot, link, Update(Health.READY, printed=(printed("log-sink", text),)))
        view = log_of(app, "log-sink")
        await pilot._post_mouse_events([MouseScrollUp], view)
        assert not view.following


async def test_follow_and_wrap_have_keys() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        text = "w" * 300 + "\n" + "".join(f"line {number}\n" for number in range(50))
        await show(app, pilot, link, Update(Health.READY, printed=(printed("log-sink", text),)))
        view = log_of(app, "log-sink")
        await pilot.press("4", "right", "f")
        assert not view.following
        await pilot.press("f")
        assert view.following
        wrapped = len(view.rows)
        await pilot.press("w")
        assert len(view.rows) == 51
        assert wrapped > 51
        await pilot.press("g", "greater_than_sign")
        assert view.scroll_x > 0


async def test_output_without_a_grant_is_shown_with_what_torvyn_would_do() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        chunk = printed("log-sink", "secret\n", granted=False)
        await show(app, pilot, link, Update(Health.READY, printed=(chunk,)))
        text = " ".join(shown(log_of(app, "log-sink")).split())
        assert "would be discarded by Torvyn: needs stdio:stdout" in text
        rows = len(log_of(app, "log-sink").heading)
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        assert len(log_of(app, "log-sink").heading) < rows
        assert "~ secret" in text


async def test_stderr_of_a_call_whose_order_is_not_known_is_marked() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        known = printed("log-sink", "alone\n", stream="stderr")
        await show(app, pilot, link, Update(Health.READY, printed=(known,)))
        view = log_of(app, "log-sink")
        assert "E alone" in shown(view)
        assert len(view.heading) == 1
        both = [
            printed("log-sink", "between\n", stream=stream, call=10, order_known=False)
            for stream in ("stdout", "stderr")
        ]
        await show(app, pilot, link, Update(Health.READY, printed=tuple(both)))
        marks = [view.entry_text(entry) for entry in view.entries]
        assert marks == ["E alone", "between", "E? between"]
        heading = " ".join(" ".join(span.text for span in row).strip() for row in view.heading)
        assert heading.endswith("E? when, among the call's lines on stdout, is not known")


async def test_printed_text_is_never_taken_for_markup_or_control_codes() -> None:
    link = FakeLink()
    nasty = b"[/foo] [red]x[/red]\x1b[31m\x1b]0;title\x07\rback\0\ttab \xff\n"
    async with opened(link) as (app, pilot):
        wide = printed("log-sink", "汉字 wide é\n")
        chunks = (printed("log-sink", nasty), wide)
        await show(app, pilot, link, Update(Health.READY, printed=chunks))
        text = text_of(app)
        assert "[/foo] [red]x[/red]" in text
        assert "\x1b" not in text
        assert "\0" not in text
        assert "汉字 wide" in text
        view = log_of(app, "log-sink")
        assert {view.render_line(y).cell_length for y in range(view.size.height)} == {view.room}


async def test_a_line_without_its_end_is_shown_and_then_finished() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        view = log_of(app, "log-sink")
        first, second = printed("log-sink", "name? "), printed("log-sink", "Ada\n")
        await show(app, pilot, link, Update(Health.READY, printed=(first,)))
        assert "name?" in shown(view)
        await show(app, pilot, link, Update(Health.READY, printed=(second,)))
        assert "name? Ada" in shown(view)
        assert len(view.entries) == 1


async def test_text_of_components_in_the_event_log_is_harmless() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        told = EventLine(1, CallMark.ERROR, 5, "router", "Trap: [/b] \x1b[2J boom", 4)
        await show(app, pilot, link, Update(Health.READY, events=(told,)))
        text = text_of(app)
        assert "[/b] \\x1b[2J boom" in text


async def test_lines_of_the_event_log_that_were_not_kept_are_counted() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        update = Update(
            Health.READY, events=(call_line(900, "router", "route(#1) ok", 8),), events_lost=1_234
        )
        await show(app, pilot, link, update)
        assert "1,234 lines were not kept" in text_of(app)


async def test_the_line_of_the_cursor_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setenv("SSH_TTY", "/dev/pts/0")
    link = FakeLink()
    async with opened(link) as (app, pilot):
        monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
        chunk = printed("log-sink", "first\nsecond\n")
        await show(app, pilot, link, Update(Health.READY, printed=(chunk,)))
        await pilot.press("4", "right", "k", "k", "y")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert copied == ["first"]
        assert "Copied 5 characters through the terminal (OSC 52)" in text_of(app)
