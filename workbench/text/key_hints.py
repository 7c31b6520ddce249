"""The keys of a screen of its own, in the line at its foot."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.text.lines import Line, StyleRole, line, width_of


def key_hints(keys: Sequence[tuple[str, str]], cells: int) -> Line:
    """Keys and what they do; where that is too long the last but one goes first.

    The last pair, which tells how to leave, always stays.
    """
    made = [line((f" {key}", StyleRole.KEY), (f" {words} ", StyleRole.DIM)) for key, words in keys]
    while len(made) > 1 and sum(map(width_of, made)) > cells:
        del made[-2]
    return tuple(span for spans in made for span in spans)
