"""`q` where something ends with the workbench: what that is, and whether to keep it."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from runtime.model.files.project_files import STUDIO_FOLDER
from runtime.model.text.plurals import counted, word_for
from workbench.text.lines import Line, StyleRole, line, pad
from workbench.text.wrapping import wrap_words
from workbench.view import View
from workbench.widgets.label import LineLabel

WHAT_CELLS = 12

QUIT = "quit"
"""What the question is about, unless another file is opened."""

SAVED = f"into {STUDIO_FOLDER}/, in place of those of last time; --restore brings them back"
"""Where the branches go."""

MOST_PLACES = 5
"""Places that are named; the others are counted."""


class QuitAnswer(StrEnum):
    """What the user wants."""

    SAVE = "save"
    DISCARD = "discard"


class Ending(NamedTuple):
    """Something that ends with the workbench."""

    what: str
    details: str


def endings(view: View) -> tuple[Ending, ...]:
    """What would be lost: other branches, and what was changed or marked."""
    timeline = view.timeline if view.ready else None
    if timeline is None:
        return ()
    found = []
    if len(timeline.branches) > 1:
        each = (
            f"branch {info.number}, {counted(info.calls, 'call')}" for info in timeline.branches
        )
        found.append(Ending(f"{len(timeline.branches)} branches", "; ".join(each)))
    if timeline.changes:
        found.append(Ending(counted(timeline.changes, "change"), "of elements, by you"))
    marks = [mark for mark in timeline.marks if mark <= timeline.calls]
    if marks:
        places = [f"{place:,}" for place in marks[:MOST_PLACES]]
        if len(marks) > MOST_PLACES:
            places.append(f"{len(marks) - MOST_PLACES:,} more")
        head = word_for(len(marks), "call")
        said = f"at {head} {_listed(places)}; the numbers are remembered"
        found.append(Ending(counted(len(marks), "mark"), said))
    return tuple(found) if len(timeline.branches) > 1 or timeline.changes or marks else ()


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


class QuitScreen(ModalScreen[QuitAnswer | None]):
    """Gives back what to do; None stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "answer('save')", "save"),
        Binding("d", "answer('discard')", "discard"),
        Binding("escape,n,q,enter", "stay", "stay"),
    ]

    def __init__(self, ending: tuple[Ending, ...], *, running: bool, what: str = QUIT) -> None:
        super().__init__()
        self._what = what
        self._ending = ending
        self._flow_runs = running
        self._text = LineLabel(id="quit-text")

    def compose(self) -> ComposeResult:
        """What ends, and the keys."""
        with Vertical(id="quit") as box:
            box.border_title = f"{capitalized(self._what)}?"
            yield self._text

    def on_resize(self) -> None:
        """The text is wrapped for the width."""
        self.call_after_refresh(self._write)

    def action_answer(self, answer: str) -> None:
        """Close with the answer."""
        self.dismiss(QuitAnswer(answer))

    def action_stay(self) -> None:
        """Close and stay."""
        self.dismiss(None)

    def _write(self) -> None:
        rows = quit_rows(
            self._ending, running=self._flow_runs, cells=self._text.size.width, what=self._what
        )
        self._text.lines = rows
        self._text.styles.height = len(rows)


def capitalized(words: str) -> str:
    """The words with a capital at the start, the names in them as they are."""
    return words[:1].upper() + words[1:]


def quit_rows(
    ending: tuple[Ending, ...], *, running: bool, cells: int, what: str = QUIT
) -> tuple[Line, ...]:
    """What ends with the workbench, or with its present session, and what can be done."""
    rows: list[Line] = [line((" The flow is running.", StyleRole.WARN))] if running else []
    whole = "the workbench" if what == QUIT else "this session"
    rows += [line((f" These end with {whole}:", StyleRole.TEXT)), ()]
    for lost, details in ending:
        for index, piece in enumerate(wrap_words(details, max(cells - WHAT_CELLS - 4, 10))):
            head = pad(lost if not index else "", WHAT_CELLS)
            rows.append(line((f"   {head} ", StyleRole.STRONG), (piece, StyleRole.DIM)))
    rows.append(())
    for key, words in (
        ("s", f"save every branch with its changes and marks, and {what}: {SAVED}"),
        ("d", f"discard, and {what}"),
        ("esc", "stay"),
    ):
        for index, piece in enumerate(wrap_words(words, max(cells - 7, 10))):
            rows.append(line((f" {pad(key if not index else '', 3)}", StyleRole.KEY), f"  {piece}"))
    return tuple(rows)
