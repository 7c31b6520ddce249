"""The inspection of one call that came back."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.call import is_listed_by_stream
from runtime.model.component.failure_report import frame_text, report_of
from runtime.model.linked import LinkedFlow
from runtime.model.text.durations import spaced_duration
from runtime.protocol.call_report import CallReport, CallRun
from runtime.protocol.element_summary import CallElement
from workbench.inspection.calls.call_payloads import (
    PAYLOAD_LINES,
    SIDE_BY_SIDE,
    half_of,
    payload_rows,
    printed_rows,
    two_columns,
)
from workbench.inspection.rows import copied, facts, in_rows, prose, section, title
from workbench.payloads.deadline import Deadline, TookTooLongError
from workbench.text.excerpt import excerpt
from workbench.text.figures import count, size
from workbench.text.lines import Row, Span, StyleRole, line
from workbench.view import NodeRef

COMPARE_S = 0.02
"""How long two payloads of at most `INPUT_BYTES` each may be compared."""

NOT_KEPT = (
    "This call is not in the event log here: it keeps the last ones, up to where the flow stands. "
    ":goto {call} goes to before it."
)


def call_title(report: CallReport) -> str:
    """`parse process(#4)`."""
    run = report.run
    if run is None:
        return f"{report.call:,}"
    about = f"(#{run.given.about.sequence})" if run.given is not None else ""
    return f"{run.node} {run.export.value}{about}"


def call_rows(report: CallReport, flow: LinkedFlow, cells: int) -> list[Row]:
    """What it did, what it took, input and outputs, in what they differ, what it printed."""
    run = report.run
    if run is None:
        words = NOT_KEPT.format(call=report.call)
        return [title(f"call {report.call:,}"), *prose(words, cells, StyleRole.DIM)]
    called = title(call_title(report), f"call {report.call:,}")
    rows = in_rows(called._replace(target=NodeRef(run.node)), cells)
    role = StyleRole.BAD if run.failure is not None else StyleRole.TEXT
    sign = "x" if run.failure is not None else ">"
    rows += prose(f"{sign} {excerpt(run.did, 400)}", cells, role)
    if run.failure is not None:
        told = report_of(run.failure)
        rows += prose(run.failure.help, cells, StyleRole.DIM)
        if told.frames:
            rows.append(section("where", cells=cells))
            for frame in told.frames:
                rows += prose(f"  {frame_text(frame)}", cells)
    rows += _facts(run, flow, cells)
    rows += _payloads(run, cells)
    rows += _differences(run, cells)
    for printed in run.printed:
        note = printed.stream if printed.granted else f"{printed.stream}, not granted"
        if printed.stream == "stderr" and is_listed_by_stream(run.printed):
            note += ", order with stdout not told"
        text = printed.data.decode("utf-8", "replace").splitlines()
        rows += printed_rows(note, text, cells, cut=run.printed_bytes > len(printed.data))
    return rows


def _facts(run: CallRun, flow: LinkedFlow, cells: int) -> list[Row]:
    node = flow.by_name.get(run.node)
    limit = node.limits.fuel if node is not None else 0
    most = f" of {count(limit)}" if limit else ""
    cost = (
        f"fuel {count(run.fuel)}{most}" if run.fuel else "",
        *(f"{name} {value}" if value else "" for name, value in copied(run.copies)),
        f"memory at least {size(run.memory_bytes)}" if run.memory_bytes else "",
        f"printed {size(run.printed_bytes)}" if run.printed_bytes else "",
    )
    begun = f"begun at {spaced_duration(run.at_ns)} of flow time"
    return facts(
        (
            ("took", f"{spaced_duration(run.duration_ns)}, {begun}" if run.duration_ns else begun),
            ("argument", line((excerpt(run.argument, 400), StyleRole.STRING))),
            ("used", "  ".join(part for part in cost if part)),
        ),
        cells,
    )


def _payloads(run: CallRun, cells: int) -> list[Row]:
    given, outputs = run.given, run.outputs
    if given is not None and run.outputs_in_all == 1 and cells >= SIDE_BY_SIDE:
        half = half_of(cells)
        return two_columns(
            _payload("input", given, half), _payload("output", outputs[0], half), cells
        )
    rows = _payload("input", given, cells) if given is not None else []
    for output in outputs:
        rows += _payload("output", output, cells)
    if run.outputs_in_all > len(outputs):
        more = f"   and {run.outputs_in_all - len(outputs):,} more elements"
        rows.append(Row(line((more, StyleRole.DIM))))
    return rows


def _payload(name: str, element: CallElement, cells: int) -> list[Row]:
    about = element.about
    note = "  ".join((size(about.size), excerpt(about.content_type, 40))).rstrip()
    return payload_rows(name, element, note, cells)


def _differences(run: CallRun, cells: int) -> Iterator[Row]:
    """In what the only output differs from the input, where both are told whole."""
    if run.given is None or run.outputs_in_all != 1:
        return
    before, after = run.given, run.outputs[0]
    if len(before.payload) < before.about.size or len(after.payload) < after.about.size:
        yield section("before and after", "V, then before|after", cells)
        return
    if before.payload == after.payload:
        yield section("before and after", "equal, byte for byte", cells)
        return
    # Imported with the first call that changed something: the first paint waits for no viewer.
    from workbench.payloads.documents.before_after import BeforeAfter

    try:
        both = BeforeAfter(before.payload, after.payload, Deadline(COMPARE_S))
        both.fit(max(cells - 2, 8))
        both.turn_all(Deadline(COMPARE_S))
    except TookTooLongError:
        yield section("before and after", "V, then before|after", cells)
        return
    yield section("before and after", both.words, cells)
    for at in range(min(both.rows, PAYLOAD_LINES)):
        yield Row((Span(" "), *both.line(at)))
    if both.rows > PAYLOAD_LINES:
        yield Row(line((f"   and {both.rows - PAYLOAD_LINES:,} more rows", StyleRole.DIM)))
