"""Payloads made into rows on a thread of their own, within a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runtime.model.lazy.dataclass import dataclass
from workbench.payloads.deadline import Deadline, TookTooLongError
from workbench.payloads.viewer import PayloadPart
from workbench.text.lines import Line

if TYPE_CHECKING:
    from workbench.payloads.documents.condition_reads import ConditionReads

RENDER_S = 0.25
"""How long colouring and formatting may take; then the payload is shown without."""
TOOK_TOO_LONG = "not coloured: took too long"


@dataclass(frozen=True, slots=True)
class RenderJob:
    """What is to be shown, and how."""

    part: PayloadPart
    viewer: str | None
    """Name of the viewer that was chosen, if one was."""
    cells: int
    """Width of the rows."""
    reads: ConditionReads | None = None
    """What a condition looked at, which is marked."""


@dataclass(frozen=True, slots=True)
class RenderedPayload:
    """Rows of a payload, or of a part of it."""

    viewer: str
    lines: Sequence[Line]
    note: str = ""
    """What could not be done."""
    marked: frozenset[int] = frozenset()
    """Lines that a condition looked at."""


def render(job: RenderJob, seconds: float = RENDER_S) -> RenderedPayload:
    """The rows, for any thread. They come within about `seconds`, plain if need be."""
    # Imported with the first payload: the first paint waits for no viewer.
    from workbench.payloads.registry import marked_lines, viewer_for

    viewer = viewer_for(job.part, job.viewer)
    try:
        lines, marked = marked_lines(job.part, job.viewer, job.cells, Deadline(seconds), job.reads)
    except TookTooLongError:
        return RenderedPayload(viewer.name, _plain(job), TOOK_TOO_LONG)
    return RenderedPayload(viewer.name, lines, marked=marked)


def _plain(job: RenderJob) -> Sequence[Line]:
    """The payload without colours: linear in the bytes of a part, at most `PART_BYTES`."""
    from workbench.payloads.documents.lines_document import DocumentLines
    from workbench.payloads.documents.text_document import TextDocument
    from workbench.payloads.registry import MOST_ROWS

    unbound = Deadline(float("inf"))
    document = TextDocument("raw", job.part.text or "", None, unbound)
    return DocumentLines(document, job.cells, MOST_ROWS, unbound)
