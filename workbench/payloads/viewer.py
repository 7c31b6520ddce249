"""What a payload viewer is, and what it is given."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from runtime.model.lazy.dataclass import dataclass
from workbench.payloads.deadline import Deadline

if TYPE_CHECKING:
    from workbench.payloads.documents.document import PayloadDocument
    from workbench.payloads.documents.json_members import Members


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
    size: int | None = None
    """Bytes of the whole payload; None where this is all."""

    @property
    def whole(self) -> bool:
        """True when this is all of the payload."""
        return self.size is None or (not self.offset and len(self.data) >= self.size)

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()

    @cached_property
    def text(self) -> str | None:
        """The part as text, without a character that was cut off; None when it is no text."""
        return self.data.decode("utf-8", "ignore") if is_text(self.data) else None

    @cached_property
    def latin(self) -> str:
        """The bytes as Latin-1: a character each, at the offset that it has in the part."""
        return self.data.decode("latin-1")

    @cached_property
    def json_root(self) -> Members | None:
        """The JSON object or array that it begins with, read as far as its first members.

        None where none begins. Read once, since that may take a tenth of a second.
        """
        from workbench.payloads.documents.json_members import CHUNK, Members

        text = self.latin
        try:
            members = Members(text, len(text) - len(text.lstrip(" \t\n\r")))
        except ValueError:
            return None
        members.read(CHUNK)
        return members


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

    def open(self, part: PayloadPart, deadline: Deadline) -> PayloadDocument:
        """The payload, to be looked into.

        For any thread. Looks at the deadline; raises `TookTooLongError`.
        """
        ...
