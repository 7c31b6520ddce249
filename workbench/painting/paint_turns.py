"""A picture painted widget by widget, so that a key in its midst is seen before the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from textual._context import visible_screen_stack
from textual.screen import Screen
from textual.widget import Widget

from workbench.painting.key_wait import KeyWait
from workbench.painting.paint_cache import PaintCache

TURN_S = 0.002
"""After so long the others have a turn: keys, timers, what comes from the terminal."""

KEY_TURNS = 60
"""So many turns at most until a key was handled: it goes from the app to the widget with the focus,
from there up to whoever takes it."""


class PaintTurns:
    """Draws the widgets that changed into their caches, one after the other.

    Nothing is seen of that until all of them are put together at once, as ever: no picture shows
    panes of different moments. But what stands in front is put together before the rest when a key
    comes meanwhile.
    """

    def __init__(
        self, screen: Screen[Any], keys: KeyWait, front: Callable[[], Iterable[Widget]]
    ) -> None:
        """`front` gives the widgets in which most keys are seen."""
        self._screen = screen
        self._keys = keys
        self._front = front

    async def draw(self) -> None:
        """Draw what changed, except for what another layout would have drawn again."""
        began = perf_counter()
        for widget in (None, *self._screen._dirty_widgets):
            if self._keys.waiting:
                await self._let_key_through()
                began = perf_counter()
            elif perf_counter() - began > TURN_S:
                await asyncio.sleep(0)
                began = perf_counter()
            if not self._can_paint():
                return
            if widget is not None:
                self._draw(widget)

    def _can_paint(self) -> bool:
        """False where all is painted in one go: another layout, another screen in front."""
        screen = self._screen
        whole = screen._layout_required or screen._scroll_required or screen._repaint_required
        return screen.is_current and not screen.app._batch_count and not whole

    def _draw(self, widget: Widget) -> None:
        cache = widget._styles_cache
        place = self._screen._compositor.visible_widgets.get(widget)
        if place is None or not isinstance(cache, PaintCache) or not cache.needs_paint:
            return
        region, clip = place
        visible_screen_stack.set(self._screen.app._background_screens)
        widget.render_lines(region.intersection(clip).translate(-region.offset))

    async def _let_key_through(self) -> None:
        """Let the key be handled, and show what it did in front."""
        turns = 0
        while not self._keys.handled and turns < KEY_TURNS:
            await asyncio.sleep(0)
            turns += 1
        self._keys.painted()
        if not self._can_paint():
            return
        screen = self._screen
        changed = {widget for widget in self._front() if widget._repaint_regions}
        if changed:
            rest = screen._dirty_widgets - changed
            screen._compositor.update_widgets(changed)
            screen._compositor_refresh()
            screen._dirty_widgets.update(rest)
            await asyncio.sleep(0)  # for the thread that writes to the terminal
