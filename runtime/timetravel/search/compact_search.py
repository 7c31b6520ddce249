"""Conditions asked of calls that the ring keeps compact: by columns, and by payloads.

No engine is needed: what a condition over a call and its element asks for stands in the columns of
a chunk, and the payload of an element in the answer of the call that put it out.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from itertools import compress

from runtime.breakpoints.breakpoint_set import BreakpointSet
from runtime.breakpoints.prefilter import Prefilter
from runtime.expression.call_record import ElementRecord
from runtime.expression.expression_error import MissingError
from runtime.model.commands import Edit, Relink
from runtime.model.linked import LinkedFlow
from runtime.model.time_units import NS_PER_MS
from runtime.protocol.breakpoints import BreakHit
from runtime.recording.ring.compact import CompactChunk
from runtime.recording.ring.compact_columns import CallColumns, CallKind
from runtime.recording.ring.ring import Ring

COLUMN_FIELDS = frozenset(
    {"node", "export", "edge", "seq", "size", "content_type", "ms", "fuel", "hits"}
)
"""Fields that the columns of a compact chunk have."""


class CompactSearch:
    """Looks through the compact calls of a ring, newest chunk first."""

    def __init__(
        self, ring: Ring, asked: BreakpointSet, flow: LinkedFlow, *, with_payloads: bool
    ) -> None:
        """`asked` are asked before calls and after them, of nothing but the fields above."""
        self._asked = asked
        self._flow = flow
        self._chunks = [chunk for chunk in ring.compact_chunks() if chunk.calls]
        self._prefilter = asked.prefilter() if with_payloads else None
        self._payloads: _Payloads | None = None
        if with_payloads:
            self._payloads = _Payloads(ring, self._chunks, self._prefilter)
        self.looked = 0
        """Calls looked at."""

    def hits(self, at: int, end: int) -> Iterator[tuple[int, BreakHit | None, int]]:
        """Of each chunk the first call, the last hit before call `end`, and the hit's place.

        A hit after a call counts where fewer than `at` calls were made, one before a call up to
        there. It ends with the oldest chunk; earlier where the graph changed, or where the payload
        of an element is not known.
        """
        for place in range(len(self._chunks) - 1, -1, -1):
            chunk = self._chunks[place]
            if chunk.first >= end:
                continue
            if any(isinstance(command, Relink) for _, command in chunk.commands):
                return
            known = self._payloads
            columns = chunk.columns() if known is None else known.columns(place)
            count = min(end, chunk.last + 1) - chunk.first
            payloads: dict[int, bytes] | None = {}
            if known is not None:
                payloads = known.needed(place, count, self._asked)
            if payloads is None:
                return
            self.looked += count
            yield chunk.first, *self._last_hit(columns, payloads, chunk.first, count, at)

    def _last_hit(
        self,
        columns: CallColumns,
        payloads: dict[int, bytes],
        first: int,
        count: int,
        at: int,
    ) -> tuple[BreakHit | None, int]:
        calls: Iterable[tuple[int, int]] = enumerate(columns.kind[:count])
        if self._prefilter is not None:
            if not payloads:
                return None, 0
            calls = compress(calls, map(payloads.__contains__, columns.element_id))
        asked = self._asked
        befores = self._records(columns, payloads, asked.nodes_before, after=False)
        afters = self._records(columns, payloads, asked.nodes_called, after=True)
        found: BreakHit | None = None
        place = 0
        for index, kind in calls:
            number = first + index
            record = befores[kind]
            if record is not None and number <= at:
                record.stand_at(index)
                hits = asked.met_before(record, number)
                if hits:
                    found, place = record.found(hits), number - 1
            record = afters[kind]
            if record is not None and number < at:
                record.stand_at(index)
                hits = asked.met_called(record, number)
                if hits:
                    found, place = record.found(hits), number
        return found, place

    def _records(
        self,
        columns: CallColumns,
        payloads: dict[int, bytes],
        nodes: Container[str],
        *,
        after: bool,
    ) -> list[_CompactRecord | None]:
        flow = self._flow
        return [
            _CompactRecord(kind, columns, payloads, flow, after=after)
            if kind.node in nodes
            else None
            for kind in columns.kinds
        ]


class _CompactRecord(ElementRecord):
    """The compact calls of one kind, one after the other."""

    __slots__ = ("_columns", "_index", "_of_outputs", "_payloads")

    def __init__(
        self,
        kind: CallKind,
        columns: CallColumns,
        payloads: dict[int, bytes],
        flow: LinkedFlow,
        *,
        after: bool,
    ) -> None:
        edge = "" if kind.edge is None else flow.edges[kind.edge].label
        super().__init__(kind.node, kind.export, None, edge)
        self._columns = columns
        self._payloads = payloads
        self._index = 0
        self._of_outputs = kind.source is None and not after
        """Whether the element of the columns is one that the call has yet to put out."""

    def stand_at(self, index: int) -> None:
        """Be the call with that index in its chunk."""
        self._index = index
        if self._payloads:
            self.renew()

    def found(self, hits: list[BreakHit]) -> BreakHit:
        """The first of the hits that were met there, with its element."""
        known = self.has_element
        return replace(hits[0], element_id=self._columns.element_id[self._index] if known else None)

    @property
    def ms(self) -> float:
        """How long the call took, in milliseconds."""
        return self._columns.duration_ns[self._index] / NS_PER_MS

    @property
    def fuel(self) -> int:
        """Fuel that it used."""
        return self._columns.fuel[self._index]

    @property
    def has_element(self) -> bool:
        """Whether there is an element."""
        return not self._of_outputs and self._columns.size[self._index] >= 0

    @property
    def seq(self) -> int:
        """The element's number at its source."""
        return self._columns.sequence[self._place_of_element]

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return self._columns.size[self._place_of_element]

    @property
    def content_type(self) -> str:
        """The element's content type."""
        columns = self._columns
        return columns.content_types[columns.content_type[self._place_of_element]]

    @property
    def _data(self) -> bytes:
        columns = self._columns
        return self._payloads[columns.element_id[self._place_of_element]]

    @property
    def _place_of_element(self) -> int:
        if not self.has_element:
            raise MissingError(f"{self.export} has no element")
        return self._index


class _Payloads:
    """Payloads of elements, found in the chunk where they were put out."""

    def __init__(self, ring: Ring, chunks: list[CompactChunk], prefilter: Prefilter | None) -> None:
        self._chunks = chunks
        self._prefilter = prefilter
        self._read: dict[int, _PutOut] = {}
        edits = [one for chunk in chunks for _, one in chunk.commands if isinstance(one, Edit)]
        self._edited = {one.element_id for one in edits}
        self._edited.update(one.element_id for one in ring.entries() if isinstance(one, Edit))

    def columns(self, place: int) -> CallColumns:
        """Those of a chunk; from newer chunks nothing is asked any more."""
        for read in [one for one in self._read if one > place]:
            del self._read[read]
        return self._of(place).columns

    def needed(self, place: int, count: int, asked: BreakpointSet) -> dict[int, bytes] | None:
        """Payloads for which a condition may hold, by elements of the first calls of a chunk.

        Only calls that are asked count. None: there are elements whose payload is not known.
        """
        columns = self._of(place).columns
        if self._edited and not self._edited.isdisjoint(columns.element_id):
            return None
        before, called = asked.nodes_before, asked.nodes_called
        wanted = [kind.node in before or kind.node in called for kind in columns.kinds]
        sizes = {
            element_id: size
            for number, element_id, size in zip(
                columns.kind[:count], columns.element_id, columns.size, strict=False
            )
            if size >= 0 and wanted[number]
        }
        found: dict[int, bytes] = {}
        unknown = set(sizes)
        while unknown:
            put_out = self._of(place)
            for element_id in unknown & put_out.payloads.keys():
                data = found[element_id] = put_out.payloads[element_id]
                if len(data) != sizes[element_id]:
                    return None
            unknown -= put_out.ids
            ids = put_out.columns.output_ids  # they are in order
            if unknown and (not place or (ids and ids[0] < max(unknown))):
                return None
            place -= 1
        return found

    def _of(self, place: int) -> _PutOut:
        found = self._read.get(place)
        if found is None:
            found = self._read[place] = _PutOut(self._chunks[place], self._prefilter)
        return found


class _PutOut:
    """What the calls of a chunk put out."""

    def __init__(self, chunk: CompactChunk, prefilter: Prefilter | None) -> None:
        self.columns = columns = chunk.columns()
        self.ids = frozenset(columns.output_ids)
        """All elements that were put out."""
        self.payloads: dict[int, bytes] = {}
        """Of those for which a condition may hold."""
        emitted = chunk.emitted(columns)
        if prefilter is None:
            self.payloads = chunk.payloads(emitted, columns)
        elif prefilter.may_hold_within(emitted):
            payloads = chunk.payloads(emitted, columns)
            self.payloads = {
                element_id: data
                for element_id, data in payloads.items()
                if prefilter.may_hold(data)
            }
