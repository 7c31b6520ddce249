"""Error rules as people write them: `skip`, `stop`, `fail`, `retry`, `retry(5, 200ms)`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.shape import not_a
from runtime.flow.manifest.source_text import KeyPath
from runtime.model.linked import MAX_BACK_OFF_MS, ErrorPolicy, ErrorRule

DEFAULT_RETRIES = 3
DEFAULT_BACK_OFF_MS = 10
EXPECTED = "skip, stop, fail, retry, retry(N) or retry(N, e.g. 200ms)"

NodeRules = tuple[tuple[str, ErrorRule], ...]
"""Names of nodes, and what follows their failed calls."""

_RETRY = re.compile(r"retry(?:\(\s*(\d{1,9})\s*(?:,\s*(\d{1,9})\s*(ms|s)\s*)?\))?")


def parse_error_rule(text: str) -> ErrorRule:
    """The rule of this text. Raises ValueError, saying what is accepted.

    `retry` alone is `retry(3, 10ms)`: three further tries, the first of them after 10 ms.
    """
    text = text.strip()
    if text in (ErrorPolicy.SKIP, ErrorPolicy.STOP, ErrorPolicy.FAIL):
        return ErrorRule(ErrorPolicy(text))
    found = _RETRY.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no error policy: write {EXPECTED}")
    tries, wait, unit = found.groups()
    retries = DEFAULT_RETRIES if tries is None else int(tries)
    back_off_ms = DEFAULT_BACK_OFF_MS
    if wait is not None:
        back_off_ms = int(wait) * (1000 if unit == "s" else 1)
    if not retries:
        raise ValueError("retry needs 1 try or more: retry(1)")
    if back_off_ms > MAX_BACK_OFF_MS:
        raise ValueError(f"retry waits {MAX_BACK_OFF_MS // 1000} s at most")
    return ErrorRule(ErrorPolicy.RETRY, retries, back_off_ms)


class GivenRule(NamedTuple):
    """A rule from the command line."""

    node: str | None
    """None is every node that has no rule of its own."""
    rule: ErrorRule
    says_how_often: bool = True
    """False for `retry` alone."""


def rules_over(
    given: Iterable[GivenRule],
    general: ErrorRule,
    settings: NodeRules,
    retries: int = DEFAULT_RETRIES,
) -> tuple[ErrorRule, NodeRules]:
    """The rule of most nodes, `general` if none is given, and those of single nodes.

    A rule that was given counts more than that of the project's `settings`; `retries` is for
    those that do not say how often.
    """
    rules = dict(settings)
    for node, rule, says_how_often in given:
        if not says_how_often:
            rule = replace(rule, max_retries=retries)
        if node is None:
            general = rule
        else:
            rules[node] = rule
    return general, tuple(rules.items())


class ErrorRuleText:
    """An error rule as the value of a key."""

    def read(self, value: object, at: KeyPath, problems: Problems) -> ErrorRule | None:
        """The rule."""
        if isinstance(value, str):
            try:
                return parse_error_rule(value)
            except ValueError:
                pass
        not_a(EXPECTED, value, at, problems)
        return None
