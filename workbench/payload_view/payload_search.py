"""Finding things in a payload: in the background, bounded, counted as they come."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import partial
from typing import Any

from runtime.expression.value_types import ANY
from runtime.expression.vocabulary import Field, Vocabulary
from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.record_rows import Records
from workbench.search.query import Query, QueryError, parse_query

MOST_FOUND = 100_000
"""Finds that are counted."""

SEARCH_S = 20.0
"""How long a search goes on."""

SLICE_S = 0.1
"""How often a search tells how far it is."""

LOOKED_AT = 50
"""Records whose keys are names that a condition may use."""


class PayloadSearch:
    """One search through the data of a document."""

    def __init__(self, text: str, document: PayloadDocument, records: Records | None) -> None:
        """Raises `QueryError`."""
        self._records = records
        self._data = document.data
        names = _names(records) if records is not None else []
        fields = tuple(Field(name, ANY, "of a record") for name in ("json", *names))
        self.query: Query = parse_query(text, Vocabulary(fields) if records is not None else None)
        if self.query.pattern is None and records is None:
            raise QueryError("One text or one /regex/ is looked for where there are no records.")
        self.found = array("q")
        """Offsets, in order."""
        self.done = False
        self.searched = 0
        """Bytes that were looked through."""

    @property
    def words(self) -> str:
        """`12 found, 31 % searched`."""
        more = "+" if len(self.found) >= MOST_FOUND else ""
        words = f"{len(self.found):,}{more} found"
        if not self.done and self._data:
            words += f", {100 * self.searched // len(self._data)} % searched"
        return words

    def run(self) -> Iterator[None]:
        """Search; for a thread. Gives way now and then, so that it can be told and ended."""
        ends = time.monotonic() + SEARCH_S
        told = time.monotonic()
        for offset, hit in self._offsets():
            if hit:
                self.found.append(offset)
            now = time.monotonic()
            self.searched = offset
            if len(self.found) >= MOST_FOUND or now > ends:
                break
            if now - told > SLICE_S:
                told = now
                yield
        else:
            self.searched = len(self._data)
        self.done = True

    def _offsets(self) -> Iterator[tuple[int, bool]]:
        pattern = self.query.pattern
        if pattern is not None:
            for start, _ in pattern.found_in(self._data):
                yield start, True
            return
        records = self._records
        assert records is not None
        deadline = Deadline(SEARCH_S)
        index = 0
        while True:
            records.read(index + 1, deadline)
            if index >= len(records.starts):
                return
            start = records.starts[index]
            fields = partial(RecordFields, records, index)
            yield start, self.query.matches(records.whole(index), fields)
            index += 1

    def after(self, offset: int) -> int | None:
        """The first find behind an offset; from the last one, the first again."""
        if not self.found:
            return None
        at = bisect_right(self.found, offset)
        return self.found[at if at < len(self.found) else 0]

    def before(self, offset: int) -> int | None:
        """The last find before an offset; from the first one, the last again."""
        return self.found[bisect_left(self.found, offset) - 1] if self.found else None

    def at_or_after(self, offset: int) -> int | None:
        """The find at an offset, or the first behind it."""
        return self.after(offset - 1)


class RecordFields:
    """A record of a payload, as a condition asks for its fields."""

    def __init__(self, records: Records, index: int) -> None:
        self._records = records
        self._index = index
        self._value: Any = None

    @property
    def json(self) -> Any:
        """All of it."""
        if self._value is None:
            try:
                self._value = self._records.value(self._index)
            except ValueError:
                self._value = {}
        return self._value

    def __getattr__(self, name: str) -> Any:
        value = self.json
        if isinstance(value, dict) and name in value:
            return value[name]
        raise KeyError(name)


def _names(records: Records) -> list[str]:
    records.read(LOOKED_AT, Deadline(1.0))
    known = range(min(len(records.starts), LOOKED_AT))
    names = dict.fromkeys(name for at in known for name in records.columns(at))
    return [name for name in names if name.isidentifier() and name != "json"]
