"""Breakpoints and watches of a project, kept in `.torvyn/studio/breakpoints.json`.

The file comes with the project, so that it may be a stranger's: it is bounded, and what in it is
no breakpoint is left out and told.

    {"format": 1, "flows": {"main": {
        "breakpoints": [{"where": "router input", "when": "json.level == \\"warn\\""}],
        "watches": [{"watch": "queue(\\"source -> router\\").depth", "stops": true}]}}}
"""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Annotated

import msgspec

from runtime.breakpoints.active_breakpoint import ActiveBreakpoint
from runtime.breakpoints.breakpoint_set import MOST_BREAKPOINTS
from runtime.breakpoints.watch_set import MOST_WATCHES, ActiveWatch
from runtime.expression.expression_error import ExpressionError
from runtime.model.files.output_file import free_path
from runtime.model.files.replaced_file import staged_file
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.protocol.break_places import PlaceError, parse_place
from runtime.protocol.breakpoints import Breakpoint, Then, Watch

BREAKPOINTS_FILE = Path(".torvyn", "studio", "breakpoints.json")
"""Relative to the manifest's folder."""
MAX_FILE_BYTES = 1024 * 1024
FORMAT = 1

_UNUSABLE = (OSError, ValueError, RecursionError)
"""What reading the file raises when it cannot be used."""

_Count = Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class _BreakpointEntry(msgspec.Struct, omit_defaults=True):
    where: str
    when: str = ""
    then: Then = Then.STOP
    from_hit: _Count = 1
    every: _Count = 1
    on: bool = True


class _WatchEntry(msgspec.Struct, omit_defaults=True):
    watch: str
    stops: bool = False


class _FlowEntry(msgspec.Struct, omit_defaults=True):
    breakpoints: list[_BreakpointEntry] = []
    watches: list[_WatchEntry] = []


class _File(msgspec.Struct):
    format: int = FORMAT
    flows: dict[str, _FlowEntry] = {}


@dataclass(frozen=True, slots=True)
class KeptBreakpoints:
    """What was kept of a flow."""

    breakpoints: tuple[Breakpoint, ...] = ()
    watches: tuple[Watch, ...] = ()
    problems: tuple[str, ...] = field(default=())
    """What in the file is left out, and why, in sentences."""


@dataclass(frozen=True, slots=True)
class SaveReport:
    """What came of writing the file."""

    note: str = ""
    """Where the file is that was there before, when it was not simply replaced; a sentence."""
    problem: str = ""
    """Why nothing could be written; empty when it was."""


class BreakpointStore:
    """The file of one project. Nothing here raises for a file that cannot be used."""

    def __init__(self, manifest: Path) -> None:
        self.path = manifest.parent / BREAKPOINTS_FILE
        self._left_out = False
        self._known: dict[str, _FlowEntry] = {}
        """Of each flow what was read or written here last; all else is of other workbenches."""

    def load(self, flow: LinkedFlow) -> KeptBreakpoints:
        """What is kept of the flow; what does not fit it is left out and told."""
        try:
            entry = self._read().flows.get(flow.name)
        except _UNUSABLE as error:
            return KeptBreakpoints(problems=(self._unusable(error),))
        if entry is None:
            return KeptBreakpoints()
        self._known[flow.name] = entry
        problems: list[str] = []
        breakpoints: list[Breakpoint] = []
        for number, item in enumerate(entry.breakpoints[:MOST_BREAKPOINTS], 1):
            try:
                made = Breakpoint(
                    number,
                    parse_place(item.where, flow),
                    item.when,
                    item.then,
                    item.from_hit,
                    item.every,
                    item.on,
                )
                ActiveBreakpoint(made)
            except (PlaceError, ExpressionError) as error:
                reason = error.reason if isinstance(error, ExpressionError) else str(error)
                problems.append(f"{self.path}: breakpoint {number} is left out: {reason}")
            else:
                breakpoints.append(made)
        watches: list[Watch] = []
        for number, kept in enumerate(entry.watches[:MOST_WATCHES], 1):
            watch = Watch(number, kept.watch, kept.stops)
            try:
                ActiveWatch(watch)
            except ExpressionError as error:
                problems.append(f"{self.path}: watch {number} is left out: {error.reason}")
            else:
                watches.append(watch)
        for what, number, most in (
            ("breakpoints", len(entry.breakpoints), MOST_BREAKPOINTS),
            ("watches", len(entry.watches), MOST_WATCHES),
        ):
            if number > most:
                problems.append(f"{self.path}: {what} after the first {most} are left out")
        self._left_out = bool(problems)
        return KeptBreakpoints(tuple(breakpoints), tuple(watches), tuple(problems))

    def save(
        self, flow: str, breakpoints: tuple[Breakpoint, ...], watches: tuple[Watch, ...]
    ) -> SaveReport:
        """Keep them, next to those of other flows, and to what another workbench kept meanwhile.

        A file that cannot be used, or of which something was left out, stays under another name.
        """
        stays = self._left_out
        try:
            file = self._read()
        except _UNUSABLE:
            file, stays = _File(), True
        ours = _FlowEntry(
            [
                _BreakpointEntry(
                    one.place.words, one.condition, one.then, one.first_hit, one.every, one.on
                )
                for one in breakpoints
            ],
            [_WatchEntry(one.text, one.stops) for one in watches],
        )
        others = _others(file.flows.get(flow, _FlowEntry()), self._known.get(flow), ours)
        file.flows[flow] = _FlowEntry(
            ours.breakpoints + others.breakpoints, ours.watches + others.watches
        )
        self._known[flow] = ours
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with staged_file(self.path) as staged:
                data = msgspec.json.format(msgspec.json.encode(file), indent=1)
                staged.write_bytes(data + b"\n")
                other = self.path.rename(free_path(self.path)) if stays else None
        except OSError as error:
            return SaveReport(problem=f"{self.path} cannot be written: {error.strerror}")
        self._left_out = False
        if other is None:
            return SaveReport()
        return SaveReport(f"{self.path} is written again; what it held before is in {other.name}")

    def _read(self) -> _File:
        try:
            with self.path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            return _File()
        if len(data) > MAX_FILE_BYTES:
            raise ValueError("it is too large")
        read = msgspec.json.decode(data, type=_File)
        if read.format > FORMAT:
            raise ValueError(f"it is of format {read.format}, of a newer release")
        return read

    def _unusable(self, error: Exception) -> str:
        why = error.strerror if isinstance(error, OSError) else str(error)
        return f"{self.path} is not used: {why}"


def _others(present: _FlowEntry, known: _FlowEntry | None, ours: _FlowEntry) -> _FlowEntry:
    """What is in the file now, and neither was there before nor is to be."""
    mine = [ours] if known is None else [known, ours]
    places = {(item.where, item.when) for entry in mine for item in entry.breakpoints}
    texts = {item.watch for entry in mine for item in entry.watches}
    return _FlowEntry(
        [item for item in present.breakpoints if (item.where, item.when) not in places],
        [item for item in present.watches if item.watch not in texts],
    )
