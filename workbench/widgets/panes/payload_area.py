"""The editor of a payload."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import TextArea

from workbench.payloads.typed_text import can_be_typed

WRAPPED_LINE = 8_192
"""A longer line is not wrapped: cutting it again at each key takes too long."""


class PayloadArea(TextArea):
    """Text of a payload: what is pasted loses its control codes, which no terminal shall get."""

    class LeftOut(Message):
        """Characters of a pasted text were left out."""

        def __init__(self, characters: int) -> None:
            super().__init__()
            self.characters = characters

    def load(self, text: str) -> None:
        """Show a text, with no way to undo that."""
        self.soft_wrap = max(map(len, text.split("\n")), default=0) <= WRAPPED_LINE
        self.load_text(text)

    async def _on_paste(self, event: events.Paste) -> None:
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        kept = "".join(filter(can_be_typed, text))
        event.prevent_default()
        event.stop()
        await super()._on_paste(events.Paste(kept))
        if len(kept) < len(text):
            self.post_message(self.LeftOut(len(text) - len(kept)))
