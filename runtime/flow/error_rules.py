"""Error rules as people write them: `skip`, `stop`, `fail`, `retry`, `retry(5, 200ms)`."""

from __future__ import annotations

import re

from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.shape import not_a
from runtime.flow.manifest.source_text import KeyPath
from runtime.model.linked import MAX_BACK_OFF_MS, ErrorPolicy, ErrorRule

DEFAULT_RETRIES = 3
DEFAULT_BACK_OFF_MS = 10
EXPECTED = "skip, stop, fail, retry, retry(N) or retry(N, e.g. 200ms)"

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
