"""The inspection of an element: metadata, path so far, payload."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runtime.model.measures.time_units import NS_PER_MS, NS_PER_S
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from runtime.protocol.replies import ElementDetails, HopLine
from workbench.inspection.rows import facts, in_rows, prose, section, title
from workbench.payloads.rendering import RenderedPayload, RenderJob
from workbench.payloads.viewer import PayloadPart
from workbench.text.excerpt import excerpt
from workbench.text.figures import size
from workbench.text.glyphs import BREAK_ON
from workbench.text.lazy_rows import RowsOverLines
from workbench.text.lines import Row, Span, StyleRole, line
from workbench.view import CallRef

if TYPE_CHECKING:
    from workbench.payloads.documents.condition_reads import ConditionReads

INDENT = 2
"""Cells of a row that the payload does not get."""
NOT_KEPT = (
    "It is no longer kept: only recent elements are. Its calls may still be in the event log."
)
NOT_YET = "It is not in the flow at this place of the past, or no longer kept. E goes to the end."


def element_rows(
    details: ElementDetails, payload: RenderedPayload, cells: int, *, past: bool = False
) -> Sequence[Row]:
    """The element, with as much of its payload as was read.

    `payload` is that part as `render_job` describes it, rendered.
    """
    about = details.summary
    if not details.found or about is None:
        why = NOT_YET if past else NOT_KEPT
        return [title(f"element {details.element_id}"), *prose(why, cells, StyleRole.DIM)]
    content_type = excerpt(about.content_type, 120)
    buffer_type = excerpt(details.buffer_content_type, 120)
    exact = f"  {about.size:,} bytes" if about.size >= 1024 else ""
    rows = in_rows(title(f"#{about.sequence}", f"from {about.source}"), cells)
    rows += facts(
        (
            (
                "type",
                line(
                    (content_type or "not set", StyleRole.NAME if content_type else StyleRole.DIM)
                ),
            ),
            ("buffer", buffer_type if buffer_type != content_type else ""),
            ("size", size(about.size) + exact),
            ("made", moment(about.timestamp_ns)),
            ("element", f"{about.element_id}, lineage {about.lineage}"),
        ),
        cells,
    )
    rows.append(section("path", counted(len(details.path), "call"), cells))
    for hop in details.path:
        rows += _hop(hop)
    rows += _payload(payload_part(details), about.size, payload, cells)
    return RowsOverLines(rows, payload.lines, payload.marked, Span(BREAK_ON, StyleRole.NEXT))


def render_job(
    details: ElementDetails,
    viewer: str | None,
    cells: int,
    reads: ConditionReads | None = None,
) -> RenderJob:
    """How the payload is to be rendered for `element_rows` of `cells` cells.

    `viewer` is the name of the payload viewer that was chosen, if one was; `reads` is what the
    condition looked at that stopped the flow.
    """
    return RenderJob(payload_part(details), viewer, cells - INDENT, reads)


def payload_part(details: ElementDetails) -> PayloadPart:
    """What was read of the element's payload; of both content types, the element's own first."""
    about = details.summary
    own = about.content_type if about is not None else ""
    size = about.size if about is not None else None
    return PayloadPart(details.payload, own or details.buffer_content_type, details.offset, size)


def _hop(hop: HopLine) -> list[Row]:
    rows = []
    if hop.waited_ns:
        rows.append(Row(line((f"   waited {spaced_duration(hop.waited_ns)}", StyleRole.DIM))))
    spans = line(
        (f" {hop.node} ", StyleRole.ACCENT),
        (hop.export, StyleRole.TEXT),
        (f"  {spaced_duration(hop.duration_ns)}", StyleRole.DIM),
        (f"  call {hop.call:,}", StyleRole.FAINT),
    )
    return [*rows, Row(spans, CallRef(hop.call))]


def _payload(part: PayloadPart, whole: int, payload: RenderedPayload, cells: int) -> list[Row]:
    rows = [section("payload", f"{payload.viewer}  v", cells)]
    if payload.note:
        rows.append(Row(line((f" {payload.note}", StyleRole.WARN))))
    if len(part.data) < whole:
        last = part.offset + len(part.data)
        text = f" bytes {part.offset:,}–{last:,} of {whole:,}"
        keys = "  < >"
        room = cells - len(text) - len(keys)
        words = next((words for words in (" other parts", " parts") if len(words) <= room), "")
        spans = (Span(text, StyleRole.WARN), Span(keys, StyleRole.KEY), Span(words, StyleRole.DIM))
        rows.append(Row(spans))
    return rows


def moment(timestamp_ns: int) -> str:
    """Nanoseconds since the Unix epoch as UTC, to the millisecond."""
    seconds, nanoseconds = divmod(timestamp_ns, NS_PER_S)
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{timestamp_ns} ns"
    return f"{at:%Y-%m-%d %H:%M:%S}.{nanoseconds // NS_PER_MS:03}Z"
