"""The problems of the manifest and its components: what, where, what to do."""

from __future__ import annotations

from textual.reactive import reactive

from runtime.model.errors import Diagnostic, Severity
from workbench.harmless import harmless
from workbench.inspection.words import prose
from workbench.lines import Ink, Row, line
from workbench.view import View
from workbench.widgets.line_view import LineView


class ProblemsPane(LineView, inherit_bindings=False):
    """All problems at once; Enter opens the place in the user's editor."""

    view: reactive[View] = reactive(View, repaint=False)

    def watch_view(self, old: View, new: View) -> None:
        """Write the list when it has changed."""
        if old.problems != new.problems or old.health is not new.health:
            self._fill()

    def on_resize(self) -> None:
        """Texts follow the width."""
        self._fill()

    def _fill(self) -> None:
        problems = self.view.problems
        if not problems:
            self.show((Row(line((" No problems.", Ink.GOOD))),))
            return
        rows = [Row(line((f" {_total(problems)}", Ink.STRONG)))]
        for problem in problems:
            rows.append(Row(line("")))
            rows += self._problem(problem)
        self.show(rows)

    def _problem(self, problem: Diagnostic) -> list[Row]:
        bad = problem.severity is Severity.ERROR
        sign, ink = ("x", Ink.BAD) if bad else ("!", Ink.WARN)
        target = problem if problem.file else None
        made = [line((f" {sign} {problem.code} {problem.name}", ink))]
        room = self.room - 8
        made += [line("  ", *row.spans) for row in prose(problem.message, room)]
        if problem.file is not None:
            made.append(
                line("   ", (place(problem), Ink.NAME), (f"  {problem.key or ''}", Ink.DIM))
            )
        for index, row in enumerate(prose(problem.help, room, Ink.GOOD) if problem.help else []):
            made.append(line(("   help" if not index else "       ", Ink.DIM), *row.spans))
        return [Row(spans, target) for spans in made]


def place(problem: Diagnostic) -> str:
    """`file:line:column`, as far as it is known."""
    parts = (problem.file, problem.line, problem.column)
    return harmless(":".join(str(part) for part in parts if part is not None))


def _total(problems: tuple[Diagnostic, ...]) -> str:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    parts = []
    if errors:
        parts.append(f"{errors} error{'s' * (errors > 1)}")
    if warnings:
        parts.append(f"{warnings} warning{'s' * (warnings > 1)}")
    return ", ".join(parts)
