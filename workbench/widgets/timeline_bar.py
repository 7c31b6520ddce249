"""The timeline: one row that shows the branch and takes clicks."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.reactive import reactive

from runtime.protocol.timeline import Timeline
from workbench.text.lines import Line, Span, StyleRole, line, width_of
from workbench.timeline.place_words import place_words
from workbench.timeline.track import draw_progress, draw_track
from workbench.widgets.label import LineLabel

MARGIN = 1
"""Cells left and right of the row."""

LEAST_TRACK = 24
"""Cells that words leave to the track, where there are so many."""


class TimelineBar(LineLabel):
    """Draws the branch; a click goes to the place under it."""

    timeline: reactive[Timeline | None] = reactive(None, repaint=False)

    class Chosen(Message):
        """A place was clicked."""

        def __init__(self, call: int) -> None:
            super().__init__()
            self.call = call

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._places: tuple[int, ...] = ()

    def watch_timeline(self) -> None:
        """Draw the branch again."""
        self._draw()

    def on_resize(self) -> None:
        """The track follows the width."""
        self._draw()

    def _draw(self) -> None:
        cells = self.size.width - 2 * MARGIN
        self._places = ()
        timeline = self.timeline
        if timeline is None or cells <= 0:
            self.lines = (line((" The timeline begins with the first call.", StyleRole.FAINT)),)
            return
        words = place_words(timeline, cells - LEAST_TRACK - 2)
        room = cells - width_of(words) - 2
        track: Line
        if timeline.seeking is not None:
            track = draw_progress(timeline.seeking, room)
        else:
            drawn = draw_track(timeline, room)
            track, self._places = drawn.spans, drawn.places
        gap = " " * (cells - width_of(track) - width_of(words))
        self.lines = ((Span(" " * MARGIN), *track, Span(gap), *words),)

    def on_click(self, event: events.Click) -> None:
        """Go to the place that was clicked."""
        event.prevent_default()
        column = event.x - MARGIN
        if 0 <= column < len(self._places):
            self.post_message(self.Chosen(self._places[column]))
