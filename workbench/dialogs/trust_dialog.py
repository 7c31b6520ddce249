"""A question about a project that is somebody else's, perhaps."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen

from runtime.protocol.trust_question import TrustKind, TrustQuestion
from workbench.text.excerpt import excerpt
from workbench.text.lines import Line, StyleRole, line
from workbench.text.wrapping import wrap_words
from workbench.widgets.label import LineLabel

_MOST_ASKED = 50
"""Sentences that are shown; the others are counted."""
_SENTENCE_CHARACTERS = 400

_TEXTS: dict[TrustKind, tuple[str, str, str]] = {
    TrustKind.GRANTS: (
        "Grants beyond the project's folder",
        "This project's manifest asks for:",
        "n opens the flow with these denied.",
    ),
    TrustKind.BUILD: (
        "First build of this project",
        "Building runs the project's own commands, with all that you may do:",
        "n builds nothing; the verb `build` does not ask.",
    ),
}


class TrustScreen(ModalScreen[bool]):
    """Answers True for `y` alone: Enter, Esc and `n` decline."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,enter,escape,q", "answer(False)", "no"),
        Binding("up,k", "scroll(-1)", "up"),
        Binding("down,j", "scroll(1)", "down"),
    ]

    def __init__(self, question: TrustQuestion) -> None:
        super().__init__()
        self._question = question
        self._text = LineLabel(id="trust-text")

    def compose(self) -> ComposeResult:
        """What is asked for, and the keys under it."""
        keys = LineLabel(id="trust-keys")
        keys.lines = (
            line(
                (" y", StyleRole.KEY),
                (" yes    ", StyleRole.DIM),
                ("n", StyleRole.KEY),
                (" no    the answer is remembered", StyleRole.DIM),
            ),
        )
        with Vertical(id="trust") as box:
            box.border_title = _TEXTS[self._question.kind][0]
            with VerticalScroll(id="trust-scroll", can_focus=False):
                yield self._text
            yield keys

    def on_resize(self) -> None:
        """The text is wrapped for the width."""
        self.call_after_refresh(self._write)

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)

    def action_scroll(self, rows: int) -> None:
        """Look at what does not fit."""
        self.query_one("#trust-scroll").scroll_relative(y=rows, animate=False)

    def _write(self) -> None:
        cells = max(self._text.size.width - 2, 20)
        question = self._question
        _, head, foot = _TEXTS[question.kind]
        asked = [excerpt(text, _SENTENCE_CHARACTERS) for text in question.asked[:_MOST_ASKED]]
        if len(question.asked) > _MOST_ASKED:
            asked.append(f"and {len(question.asked) - _MOST_ASKED} more")
        rows: list[Line] = [
            *_rows(excerpt(question.project, _SENTENCE_CHARACTERS), cells, StyleRole.DIM),
            *_rows(head, cells, StyleRole.TEXT),
            (),
        ]
        for sentence in asked:
            rows += _rows(sentence, cells, StyleRole.STRONG, first="- ")
        rows += [(), *_rows(foot, cells, StyleRole.DIM)]
        self._text.lines = tuple(rows)
        self._text.styles.height = len(rows)


def _rows(text: str, cells: int, role: StyleRole, *, first: str = "") -> list[Line]:
    """The text in as many rows as it takes."""
    pieces = wrap_words(text, cells - len(first) - 1)
    lead = [first, " " * len(first)]
    return [line((f" {lead[min(i, 1)]}{piece}", role)) for i, piece in enumerate(pieces)]
