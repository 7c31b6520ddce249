"""Rows of what a node answered when it was tried."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.call import NO_COPIES, Emitted, Failed, Failure, Output
from runtime.model.component.failure_report import frame_text, report_of
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from runtime.protocol.components.node_tries import NodeTry, TriedExport
from workbench.payloads.rendering import RenderJob, render
from workbench.payloads.viewer import PayloadPart
from workbench.text.answer_words import copy_words, outcome_words
from workbench.text.excerpt import excerpt
from workbench.text.figures import short_digest, size
from workbench.text.lines import Line, Row, Span, StyleRole, line
from workbench.text.printed_text import UNORDERED, stream_words
from workbench.text.wrapping import wrap, wrap_words

INDENT = 4
TYPE_CHARACTERS = 60
SHOWN_ROWS = 400
"""Rows of one payload, at most."""


def try_rows(tried: NodeTry, cells: int) -> list[Row]:
    """Every call that was made, with its outputs, prints and costs, in rows of `cells` cells."""
    if tried.refused:
        return [Row(line((f" x not called: {tried.refused}", StyleRole.BAD)))]
    return [Row(made) for call in tried.calls for made in _call(call, cells)]


def try_about(tried: NodeTry) -> str:
    """What was tried, and on how much."""
    return f"build {short_digest(tried.digest)}, {counted(tried.elements, 'try')}".replace(
        "trys", "tries"
    )


def _call(call: TriedExport, cells: int) -> Iterator[Line]:
    answer = call.answer
    outcome = answer.outcome
    bad = isinstance(outcome, Failed)
    costs = [spaced_duration(answer.duration_ns)]
    if answer.fuel:
        costs.append(f"{answer.fuel:,} fuel")
    if answer.copies != NO_COPIES:
        costs.append(copy_words(answer.copies))
    yield line(
        (" x " if bad else " > ", StyleRole.BAD if bad else StyleRole.GOOD),
        (call.export.value, StyleRole.STRONG),
        (f"  {outcome_words(outcome)}", StyleRole.BAD if bad else StyleRole.TEXT),
    )
    for row in wrap_words(", ".join(costs), max(cells - INDENT, 10)):
        yield line((f"{'':{INDENT}}{row}", StyleRole.DIM))
    if isinstance(outcome, Emitted):
        for output, whole in zip(outcome.outputs, call.sizes, strict=True):
            yield from _output(output, whole, cells)
    if isinstance(outcome, Failed):
        yield from _failure(outcome.failure, cells)
    for item in call.printed:
        yield line((f"   {stream_words(item, call.order_known)}", StyleRole.DIM))
        yield from _payload(PayloadPart(item.data, "text/plain"), cells)
    over = answer.printed_bytes - sum(len(item.data) for item in call.printed)
    if over > 0:
        yield line((f"{'':{INDENT}}… {size(over)} more", StyleRole.DIM))
    if not call.order_known:
        for row in wrap_words(UNORDERED, max(cells - INDENT, 10)):
            yield line((f"   {row}", StyleRole.DIM))


def _output(output: Output, whole: int, cells: int) -> Iterator[Line]:
    kind = excerpt(output.content_type, TYPE_CHARACTERS) or "no type"
    data = output.payload.data
    cut = "" if len(data) == whole else f", the first {size(len(data))}"
    yield line((f"   → {size(whole)}  {kind}{cut}", StyleRole.ACCENT))
    yield from _payload(PayloadPart(data, output.content_type), cells)


def _payload(part: PayloadPart, cells: int) -> Iterator[Line]:
    shown = render(RenderJob(part, None, max(cells - INDENT, 10))).lines
    for row in shown[:SHOWN_ROWS]:
        yield (Span(" " * INDENT), *row)
    if len(shown) > SHOWN_ROWS:
        yield line((f"{'':{INDENT}}… {len(shown) - SHOWN_ROWS:,} rows more", StyleRole.DIM))


def _failure(failure: Failure, cells: int) -> Iterator[Line]:
    told = report_of(failure)
    words = f"[{failure.code}] {failure.name}: {told.headline}"
    for row in wrap(line((words, StyleRole.BAD)), max(cells - INDENT, 10)):
        yield (Span(" " * INDENT), *row)
    for frame in told.frames:
        yield line((f"{'':{INDENT}}--> {frame_text(frame)}", StyleRole.DIM))
    for text in wrap_words(failure.help, max(cells - INDENT, 10)):
        yield line((f"{'':{INDENT}}{text}", StyleRole.DIM))
