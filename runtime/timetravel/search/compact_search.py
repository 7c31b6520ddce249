"""Conditions asked of calls that the ring keeps compact: by columns, and by payloads.

No engine is needed: what a condition over a call and its element asks for stands in the columns of
a chunk, and the payload of an element in the answer of the call that put it out.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

from runtime.breakpoints.breakpoint_set import BreakpointSet
from runtime.expression.call_record import ElementRecord
from runtime.expression.expression_error import MissingError
from runtime.model.commands import Relink
from runtime.model.linked import LinkedFlow
from runtime.model.measures.time_units import NS_PER_MS
from runtime.protocol.breakpoints import BreakHit
from runtime.recording.ring.call_columns import CallColumns
from runtime.recording.ring.compact_columns import CallKind
from runtime.recording.ring.ring import Ring
from runtime.timetravel.search.call_table import CompactTable
from runtime.timetravel.search.candidates import Candidates
from runtime.timetravel.search.chunk_payloads import ChunkPayloads

COLUMN_FIELDS = frozenset(
    {"node", "export", "edge", "seq", "size", "content_type", "ms", "fuel", "hits"}
)
"""Fields that the columns of a compact chunk have."""


class CompactSearch:
    """Looks through the compact calls of a ring, newest chunk first."""

    def __init__(
        self,
        ring: Ring,
        asked: BreakpointSet,
        candidates: Candidates,
        flow: LinkedFlow,
        *,
        with_payloads: bool,
    ) -> None:
        """`asked` are asked before calls and after them, of nothing but the fields above."""
        self._asked = asked
        self._candidates = candidates
        self._flow = flow
        self._chunks = [chunk for chunk in ring.compact_chunks() if chunk.calls]
        self._payloads = (
            ChunkPayloads(ring, self._chunks, candidates.payloads) if with_payloads else None
        )
        self.looked = 0
        """Calls looked at."""

    def hits(self, at: int, end: int) -> Iterator[tuple[int, BreakHit | None, int]]:
        """Of each chunk the first call, the last hit before call `end`, and the hit's place.

        A hit after a call counts where fewer than `at` calls were made, one before a call up to
        there. It ends with the oldest chunk; earlier where the graph changed, or where the payload
        of an element is not known.
        """
        known = self._payloads
        for place in range(len(self._chunks) - 1, -1, -1):
            chunk = self._chunks[place]
            if chunk.first >= end:
                continue
            if any(isinstance(command, Relink) for _, command in chunk.commands):
                return
            columns = chunk.columns() if known is None else known.columns(place)
            count = min(end, chunk.last + 1) - chunk.first
            calls = self._candidates.calls_in(CompactTable(columns, self._flow), count)
            payloads: dict[int, bytes] = {}
            if known is not None and calls:
                found = known.of_calls(place, calls)
                if found is None:
                    return
                payloads = found
                if self._candidates.payloads is not None:
                    ids = columns.element_id
                    calls = [index for index in calls if ids[index] in payloads] if found else ()
            self.looked += count
            yield chunk.first, *self._last_hit(columns, payloads, chunk.first, calls, at)

    def _last_hit(
        self,
        columns: CallColumns,
        payloads: dict[int, bytes],
        first: int,
        calls: Sequence[int],
        at: int,
    ) -> tuple[BreakHit | None, int]:
        if not calls:
            return None, 0
        asked = self._asked
        befores = self._records(columns, payloads, asked.nodes_before, after=False)
        afters = self._records(columns, payloads, asked.nodes_called, after=True)
        kinds = columns.kind
        for index in reversed(calls):
            kind, number = kinds[index], first + index
            record = afters[kind]
            if record is not None and number < at:
                record.stand_at(index)
                hits = asked.met_called(record, number)
                if hits:
                    return record.found(hits), number
            record = befores[kind]
            if record is not None and number <= at:
                record.stand_at(index)
                hits = asked.met_before(record, number)
                if hits:
                    return record.found(hits), number - 1
        return None, 0

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
