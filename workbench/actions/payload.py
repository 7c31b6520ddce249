"""What can be done where a whole payload is looked into: keys, labels, help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from runtime.model.lazy.dataclass import dataclass


class PayloadActions(Protocol):
    """What an action may ask of the screen with the payload."""

    def move(self, across: int, down: int) -> None:
        """Move the cursor; across folds, or goes to another column."""
        ...

    def page(self, pages: int) -> None:
        """Move by pages."""
        ...

    def jump(self, end: bool) -> None:
        """Go to the first or to the last row."""
        ...

    def fold(self) -> None:
        """Open or fold what is under the cursor."""
        ...

    def fold_all(self) -> None:
        """Open everything, or fold it."""
        ...

    def next_view(self) -> None:
        """Show the payload in the next way; of a difference, the differences only."""
        ...

    def show_view(self, number: int) -> None:
        """Show it in a way by its number, from 1."""
        ...

    def find(self) -> None:
        """Ask what to look for."""
        ...

    def go_on(self, step: int) -> None:
        """Go to the next find, or to the next difference; -1 to the one before."""
        ...

    def copy_value(self) -> None:
        """Copy the value under the cursor."""
        ...

    def copy_path(self) -> None:
        """Copy the path of the value under the cursor."""
        ...

    def save(self) -> None:
        """Save the whole payload to a file."""
        ...

    def break_here(self) -> None:
        """Ask for a breakpoint with a condition on the value under the cursor."""
        ...

    def edit(self) -> None:
        """Edit the element's payload."""
        ...

    def sort(self) -> None:
        """Sort a table by the column of the cursor."""
        ...

    def show_keys(self) -> None:
        """Show what can be done."""
        ...

    def leave(self) -> None:
        """Go back: from a search, then from the payload."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadAction:
    """One thing a user can do with a payload."""

    id: str
    keys: tuple[str, ...]
    """Textual key names; the first is the one that is shown."""
    label: str
    help: str
    do: Callable[[PayloadActions], None]
    footer: bool = False


PAYLOAD: tuple[PayloadAction, ...] = (
    PayloadAction(id="payload-fold", keys=("enter", "space"), label="fold", footer=True,
                  help="Open or fold the object or array under the cursor.",
                  do=lambda to: to.fold()),
    PayloadAction(id="payload-all", keys=("z",), label="all", footer=True,
                  help="Open everything, or fold it again.",
                  do=lambda to: to.fold_all()),
    PayloadAction(id="payload-sort", keys=("vertical_line",), label="sort", footer=True,
                  help="Sort the table by the column of the cursor; again downwards.",
                  do=lambda to: to.sort()),
    PayloadAction(id="payload-find", keys=("slash",), label="find", footer=True,
                  help="Find text, /regex/, or records: cpu > 95.",
                  do=lambda to: to.find()),
    PayloadAction(id="payload-next", keys=("n",), label="next", footer=True,
                  help="Go to the next find, or to the next difference.",
                  do=lambda to: to.go_on(1)),
    PayloadAction(id="payload-before", keys=("N",), label="before",
                  help="Go to the find or difference before.",
                  do=lambda to: to.go_on(-1)),
    PayloadAction(id="payload-view", keys=("v",), label="view", footer=True,
                  help="Show it in the next way; of a difference, the differences only.",
                  do=lambda to: to.next_view()),
    PayloadAction(id="payload-copy", keys=("y",), label="value", footer=True,
                  help="Copy the value under the cursor.",
                  do=lambda to: to.copy_value()),
    PayloadAction(id="payload-path", keys=("Y",), label="path", footer=True,
                  help="Copy the path of the value under the cursor.",
                  do=lambda to: to.copy_path()),
    PayloadAction(id="payload-save", keys=("w",), label="save", footer=True,
                  help="Save all of the payload to a file; none is written over.",
                  do=lambda to: to.save()),
    PayloadAction(id="payload-edit", keys=("e",), label="edit", footer=True,
                  help="Edit the payload, while the element waits in a queue.",
                  do=lambda to: to.edit()),
    PayloadAction(id="payload-break", keys=("b",), label="break", footer=True,
                  help="Set a breakpoint with a condition on the value under the cursor.",
                  do=lambda to: to.break_here()),
    PayloadAction(id="payload-up", keys=("up", "k"), label="up", help="Move up.",
                  do=lambda to: to.move(0, -1)),
    PayloadAction(id="payload-down", keys=("down", "j"), label="down", help="Move down.",
                  do=lambda to: to.move(0, 1)),
    PayloadAction(id="payload-left", keys=("left", "h"), label="left",
                  help="Fold, go to what holds this, or to the column before.",
                  do=lambda to: to.move(-1, 0)),
    PayloadAction(id="payload-right", keys=("right", "l"), label="right",
                  help="Open, or go to the next column.",
                  do=lambda to: to.move(1, 0)),
    PayloadAction(id="payload-page-up", keys=("pageup",), label="page up",
                  help="Move a page up.", do=lambda to: to.page(-1)),
    PayloadAction(id="payload-page-down", keys=("pagedown",), label="page down",
                  help="Move a page down.", do=lambda to: to.page(1)),
    PayloadAction(id="payload-top", keys=("g", "home"), label="top",
                  help="Go to the first row.", do=lambda to: to.jump(False)),
    PayloadAction(id="payload-end", keys=("G", "end"), label="end",
                  help="Go to the last row: everything is read.", do=lambda to: to.jump(True)),
    PayloadAction(id="payload-keys", keys=("question_mark", "f1"), label="help",
                  help="Show what can be done here.", do=lambda to: to.show_keys()),
    PayloadAction(id="payload-leave", keys=("escape", "q"), label="back",
                  help="Forget what was searched for, then go back.",
                  do=lambda to: to.leave()),
)  # fmt: skip
"""In the order of the help. Digits choose a way to show the payload."""
