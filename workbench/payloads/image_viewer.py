"""Images: what their headers say, above their bytes."""

from __future__ import annotations

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.hex_viewer import HexDocument
from workbench.payloads.images.image_facts import ImageFacts, image_facts
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

    def __init__(self, data: bytes, facts: ImageFacts) -> None:
        super().__init__(data)
        self.facts = facts

    def heading(self) -> tuple[Line, ...]:
        """What the header says."""
        return (line((self.facts.words, StyleRole.STRONG)),)
