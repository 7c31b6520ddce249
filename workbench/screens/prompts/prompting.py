"""The line at the foot of the screen, and who is typed to."""

from __future__ import annotations

from abc import ABC, abstractmethod

from workbench.screens.panes import Panes
from workbench.widgets.footer_bar import FooterBar
from workbench.widgets.prompt_line import PromptLine


class Prompted(ABC):
    """Takes what is typed into the line."""

    sign: str
    """What stands before the text."""

    @abstractmethod
    def begin(self) -> None:
        """Open the line."""

    @abstractmethod
    def typed(self, text: str) -> None:
        """The text is another one."""

    @abstractmethod
    def taken(self, text: str) -> None:
        """Enter was pressed; the line is closed."""

    @abstractmethod
    def left(self) -> None:
        """Escape was pressed; the line is closed."""

    @abstractmethod
    def turned(self, text: str) -> None:
        """Tab was pressed."""

    @abstractmethod
    def wandered(self, text: str, step: int) -> None:
        """Up (-1) or down (1) was pressed."""

    def refused(self, text: str) -> bool:
        """True where Enter takes nothing: the line stays, and says why."""
        return False


class Prompting:
    """Hands the line to one of those who can be typed to."""

    def __init__(self, panes: Panes, prompt: PromptLine) -> None:
        self._panes = panes
        self._prompt = prompt
        self._to: Prompted | None = None

    def open(self, to: Prompted) -> None:
        """Let the line be for somebody; who had it keeps what was typed."""
        before = self._to
        if before is not None and before is not to:
            before.taken(self._prompt.text)
        self._to = to
        self._show_footer(False)
        to.begin()
        if not self._prompt.display:
            self._close()

    def _show_footer(self, shown: bool) -> None:
        """Show the footer, or leave its place to what is typed."""
        self._panes.query_one(FooterBar).display = shown

    def _close(self) -> None:
        self._prompt.close()
        self._show_footer(True)
        self._to = None

    def take(self, message: PromptLine.Typed | PromptLine.Left) -> None:
        """Something was pressed in the line."""
        to = self._to
        if to is None:
            return
        match message:
            case PromptLine.Left():
                self._close()
                to.left()
            case PromptLine.Taken(text=text):
                if not to.refused(text):
                    self._close()
                    to.taken(text)
            case PromptLine.Turned(text=text):
                to.turned(text)
            case PromptLine.Wandered(text=text, step=step):
                to.wandered(text, step)
            case _:
                to.typed(message.text)
