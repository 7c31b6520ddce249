"""Compact chunks: past calls with their answers, compressed.

Elements are not kept: making the host's part of the calls again, along the answers, makes them
again. So a call takes a few bytes, besides what components put out and printed. What a search asks
for most stands in columns of its own, which are read without the answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from runtime.model.commands import Command, Step
from runtime.model.events import CallFinished
from runtime.recording.command_lines import is_change
from runtime.recording.encoding import Entry
from runtime.recording.ring.call_columns import CallColumns
from runtime.recording.ring.compact_columns import (
    CallKind,
    CallKinds,
    ChunkTable,
    CompactCall,
    PackedCalls,
    columns_of_calls,
    columns_of_table,
    packed_calls,
    unpacked_calls,
)
from runtime.recording.ring.sizes import bytes_of_command

CHUNK_BYTES = 400
"""Memory of a compact chunk besides its data, in bytes."""


class CompactChunk:
    """Calls with consecutive numbers, and the commands between them. It never changes.

    Calls have an index here, from 0.
    """

    __slots__ = ("_answers", "_columns", "_kinds", "bytes_used", "calls", "commands", "first")

    def __init__(
        self,
        first: int,
        calls: int,
        packed: PackedCalls,
        commands: list[tuple[int, Command]],
        kinds: CallKinds,
    ) -> None:
        """`packed` has so many calls; `kinds` is shared by the chunks of a ring."""
        self.first = first
        """Number of the first call."""
        self.calls = calls
        """Calls in it."""
        self.commands = commands
        """Commands, and the index of the call each stands before."""
        self._kinds = kinds
        self._columns, self._answers = packed
        size = sum(bytes_of_command(command) for _, command in commands)
        self.bytes_used = CHUNK_BYTES + len(self._columns) + len(self._answers) + size
        """Memory, in bytes; its kinds are counted by who owns them."""

    @property
    def entries(self) -> int:
        """Calls and commands in it."""
        return self.calls + len(self.commands)

    @property
    def last(self) -> int:
        """Number of the last call; the one before `first` without calls."""
        return self.first + self.calls - 1

    def read(self) -> Iterator[CompactCall]:
        """Its calls, in order."""
        if not self.calls:
            return iter(())
        return unpacked_calls(self._columns, self._answers, self._all_kinds())

    def _all_kinds(self) -> list[CallKind]:
        return [CallKind(*kind) for kind in self._kinds]

    def columns(self) -> CallColumns:
        """Its calls without their answers, at a fraction of what reading these costs.

        It has at least one call.
        """
        return CallColumns(self._columns, self._answers, self._all_kinds())

    def until(self, number: int) -> CompactChunk:
        """A chunk with the calls up to `number`.

        The commands right after that call are in it, up to the first change; but for a `Step`,
        which asks for the next.
        """
        count = number - self.first + 1
        commands: list[tuple[int, Command]] = []
        for index, command in self.commands:
            if index > count or (index == count and is_change(command)):
                break
            if index < count or type(command) is not Step:
                commands.append((index, command))
        calls = list(self.read())[:count]
        if not calls:
            return CompactChunk(self.first, 0, PackedCalls(), commands, self._kinds)
        kinds, ids, sequences, began, answers = zip(*calls, strict=True)
        numbers = tuple(map(self._kinds.__getitem__, kinds))
        own, many = self.columns(), len(calls)
        types = [own.content_types[number] for number in own.content_type[:many]]
        output_ids = iter(own.output_ids)
        made = [tuple(islice(output_ids, count)) for count in own.output_count[:many]]
        shown = own.sequence[:many], own.size[:many], types
        table = ChunkTable(numbers, ids, sequences, began, answers, *shown, made)
        packed = packed_calls(columns_of_table(table))
        return CompactChunk(self.first, many, packed, commands, self._kinds)


def chunk_of(entries: Sequence[Entry], first: int, kinds: CallKinds) -> CompactChunk:
    """Entries as a chunk; the calls among them are to have the numbers from `first` on.

    Raises:
        ValueError: a call has another number than comes next.
        OverflowError, struct.error: a number needs more than 64 bits.
    """
    calls = [entry for entry in entries if type(entry) is CallFinished]
    commands: list[tuple[int, Command]] = []
    if len(calls) < len(entries):
        before = 0
        for entry in entries:
            if isinstance(entry, CallFinished):
                before += 1
            else:
                commands.append((before, entry))
        if not calls:
            return CompactChunk(first, 0, PackedCalls(), commands, kinds)
    begins, ends, last = calls[0].call.number, calls[-1].call.number, first + len(calls) - 1
    if begins != first or ends != last:
        raise ValueError(f"calls {begins} to {ends} stand where {first} comes next")
    return CompactChunk(
        first, len(calls), packed_calls(columns_of_calls(calls, kinds)), commands, kinds
    )
