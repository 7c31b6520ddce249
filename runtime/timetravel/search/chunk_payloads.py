"""Payloads of elements, found in the compact chunk where they were put out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runtime.breakpoints.prefilter import Prefilter
from runtime.model.commands import Edit
from runtime.recording.ring.call_columns import CallColumns
from runtime.recording.ring.compact import CompactChunk
from runtime.recording.ring.ring import Ring


class ChunkPayloads:
    """Payloads for which a condition may hold; it is asked of newer chunks first."""

    def __init__(
        self, ring: Ring, chunks: Sequence[CompactChunk], prefilter: Prefilter | None
    ) -> None:
        """`chunks` are those of the ring, oldest first; without a prefilter any payload may do."""
        self._chunks = chunks
        self._prefilter = prefilter
        self._read: dict[int, _PutOut] = {}
        edits = [one for chunk in chunks for _, one in chunk.commands if isinstance(one, Edit)]
        edits += [one for one in ring.entries_backwards() if isinstance(one, Edit)]
        self._edited = frozenset(one.element_id for one in edits)

    def columns(self, place: int) -> CallColumns:
        """Those of a chunk; from newer chunks nothing is asked any more."""
        self.forget_after(place)
        return self._of(place).columns

    def forget_after(self, place: int) -> None:
        """Let go of what was read of newer chunks."""
        for read in [one for one in self._read if one > place]:
            del self._read[read]

    def of_calls(self, place: int, calls: Iterable[int]) -> dict[int, bytes] | None:
        """Those of the elements of some calls of a chunk, by element.

        None: there are elements whose payload is not known.
        """
        columns = self._of(place).columns
        ids, size_of = columns.element_id, columns.size
        if self._edited and not self._edited.isdisjoint(ids):
            return None
        sizes = {ids[index]: size for index in calls if (size := size_of[index]) >= 0}
        found: dict[int, bytes] = {}
        unknown = set(sizes)
        while unknown:
            put_out = self._of(place)
            for element_id in unknown & put_out.payloads.keys():
                data = found[element_id] = put_out.payloads[element_id]
                if len(data) != sizes[element_id]:
                    return None
            unknown -= put_out.ids
            made = put_out.columns.output_ids  # they are in order
            if unknown and (not place or (made and made[0] < max(unknown))):
                return None
            place -= 1
        return found

    def of_outputs(self, place: int) -> dict[int, bytes]:
        """Those of the elements that calls of a chunk made."""
        return self._of(place).payloads

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
        if prefilter is None:
            self.payloads = columns.payloads
            """Of those for which a condition may hold."""
        elif prefilter.may_hold_within(columns.emitted_answers):
            self.payloads = prefilter.passed(columns.payloads)
        else:
            self.payloads = {}
