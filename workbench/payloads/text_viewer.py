"""Text as it is, in the colours of its language."""

from __future__ import annotations

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.text_document import TextDocument
from workbench.payloads.lexers import lexer_for
from workbench.payloads.viewer import PayloadPart


class TextViewer:
    """Changes nothing but control codes, which it shows as signs."""

    name = "raw"

    def accepts(self, part: PayloadPart) -> bool:
        """True for UTF-8 without NUL."""
        return part.text is not None

    def open(self, part: PayloadPart, deadline: Deadline) -> PayloadDocument:
        """The lines of the text, cut where they are too long."""
        return TextDocument(self.name, part.text or "", lexer_for(part), deadline)
