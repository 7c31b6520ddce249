"""A question that is answered in one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from workbench.text.earlier_texts import EarlierTexts
from workbench.text.lines import StyleRole, line
from workbench.text.wrapping import wrap_words
from workbench.widgets.label import LineLabel

HINT_ROWS = 2


class Hint(NamedTuple):
    """What is said of the text while it is typed."""

    words: str
    good: bool
    """True when Enter takes it."""
    fault: bool = True
    """False where a text that is not good is only not finished."""


class AskScreen(ModalScreen[str | None]):
    """Gives back the text, or None; `check` is asked at each change."""

    takes_typed_ahead: ClassVar[bool] = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", priority=True),
        Binding("up", "earlier(-1)", "earlier"),
        Binding("down", "earlier(1)", "later"),
    ]

    def __init__(
        self,
        title: str,
        placeholder: str,
        check: Callable[[str], Hint],
        earlier: Sequence[str] = (),
    ) -> None:
        """`earlier` texts, newest last, are gone through with up and down."""
        super().__init__()
        self._earlier = EarlierTexts(earlier)
        self._title = title
        self._placeholder = placeholder
        self._check = check
        self._value = ""
        self._hint = LineLabel(id="ask-hint")

    def begin_with(self, text: str) -> None:
        """Have this text stand there when it opens."""
        self._value = text

    def compose(self) -> ComposeResult:
        """The line, and what is said of it."""
        with Vertical(id="ask") as box:
            box.border_title = self._title
            box.border_subtitle = "enter does it   esc closes"
            yield Input(self._value, placeholder=self._placeholder, id="ask-text", classes="field")
            yield self._hint

    def on_mount(self) -> None:
        """The line has the keys."""
        self.query_one(Input).focus()

    def on_resize(self) -> None:
        """The hint is cut for the width."""
        self.call_after_refresh(self._tell)

    def on_input_changed(self) -> None:
        """Say what the text means."""
        self._tell()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give a good text back."""
        if self._check(event.value).good:
            self.dismiss(event.value)

    def action_earlier(self, step: int) -> None:
        """Put an earlier text in place of what stands there."""
        field = self.query_one(Input)
        text = self._earlier.go(step, field.value)
        if text is not None:
            field.value = text
            field.cursor_position = len(text)

    def action_close(self) -> None:
        """Close without an answer."""
        self.dismiss(None)

    def _tell(self) -> None:
        hint = self._check(self.query_one(Input).value)
        sign, role = ("x", StyleRole.BAD) if hint.fault and not hint.good else ("-", StyleRole.DIM)
        rows = wrap_words(hint.words, max(self._hint.size.width - 4, 10))[:HINT_ROWS]
        self._hint.lines = tuple(
            line((f" {sign if not index else ' '} {row}", role)) for index, row in enumerate(rows)
        )
