"""`--where` and `--break`: which calls of a run are told of or recorded, and where it ends."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from runtime.expression.call_record import CallRecord
from runtime.expression.expression import Condition
from runtime.headless.run_breakpoints import RunBreakpoints
from runtime.model.files.output_file import free_path
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line, printable
from runtime.protocol.logs.event_lines import EventLine
from workbench.command_line.messages import say
from workbench.verbs.running.component_output import ComponentOutput

where_option = click.option(
    "--where",
    metavar="EXPR",
    help='A condition over calls, e.g. json.level == "warn" && ms > 20 (docs/conditions.md): `run` '
    "tells of each for which it holds on stderr, with --json on stdout; `record` records these "
    "alone, which leaves nothing to repeat.",
)
break_option = click.option(
    "--break",
    "breaks",
    multiple=True,
    metavar="WHERE",
    help="End at a breakpoint, with exit code 4 and a recording up to there: a condition, a place "
    "(router input, any error, a -> b), or PLACE when CONDITION.",
)


class CallLines:
    """Tells of calls, a line each."""

    def __init__(self, output: ComponentOutput) -> None:
        self._output = output

    def take(self, record: CallRecord, line: EventLine) -> None:
        """Tell of one call."""
        if self._output.as_json:
            self._output.write_line(json_line(call_object(record, line)))
            return
        took = spaced_duration(line.duration_ns or 0)
        say(f"call {line.call:>7,}  {printable(f'{line.node}  {line.text}')}  {took}")


def call_object(record: CallRecord, line: EventLine) -> dict[str, Any]:
    """A call for programs; every value can be given to `json.dumps`."""
    call = record.event.call
    return {
        "type": "call",
        "call": call.number,
        "node": call.node,
        "export": call.export.value,
        "seq": None if call.element is None else call.element.sequence,
        "edge": record.edge or None,
        "size": None if record.element is None else record.size,
        "ms": record.ms,
        "fuel": record.fuel,
        "outputs": len(record.outputs),
        "text": line.text,
    }


def where_note(where: Condition, told: int, *, recorded: bool) -> str:
    """For how many calls the condition held, and why it had no value for some."""
    what = "recorded" if recorded else "told of"
    note = f"note: {counted(told, 'call')} {what}, where {where.text}"
    if where.first_failure is not None:
        note += f"; it had no value for others: {where.first_failure.reason}"
    return note


def own_recording(flow: str) -> Path:
    """Where a run with breakpoints is recorded that was given no file."""
    return free_path(Path(f"{flow}-break.rec"))


def break_object(stops: RunBreakpoints | None) -> dict[str, Any] | None:
    """The breakpoint at which a run ended, for programs; docs/breakpoints.md says what is what."""
    hit = None if stops is None else stops.hit
    if hit is None:
        return None
    breakpoint = hit.breakpoint
    return {
        "number": breakpoint.number,
        "where": breakpoint.place.words,
        "when": breakpoint.condition or None,
        "happened": hit.happened,
        "call": hit.call,
        "before": hit.before,
        "node": hit.node,
        "edge": hit.edge or None,
        "values": dict(hit.values),
    }


def show_stop(stops: RunBreakpoints, own: Path | None) -> str:
    """Say at which breakpoint the run stands, or forget a recording nobody asked for.

    Gives what is to be told as the reason of its end.
    """
    for problem in stops.problems():
        say(f"note: {problem}")
    hit = stops.hit
    if hit is None:
        if own is not None:
            with suppress(OSError):
                own.unlink()
        return ""
    values = "".join(f"\n  {name} = {value}" for name, value in hit.values)
    where = "before" if hit.before else "after"
    say(printable(f"Breakpoint: {hit.happened}, {where} call {hit.call:,}", keep_lines=True))
    if values:
        say(printable(values.lstrip("\n"), keep_lines=True))
    return f"breakpoint: {hit.happened}"
