"""A question with yes and no."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from workbench.text.lines import StyleRole, line
from workbench.widgets.label import LineLabel


class ConfirmScreen(ModalScreen[bool]):
    """Answers True for `y` or Enter, False for `n` or Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "yes"),
        Binding("n,escape,q", "answer(False)", "no"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question and the keys."""
        label = LineLabel(id="question")
        keys = line(
            ("  y", StyleRole.KEY),
            (" yes    ", StyleRole.DIM),
            ("n", StyleRole.KEY),
            (" no", StyleRole.DIM),
        )
        label.lines = ((), line((f"  {self._question}", StyleRole.STRONG)), (), keys, ())
        with Vertical(id="confirm"):
            yield label

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)
