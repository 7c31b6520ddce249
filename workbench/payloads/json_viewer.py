"""JSON with one value a line."""

from __future__ import annotations

import re

from pygments.lexers.data import JsonLexer

from runtime.model.text.json_text import NO_JSON, json_document
from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.text_document import TextDocument
from workbench.payloads.viewer import PayloadPart

_NEXT = re.compile(r"\S")

MOST_TIMES = 8
"""A text that would get longer than so many times is not indented: it is nested that deeply."""
MOST_BYTES = 262_144
"""Longer texts are looked into as a tree: indenting them takes too long."""
LEAST_CHARACTERS = 4_096
"""Up to so many characters it may get longer in any case."""


def is_json(part: PayloadPart) -> bool:
    """True for text that is called JSON, or that looks like it and is called nothing else.

    A part of a large payload cannot be parsed, so this asks for no more than the first sign.
    """
    if part.text is None:
        return False
    if part.media_type.endswith("json"):
        return True
    return part.media_type in ("", "text/plain") and part.text.lstrip()[:1] in ("{", "[")


class JsonViewer:
    """Every token stays as it was written; only the space between them changes."""

    name = "formatted"

    def accepts(self, part: PayloadPart) -> bool:
        """True for JSON that is not too long to be read twice."""
        return is_json(part) and len(part.data) <= MOST_BYTES

    def open(self, part: PayloadPart, deadline: Deadline) -> PayloadDocument:
        """One value a line; what is no whole JSON text, as it is."""
        return TextDocument(self.name, reindent(part.text or ""), JsonLexer(), deadline)


def reindent(text: str) -> str:
    """A JSON object or array with one value a line, every token as it was; other text as it is.

    So is a text nested so deeply that the spaces would be most of it.
    """
    if json_document(text) is NO_JSON:
        return text
    made: list[str] = []
    left = max(len(text) * MOST_TIMES, LEAST_CHARACTERS)
    depth = 0
    quoted = escaped = False
    for index, character in enumerate(text):
        if quoted:
            made.append(character)
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character in "{[":
            after = _NEXT.search(text, index + 1)
            empty = after is not None and after[0] in "}]"
            depth += 1
            left -= 2 * depth
            made.append(character if empty else character + _break(depth))
        elif character in "}]":
            depth -= 1
            left -= 2 * depth
            made.append(character if made[-1][-1] in "{[" else _break(depth) + character)
        elif character == ",":
            left -= 2 * depth
            made.append("," + _break(depth))
        elif character == ":":
            made.append(": ")
        elif not character.isspace():
            made.append(character)
            quoted = character == '"'
        if left < 0:
            return text
    return "".join(made)


def _break(depth: int) -> str:
    return "\n" + "  " * depth
