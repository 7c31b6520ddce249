"""Text as it is, in the colours of its language."""

from __future__ import annotations

from workbench.payloads.deadline import Deadline
from workbench.payloads.highlight import text_lines
from workbench.payloads.lexers import lexer_for
from workbench.payloads.viewer import PayloadPart
from workbench.text.lines import Line


class TextViewer:
    """Changes nothing but control codes, which it shows as signs."""

    name = "raw"

    def accepts(self, part: PayloadPart) -> bool:
        """True for UTF-8 without NUL."""
        return part.text is not None

    def lines(self, part: PayloadPart, cells: int, deadline: Deadline) -> list[Line]:
        """The lines of the text, cut where they are too long."""
        return text_lines(part.text or "", lexer_for(part), cells, deadline)
