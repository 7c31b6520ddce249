"""Text as it is, in the colours of its language."""

from __future__ import annotations

from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_mimetype
from pygments.lexers.data import JsonLexer
from pygments.util import ClassNotFound

from workbench.payloads.highlight import text_lines
from workbench.payloads.json_viewer import is_json
from workbench.payloads.viewer import PayloadPart
from workbench.text.lines import Line


class TextViewer:
    """Changes nothing but control codes, which it shows as signs."""

    name = "raw"

    def accepts(self, part: PayloadPart) -> bool:
        """True for UTF-8 without NUL."""
        return part.text is not None

    def lines(self, part: PayloadPart, cells: int) -> list[Line]:
        """The lines of the text, cut where they are too long."""
        lexer = JsonLexer() if is_json(part) else _lexer(part.media_type)
        return text_lines(part.text or "", lexer, cells)


@lru_cache(maxsize=64)
def _lexer(media_type: str) -> Lexer | None:
    try:
        return get_lexer_for_mimetype(media_type)
    except ClassNotFound:
        return None
