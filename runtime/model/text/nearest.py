"""Finds what somebody probably meant to write."""

from __future__ import annotations

from collections.abc import Iterable

MAX_WORD = 64
"""Longer words are not compared."""


def edit_distance(one: str, other: str) -> int:
    """Insertions, deletions and replacements that turn one word into the other."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            above, row[j] = row[j], min(above + (left != right), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate within `clamp(len / 3, 1, 3)` edits of the word, as in Torvyn."""
    limit = max(1, min(3, len(word) // 3))
    if len(word) > MAX_WORD:
        return None
    lowered = word.lower()
    near = [
        (distance, candidate)
        for candidate in candidates
        if abs(len(candidate) - len(word)) <= limit
        and (distance := edit_distance(lowered, candidate.lower())) <= limit
    ]
    return min(near)[1] if near else None


def did_you_mean(word: str, candidates: Iterable[str], kind: str) -> str:
    """A help sentence: the nearest candidate, or the list of all.

    `kind` is what the candidates are, in the plural: "nodes".
    """
    known = sorted(candidates)
    found = nearest(word, known)
    if found is not None:
        return f"did you mean '{found}'?"
    if not known:
        return f"there are no {kind}"
    return f"the {kind} are: {', '.join(known[:32])}" + (" …" if len(known) > 32 else "")
