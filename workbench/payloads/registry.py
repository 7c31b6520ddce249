"""The payload viewers there are. To add one: its file, and its line in `VIEWERS`."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.condition_reads import ConditionReads
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.lines_document import DocumentLines
from workbench.payloads.hex_viewer import HexViewer
from workbench.payloads.image_viewer import ImageViewer
from workbench.payloads.json_viewer import JsonViewer
from workbench.payloads.table_viewer import TableViewer
from workbench.payloads.text_viewer import TextViewer
from workbench.payloads.tree_viewer import TreeViewer
from workbench.payloads.viewer import PayloadPart, PayloadViewer
from workbench.text.lines import Line, StyleRole, line

VIEWERS: tuple[PayloadViewer, ...] = (
    ImageViewer(),
    TreeViewer(),
    TableViewer(),
    JsonViewer(),
    TextViewer(),
    HexViewer(),
)
"""In the order in which `v` goes through them; the first that accepts a payload shows it.

The last one accepts every payload.
"""

MOST_ROWS = 65_536
"""Rows of a part that a pane shows: no part has more."""

EMPTY: Line = line(("(empty)", StyleRole.FAINT))


def viewer_for(part: PayloadPart, chosen: str | None = None) -> PayloadViewer:
    """The viewer that was chosen by name if it accepts the payload, else the first that does."""
    accepting = viewers_for(part)
    return next((viewer for viewer in accepting if viewer.name == chosen), accepting[0])


def viewer_after(part: PayloadPart, chosen: str | None) -> PayloadViewer:
    """The viewer after the one that shows the payload, of those that accept it; in a circle."""
    accepting = viewers_for(part)
    shown = accepting.index(viewer_for(part, chosen))
    return accepting[(shown + 1) % len(accepting)]


def viewers_for(part: PayloadPart) -> list[PayloadViewer]:
    """All viewers that accept the payload, in the order in which `v` goes through them."""
    return [viewer for viewer in VIEWERS if viewer.accepts(part)]


def open_document(part: PayloadPart, chosen: str | None, deadline: Deadline) -> PayloadDocument:
    """The payload as its viewer shows it.

    Raises `TookTooLongError`.
    """
    return viewer_for(part, chosen).open(part, deadline)


def marked_lines(
    part: PayloadPart,
    chosen: str | None,
    cells: int,
    deadline: Deadline,
    reads: ConditionReads | None = None,
) -> tuple[Sequence[Line], frozenset[int]]:
    """The payload as its viewer shows it, in rows of at most `cells` cells, and which of them a
    condition looked at.

    Raises `TookTooLongError`.
    """
    if not part.data:
        return [EMPTY], frozenset()
    document = open_document(part, chosen, deadline)
    if not reads:
        return DocumentLines(document, cells, MOST_ROWS, deadline), frozenset()
    # Imported with the first condition: other payloads do not wait for it.
    from workbench.payloads.documents.read_places import opened_offsets, read_offsets

    offsets = read_offsets(document, reads, deadline)
    opened_offsets(document, offsets, deadline)
    lines = DocumentLines(document, cells, MOST_ROWS, deadline)
    return lines, frozenset(lines.line_of(offset, deadline) for offset in offsets)
