"""Payloads of many records: where each begins, and what its fields are; read as far as seen."""

from __future__ import annotations

import csv
import json
from abc import ABC, abstractmethod
from array import array
from typing import Any, NamedTuple

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.json_members import SCALAR, Members, decoded


class RecordField(NamedTuple):
    """One field of a record."""

    text: str
    """As it is shown and copied."""
    kind: str
    """`string`, `number`, …; empty where it is not there."""


NO_FIELD = RecordField("", "")

CELL_BYTES = 400
"""Bytes of a field that are read for the screen."""


class Records(ABC):
    """Records of a payload, read one after the other. `text` is decoded as Latin-1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = array("q")
        """Where the records begin that were found."""
        self.ends = array("q")
        self.done = False

    def read(self, count: int, deadline: Deadline) -> None:
        """Find records until there are `count`, or no more. Raises `TookTooLongError`."""
        while not self.done and len(self.starts) < count:
            deadline.check()
            self._read_one()

    @abstractmethod
    def _read_one(self) -> None:
        """Find the next record, or set `done`."""

    @abstractmethod
    def columns(self, record: int) -> list[str]:
        """The names of a record's fields, in its order."""

    @abstractmethod
    def fields(self, record: int, columns: list[str], most: int | None) -> list[RecordField]:
        """The fields in the order of `columns`, of each at most `most` bytes."""

    @abstractmethod
    def scalar(self, record: int, columns: list[str], index: int) -> str:
        """One field as text, for sorting: quicker than `fields`; empty for what has members."""

    @abstractmethod
    def value(self, record: int) -> Any:
        """A record's value, for conditions. Raises `ValueError` where it is none."""

    @abstractmethod
    def path(self, record: int, column: str) -> str:
        """Where a field stands, as other tools would find it."""

    def whole(self, record: int) -> str:
        """All of a record as it is written."""
        return decoded(self.text[self.starts[record] : self.ends[record]])


class JsonRecords(Records):
    """Objects of a JSON array, or one on each line."""

    def __init__(self, text: str, start: int = 0) -> None:
        super().__init__(text)
        self._array = Members(text, start) if text[start : start + 1] == "[" else None
        self._at = start

    def _read_one(self) -> None:
        if self._array is not None:
            known = len(self.starts)
            self._array.read(known + 1)
            if len(self._array) == known:
                self.done = True
                return
            start, end = self._array.span(known)
        else:
            while self.text[self._at : self._at + 1] in ("\n", "\r", " ", "\t"):
                self._at += 1
            if self._at >= len(self.text):
                self.done = True
                return
            start = self._at
            end = self.text.find("\n", start)
            end = len(self.text) if end < 0 else end
            self._at = end + 1
        self.starts.append(start)
        self.ends.append(end)

    def _members(self, record: int) -> Members | None:
        try:
            members = Members(self.text, self.starts[record])
        except ValueError:
            return None
        members.read(MOST_COLUMNS)
        return members if members.is_object else None

    def columns(self, record: int) -> list[str]:
        """The keys of the object."""
        members = self._members(record)
        return [] if members is None else [_bare(members, at) for at in range(len(members))]

    def fields(self, record: int, columns: list[str], most: int | None) -> list[RecordField]:
        """Values as they are written, texts without their quotes."""
        members = self._members(record)
        if members is None:
            first = columns[:1]
            return [RecordField(self.whole(record)[:most], "text") for _ in first] + [
                NO_FIELD for _ in columns[1:]
            ]
        found: dict[str, RecordField] = {}
        for at in range(len(members)):
            value = members.value(at, most)
            if members.count(at) != SCALAR:
                found[_bare(members, at)] = RecordField(value, "nested")
            elif value[:1] == '"':
                bare = value[1:-1] if value[-1:] == '"' and len(value) > 1 else value[1:]
                found[_bare(members, at)] = RecordField(bare, "string")
            else:
                kind = "number" if value[:1] not in ("t", "f", "n") else "literal"
                found[_bare(members, at)] = RecordField(value, kind)
        return [found.get(name, NO_FIELD) for name in columns]

    def scalar(self, record: int, columns: list[str], index: int) -> str:
        """The value of a key."""
        start, end = self.starts[record], self.ends[record]
        try:
            value = _READ(self.text[start:end])
        except (ValueError, RecursionError):
            return ""
        found = value.get(columns[index]) if isinstance(value, dict) else None
        return found if isinstance(found, str) else "" if found is None else str(found)

    def value(self, record: int) -> Any:
        """What JSON's text stands for."""
        try:
            return json.loads(self.whole(record))
        except RecursionError:
            raise ValueError("nested too deeply") from None

    def path(self, record: int, column: str) -> str:
        """`$[2].cpu`; of lines, `line 3 $.cpu`."""
        step = f".{column}" if column.isidentifier() else f"['{column}']"
        if self._array is not None:
            return f"$[{record}]{step}"
        return f"line {self.text.count(chr(10), 0, self.starts[record]) + 1:,} ${step}"


class OneRecord(JsonRecords):
    """A JSON text that is one object."""

    def __init__(self, text: str, start: int) -> None:
        super().__init__(text, start)
        self.starts.append(start)
        self.ends.append(len(text))
        self.done = True


class CsvRecords(Records):
    """Lines of values between commas, tabs or semicolons; the first names the columns."""

    def __init__(self, text: str, delimiter: str) -> None:
        super().__init__(text)
        self._delimiter = delimiter
        self._at = 0
        self._names: list[str] = []
        end = self._end_of_record()
        self._names = self._split(0, end)
        self._at = end + 1

    def _end_of_record(self) -> int:
        """Where the line ends on which the record at hand ends: quotes may hold line feeds."""
        end, start = self._at, self._at
        quotes = 0
        while True:
            end = self.text.find("\n", end)
            if end < 0:
                return len(self.text)
            quotes += self.text.count('"', start, end)
            if quotes % 2 == 0:
                return end
            start = end = end + 1

    def _read_one(self) -> None:
        if self._at >= len(self.text):
            self.done = True
            return
        end = self._end_of_record()
        if self.text[self._at : end].strip():
            self.starts.append(self._at)
            self.ends.append(end)
        self._at = end + 1

    def _split(self, start: int, end: int) -> list[str]:
        line = decoded(self.text[start:end]).rstrip("\r")
        try:
            return next(csv.reader([line], delimiter=self._delimiter, strict=False), [])
        except csv.Error:
            return line.split(self._delimiter)

    def columns(self, record: int) -> list[str]:
        """The names of the first line; more fields than names are numbered."""
        names = [name.strip() or str(at + 1) for at, name in enumerate(self._names)]
        return names[:MOST_COLUMNS]

    def fields(self, record: int, columns: list[str], most: int | None) -> list[RecordField]:
        """The values of the line."""
        values = self._split(self.starts[record], self.ends[record])
        made = [
            RecordField(value[:most], "number" if _is_number(value) else "") for value in values
        ]
        return [*made, *(NO_FIELD for _ in columns)][: len(columns)]

    def scalar(self, record: int, columns: list[str], index: int) -> str:
        """A value of the line."""
        values = self._split(self.starts[record], self.ends[record])
        return values[index] if index < len(values) else ""

    def value(self, record: int) -> Any:
        """The values of the line by the names of their columns; numbers as numbers."""
        values = self._split(self.starts[record], self.ends[record])
        return {
            name: _number_or_text(text)
            for name, text in zip(self.columns(record), values, strict=False)
        }

    def path(self, record: int, column: str) -> str:
        """`line 3, column cpu`."""
        return f"line {self.text.count(chr(10), 0, self.starts[record]) + 1:,}, column {column}"


_READ = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).decode

MOST_COLUMNS = 64
"""Columns of a table; what more a record has is seen in the tree or the text."""


def _bare(members: Members, index: int) -> str:
    return members.key(index)[1:-1]


def _number_or_text(text: str) -> int | float | str:
    if len(text) > 40:
        return text
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
