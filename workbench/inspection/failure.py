"""The inspection of a failed call: what it said, where, on which input, and what can be done."""

from __future__ import annotations

from rich.cells import cell_len

from runtime.model.call import Failure
from runtime.model.failure_report import frame_text, report_of
from runtime.protocol.updates import CallInput, FailedCall
from workbench.inspection.rows import prose, section
from workbench.payloads.rendering import RenderJob, render
from workbench.payloads.viewer import PayloadPart
from workbench.text.excerpt import excerpt
from workbench.text.figures import size
from workbench.text.keys import shown_key
from workbench.text.lines import Row, Span, StyleRole, line

_WRITTEN_LINES = 20
"""Lines of what the call wrote, the last ones."""
_INPUT_LINES = 12
"""Rows of a payload; the element itself has all of them."""
_RENDER_S = 0.02
"""How long a payload of at most `INPUT_BYTES` may take to be coloured."""
_SIDE_BY_SIDE = 76
"""From so many cells on, the failed input and the last good one stand next to each other."""


def _keys(*, past: bool) -> tuple[tuple[str, str], ...]:
    """What can be done now; in the past, only to go on to the stop before."""
    before = (shown_key("stop-before", "{"), "to the stop before")
    if past:
        return (before,)
    retry = (shown_key("retry", "r"), shown_key("step", "s"), shown_key("step-element", "S"))
    return (
        (" ".join(retry), "retry the failed call"),
        (shown_key("edit", "e"), "edit its input, then retry"),
        (shown_key("skip", "x"), "skip: drop it and go on"),
        (shown_key("build", "ctrl+r"), "build the component"),
        before,
    )


def failure_rows(
    failure: Failure, failed: FailedCall | None, cells: int, *, past: bool = False
) -> list[Row]:
    """Code and message first, then what explains it, then the keys."""
    report = report_of(failure)
    rows = [
        Row(
            line(
                (f" x {failure.code} {failure.name}", StyleRole.BAD),
                (f"  {report.kind}", StyleRole.WARN),
            )
        )
    ]
    if failed is not None:
        about = f"(#{failed.input.about.sequence})" if failed.input is not None else ""
        rows.append(Row(line((f"   {failed.export}{about}, call {failed.call}", StyleRole.DIM))))
    rows += prose(report.headline, cells, StyleRole.TEXT)
    rows += prose(failure.help, cells, StyleRole.DIM)
    if report.frames:
        rows.append(section("where", cells=cells))
        rows += [row for frame in report.frames for row in prose(f"  {frame_text(frame)}", cells)]
    if failed is not None:
        rows += _inputs(failed, cells)
    rows += _printed(failure, report.written, failed, cells)
    rows.append(section("now", cells=cells))
    for key, text in _keys(past=past):
        rows.append(Row(line((f" {key:<7}", StyleRole.KEY), (text, StyleRole.DIM))))
    return rows


def _inputs(failed: FailedCall, cells: int) -> list[Row]:
    now, good = failed.input, failed.last_good
    if now is None:
        return []
    if good is None or cells < _SIDE_BY_SIDE:
        rows = _input("input", now, cells)
        return rows + (_input("last good input", good, cells) if good is not None else [])
    half = (cells - 3) // 2
    left = _input("input", now, half)
    right = _input("last good input", good, half)
    rows = []
    for index in range(max(len(left), len(right))):
        first = left[index].spans if index < len(left) else ()
        second = right[index].spans if index < len(right) else ()
        used = sum(cell_len(span.text) for span in first)
        rule = Span(" " * max(half - used, 0) + " │", StyleRole.FAINT)
        rows.append(Row((*first, rule, *second)))
    return rows


def _input(title: str, given: CallInput, cells: int) -> list[Row]:
    about = given.about
    part = PayloadPart(given.payload, about.content_type, size=about.size)
    lines = render(RenderJob(part, None, max(cells - 2, 8)), _RENDER_S).lines
    rows = [section(f"{title} #{about.sequence}", f"call {given.call}", cells)]
    rows += [Row((Span(" "), *spans)) for spans in lines[:_INPUT_LINES]]
    if len(lines) > _INPUT_LINES or len(given.payload) < about.size:
        rows.append(Row(line((f"   … {size(about.size)} in all", StyleRole.DIM))))
    return rows


def _printed(
    failure: Failure, written: tuple[str, ...], failed: FailedCall | None, cells: int
) -> list[Row]:
    stdout = failed.printed.decode("utf-8", "replace").splitlines() if failed is not None else []
    rows = []
    for stream, lines, cut in (
        ("stderr", list(written), failure.stderr_cut),
        ("stdout", stdout, False),
    ):
        if not lines:
            continue
        note = f"the last {_WRITTEN_LINES} lines" if cut or len(lines) > _WRITTEN_LINES else ""
        rows.append(section(f"printed in this call, {stream}", note, cells))
        for text in lines[-_WRITTEN_LINES:]:
            rows += prose(excerpt(text, 400), cells)
    return rows
