"""Words for one thing and for several, and counts with them."""

from __future__ import annotations


def counted(number: int, word: str, plural: str = "") -> str:
    """`1 call`, `1,204 calls`; `plural` is needed where it takes more than an s."""
    return f"{number:,} {word_for(number, word, plural)}"


def word_for(number: int, word: str, plural: str = "") -> str:
    """`call` or `calls`; `plural` as for `counted`: `word_for(2, "is", "are")`."""
    return word if number == 1 else plural or f"{word}s"
