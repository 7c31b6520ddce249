"""What a payload viewer is, and what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from workbench.payloads.deadline import Deadline
from workbench.text.lines import Line


def is_text(data: bytes) -> bool:
    """True for UTF-8 without NUL; a character cut off at the end of a part is forgiven."""
    if b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return bool(data) and error.reason == "unexpected end of data"
    return True


@dataclass(frozen=True)
class PayloadPart:
    """A payload, or as much of a large one as was read."""

    data: bytes
    content_type: str = ""
    """As the component gave it; empty when it gave none."""
    offset: int = 0
    """Bytes of the payload before this part."""

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()

    @cached_property
    def text(self) -> str | None:
        """The part as text, without a character that was cut off; None when it is no text."""
        return self.data.decode("utf-8", "ignore") if is_text(self.data) else None


def payload_text(part: PayloadPart) -> str:
    """A payload as text for a clipboard: as it is, or in hexadecimal where it is no text."""
    return part.data.hex(" ") if part.text is None else part.data.decode("utf-8", "replace")


class PayloadViewer(Protocol):
    """One way to show payloads; `workbench.payloads.registry` lists them all."""

    @property
    def name(self) -> str:
        """A word for the heading, its own among all viewers."""
        ...

    def accepts(self, part: PayloadPart) -> bool:
        """True when this viewer has something to show of such a payload."""
        ...

    def lines(self, part: PayloadPart, cells: int, deadline: Deadline) -> Sequence[Line]:
        """The part in rows of at most `cells` cells, printable on a terminal.

        For any thread. Looks at the deadline; raises `TookTooLongError`. `LazyLines` where there
        can be many and each can be made by itself: a pane makes those in sight.
        """
        ...
