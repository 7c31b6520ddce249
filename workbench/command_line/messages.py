"""What a verb says of itself, on stderr and, where it is called for that, on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from runtime.model.errors import Diagnostic, Severity
from workbench.command_line.global_options import global_options
from workbench.terminal.colour import write_line


def say(text: str) -> None:
    """Talk: to stderr, in colour where that is wanted; nothing with --quiet."""
    options = global_options()
    if not options.quiet:
        write_line(text, sys.stderr, options.colour)


def show_problem(problem: Diagnostic) -> None:
    """A problem on stderr; with --quiet, only an error."""
    options = global_options()
    if problem.severity is Severity.ERROR or not options.quiet:
        write_line(problem.render(), sys.stderr, options.colour)


def show_problems(problems: Iterable[Diagnostic]) -> None:
    """Each of them, see `show_problem`."""
    for problem in problems:
        show_problem(problem)


def show_failure(text: str) -> None:
    """What went wrong: to stderr, whatever was asked for."""
    write_line(text, sys.stderr, global_options().colour)


def show_result(text: str, *, changes: bool = False) -> None:
    """What the verb is called for: to stdout."""
    write_line(text, sys.stdout, global_options().colour, changes=changes)
