"""The payload viewers there are. To add one: its file, and its line in `VIEWERS`."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.payloads.deadline import Deadline
from workbench.payloads.hex_viewer import HexViewer
from workbench.payloads.json_viewer import JsonViewer
from workbench.payloads.text_viewer import TextViewer
from workbench.payloads.viewer import PayloadPart, PayloadViewer
from workbench.text.lines import Line, StyleRole, line

VIEWERS: tuple[PayloadViewer, ...] = (
    JsonViewer(),
    TextViewer(),
    HexViewer(),
)
"""In the order in which `v` goes through them; the first that accepts a payload shows it.

The last one accepts every payload.
"""

EMPTY: Line = line(("(empty)", StyleRole.FAINT))


def viewer_for(part: PayloadPart, chosen: str | None = None) -> PayloadViewer:
    """The viewer that was chosen by name if it accepts the payload, else the first that does."""
    accepting = [viewer for viewer in VIEWERS if viewer.accepts(part)]
    return next((viewer for viewer in accepting if viewer.name == chosen), accepting[0])


def viewer_after(part: PayloadPart, chosen: str | None) -> PayloadViewer:
    """The viewer after the one that shows the payload, of those that accept it; in a circle."""
    accepting = [viewer for viewer in VIEWERS if viewer.accepts(part)]
    shown = accepting.index(viewer_for(part, chosen))
    return accepting[(shown + 1) % len(accepting)]


def payload_lines(
    part: PayloadPart, chosen: str | None, cells: int, deadline: Deadline
) -> Sequence[Line]:
    """The payload as its viewer shows it, in rows of at most `cells` cells.

    Raises `TookTooLongError`.
    """
    return viewer_for(part, chosen).lines(part, cells, deadline) if part.data else [EMPTY]
