"""Collects the problems of one manifest, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from runtime.flow.manifest.source_text import KeyPath, Position, SourceText, dotted
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.lazy.dataclass import dataclass

MAX_PROBLEMS = 100
"""Problems kept of each severity; the rest are counted."""

Help = str | Callable[[], str]
"""What to do; a function when finding it takes time, called only if the problem is kept."""

MAX_LINES = 8
"""Most other places that a warning names."""

MAX_SHOWN = 80
"""Longest piece of the manifest quoted in a message, in characters."""


@dataclass(frozen=True, slots=True)
class _Noted:
    severity: Severity
    code: Code
    at: KeyPath
    message: str
    help: str
    value: bool


class Problems:
    """All that is wrong with one file."""

    def __init__(self, file: str, source: SourceText) -> None:
        self._file = file
        self._source = source
        self._noted: dict[Severity, list[_Noted]] = {item: [] for item in Severity}
        self._adopted: list[Diagnostic] = []
        self._more = dict.fromkeys(Severity, 0)

    def error(
        self, code: Code, at: KeyPath, message: str, help_: Help, *, value: bool = False
    ) -> None:
        """Notes an error at the key, or at its value."""
        self._note(Severity.ERROR, code, at, message, help_, value)

    def warning(
        self, code: Code, at: KeyPath, message: str, help_: Help, *, value: bool = False
    ) -> None:
        """Notes a warning at the key, or at its value."""
        self._note(Severity.WARNING, code, at, message, help_, value)

    def adopt(self, diagnostics: Iterable[Diagnostic], at: KeyPath) -> None:
        """Takes over problems that were found elsewhere and blames them on the value of a key."""
        place = self._source.locate(at, value=True)
        self._adopted.extend(
            replace(
                item,
                file=self._file,
                line=place.line,
                column=place.column,
                key=dotted(at),
            )
            for item in diagnostics
        )

    @property
    def swamped(self) -> bool:
        """True when further problems are only counted, so their texts need no care."""
        return any(len(kept) >= MAX_PROBLEMS for kept in self._noted.values())

    @property
    def has_errors(self) -> bool:
        """True when at least one of them is an error."""
        return bool(self._noted[Severity.ERROR]) or any(
            item.severity is Severity.ERROR for item in self._adopted
        )

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All of them in the order of the text, then how many more there are."""
        made = [self._diagnose(item) for items in self._noted.values() for item in items]
        made = [*made, *self._adopted]
        made.sort(key=lambda item: (item.line or 0, item.column or 0))
        made = _told_once(made)
        made.extend(self._rest(severity, count) for severity, count in self._more.items() if count)
        return tuple(made)

    def _note(
        self, severity: Severity, code: Code, at: KeyPath, message: str, help_: Help, value: bool
    ) -> None:
        kept = self._noted[severity]
        if len(kept) < MAX_PROBLEMS:
            advice = help_ if isinstance(help_, str) else help_()
            kept.append(_Noted(severity, code, at, message, advice, value))
        else:
            self._more[severity] += 1

    def _diagnose(self, item: _Noted) -> Diagnostic:
        place = self._source.locate(item.at, value=item.value)
        return diagnostic(
            item.severity, item.code, item.message, item.help, self._file, place, dotted(item.at)
        )

    def _rest(self, severity: Severity, count: int) -> Diagnostic:
        return diagnostic(
            severity,
            Code.SEMANTIC,
            f"{count} more {severity}s are not listed",
            "correct the ones above first",
            self._file,
        )


def _told_once(found: list[Diagnostic]) -> list[Diagnostic]:
    """A warning that is the same in several places is told at the first, with the others' lines."""
    alike: dict[object, list[Diagnostic]] = {}
    for item in found:
        same = (item.code, item.message, item.help)
        once = item.severity is Severity.WARNING and item.line is not None
        alike.setdefault(same if once else id(item), []).append(item)
    return [_with_lines(items) for items in alike.values()]


def _with_lines(items: list[Diagnostic]) -> Diagnostic:
    first = items[0]
    lines = sorted({item.line for item in items if item.line is not None} - {first.line})
    if not lines:
        return first
    named = ", ".join(map(str, lines[:MAX_LINES]))
    more = f" and {len(lines) - MAX_LINES} more" if len(lines) > MAX_LINES else ""
    return replace(first, message=f"{first.message} (also in line {named}{more})")


def diagnostic(
    severity: Severity,
    code: Code,
    message: str,
    help_: str,
    file: str,
    place: Position | None = None,
    key: str | None = None,
) -> Diagnostic:
    """A diagnostic of a file; its texts may quote it as it is."""
    return Diagnostic(
        severity,
        code,
        message,
        help_,
        file=file,
        line=place.line if place else None,
        column=place.column if place else None,
        key=key or None,
    )


def shown(value: object) -> str:
    """A value of the manifest, as TOML writes it, cut to a readable length."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > MAX_SHOWN:
        return "a number that is far too large"
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def listed(names: Iterable[str], most: int = 16) -> str:
    """Names in a row: "a, b, c", cut after `most`."""
    items = list(names)
    rest = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + rest
