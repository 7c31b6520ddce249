"""JSON texts that say the same, and the items of two lists that belong together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

ALIGNED_ITEMS = 500
"""Longer lists, but for the items they begin and end with alike, are compared place by place."""


def same_json(one: str, other: str) -> bool:
    """True for JSON objects and arrays that differ in the order of keys and in blanks alone.

    Each text may hold several, one behind the other. Numbers are compared as they are written: 1,
    1.0 and 1e0 are three.
    """
    if not (one.lstrip()[:1] in ("{", "[") and other.lstrip()[:1] == one.lstrip()[:1]):
        return False
    try:
        return bool(_read(one) == _read(other))
    except (ValueError, RecursionError):
        return False


def aligned(before: list[Any], after: list[Any], gone: object) -> Iterator[tuple[int, Any, Any]]:
    """The items of two lists that are to be compared, each with its index.

    An item that stands in one list alone has `gone` as its counterpart, and the index in that
    list; others the index in `before`. Items that are equal and stand in place are left out.
    """
    texts = [_canonical(item) for item in before], [_canonical(item) for item in after]
    start = _common(*texts)
    end = _common(texts[0][start:][::-1], texts[1][start:][::-1])
    stop, other_stop = len(before) - end, len(after) - end
    if max(stop, other_stop) - start > ALIGNED_ITEMS:
        yield from _in_place(before, after, start, stop, start, other_stop, gone)
        return
    matcher = SequenceMatcher(None, texts[0][start:stop], texts[1][start:other_stop], False)
    for kind, first, last, other_first, other_last in matcher.get_opcodes():
        if kind != "equal":
            places = (first + start, last + start, other_first + start, other_last + start)
            yield from _in_place(before, after, *places, gone)


def _in_place(
    before: list[Any], after: list[Any], first: int, last: int, second: int, end: int, gone: object
) -> Iterator[tuple[int, Any, Any]]:
    ranges = zip_longest(range(first, last), range(second, end))
    for index, other in ranges:
        one = gone if index is None else before[index]
        two = gone if other is None else after[other]
        yield (other if index is None else index), one, two


def _common(one: list[str], other: list[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def _canonical(value: Any) -> str:
    """A text that equal values share, and others do not: 1, 1.0 and true are three."""
    return json.dumps(value, sort_keys=True)


_DECODER = json.JSONDecoder(
    object_pairs_hook=lambda pairs: ("object", sorted(pairs, key=lambda pair: pair[0])),
    parse_int=lambda digits: ("number", digits),
    parse_float=lambda digits: ("number", digits),
    parse_constant=lambda name: ("number", name),
)
_BLANKS = re.compile(r"[ \t\n\r]*")


def _read(text: str) -> list[Any]:
    """The values that stand one behind the other. Raises `ValueError` for other text."""
    values: list[Any] = []
    at = _end_of_blanks(text, 0)
    while at < len(text):
        value, at = _DECODER.raw_decode(text, at)
        values.append(value)
        at = _end_of_blanks(text, at)
    return values


def _end_of_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()
