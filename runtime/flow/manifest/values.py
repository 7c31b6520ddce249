"""The kinds of single values a manifest holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Generic, TypeVar

from runtime.flow.manifest.problems import Problems, shown
from runtime.flow.manifest.shape import Kind, not_a
from runtime.flow.manifest.source_text import KeyPath
from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.nearest import nearest

T = TypeVar("T")

MAX_INT = 2**63 - 1
"""Largest integer TOML promises to keep."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,18})(\.(0|[1-9][0-9]{0,18})){2}")
_SIZE = re.compile(r"\s*([0-9]{1,19})\s*([a-z]*)\s*", re.IGNORECASE)
SIZE_PATTERN = (
    r"\s*(?=[0-9]{1,19}(?![0-9]))0*[1-9][0-9]*\s*"
    r"(?:[bB]|[kKmMgG](?:[iI][bB])?)?\s*"
)
"""What `Size` accepts, but for sizes that are too large."""
_UNITS = {
    "": 1,
    "b": 1,
    "k": 1024,
    "kib": 1024,
    "m": 1024**2,
    "mib": 1024**2,
    "g": 1024**3,
    "gib": 1024**3,
}


@dataclass(frozen=True, slots=True)
class Text:
    """A string, optionally of a given form."""

    expected: str = "a string"
    pattern: re.Pattern[str] | None = None

    def read(self, value: object, at: KeyPath, problems: Problems) -> str | None:
        """The string."""
        if isinstance(value, str) and (self.pattern is None or self.pattern.fullmatch(value)):
            return value
        not_a(self.expected, value, at, problems)
        return None


TEXT = Text()
FILLED = Text("a string that is not empty", re.compile(r"(?s).+"))
NAME = Text('a name of letters, digits, "-" and "_"', _NAME)
VERSION = Text('a version of three numbers, like "0.1.0"', _VERSION)


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""

    def read(self, value: object, at: KeyPath, problems: Problems) -> bool | None:
        """The boolean."""
        if isinstance(value, bool):
            return value
        not_a("true or false", value, at, problems)
        return None


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer between two bounds, both included."""

    low: int = 0
    high: int = MAX_INT

    def read(self, value: object, at: KeyPath, problems: Problems) -> int | None:
        """The integer."""
        if isinstance(value, int) and not isinstance(value, bool) and self._allows(value):
            return value
        bounds = f" of at least {self.low}" if self.high == MAX_INT else f" {self.low}-{self.high}"
        not_a(f"a whole number{bounds}", value, at, problems)
        return None

    def _allows(self, value: int) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Real:
    """A number between two bounds; the upper one can be left out of the range."""

    low: float
    high: float
    low_allowed: bool = True
    high_allowed: bool = True
    expected: str = "a number"

    def read(self, value: object, at: KeyPath, problems: Problems) -> float | None:
        """The number as a float; NaN is never inside."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            above = value >= self.low if self.low_allowed else value > self.low
            below = value <= self.high if self.high_allowed else value < self.high
            if above and below:
                return float(value)
        not_a(self.expected, value, at, problems)
        return None


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes, written like "16MiB"; units count in steps of 1024, in any case."""

    def read(self, value: object, at: KeyPath, problems: Problems) -> int | None:
        """The size in bytes, at least 1."""
        found = _SIZE.fullmatch(value) if isinstance(value, str) else None
        unit = _UNITS.get(found[2].lower()) if found else None
        if found is not None and unit is not None and 0 < int(found[1]) * unit <= MAX_INT:
            return int(found[1]) * unit
        expected = 'a size in quotes, like "16MiB" (units B, KiB, MiB, GiB)'
        not_a(expected, value, at, problems)
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Spellings of Torvyn's documentation and the word they mean."""
    extensions: tuple[str, ...] = ()
    """Words Torvyn does not have, and this workbench has."""
    documented: tuple[str, ...] = ()
    """Words only Torvyn's documentation has; accepted, without effect."""

    def read(self, value: object, at: KeyPath, problems: Problems) -> str | None:
        """The word as Torvyn writes it."""
        if isinstance(value, str):
            if value in self.words:
                return value
            if value in self.aliases:
                meant = self.aliases[value]
                _warn(at, f"'{value}' is how the documentation writes '{meant}'", meant, problems)
                return meant
            if value in self.extensions or value in self.documented:
                self._warn_not_torvyn(value, at, problems)
                return value
        self._refuse(value, at, problems)
        return None

    def _warn_not_torvyn(self, value: str, at: KeyPath, problems: Problems) -> None:
        problems.warning(
            Code.INVALID_VALUE,
            at,
            f"Torvyn does not have '{value}'"
            + ("; torvyn-studio does" if value in self.extensions else " and it has no effect"),
            f"for Torvyn itself write one of {', '.join(self.words)}",
            value=True,
        )

    def _refuse(self, value: object, at: KeyPath, problems: Problems) -> None:
        known = (*self.words, *self.extensions)
        near = nearest(value, known) if isinstance(value, str) else None
        problems.error(
            Code.INVALID_VALUE,
            at,
            f"'{at[-1]}' cannot be {shown(value)}",
            (f"did you mean '{near}'? " if near else "") + f"it is one of {', '.join(known)}",
            value=True,
        )


@dataclass(frozen=True, slots=True)
class ListOf(Generic[T]):
    """An array of one kind of value; entries that cannot be read are left out."""

    kind: Kind[T]
    expected: str = "an array, in [brackets]"

    def read(self, value: object, at: KeyPath, problems: Problems) -> tuple[T, ...] | None:
        """The entries, in order."""
        if not isinstance(value, list):
            not_a(self.expected, value, at, problems)
            return None
        read = [self.kind.read(item, (*at, index), problems) for index, item in enumerate(value)]
        return tuple(item for item in read if item is not None)


def _warn(at: KeyPath, message: str, meant: str, problems: Problems) -> None:
    problems.warning(Code.INVALID_VALUE, at, message, f"write '{meant}'", value=True)
