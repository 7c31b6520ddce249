"""Whether the lexers that payloads are coloured with are linear, on payloads made to be slow.

Run by hand: `python -m tests.benchmarks.screen.colouring`.

Each payload is a beginning and one of many pieces repeated, the kind of text on which rules look
far ahead or try again. A lexer that is linear takes four times as long on four times as much; the
worst factor of each is printed, with the payload. One that is quadratic takes 16 times as long.
"""

from __future__ import annotations

import time
from itertools import product

from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer

from workbench.payloads.documents.text_document import COLOURED_CHARACTERS
from workbench.payloads.lexers import MarkupLexer

BEGINNINGS = ("", '"', "<", "<a ", '<a b="', "<!--", "<![CDATA[", "<!", "[", "{", '{"a":')
PIECES = (
    *('"', "'", "\\", '\\"', "{", "[", "]", "<", "</", ">", "<a", "<a ", "<a b", "<a b=", "<!--"),
    *("-", "--", "->", "<![CDATA[", "]]", "<?", "<!", "&", "&#", "&a", ";", "=", "a", "a=", " "),
    *("\n", "\t", ",", ":", "1", "1.", "1e", "true", "/", "//", "/*", "*/", "é", "\\u12", '"a":'),
)
ROUNDS = 3
SMALL = COLOURED_CHARACTERS // 4


def fastest(lexer: Lexer, text: str) -> float:
    """Seconds of processor time for a text, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in lexer.get_tokens(text):
            pass
        best = min(best, time.thread_time() - began)
    return best


def main() -> None:
    """Print the worst factors."""
    for lexer in (JsonLexer(), MarkupLexer()):
        found = []
        for beginning, piece in product(BEGINNINGS, PIECES):
            small = beginning + piece * (SMALL // len(piece)) + "!"
            large = beginning + piece * (4 * SMALL // len(piece)) + "!"
            seconds = fastest(lexer, large)
            found.append((seconds / fastest(lexer, small), seconds, beginning + piece))
        factor, seconds, text = max(found)
        slowest = max(found, key=lambda one: one[1])
        print(
            f"{lexer.name}: factor {factor:.1f} at worst ({text!r}, {seconds * 1000:.1f} ms); "
            f"slowest {slowest[1] * 1000:.1f} ms for {4 * SMALL:,} characters ({slowest[2]!r})"
        )


if __name__ == "__main__":
    main()
