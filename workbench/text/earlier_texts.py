"""What was typed into a line before, gone through with `up` and `down`."""

from __future__ import annotations

from collections.abc import Sequence


class EarlierTexts:
    """Begins behind the newest; what is being typed comes back at that end."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        """`texts`, newest last."""
        self._texts = list(texts)
        self._at = len(self._texts)
        self._typed = ""

    def go(self, step: int, shown: str) -> str | None:
        """The text after a step from the one that is shown, -1 to an older one; None at an end."""
        at = self._at + step
        if not 0 <= at <= len(self._texts):
            return None
        if self._at == len(self._texts):
            self._typed = shown
        self._at = at
        return self._typed if at == len(self._texts) else self._texts[at]
