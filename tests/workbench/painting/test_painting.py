"""What did not change is not drawn again, and a key in the midst of a picture is seen first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from textual._compositor import ChopsUpdate
from textual._context import visible_screen_stack
from textual._styles_cache import StylesCache
from textual.events import Key
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.updates import Update
from tests.support.workbench.fakes import FakeLink, busy_update, opened, printed, show, text_of
from tests.support.workbench.headless_textual import draw_at_each_change
from workbench.app import StudioApp
from workbench.painting.paint_cache import PaintCache
from workbench.painting.paint_turns import PaintTurns
from workbench.screens.main import MainScreen
from workbench.widgets.line_view import LineView


def running(link: FakeLink, number: int) -> Update:
    """A picture of the flow in which every pane has something new."""
    busy = busy_update(link.flow)
    assert isinstance(busy.snapshot, FlowSnapshot)
    snapshot = replace(busy.snapshot, calls=2_000 + number)
    lines = (printed("log-sink", f"picture {number}\n", call=number),)
    return replace(busy, running=True, snapshot=snapshot, printed=lines, replies=())


def screen_of(app: StudioApp) -> MainScreen:
    assert isinstance(app.screen, MainScreen)
    return app.screen


def in_sight(app: StudioApp) -> Iterator[tuple[Widget, Region]]:
    """Widgets with a cache of ours, and what is seen of them."""
    for widget, (region, clip) in app.screen._compositor.visible_widgets.items():
        if isinstance(widget._styles_cache, PaintCache):
            yield widget, region.intersection(clip).translate(-region.offset)


def looks(strips: list[Strip]) -> list[list[tuple[str, str]]]:
    """Text and colours, cell by cell, without what the mouse asks for."""
    return [[(sign, str(style)) for text, style, _ in strip for sign in text] for strip in strips]


@pytest.mark.parametrize("keys", [(), ("tab", "down"), ("z",), ("[",)])
async def test_panes_look_as_textual_draws_them(keys: tuple[str, ...]) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, running(link, 1))
        await pilot.press(*keys)
        visible_screen_stack.set([])
        compared = 0
        for widget, crop in in_sight(app):
            widget._styles_cache.clear()
            ours = widget.render_lines(crop)
            assert widget.render_lines(crop) is ours, "nothing changed"
            assert looks(ours) == looks(StylesCache().render_widget(widget, crop)), widget
            compared += 1
        assert compared >= 8 - 3 * ("z" in keys)


async def test_what_a_key_did_not_change_is_neither_drawn_nor_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = FakeLink()
    with draw_at_each_change():
        async with opened(link) as (app, pilot):
            await show(app, pilot, link, running(link, 1))
            drawn: list[LineView] = []
            asked: list[Widget] = []
            paint_line, render_lines = LineView.paint_line, LineView.render_lines

            def count_line(view: LineView, y: int) -> Strip:
                drawn.append(view)
                return paint_line(view, y)

            def count_asked(view: LineView, crop: Region) -> list[Strip]:
                asked.append(view)
                return render_lines(view, crop)

            monkeypatch.setattr(LineView, "paint_line", count_line)
            monkeypatch.setattr(LineView, "render_lines", count_asked)
            for widget, _ in in_sight(app):
                if isinstance(widget, LineView):
                    widget._styles_cache = PaintCache(widget.paint_line)
            await pilot.press("Y")
            assert not drawn
            assert not asked
            assert "Y does nothing here" in text_of(app)


async def test_a_key_in_the_midst_of_a_picture_is_seen_before_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = FakeLink()
    with draw_at_each_change():
        async with opened(link) as (app, pilot):
            for number in (1, 2):  # scroll bars come with the second
                await show(app, pilot, link, running(link, number))
            screen = screen_of(app)
            happened: list[str] = []
            screen.paint_in_turns(app._key_wait)
            draw = PaintTurns._draw

            def draw_and_type(turns: PaintTurns, widget: Widget) -> None:
                if not happened:
                    app.key_came()
                    app.post_message(Key("Y", "Y").set_sender(app))
                happened.append("a widget")
                draw(turns, widget)

            def display(_screen: object, update: object) -> None:
                if isinstance(update, ChopsUpdate):
                    text = "".join(
                        strip.text for line in update.chops for strip in line.values() if strip
                    )
                    happened.append(text)

            monkeypatch.setattr(PaintTurns, "_draw", draw_and_type)
            monkeypatch.setattr(app, "_display", display)
            app._show(running(link, 3))
            while not any("picture 3" in text for text in happened):
                await asyncio.sleep(0.001)  # the screen's own timer paints
            screen._turns = None  # the test's pilot paints without waiting for turns
            first, key, *rest = happened
            assert first == "a widget"
            assert "Y does nothing here" in key
            assert "picture 3" not in key, "what did not come from the key is shown together"
            assert rest.count("a widget") >= 4
            assert "picture 3" in rest[-1]
            assert rest[-1] != "a widget"
            assert not app._key_wait.waiting
