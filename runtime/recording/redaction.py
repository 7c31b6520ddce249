"""Redaction: taking secrets out of a recording before anything is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from runtime.expression.patterns import LinearPattern, require_few
from runtime.model.errors import Diagnostic, StudioError
from runtime.model.text.json_text import NO_JSON, json_value
from runtime.model.text.plurals import counted
from runtime.recording.json_places import Parts

if TYPE_CHECKING:
    from runtime.recording.json_paths import JsonPath

MARK = "[redacted]"
"""What stands where something was taken out."""

SEARCH_FACTOR = 16
"""JSON within a line is looked for until this many times its characters were read."""

ERROR_CHARACTERS = 32
"""Telling where JSON ends too early costs, for this many characters before, as much as reading
one: Python counts their lines."""

_BEGIN = re.compile(r"[\[{]")
_decode = json.JSONDecoder().raw_decode


class Redaction:
    """Rules: `$…` is a JSON path, whose value is replaced; all else is a regular expression.

    A path is tried on a whole payload and, when that is no JSON, on each of its lines; and in a
    line that is none, on each JSON object and array that stands in it, when `embedded`. An
    expression with groups replaces what the groups match, one without replaces its whole match.
    Only a payload in which a rule finds something is rewritten.

    Raises:
        StudioError: rules that are neither (E0703), all at once; also from `payload`, for a
            path that is too costly for it.
    """

    def __init__(self, rules: Iterable[str], *, embedded: bool = True) -> None:
        self.rules = tuple(rules)
        self.embedded = embedded
        """False for recordings of a release that did not look into JSON within a line."""
        require_few(self.rules)
        self._paths: list[JsonPath] = []
        self._patterns: list[tuple[str, LinearPattern]] = []
        self._found: set[str] = set()
        self._out_of_reach = 0
        problems: list[Diagnostic] = []
        for rule in self.rules:
            try:
                if rule.startswith("$"):
                    # Imported with the first one: opening a flow waits for no language of paths.
                    from runtime.recording.json_paths import JsonPath

                    self._paths.append(JsonPath(rule))
                else:
                    self._patterns.append((rule, LinearPattern(rule)))
            except StudioError as error:
                problems.extend(error.diagnostics)
        if problems:
            raise StudioError(problems)

    def payload(self, data: bytes) -> bytes:
        """`data` without what the rules name; the same object when they name nothing in it."""
        try:
            cleaned = self._by_path(data) if self._paths and data else data
        except RecursionError:  # what cannot be searched is not written
            return MARK.encode()
        for rule, pattern in self._patterns:
            if not cleaned:
                break
            found = pattern.replaced(cleaned, MARK.encode())
            if found is not cleaned:
                self._found.add(rule)
                cleaned = found
        return cleaned

    def fresh(self) -> Redaction:
        """The same rules, which have been given nothing yet."""
        return Redaction(self.rules, embedded=self.embedded)

    @property
    def out_of_reach(self) -> int:
        """Texts without any JSON that it was given so far, if it has JSON paths."""
        return self._out_of_reach

    @property
    def unused_rules(self) -> tuple[int, ...]:
        """Rules that found nothing so far, counted from 0."""
        rules = enumerate(self.rules)
        return tuple(index for index, rule in rules if rule not in self._found)

    def limits(self) -> tuple[str, ...]:
        """What the rules did not reach in what they were given so far, in sentences."""
        return reach_sentences(self.rules, self.out_of_reach, self.unused_rules)

    def _by_path(self, data: bytes) -> bytes:
        cleaned = self._document(data)
        if cleaned is not None:
            return cleaned
        if b"\n" not in data and not self.embedded:
            self._out_of_reach += 1
            return data
        lines = data.split(b"\n")
        found = [self._line(line) if line else None for line in lines]
        if all(line is None for line in found):
            self._out_of_reach += 1
            return data
        pairs = list(zip(found, lines, strict=True))
        if all(new is None or new is line for new, line in pairs):
            return data
        return b"\n".join(line if new is None else new for new, line in pairs)

    def _line(self, line: bytes) -> bytes | None:
        cleaned = self._document(line)
        return self._within(line) if cleaned is None and self.embedded else cleaned

    def _document(self, data: bytes) -> bytes | None:
        """The cleaned document, or None when `data` is no JSON."""
        value = json_value(data)
        if value is NO_JSON:
            return None
        cleaned = self._cleaned(value, len(data))
        return data if cleaned is None else cleaned.encode("utf-8", "surrogatepass")

    def _within(self, line: bytes) -> bytes | None:
        """The line with the JSON in it cleaned, or None when there is none in it."""
        text = line.decode("utf-8", "surrogateescape")
        made: list[str] = []
        at, copied, left, reached = 0, 0, SEARCH_FACTOR * len(text), False
        while (begin := _BEGIN.search(text, at)) is not None:
            start = begin.start()
            try:
                value, end = _decode(text, start)
            except json.JSONDecodeError as error:
                at = start + 1
                left -= error.pos - start + 1 + error.pos // ERROR_CHARACTERS
            else:
                reached, at = True, end
                left -= end - start
                cleaned = self._cleaned(value, end - start)
                if cleaned is not None:
                    made += text[copied:start], cleaned
                    copied = end
            if left < 0:  # what cannot be searched is not written
                return MARK.encode()
        if not reached:
            return None
        if not made:
            return line
        return "".join([*made, text[copied:]]).encode("utf-8", "surrogateescape")

    def _cleaned(self, value: Any, size: int) -> str | None:
        """The value as JSON, cleaned; None when the paths find nothing in it."""
        found: list[Parts] = []
        for path in self._paths:
            places = path.places(value, size)
            if places:
                self._found.add(path.text)
                found += places
        if not found:
            return None
        for parts in sorted(found, key=len, reverse=True):
            value = _replaced(value, parts)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def reach_sentences(
    rules: Sequence[str], out_of_reach: int, unused: Iterable[int]
) -> tuple[str, ...]:
    """What `rules` did not reach: texts without JSON, and which of them, by index, are `unused`."""
    told = []
    if out_of_reach:
        texts = counted(out_of_reach, "text")
        told.append(f"no JSON path could look into {texts} without any JSON")
    found_nothing = [repr(rules[index]) for index in unused if 0 <= index < len(rules)]
    if found_nothing:
        told.append(f"nothing was found by {', '.join(found_nothing)}")
    return tuple(told)


def _replaced(value: Any, parts: Parts) -> Any:
    if not parts:
        return MARK
    place = value
    for part in parts[:-1]:
        place = place[part]
    place[parts[-1]] = MARK
    return value
