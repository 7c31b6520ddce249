"""The inspection of a failed call: what it said, where, on which input, and what can be done."""

from __future__ import annotations

from runtime.model.call import Failure
from runtime.model.component.failure_report import frame_text, report_of
from runtime.protocol.element_summary import CallElement
from runtime.protocol.replies import FailedCall
from workbench.inspection.calls.call_payloads import (
    SIDE_BY_SIDE,
    half_of,
    payload_rows,
    printed_rows,
    two_columns,
)
from workbench.inspection.rows import in_rows, prose, section
from workbench.text.keys import shown_key
from workbench.text.lines import Row, StyleRole, line
from workbench.text.wrapping import wrap_words

KEY_CELLS = 8
"""Cells of the column of keys."""


def _keys(failed: FailedCall | None, *, past: bool) -> tuple[tuple[str, str], ...]:
    """What can be done now; in the past, only to go elsewhere and to compare."""
    given = failed.input if failed is not None else None
    good = failed.last_good if failed is not None else None
    looks: list[tuple[str, str]] = []
    if given is not None:
        origin = f"origin: before the call of {given.about.source} that gave it"
        looks.append((shown_key("origin", "o"), origin))
    if given is not None and good is not None:
        differ = f"differ: input #{given.about.sequence} against #{good.about.sequence}"
        looks.append((shown_key("difference", "D"), differ))
    looks.append((shown_key("stop-before", "{"), "to the stop before"))
    if past:
        return tuple(looks)
    retry = (shown_key("retry", "r"), shown_key("step", "s"), shown_key("step-element", "S"))
    return (
        (" ".join(retry), "retry the failed call"),
        (shown_key("edit", "e"), "edit its input, then retry"),
        (shown_key("skip", "x"), "skip: drop it and go on"),
        (shown_key("build", "ctrl+r"), "build the component"),
        *looks,
    )


def failure_rows(
    failure: Failure, failed: FailedCall | None, cells: int, *, past: bool = False
) -> list[Row]:
    """Code and message first, then what explains it, then the keys."""
    report = report_of(failure)
    said = line(
        (f" x {failure.code} {failure.name}", StyleRole.BAD), (f"  {report.kind}", StyleRole.WARN)
    )
    rows = in_rows(Row(said), cells)
    if failed is not None:
        about = f"(#{failed.input.about.sequence})" if failed.input is not None else ""
        rows.append(Row(line((f"   {failed.export}{about}, call {failed.call:,}", StyleRole.DIM))))
    rows += prose(report.headline, cells, StyleRole.TEXT)
    rows += prose(failure.help, cells, StyleRole.DIM)
    if report.frames:
        rows.append(section("where", cells=cells))
        rows += [row for frame in report.frames for row in prose(f"  {frame_text(frame)}", cells)]
    if failed is not None:
        rows += _inputs(failed, cells)
    rows += _printed(failure, report.written, failed, cells)
    rows.append(section("now", cells=cells))
    for key, text in _keys(failed, past=past):
        first, *more = wrap_words(text, max(cells - KEY_CELLS - 1, 10))
        rows.append(Row(line((f" {key:<{KEY_CELLS - 1}}", StyleRole.KEY), (first, StyleRole.DIM))))
        rows += [Row(line(" " * KEY_CELLS, (piece, StyleRole.DIM))) for piece in more]
    return rows


def _inputs(failed: FailedCall, cells: int) -> list[Row]:
    now, good = failed.input, failed.last_good
    if now is None:
        return []
    if good is None or cells < SIDE_BY_SIDE:
        rows = _input("input", now, cells)
        return rows + (_input("last good input", good, cells) if good is not None else [])
    half = half_of(cells)
    return two_columns(_input("input", now, half), _input("last good input", good, half), cells)


def _input(title: str, given: CallElement, cells: int) -> list[Row]:
    return payload_rows(title, given, f"call {given.call:,}", cells)


def _printed(
    failure: Failure, written: tuple[str, ...], failed: FailedCall | None, cells: int
) -> list[Row]:
    stdout = failed.printed.decode("utf-8", "replace").splitlines() if failed is not None else []
    rows = printed_rows("stderr", written, cells, cut=failure.stderr_cut)
    return rows + printed_rows("stdout", stdout, cells)
