"""Compact chunks: past calls with their answers, compressed.

Elements are not kept: making the host's part of the calls again, along the answers, makes them
again. So a call takes a few bytes, besides what components put out and printed.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import attrgetter, sub
from struct import Struct
from types import GenericAlias
from typing import Any, NamedTuple

from msgspec import msgpack

from runtime.model.call import (
    Absorbed,
    Accepted,
    Answer,
    Call,
    CopyCount,
    Discarded,
    Emitted,
    Exhausted,
    Failed,
    Finished,
    HostInput,
    Outcome,
    Ports,
    Printed,
    Verdict,
)
from runtime.model.commands import Command, Step
from runtime.model.events import CallFinished
from runtime.recording.command_lines import is_change
from runtime.recording.encoding import Entry
from runtime.recording.ring.sizes import bytes_of_command

CHUNK_BYTES = 400
"""Memory of a compact chunk besides its data, in bytes."""
COMPRESSED_BYTES = 1024
"""Answers of more bytes each are not compressed: that would take longer than their calls."""
KIND_BYTES = 150
"""Memory of one kind of call, in bytes."""

_REST = (int, CopyCount, tuple[Printed, ...], int, tuple[HostInput, ...], int, int)
_OUTCOMES: tuple[type[Outcome], ...] = (
    Emitted,
    Exhausted,
    Discarded,
    Absorbed,
    Verdict,
    Ports,
    Accepted,
    Finished,
    Failed,
)
_CODES = {outcome: code for code, outcome in enumerate(_OUTCOMES)}
_encode = msgpack.Encoder().encode
_decode_answers: list[Any] = [
    msgpack.Decoder(list[GenericAlias(tuple, (one, *_REST))]).decode  # type: ignore[misc]
    for one in _OUTCOMES
]
_decode_parts = msgpack.Decoder(list[bytes]).decode


class CallKind(NamedTuple):
    """What many calls have in common."""

    node: str
    export: str
    """The value of a `runtime.model.call.Export`."""
    argument: str
    source: str | None
    """`Element.source` of the element it was given; None without an element."""


class CallKinds(dict[tuple[str, str, str, str | None], int]):
    """Numbers the kinds of calls it is asked for, from 0."""

    def __missing__(self, key: tuple[str, str, str, str | None]) -> int:
        self[key] = code = len(self)
        return code

    @property
    def bytes_used(self) -> int:
        """Memory, in bytes."""
        return KIND_BYTES * len(self)


class CompactCall(NamedTuple):
    """A call as a compact chunk keeps it; its number is that of its place."""

    kind: CallKind
    element_id: int
    """Of the element it was given; 0 without one."""
    sequence: int
    """Of that element."""
    at_ns: int
    """Flow time when it began."""
    answer: Answer


class CompactChunk:
    """Calls with consecutive numbers, and the commands between them. It never changes.

    Calls have an index here, from 0.
    """

    __slots__ = ("_data", "_kinds", "bytes_used", "calls", "commands", "first")

    def __init__(
        self,
        first: int,
        columns: _Columns | None,
        commands: list[tuple[int, Command]],
        kinds: CallKinds,
    ) -> None:
        """`columns` has at least one call, or is None; `kinds` is shared by the chunks of a ring.

        Raises:
            OverflowError, struct.error: a number needs more than 64 bits.
        """
        self.first = first
        """Number of the first call."""
        self.calls = 0 if columns is None else len(columns.answers)
        """Calls in it."""
        self.commands = commands
        """Commands, and the index of the call each stands before."""
        self._kinds = kinds
        self._data = b"" if columns is None else _packed(columns)
        size = sum(bytes_of_command(command) for _, command in commands)
        self.bytes_used = CHUNK_BYTES + len(self._data) + size
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
        return _unpacked(self._data, [CallKind(*kind) for kind in self._kinds])

    def names(self) -> list[tuple[CallKind, int]]:
        """Kind and sequence of each call, at a fraction of what reading answers costs."""
        if not self.calls:
            return []
        kinds = [CallKind(*kind) for kind in self._kinds]
        _, numbers, _, sequences, *_ = _parts(self._data)
        named = map(kinds.__getitem__, array("I", numbers))
        return list(zip(named, accumulate(array("q", sequences)), strict=True))

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
            return CompactChunk(self.first, None, commands, self._kinds)
        kinds, *columns = zip(*calls, strict=True)
        numbers = tuple(map(self._kinds.__getitem__, kinds))
        return CompactChunk(self.first, _Columns(numbers, *columns), commands, self._kinds)


def chunk_of(entries: Sequence[Entry], first: int, kinds: CallKinds) -> CompactChunk:
    """Entries as a chunk; the calls among them are to have the numbers from `first` on.

    Raises:
        ValueError: a call has another number than comes next.
        OverflowError, struct.error: a number needs more than 64 bits.
    """
    commands: list[tuple[int, Command]] = []
    events = entries
    if set(map(type, entries)) != _ONLY_CALLS:
        events = []
        for entry in entries:
            if isinstance(entry, CallFinished):
                events.append(entry)
            else:
                commands.append((len(events), entry))
        if not events:
            return CompactChunk(first, None, commands, kinds)
    calls: tuple[Call, ...]
    calls, answers, began, _, _ = zip(*events, strict=True)
    numbers, nodes, exports, elements, arguments, _ = zip(*calls, strict=True)
    if numbers[0] != first or numbers[-1] != first + len(calls) - 1:
        raise ValueError(f"calls {numbers[0]} to {numbers[-1]} stand where {first} comes next")
    sources = [None if one is None else one.source for one in elements]
    names = [export._value_ for export in exports]
    columns = _Columns(
        tuple(map(kinds.__getitem__, zip(nodes, names, arguments, sources, strict=True))),
        tuple([0 if one is None else one.id for one in elements]),
        tuple([0 if one is None else one.sequence for one in elements]),
        began,
        answers,
    )
    return CompactChunk(first, columns, commands, kinds)


class _Columns(NamedTuple):
    """The calls of a chunk by what is kept of them; see `CompactCall`."""

    kinds: tuple[int, ...]
    element_ids: tuple[int, ...]
    sequences: tuple[int, ...]
    began: tuple[int, ...]
    answers: tuple[Answer, ...]


def _packed(columns: _Columns) -> bytes:
    """What differs little from call to call as numbers, and answers by what they are."""
    kinds, ids, sequences, began, answers = columns
    codes = bytes(map(_CODES.__getitem__, map(type, map(_OUTCOME, answers))))
    # When a call begins is mostly when the one before it ended.
    gaps = [began[0], *map(sub, map(sub, began[1:], began), map(_DURATION, answers))]
    numbers = Struct(f"{len(kinds)}q").pack
    groups = [
        _encode([answer for answer, own in zip(answers, codes, strict=True) if own == code])
        for code in sorted(set(codes))
    ]
    parts = [
        codes,
        Struct(f"{len(kinds)}I").pack(*kinds),
        numbers(*_steps(ids)),
        numbers(*_steps(sequences)),
        numbers(*gaps),
        *groups,
    ]
    data = _encode(parts)
    small = len(data) <= COMPRESSED_BYTES * len(kinds)
    return _COMPRESSED + zlib.compress(data, 1) if small else _PLAIN + data


def _parts(data: bytes) -> list[bytes]:
    plain = memoryview(data)[1:]
    made: list[bytes] = _decode_parts(zlib.decompress(plain) if data[:1] == _COMPRESSED else plain)
    return made


def _unpacked(data: bytes, kinds: list[CallKind]) -> Iterator[CompactCall]:
    codes, *parts = _parts(data)
    numbers, ids, sequences, gaps = (
        array(kind, part) for kind, part in zip("Iqqq", parts[:4], strict=True)
    )
    groups: list[Iterator[tuple[Any, ...]] | None] = [None] * len(_OUTCOMES)
    for code, group in zip(sorted(set(codes)), parts[4:], strict=True):
        groups[code] = iter(_decode_answers[code](group))
    ended_ns = 0
    for code, number, element_id, sequence, gap in zip(
        codes, numbers, accumulate(ids), accumulate(sequences), gaps, strict=True
    ):
        group_of = groups[code]
        assert group_of is not None
        answer = Answer._make(next(group_of))
        at_ns = ended_ns + gap
        ended_ns = at_ns + answer.duration_ns
        yield CompactCall(kinds[number], element_id, sequence, at_ns, answer)


def _steps(column: Sequence[int]) -> list[int]:
    """The first number, then from each to the next."""
    return [column[0], *map(sub, column[1:], column)]


_COMPRESSED, _PLAIN = b"z", b"p"
_ONLY_CALLS = {CallFinished}
_OUTCOME, _DURATION = attrgetter("outcome"), attrgetter("duration_ns")
