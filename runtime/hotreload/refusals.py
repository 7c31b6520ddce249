"""Which contents were refused, and why: the reason is reported once per content."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from runtime.model.errors import Diagnostic

KEPT = 256
"""Refused contents remembered over all paths; the oldest are forgotten first."""


class Refusals:
    """Remembers refused contents by path and digest. Not thread-safe.

    A content whose refusal is known needs no second compilation: the same bytes get the same
    verdict. `problems` are those of the contents that lie on disk, for the list on screen.
    """

    def __init__(self) -> None:
        self._reasons: OrderedDict[tuple[Hashable, str], tuple[Diagnostic, ...]] = OrderedDict()
        self._current: dict[Hashable, str] = {}

    def refuse(self, path: Hashable, digest: str, reasons: tuple[Diagnostic, ...]) -> bool:
        """Note a refusal; True when it is to be reported, False when it was for this content."""
        key = (path, digest)
        reported = key in self._reasons
        self._reasons[key] = reasons
        self._reasons.move_to_end(key)
        self._current[path] = digest
        while len(self._reasons) > KEPT:
            self._reasons.popitem(last=False)
        return not reported

    def reasons(self, path: Hashable, digest: str) -> tuple[Diagnostic, ...] | None:
        """Why this content was refused, or None when it was not."""
        return self._reasons.get((path, digest))

    def clear(self, path: Hashable) -> None:
        """The path holds a good content, or is not watched any more."""
        self._current.pop(path, None)

    def forget(self) -> None:
        """What contents were judged by has changed (another interface, say): judge all again."""
        self._reasons.clear()
        self._current.clear()

    def problems(self) -> tuple[Diagnostic, ...]:
        """Reasons of the refused contents that lie on disk, by path in the order refused."""
        return tuple(
            reason
            for path, digest in self._current.items()
            for reason in self._reasons.get((path, digest), ())
        )
