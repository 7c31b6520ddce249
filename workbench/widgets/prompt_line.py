"""One line at the foot of the screen into which a search or a command is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from workbench.text.lines import Line, StyleRole, line, width_of
from workbench.widgets.label import LineLabel


class PromptLine(Horizontal):
    """Hidden until it is opened; tells what is typed, and at the right shows what is said of it."""

    takes_typed_ahead: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("tab", "turn", "turn"),
        Binding("up", "past(-1)", "earlier"),
        Binding("down", "past(1)", "later"),
    ]

    class Typed(Message):
        """The text is another one."""

        def __init__(self, prompt: PromptLine, text: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

    class Taken(Typed):
        """Enter was pressed."""

    class Left(Message):
        """Escape was pressed: nothing of it shall stay."""

    class Turned(Typed):
        """Tab was pressed."""

    class Wandered(Typed):
        """Up or down was pressed: `step` is -1 or 1."""

        def __init__(self, prompt: PromptLine, text: str, step: int) -> None:
            super().__init__(prompt, text)
            self.step = step

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="prompt")
        self._sign = LineLabel(classes="prompt-sign")
        self._input = Input(classes="prompt-text", compact=True)
        self._said = LineLabel(classes="prompt-said")
        self.display = False

    def compose(self) -> ComposeResult:
        """Sign, text, what is said."""
        yield self._sign
        yield self._input
        yield self._said

    @property
    def text(self) -> str:
        """What was typed."""
        return self._input.value

    def open(self, sign: str, text: str = "") -> None:
        """Take the keys, with a text to begin with."""
        self._sign.lines = (line((f" {sign} ", StyleRole.KEY)),)
        self.say(())
        self.display = True
        self._input.value = text
        self._input.cursor_position = len(text)
        # At once, since what was typed behind the key that opened it is next; and with a message of
        # its own, since a pane's focus may be on its way.
        self.screen.set_focus(self._input)
        self._input.focus()

    def close(self) -> None:
        """Give the keys back; whoever opened it says to whom."""
        self.display = False

    def put(self, text: str) -> None:
        """Put a text in place of what was typed."""
        self._input.value = text
        self._input.cursor_position = len(text)

    def say(self, words: Line) -> None:
        """Show something at the right."""
        self._said.lines = (words,)
        self._said.styles.width = min(width_of(words) + 1, max(self.size.width * 2 // 3, 10))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell it."""
        event.stop()
        if self.display:
            self.post_message(self.Typed(self, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell it."""
        event.stop()
        self.post_message(self.Taken(self, event.value))

    def action_leave(self) -> None:
        """Tell that nothing shall stay."""
        self.post_message(self.Left())

    def action_turn(self) -> None:
        """Tell it."""
        self.post_message(self.Turned(self, self.text))

    def action_past(self, step: int) -> None:
        """Tell it."""
        self.post_message(self.Wandered(self, self.text, step))
