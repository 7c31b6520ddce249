"""The problems of the manifest, its components and their builds: what, where, what to do."""

from __future__ import annotations

from textual.reactive import reactive

from runtime.model.errors import Diagnostic, Severity
from runtime.model.text.plurals import counted
from runtime.protocol.updates import Health
from workbench.inspection.rows import in_rows, prose
from workbench.search.row_fields import PROBLEMS
from workbench.text.excerpt import excerpt
from workbench.text.keys import shown_key
from workbench.text.lines import Line, Row, StyleRole, fit_end, line
from workbench.view import View
from workbench.widgets.line_view import LineView


class ProblemsPane(LineView, inherit_bindings=False):
    """All problems at once.

    Enter explains the code in a problem's first row, and opens the place in the user's editor in
    the others.
    """

    vocabulary = PROBLEMS.vocabulary

    view: reactive[View] = reactive(View, repaint=False)

    def watch_view(self, old: View, new: View) -> None:
        """Write the list when it has changed."""
        if _shown(old) != _shown(new):
            self._fill()

    def record_of(self, row: Row) -> object:
        """The problem's fields."""
        return PROBLEMS.record(row.target) if isinstance(row.target, Diagnostic) else None

    def on_resize(self) -> None:
        """Texts follow the width."""
        self._fill()

    def _fill(self) -> None:
        groups = _groups(self.view)
        if not groups:
            self.show((Row(line((" No problems.", StyleRole.GOOD))),))
            return
        rows: list[Row] = []
        if self.view.health is Health.INVALID:
            rows += in_rows(Row(_how()), self.room)
        for heading, problems in groups:
            rows.append(Row(line((f" {heading}{_total(problems)}", StyleRole.STRONG))))
            for problem in problems:
                rows += self._problem(problem)
                rows.append(Row(line("")))
        self.show(rows[:-1])

    def _problem(self, problem: Diagnostic) -> list[Row]:
        bad = problem.severity is Severity.ERROR
        sign, role = ("x", StyleRole.BAD) if bad else ("!", StyleRole.WARN)
        target = problem if problem.file is not None else None
        made = [line((f" {sign} {problem.code} {problem.name}", role))]
        room = self.room - 8
        made += [line("  ", *row.spans) for row in prose(problem.message, room)]
        if problem.file is not None:
            made.append(
                line(
                    "   ",
                    (fit_end(place(problem), room), StyleRole.NAME),
                    (f"  {problem.key or ''}", StyleRole.DIM),
                )
            )
        for index, row in enumerate(
            prose(problem.help, room, StyleRole.GOOD) if problem.help else []
        ):
            made.append(line(("   help" if not index else "       ", StyleRole.DIM), *row.spans))
        return [Row(made[0], problem.kind), *(Row(spans, target) for spans in made[1:])]


def _how() -> Line:
    """What can be done about all of them."""
    return line(
        (" Press ", StyleRole.DIM),
        (shown_key("build", "ctrl+r"), StyleRole.KEY),
        (" to build what is not built, ", StyleRole.DIM),
        (shown_key("restart", "A"), StyleRole.KEY),
        (" to read the manifest again.", StyleRole.DIM),
    )


def place(problem: Diagnostic) -> str:
    """`file:line:column`, as far as it is known."""
    parts = (problem.file, problem.line, problem.column)
    return excerpt(":".join(str(part) for part in parts if part is not None))


def _shown(view: View) -> tuple[object, ...]:
    return view.problems, view.build, view.health, view.recording_problems


def _groups(view: View) -> list[tuple[str, tuple[Diagnostic, ...]]]:
    """Problems under their headings, those of the session first."""
    build = view.build
    groups = [
        ("", view.problems),
        ("the recording: ", view.recording_problems),
        ("nothing was built: ", build.refused),
    ]
    groups += [
        (f"build of {outcome.component}: ", outcome.problems)
        for outcome in reversed(build.outcomes)
    ]
    return [(heading, problems) for heading, problems in groups if problems]


def _total(problems: tuple[Diagnostic, ...]) -> str:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    parts = []
    if errors:
        parts.append(counted(errors, "error"))
    if warnings:
        parts.append(counted(warnings, "warning"))
    return ", ".join(parts)
