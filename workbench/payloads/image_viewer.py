"""Images: what their headers say, above the picture or above their bytes."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import PayloadDocument, PayloadPlace
from workbench.payloads.documents.lines_document import LinesDocument
from workbench.payloads.hex_viewer import HexDocument
from workbench.payloads.images.decoding import NotDecodedError, decode
from workbench.payloads.images.image_facts import ImageFacts, image_facts
from workbench.payloads.images.picture import Picture, PictureLines
from workbench.payloads.viewer import PayloadPart
from workbench.text.lines import Line, StyleRole, line


class ImageViewer:
    """Shows what begins like an image."""

    name = "image"

    def accepts(self, part: PayloadPart) -> bool:
        """True for PNG, JPEG, GIF, WebP and BMP, by their first bytes."""
        return not part.offset and image_facts(part.data) is not None

    def open(self, part: PayloadPart, deadline: Deadline) -> PayloadDocument:
        """Facts as a heading, and the bytes."""
        facts = image_facts(part.data)
        if facts is None:
            raise ValueError("no image")
        return ImageDocument(part.data, facts)


class ImageDocument(HexDocument):
    """The bytes of an image, under what its header says."""

    name = "image"

    def __init__(self, data: bytes, facts: ImageFacts, not_drawn: str = "") -> None:
        super().__init__(data)
        self.facts = facts
        self._not_drawn = not_drawn

    def heading(self) -> tuple[Line, ...]:
        """What the header says, and why there is no picture where one was asked for."""
        facts = line((self.facts.words, StyleRole.STRONG))
        if not self._not_drawn:
            return (facts,)
        return (facts, line((f"Not drawn: {self._not_drawn}.", StyleRole.WARN)))

    def decoded(self, unable: str) -> PayloadDocument:
        """The picture in place of the bytes, or the bytes with the reason why not.

        `unable` says why the terminal shows none, or "". For any thread: takes seconds at most.
        """
        if unable:
            return ImageDocument(self.data, self.facts, unable)
        try:
            picture = decode(self.data, self.facts)
        except NotDecodedError as error:
            return ImageDocument(self.data, self.facts, str(error))
        return PictureDocument(picture, self.facts)


class PictureDocument(LinesDocument):
    """An image, drawn as large as the room is."""

    def __init__(self, picture: Picture, facts: ImageFacts) -> None:
        super().__init__(ImageViewer.name, self._drawn)
        self._picture = picture
        self._facts = facts

    def _drawn(self, cells: int) -> Sequence[Line]:
        _, lines = self._room
        return PictureLines(self._picture, cells, cells if lines is None else lines)

    def heading(self) -> tuple[Line, ...]:
        """What the header says."""
        note = f"  {self._picture.note}" if self._picture.note else ""
        return (line((self._facts.words, StyleRole.STRONG), (note, StyleRole.DIM)),)

    def place(self, row: int) -> PayloadPlace:
        """All of it: no row of a picture is something of its own."""
        return PayloadPlace("picture", "", self._facts.words)

    @property
    def data(self) -> bytes:
        """Nothing: a picture has no text; its bytes are searched as hexadecimal."""
        return b""

    def offset_of(self, row: int) -> int:
        """The beginning."""
        return 0

    def row_at(self, offset: int, deadline: Deadline) -> int:
        """The first row."""
        return 0
