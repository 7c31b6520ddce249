"""Conditions asked of calls that the ring keeps compact: by columns, and by payloads.

No engine is needed: what a condition over a call and its element asks for stands in the columns of
a chunk, and the payload of an element in the answer of the call that put it out.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from runtime.breakpoints.breakpoint_set import BreakpointSet
from runtime.expression.call_record import ElementRecord
from runtime.expression.expression_error import MissingError
from runtime.model.commands import Edit, Relink
from runtime.model.element import Buffer, Element
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
PAYLOAD_FIELDS = frozenset({"text", "json"})
"""Fields for which the payload of an element is looked up, too."""


class CompactSearch:
    """Looks through the compact calls of a ring, newest chunk first."""

    def __init__(
        self, ring: Ring, asked: BreakpointSet, flow: LinkedFlow, *, with_payloads: bool
    ) -> None:
        """`asked` are asked before calls and after them, of nothing but the fields above."""
        self._asked = asked
        self._flow = flow
        self._chunks = [chunk for chunk in ring.compact_chunks() if chunk.calls]
        self._payloads = _Payloads(ring, self._chunks) if with_payloads else None
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
            columns = chunk.columns()
            count = min(end, chunk.last + 1) - chunk.first
            elements: list[Element | None] | None = None
            if self._payloads is not None:
                elements = self._payloads.elements(place, columns, count, self._asked)
                if elements is None:
                    return
            self.looked += count
            yield chunk.first, *self._last_hit(columns, elements, chunk.first, count, at)

    def _last_hit(
        self,
        columns: CallColumns,
        elements: list[Element | None] | None,
        first: int,
        count: int,
        at: int,
    ) -> tuple[BreakHit | None, int]:
        asked = self._asked
        befores = self._records(columns, asked.nodes_before, after=False)
        afters = self._records(columns, asked.nodes_called, after=True)
        found: BreakHit | None = None
        place = 0
        for index, kind in enumerate(columns.kind[:count]):
            number = first + index
            record = befores[kind]
            if record is not None and number <= at:
                record.stand_at(index, elements)
                hits = asked.met_before(record, number)
                if hits:
                    found, place = hits[0], number - 1
            record = afters[kind]
            if record is not None and number < at:
                record.stand_at(index, elements)
                hits = asked.met_called(record, number)
                if hits:
                    found, place = hits[0], number
        return found, place

    def _records(
        self, columns: CallColumns, nodes: Container[str], *, after: bool
    ) -> list[_CompactRecord | None]:
        return [
            _CompactRecord(kind, columns, self._flow, after=after) if kind.node in nodes else None
            for kind in columns.kinds
        ]


class _CompactRecord(ElementRecord):
    """The compact calls of one kind, one after the other."""

    __slots__ = ("_columns", "_index", "_of_outputs")

    def __init__(
        self, kind: CallKind, columns: CallColumns, flow: LinkedFlow, *, after: bool
    ) -> None:
        edge = "" if kind.edge is None else flow.edges[kind.edge].label
        super().__init__(kind.node, kind.export, None, edge)
        self._columns = columns
        self._index = 0
        self._of_outputs = kind.source is None and not after
        """Whether the element of the columns is one that the call has yet to put out."""

    def stand_at(self, index: int, elements: list[Element | None] | None) -> None:
        """Be the call with that index in its chunk; without `elements` no payload is known."""
        self._index = index
        if elements is not None:
            self.renew(None if self._of_outputs else elements[index])

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
    def _place_of_element(self) -> int:
        if not self.has_element:
            raise MissingError(f"{self.export} has no element")
        return self._index


class _Payloads:
    """Payloads of elements, found in the chunk where they were put out."""

    def __init__(self, ring: Ring, chunks: list[CompactChunk]) -> None:
        self._chunks = chunks
        self._read: dict[int, dict[int, bytes]] = {}
        edits = [one for chunk in chunks for _, one in chunk.commands if isinstance(one, Edit)]
        self._edited = {one.element_id for one in edits}
        self._edited.update(one.element_id for one in ring.entries() if isinstance(one, Edit))

    def elements(
        self, place: int, columns: CallColumns, count: int, asked: BreakpointSet
    ) -> list[Element | None] | None:
        """The element of each of the first calls of a chunk that are asked; None: not all known."""
        for read in [one for one in self._read if one > place]:
            del self._read[read]
        if self._edited and not self._edited.isdisjoint(columns.element_id):
            return None
        payloads = self._of(place, columns)
        before, called = asked.nodes_before, asked.nodes_called
        wanted = [kind.node in before or kind.node in called for kind in columns.kinds]
        made: list[Element | None] = []
        for number, element_id, size, sequence, kind in zip(
            columns.kind[:count], columns.element_id, columns.size, columns.sequence,
            columns.content_type, strict=False,
        ):  # fmt: skip
            if size < 0 or not wanted[number]:
                made.append(None)
                continue
            data = payloads.get(element_id)
            if data is None:
                data = self._earlier(place, element_id)
                if data is None or len(data) != size:
                    return None
                payloads[element_id] = data
            content_type = columns.content_types[kind]
            made.append(
                Element(element_id, 0, "", sequence, 0, content_type, Buffer(data, content_type))
            )
        return made

    def _of(self, place: int, columns: CallColumns | None = None) -> dict[int, bytes]:
        found = self._read.get(place)
        if found is None:
            chunk = self._chunks[place]
            found = self._read[place] = chunk.payloads(columns or chunk.columns())
        return found

    def _earlier(self, place: int, element_id: int) -> bytes | None:
        """Look further back, as long as it can have been put out there."""
        for before in range(place - 1, -1, -1):
            found = self._of(before)
            if element_id in found:
                return found[element_id]
            if found and next(iter(found)) < element_id:  # they are in order
                return None
        return None
