"""Reads a TOML table into a dataclass whose fields are the rows of the manifest's schema.

A field made by `key` says everything about its key: name, kind of value, default, and whether
Torvyn has it. Reading goes on after a problem: the key falls back to its default.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Generic, Protocol, TypeVar, cast

from runtime.flow.manifest.problems import Problems, listed, shown
from runtime.flow.manifest.source_text import KeyPath, dotted
from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.nearest import nearest

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Kind(Protocol[T_co]):
    """A kind of value."""

    def read(self, value: object, at: KeyPath, problems: Problems) -> T_co | None:
        """The value, or None after noting why it is not one."""
        ...


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """What the schema says about one key."""

    name: str
    kind: Kind[object]
    required: bool
    extension: bool
    """Torvyn refuses the key; this workbench has it."""


def key(kind: Kind[T], default: T, *, name: str = "", extension: bool = False) -> T:
    """A key with a default."""
    return field(default=default, metadata=_metadata(kind, name, False, extension))


def optional(kind: Kind[T], *, name: str = "", extension: bool = False) -> T | None:
    """A key that may be absent."""
    return cast(T, field(default=None, metadata=_metadata(kind, name, False, extension)))


def required(kind: Kind[T], stand_in: T, *, name: str = "") -> T:
    """A key that must be there; after a problem the rest of the reader sees `stand_in`."""
    return field(default=stand_in, metadata=_metadata(kind, name, True, False))


def table(shape: Shape[T], *, name: str = "") -> T:
    """A table of its own; absent means that every key has its default."""
    metadata = _metadata(shape, name, False, False)
    return field(default_factory=shape.of, metadata=metadata)


def table_of(kind: Kind[T], *, name: str = "") -> Mapping[str, T]:
    """A table with free keys and values of one kind, in manifest order."""
    metadata = _metadata(TableOf(kind), name, False, False)
    return cast(Mapping[str, T], field(default_factory=dict, metadata=metadata))


def _metadata(
    kind: Kind[object], name: str, is_required: bool, extension: bool
) -> dict[str, object]:
    return {"row": SchemaRow(name, kind, is_required, extension)}


def not_a(expected: str, value: object, at: KeyPath, problems: Problems) -> None:
    """Notes that a value is of the wrong kind or out of range."""
    problems.error(
        Code.INVALID_VALUE,
        at,
        f"'{_last(at)}' must be {expected}, found {shown(value)}",
        f"write {expected}",
        value=True,
    )


@dataclass(frozen=True)
class Shape(Generic[T]):
    """A table with known keys."""

    of: type[T]
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Spellings of Torvyn's documentation and the key they mean (docs/torvyn-facts.md#manifest)."""
    documented: Mapping[str, str] = field(default_factory=dict)
    """Keys only the documentation has, with what to do instead; they have no effect."""
    lenient: bool = False
    """Unknown keys are errors only when they look like a slip of a known one."""
    whole: str = "the manifest"
    """How a message names the table when it is all of a file."""

    def rows(self) -> dict[str, tuple[str, SchemaRow]]:
        """Field name and row of every key, by key."""
        found: dict[str, tuple[str, SchemaRow]] = {}
        for item in dataclasses.fields(cast(Any, self.of)):
            row: SchemaRow | None = item.metadata.get("row")
            if row is not None:
                found[row.name or item.name] = (item.name, row)
        return found

    def read(self, value: object, at: KeyPath, problems: Problems) -> T | None:
        """The table as `of`; None when the value is not a table."""
        if not isinstance(value, dict):
            not_a("a table", value, at, problems)
            return None
        rows = self.rows()
        arguments: dict[str, object] = {}
        for name, item in value.items():
            known = self._key_for(name, value, at, problems, rows)
            if known is None:
                continue
            attribute, row = rows[known]
            if row.extension:
                _note_extension(known, (*at, name), problems)
            read = row.kind.read(item, (*at, name), problems)
            if read is not None:
                arguments[attribute] = read
        self._check_required(value, at, problems, rows)
        return self.of(**arguments)

    def _key_for(
        self,
        name: str,
        value: Mapping[str, object],
        at: KeyPath,
        problems: Problems,
        rows: Mapping[str, object],
    ) -> str | None:
        """The key of the schema that is meant, or None when there is nothing to read."""
        if name in rows:
            return name
        here = (*at, name)
        meant = self.aliases.get(name)
        if meant is not None:
            unused = meant in value
            problems.warning(
                Code.UNKNOWN_KEY,
                here,
                f"'{name}' is how the documentation writes '{meant}'; Torvyn refuses it"
                + (f", and the '{meant}' next to it is what counts" if unused else ""),
                f"remove '{name}'" if unused else f"write '{meant}'",
            )
            return None if unused else meant
        if name in self.documented:
            problems.warning(
                Code.UNKNOWN_KEY,
                here,
                f"'{name}' is only in Torvyn's documentation; it has no effect",
                self.documented[name],
            )
            return None
        near = None if problems.swamped else nearest(name, rows)
        note = problems.warning if self.lenient and near is None else problems.error
        note(
            Code.UNKNOWN_KEY,
            here,
            f"unknown key {shown(name)} in {self._named(at)}",
            f"did you mean '{near}'?" if near else f"its keys are: {listed(rows, 32)}",
        )
        return None

    def _named(self, at: KeyPath) -> str:
        return table_name(at) if at else self.whole

    def _check_required(
        self,
        value: Mapping[str, object],
        at: KeyPath,
        problems: Problems,
        rows: Mapping[str, tuple[str, SchemaRow]],
    ) -> None:
        given = {self.aliases.get(name, name) for name in value}
        for name, (_, row) in rows.items():
            if row.required and name not in given:
                problems.error(
                    Code.MISSING_FIELD,
                    at,
                    f"{self._named(at)} has no '{name}'",
                    f"add the key '{name}' to it",
                )


@dataclass(frozen=True)
class TableOf(Generic[T]):
    """A table with free keys."""

    kind: Kind[T]

    def read(self, value: object, at: KeyPath, problems: Problems) -> dict[str, T] | None:
        """The values that could be read, in manifest order."""
        if not isinstance(value, dict):
            not_a("a table", value, at, problems)
            return None
        read = {name: self.kind.read(item, (*at, name), problems) for name, item in value.items()}
        return {name: item for name, item in read.items() if item is not None}


def table_name(at: KeyPath) -> str:
    """How a message names a table of a file, e.g. "[runtime]" or "flow.main.edges[0]"."""
    return dotted(at) if any(isinstance(part, int) for part in at) else f"[{dotted(at)}]"


def _note_extension(name: str, at: KeyPath, problems: Problems) -> None:
    problems.warning(
        Code.UNKNOWN_KEY,
        at,
        f"'{name}' is a key of torvyn-studio; Torvyn itself refuses it",
        "remove it before the manifest goes to Torvyn",
    )


def _last(at: KeyPath) -> str:
    names = [part for part in at if isinstance(part, str)]
    tail = "".join(f"[{part}]" for part in at[len(at) - 1 :] if isinstance(part, int))
    return f"{names[-1]}{tail}" if names else "the manifest"
