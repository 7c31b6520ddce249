"""Differences between two payloads: JSON by path, text by line, anything else as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from runtime.expression.patterns import LinearPattern, require_few
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.json_text import NO_JSON, json_document
from runtime.model.text.plurals import counted
from runtime.model.text.printable import printable
from runtime.recording.diff.json_alignment import aligned, same_json
from runtime.recording.json_places import Parts, shown

if TYPE_CHECKING:
    from runtime.recording.json_paths import JsonPath

SHOWN_CHANGES = 50
"""How many changes of one payload are shown; all are counted."""

DIFFED_LINES = 500
"""Text that differs in more lines than this is shown by its beginning only."""

ROW_BYTES = 16
"""Bytes in a row of a hexadecimal difference."""

_GONE = object()
"""Stands for a value that is not there."""


@dataclass(frozen=True, slots=True)
class PayloadDifference:
    """In what two payloads differ."""

    kind: str
    """"json", "text" or "binary"."""
    count: int
    """How many values, lines or rows differ."""
    lines: tuple[str, ...]
    """The difference for a reader, `-` before and `+` after; safe for a terminal."""


class Ignore:
    """Rules for what always differs: `$…` is a JSON path, all else a regular expression.

    How JSON is written, the order of its keys and its blanks, is ignored too, unless `exact`.

    Raises:
        StudioError: a rule is neither (E0703).
    """

    def __init__(self, rules: Iterable[str] = (), *, exact: bool = False) -> None:
        self.rules = tuple(rules)
        self.exact = exact
        require_few(self.rules)
        paths = [rule for rule in self.rules if rule.startswith("$")]
        self._paths = _compiled(paths) if paths else []
        self._patterns = [LinearPattern(rule) for rule in self.rules if not rule.startswith("$")]

    def __bool__(self) -> bool:
        return bool(self.rules)

    def in_json(self, value: Any, size: int) -> tuple[Any, bool]:
        """`value` without what the rules name, and whether they named anything in it.

        It was read from a text of `size` characters.
        """
        found = [parts for path in self._paths for parts in path.places(value, size)]
        for parts in sorted(set(found), key=len, reverse=True):
            value = _without(value, parts)
        if not self._patterns:
            return value, bool(found)
        cleaned = self._in_strings(value)
        return cleaned, bool(found) or cleaned != value

    def in_text(self, text: str) -> str:
        """`text` without what the regular expressions match."""
        for pattern in self._patterns:
            text = pattern.without(text)
        return text

    def _in_strings(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.in_text(value)
        if isinstance(value, list):
            return [self._in_strings(item) for item in value]
        if isinstance(value, dict):
            return {key: self._in_strings(item) for key, item in value.items()}
        return value


NOTHING_IGNORED = Ignore()


def payload_difference(
    before: bytes, after: bytes, ignore: Ignore = NOTHING_IGNORED
) -> PayloadDifference | None:
    """In what two payloads differ; None when they do not, but for what is ignored."""
    if before == after:
        return None
    texts = _text(before), _text(after)
    if texts[0] is None or texts[1] is None:
        return _binary_difference(before, after)
    values = json_document(texts[0]), json_document(texts[1])
    if values[0] is not NO_JSON and values[1] is not NO_JSON:
        one = ignore.in_json(values[0], len(texts[0]))
        other = ignore.in_json(values[1], len(texts[1]))
        changes = list(_changes(one[0], other[0], ()))
        if changes:
            return _json_difference(changes)
        if one[1] or other[1]:  # what is ignored is a difference in the text as well
            return None
    if not ignore.exact and same_json(texts[0], texts[1]):
        return None
    return _text_difference(texts[0], texts[1], ignore)


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _compiled(paths: Iterable[str]) -> list[JsonPath]:
    # Imported with the first one: opening a flow waits for no language of paths.
    from runtime.recording.json_paths import JsonPath

    return [JsonPath(path) for path in paths]


def _without(value: Any, parts: Parts) -> Any:
    if not parts:
        return None
    place = value
    for part in parts[:-1]:
        place = place[part]
    last = parts[-1]
    if isinstance(place, list):
        place[int(last)] = None
    else:
        place.pop(last, None)
    return value


def _changes(before: Any, after: Any, at: Parts) -> Iterator[tuple[Parts, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before | after:
            yield from _changes(before.get(key, _GONE), after.get(key, _GONE), (*at, key))
    elif isinstance(before, list) and isinstance(after, list):
        for index, one, other in aligned(before, after, _GONE):
            yield from _changes(one, other, (*at, index))
    elif type(before) is not type(after) or before != after:
        yield at, before, after


def _json_difference(changes: list[tuple[Parts, Any, Any]]) -> PayloadDifference:
    lines: list[str] = []
    for at, before, after in changes[:SHOWN_CHANGES]:
        place = printable(shown(at))
        if before is not _GONE:
            lines.append(f"- {place}: {_value(before)}")
        if after is not _GONE:
            lines.append(f"+ {place}: {_value(after)}")
    _say_more(lines, len(changes))
    return PayloadDifference("json", len(changes), tuple(lines))


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return printable(text if len(text) <= 200 else text[:200] + " …")


def _text_difference(before: str, after: str, ignore: Ignore) -> PayloadDifference | None:
    one = ignore.in_text(before).split("\n")
    other = ignore.in_text(after).split("\n")
    if not ignore.exact and len(one) == len(other):
        other = [
            line if line != found and same_json(line, found) else found
            for line, found in zip(one, other, strict=True)
        ]
    if one == other:
        return None
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    context = one[max(start - 1, 0) : start]
    gone, come = one[start : len(one) - end], other[start : len(other) - end]
    if max(len(gone), len(come)) > DIFFED_LINES:
        body = [f"-{line}" for line in gone[:10]] + [f"+{line}" for line in come[:10]]
        count = max(len(gone), len(come))
    else:
        body = list(unified_diff(gone, come, n=1, lineterm=""))[3:]
        count = sum(line[:1] in "+-" for line in body)
    lines = [f"@@ line {start + 1} @@", *(f"  {_line(line)}" for line in context)]
    lines += [f"{line[:1]} {_line(line[1:])}" for line in body[:SHOWN_CHANGES]]
    _say_more(lines, len(body))
    return PayloadDifference("text", count, tuple(lines))


def _line(text: str) -> str:
    return printable(text if len(text) <= 400 else text[:400] + " …", keep_lines=True)


def _common(one: list[str], other: list[str]) -> int:
    return next(
        (index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def _binary_difference(before: bytes, after: bytes) -> PayloadDifference:
    lines = [f"@@ {counted(len(before), 'byte')}, {counted(len(after), 'byte')} @@"]
    count = 0
    for offset in range(0, max(len(before), len(after)), ROW_BYTES):
        one, other = before[offset : offset + ROW_BYTES], after[offset : offset + ROW_BYTES]
        if one == other:
            continue
        count += 1
        if count <= SHOWN_CHANGES:
            lines += [
                f"{sign} {_row(offset, row)}" for sign, row in (("-", one), ("+", other)) if row
            ]
    _say_more(lines, count)
    return PayloadDifference("binary", count, tuple(lines))


def _row(offset: int, row: bytes) -> str:
    shown_text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
    return f"{offset:08x}  {row.hex(' '):<{ROW_BYTES * 3 - 1}}  {shown_text}"


def _say_more(lines: list[str], count: int) -> None:
    if count > SHOWN_CHANGES:
        lines.append(f"… {count - SHOWN_CHANGES} more")
