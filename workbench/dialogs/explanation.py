"""A code explained: what it means, what to do, an example."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen

from runtime.model.codes import Code
from workbench.text.code_explanations import explanation_lines
from workbench.text.lines import Line, StyleRole, line
from workbench.text.wrapping import wrap_words
from workbench.widgets.label import LineLabel

CELLS = 70
"""Width of its text."""


class ExplanationScreen(ModalScreen[None]):
    """Closed by Esc, Enter or `q`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q", "dismiss", "close")]

    def __init__(self, code: Code) -> None:
        super().__init__()
        self._code = code

    def compose(self) -> ComposeResult:
        """The explanation, and the key."""
        label = LineLabel(id="explanation-text")
        label.lines = explanation_rows(self._code)
        label.styles.height = len(label.lines)
        with Vertical(id="explanation"), VerticalScroll(id="explanation-scroll"):
            yield label


def explanation_rows(code: Code) -> tuple[Line, ...]:
    """Headings strong, text wrapped by words."""
    rows: list[Line] = [()]
    for text in explanation_lines(code):
        role = StyleRole.TEXT if text.startswith(" ") else StyleRole.STRONG
        indent = text[: len(text) - len(text.lstrip())]
        pieces = wrap_words(text.strip(), CELLS - len(indent)) or [""]
        rows += [line((f" {indent}{piece}", role)) for piece in pieces]
    keys = line(("  esc", StyleRole.KEY), (" closes", StyleRole.DIM))
    return (*rows, (), keys)
