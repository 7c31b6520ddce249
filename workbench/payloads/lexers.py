"""The languages that payloads are coloured in: those whose lexers are linear, whatever the payload.

A content type is chosen by a component, so it must not choose one of the hundreds of lexers there
are: many take quadratic or exponential time on a few bytes made for that. What is listed here
looks at each character a bounded number of times, which `tests.benchmarks.screen.colouring` shows
on payloads made to be slow.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pygments.lexer import Lexer, RegexLexer
from pygments.lexers.data import JsonLexer
from pygments.token import Comment, Keyword, Name, Punctuation, String, Text

from workbench.payloads.json_viewer import is_json
from workbench.payloads.viewer import PayloadPart


class MarkupLexer(RegexLexer):
    """XML, HTML and their like.

    No rule looks for an end that may not be there: what is open is a state, not an expression,
    and each rule takes all that it looked at. The lexers of Pygments look for `-->` from every
    `<!--` on.
    """

    name = "markup"
    tokens: ClassVar[dict[str, Any]] = {
        "root": [
            (r"[^<&]+", Text),
            (r"&[#\w]*;?", Name.Entity),
            (r"<!--", Comment, "comment"),
            (r"<!\[CDATA\[", Keyword, "cdata"),
            (r"<[!?]", Keyword, "declaration"),
            (r"</?[\w:.-]*", Name.Tag, "tag"),
        ],
        "comment": [(r"[^-]+", Comment), (r"-->", Comment, "#pop"), (r"-", Comment)],
        "cdata": [(r"[^\]]+", Text), (r"\]\]>", Keyword, "#pop"), (r"\]", Text)],
        "declaration": [(r"[^>]+", Keyword), (r">", Keyword, "#pop")],
        "tag": [
            (r"\s+", Text),
            (r'"', String, "double"),
            (r"'", String, "single"),
            (r"/?>", Name.Tag, "#pop"),
            (r"[=/]", Punctuation),
            (r"[^\s\"'/>=]+", Name.Attribute),
        ],
        "double": [(r'[^"]+', String), (r'"', String, "#pop")],
        "single": [(r"[^']+", String), (r"'", String, "#pop")],
    }


MARKUP = ("text/html", "text/xml", "application/xml", "application/xhtml+xml", "image/svg+xml")


def lexer_for(part: PayloadPart) -> Lexer | None:
    """The lexer of a payload; None for one that is shown plain."""
    if is_json(part):
        return JsonLexer()
    if part.media_type in MARKUP or part.media_type.endswith("+xml"):
        return MarkupLexer()
    return None
