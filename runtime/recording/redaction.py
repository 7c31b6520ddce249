"""Redaction: taking secrets out of a recording before anything is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.json_text import NO_JSON, json_value
from runtime.recording.json_paths import Parts, compile_path, places

MARK = "[redacted]"
"""What stands where something was taken out."""


class Redaction:
    """Rules: `$…` is a JSON path, whose value is replaced; all else is a regular expression.

    A path is tried on a whole payload and, when that is no JSON, on each of its lines. An
    expression with groups replaces what the groups match, one without replaces its whole match.
    Only a payload in which a rule finds something is rewritten.

    Raises:
        StudioError: rules that are neither (E0703), all at once.
    """

    def __init__(self, rules: Iterable[str]) -> None:
        self.rules = tuple(rules)
        self._paths = []
        self._patterns = []
        problems: list[Diagnostic] = []
        for rule in self.rules:
            try:
                if rule.startswith("$"):
                    self._paths.append(compile_path(rule))
                else:
                    self._patterns.append(compile_pattern(rule))
            except StudioError as error:
                problems.extend(error.diagnostics)
        if problems:
            raise StudioError(problems)

    def payload(self, data: bytes) -> bytes:
        """`data` without what the rules name; the same object when they name nothing in it."""
        try:
            cleaned = self._by_path(data) if self._paths and data else data
            return self._by_pattern(cleaned) if self._patterns and cleaned else cleaned
        except RecursionError:  # what cannot be searched is not written
            return MARK.encode()

    def _by_path(self, data: bytes) -> bytes:
        cleaned = self._json(data)
        if cleaned is not None:
            return cleaned
        if b"\n" not in data:
            return data
        lines = data.split(b"\n")
        found = [self._json(line) if line else line for line in lines]
        pairs = zip(found, lines, strict=True)
        return b"\n".join(line if new is None else new for new, line in pairs)

    def _json(self, data: bytes) -> bytes | None:
        """The cleaned document, or None when `data` is no JSON."""
        value = json_value(data)
        if value is NO_JSON:
            return None
        found = [parts for path in self._paths for parts in places(path, value)]
        if not found:
            return data
        for parts in sorted(found, key=len, reverse=True):
            value = _replaced(value, parts)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        )

    def _by_pattern(self, data: bytes) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        cleaned = text
        for pattern in self._patterns:
            cleaned = pattern.sub(_mark_match, cleaned)
        return data if cleaned == text else cleaned.encode("utf-8", "surrogateescape")


def compile_pattern(rule: str) -> re.Pattern[str]:
    """A regular expression. Raises `StudioError` (E0703) when it is none, or matches nothing."""
    try:
        pattern = re.compile(rule)
    except re.error as error:
        raise StudioError([_bad_rule(rule, f"is no regular expression: {error}")]) from error
    if pattern.match(""):
        raise StudioError([_bad_rule(rule, "matches nothing at all, so it says nothing")])
    return pattern


def _bad_rule(rule: str, why: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.INVALID_VALUE,
        f"the rule {rule!r} {why}",
        "Write a JSON path beginning with $, or a regular expression, e.g. token=(\\w+).",
    )


def _replaced(value: Any, parts: Parts) -> Any:
    if not parts:
        return MARK
    place = value
    for part in parts[:-1]:
        place = place[part]
    place[parts[-1]] = MARK
    return value


def _mark_match(match: re.Match[str]) -> str:
    groups = [match.span(index) for index in range(1, match.re.groups + 1)]
    spans = [span for span in groups if span[0] >= 0 and span[0] < span[1]]
    if not match.re.groups:
        return MARK
    text, begin, result = match.string, match.start(), ""
    for start, end in sorted(spans):
        if start < begin:  # inside a group already replaced
            continue
        result += text[begin:start] + MARK
        begin = end
    return result + text[begin : match.end()]
