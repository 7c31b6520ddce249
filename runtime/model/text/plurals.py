"""Counts with their words."""

from __future__ import annotations


def counted(number: int, word: str, plural: str = "") -> str:
    """`1 call`, `1,204 calls`; `plural` is needed where it takes more than an s."""
    return f"{number:,} {word if number == 1 else plural or f'{word}s'}"
