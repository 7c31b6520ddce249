"""What the build tools say, and how each build ended."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from time import monotonic
from typing import NamedTuple

from rich.cells import cell_len

from runtime.model.errors import Diagnostic
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.text.plurals import counted
from runtime.protocol.builds.build_updates import BuildLine, BuildOutcome, BuildStatus
from workbench.text.build_words import build_words, outcome_words
from workbench.text.excerpt import excerpt
from workbench.text.figures import duration
from workbench.text.keys import shown_key
from workbench.text.lines import Line, Row, StyleRole, line
from workbench.widgets.log_view import LogView

CLOCK_S = 0.5
"""How often the duration of a running build is brought up to date."""


class BuildNote(NamedTuple):
    """A line of our own between those of the tools."""

    sign: str
    text: str
    role: StyleRole
    problem: Diagnostic | None = None
    """What Enter opens."""


class BuildPane(LogView["BuildLine | BuildNote"], inherit_bindings=False):
    """Output as it comes, under a heading that says what is being built and what waits."""

    gutter_cells = 4

    def __init__(self, *, id: str, classes: str) -> None:
        super().__init__(wrapped=True, id=id, classes=classes)
        self._state = BuildStatus()
        self._component: str | None = None
        self._since = 0.0

    def on_mount(self) -> None:
        """A running build takes longer and longer."""
        self.set_interval(CLOCK_S, self._write_heading)

    def take(self, status: BuildStatus | None, lines: Sequence[BuildLine], lost: int) -> None:
        """Show what happened since the last time."""
        ended = _fresh_outcomes(self._state, status) if status is not None else []
        entries: list[BuildLine | BuildNote] = []
        if lost:
            entries.append(
                BuildNote(
                    "..", f"{counted(lost, 'line was', 'lines were')} not kept", StyleRole.WARN
                )
            )
        for component, group in groupby(lines, key=lambda one: one.component):
            self._begin(component, entries)
            entries += group
            for outcome in [one for one in ended if one.component == component]:
                self._end(outcome, entries)
                ended.remove(outcome)
        for outcome in ended:
            self._begin(outcome.component, entries)
            self._end(outcome, entries)
        if status is not None:
            for component in status.building[:1]:
                self._begin(component, entries)
            if status.refused and status.refused != self._state.refused:
                entries += [
                    BuildNote("x", item.message, StyleRole.BAD, item) for item in status.refused
                ]
            if status.busy and not self._state.busy:
                self._since = monotonic()
            self._state = status
        if entries:
            self.add(entries)
        self._write_heading()

    def _begin(self, component: str, entries: list[BuildLine | BuildNote]) -> None:
        if component != self._component:
            self._component = component
            entries.append(BuildNote(">", f"building {component}", StyleRole.ACCENT))

    def _end(self, outcome: BuildOutcome, entries: list[BuildLine | BuildNote]) -> None:
        self._component = None
        text, role = outcome_words(outcome)
        first = next((item for item in outcome.problems if item.file is not None), None)
        entries.append(BuildNote("=" if role is StyleRole.GOOD else "x", text, role, first))

    # ---- lines

    def entry_gutter(self, entry: BuildLine | BuildNote) -> Line:
        """The sign of a line of our own."""
        if isinstance(entry, BuildNote):
            return line((f" {entry.sign:<3}", entry.role))
        return line("    ")

    def entry_body(self, entry: BuildLine | BuildNote) -> Line:
        """What a tool said, or we did."""
        role = entry.role if isinstance(entry, BuildNote) else StyleRole.TEXT
        return line((excerpt(entry.text), role))

    def entry_cells(self, entry: BuildLine | BuildNote) -> int:
        """Cells of the text."""
        return cell_len(excerpt(entry.text))

    def entry_target(self, entry: BuildLine | BuildNote) -> object:
        """The first problem of a build that failed."""
        return entry.problem if isinstance(entry, BuildNote) else None

    def empty_rows(self) -> Sequence[Row]:
        """How to build."""
        return (
            Row(line("")),
            Row(line((" Nothing built yet.", StyleRole.DIM))),
            Row(
                line(
                    (f" {shown_key('build', 'ctrl+r')}", StyleRole.KEY),
                    (" builds the selected node's component,", StyleRole.FAINT),
                )
            ),
            Row(
                line(
                    (f" {shown_key('build-all', 'F7')}", StyleRole.KEY),
                    (" builds all of them.", StyleRole.FAINT),
                )
            ),
        )

    def _write_heading(self) -> None:
        self.show_heading(self._heading())

    def _heading(self) -> tuple[Line, ...]:
        state = self._state
        if not state.busy:
            return ()
        took = duration(int((monotonic() - self._since) * NS_PER_S))
        rows = [line((f" > {_how_far(state)}{took}", StyleRole.ACCENT))]
        if state.building:
            rows[0] += line((f": {', '.join(state.building)}", StyleRole.TEXT))
        if state.waiting:
            rows.append(line((f"   then {', '.join(state.waiting)}", StyleRole.DIM)))
        return tuple(rows)


def _how_far(state: BuildStatus) -> str:
    """`3 of 8, `; of a single one nothing."""
    if not state.building:
        return f"{build_words(state)}, "
    return f"{state.done} of {state.total}, " if state.total > 1 else ""


def _fresh_outcomes(old: BuildStatus, new: BuildStatus) -> list[BuildOutcome]:
    return [outcome for outcome in new.outcomes if outcome not in old.outcomes]
