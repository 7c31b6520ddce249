"""What a command of the command line is, and what it may ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.requests import Request
from workbench.actions.context import Context
from workbench.arrangement.arrange import LayoutName
from workbench.view import CallRef, EdgeRef, NodeRef


class CommandTarget(Protocol):
    """What commands turn to."""

    @property
    def context(self) -> Context:
        """The present context."""
        ...

    def do(self, action_id: str) -> None:
        """Do an action of the table."""
        ...

    def send(self, request: Request) -> None:
        """Send a request to the session."""
        ...

    def select(self, target: NodeRef | EdgeRef | CallRef) -> None:
        """Select a node, an edge or a call, and bring it into view."""
        ...

    def notify(self, words: str) -> None:
        """Show something in the status line."""
        ...

    def open_file(self, path: Path) -> None:
        """Leave what is open for a manifest or a recording, after the questions of `q`."""
        ...

    def compare_with(self, recording: Path) -> None:
        """Compare the present branch with a recording."""
        ...

    def take_theme(self, name: str) -> None:
        """Take a theme by its name."""
        ...

    def take_layout(self, name: LayoutName) -> None:
        """Take a layout by its name."""
        ...

    def save_branches(self) -> None:
        """Save every branch next to the manifest, and go on."""
        ...

    @property
    def folder(self) -> Path:
        """Where relative file names begin."""
        ...


def no_words(target: CommandTarget) -> Sequence[str]:
    """Nothing to complete."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A word, and what it does with the rest of the line."""

    name: str
    arguments: str = ""
    """As the list of commands shows them: `N | +N | -N | N%`."""
    help: str
    run: Callable[[CommandTarget, str], str]
    """Does it; gives back why not, or ""."""
    words: Callable[[CommandTarget], Sequence[str]] = no_words
    """What the first argument may be, for completion."""
    fault: Callable[[CommandTarget, str], str] | None = None
    """Why the command cannot be done with what is typed of its arguments so far, in lines; ""
    where it can."""
    paths: Callable[[CommandTarget, str], Sequence[str]] | None = None
    """Where it is a file instead: the paths that what was typed of it may become."""
