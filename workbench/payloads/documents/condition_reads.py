"""What a condition reads of a payload: values by their path, and words in its text."""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass

Steps = tuple[str | int, ...]
"""From the root of JSON to a value: names and indices."""


@dataclass(frozen=True, slots=True)
class ConditionReads:
    """What a condition reads of any payload."""

    paths: tuple[Steps, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    """Function and text of each search in the whole text, such as `("contains", "error")`."""

    def __bool__(self) -> bool:
        return bool(self.paths or self.words)
