"""`--trust`, and the question on the terminal in its place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runtime.model.text.printable import printable
from workbench.command_line.messages import show_problem

if TYPE_CHECKING:
    from runtime.model.linked import LinkedFlow
    from runtime.opening.trust.trust import Admit, ProjectTrust
    from runtime.protocol.trust_question import TrustQuestion

_Command = TypeVar("_Command", bound=Callable[..., Any])


def trust_option(function: _Command) -> _Command:
    """Gives a command the flag `--trust`."""
    return click.option(
        "--trust",
        is_flag=True,
        help="Give the project, this time, what its grants ask for beyond its folder.",
    )(function)


def admission(*, trust: bool) -> Admit:
    """Lets a flow have its grants: with `--trust`, or when its user agreed, now or before.

    Without a terminal nobody is asked, and what is not agreed to raises `StudioError`.
    """

    from runtime.opening.trust.trust import ProjectTrust

    def admit(flow: LinkedFlow) -> LinkedFlow:
        project = ProjectTrust(Path(flow.manifest), trusted=trust)
        question = project.about_grants(flow)
        if question is not None:
            answer = project.answer(question)
            _show_problem(project)
            if answer is None and _can_ask():
                project.remember(question, _ask(question))
                _show_problem(project)
        return project.require(flow)

    return admit


def _show_problem(project: ProjectTrust) -> None:
    for problem in project.take_problem():
        show_problem(problem)


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(question: TrustQuestion) -> bool:
    lines = [
        f"{question.project} asks for what lies beyond its folder:",
        *(f"  {sentence}" for sentence in question.asked),
    ]
    print("\n".join(printable(line) for line in lines), file=sys.stderr)
    print("Give it? The answer is remembered. [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
