"""Columns of calls, packed: what a compact chunk keeps, without and with the answers.

The parts that stand without the answers are read by `call_columns`.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, compress
from operator import sub
from struct import Struct
from types import GenericAlias
from typing import Any, NamedTuple

from msgspec import msgpack

from runtime.extension.call_passes import native_passes
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
from runtime.model.element import Element
from runtime.model.events import CallFinished

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
OUTCOME_CODES = {outcome: code for code, outcome in enumerate(_OUTCOMES)}
"""The outcomes of calls by the numbers they are kept with."""
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
    edge: int | None
    """`Call.edge`."""


class CallKinds(dict[tuple[str, str, str, str | None, int | None], int]):
    """Numbers the kinds of calls it is asked for, from 0."""

    def __missing__(self, key: tuple[str, str, str, str | None, int | None]) -> int:
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


class ChunkTable(NamedTuple):
    """Calls, at least one, by what is kept of them; see `CompactCall` and `CallColumns`."""

    kinds: tuple[int, ...]
    element_ids: tuple[int, ...]
    sequences: tuple[int, ...]
    began: tuple[int, ...]
    answers: tuple[Answer, ...]
    shown_sequences: Sequence[int]
    """Of the element that a call was given, else of the first that it put out; and so on."""
    sizes: Sequence[int]
    content_types: Sequence[str]
    output_ids: Sequence[tuple[int, ...]]


class ChunkColumns(NamedTuple):
    """What is packed of calls."""

    parts: list[bytes]
    """What stands without the answers, as `call_columns` reads it.

    A part of numbers begins with the code of their type in an `array`.
    """
    answers: list[list[Answer]]
    """By the code of their outcome, those that there are."""


class PackedCalls(NamedTuple):
    """What is kept of calls: two parts, so that the first is read without the other."""

    columns: bytes = b""
    answers: bytes = b""


def columns_of_calls(calls: list[CallFinished], kinds: CallKinds) -> ChunkColumns:
    """The columns of at least one call, whose kinds get numbers.

    Raises:
        OverflowError, struct.error: a number needs more than 64 bits.
    """
    passes = native_passes()
    made = None if passes is None else passes.columns_of_calls(calls, kinds, _OUTCOMES)
    return columns_of_table(_table(calls, kinds)) if made is None else ChunkColumns(*made)


def _table(finished: list[CallFinished], kinds: CallKinds) -> ChunkTable:
    calls: tuple[Call, ...]
    calls, answers, began, outputs, _ = zip(*finished, strict=True)
    _, nodes, exports, elements, arguments, edges = zip(*calls, strict=True)
    sources = [None if one is None else one.source for one in elements]
    names = [export._value_ for export in exports]
    return ChunkTable(
        tuple(map(kinds.__getitem__, zip(nodes, names, arguments, sources, edges, strict=True))),
        tuple([0 if one is None else one.id for one in elements]),
        tuple([0 if one is None else one.sequence for one in elements]),
        began,
        answers,
        *_shown_elements(elements, outputs),
        [tuple([one.id for one in made]) if made else () for made in outputs],
    )


def _shown_elements(
    given: Iterable[Element | None], outputs: Iterable[tuple[Element, ...]]
) -> tuple[list[int], list[int], list[str]]:
    """`ChunkTable.shown_sequences`, `sizes` and `content_types`."""
    shown = [one or (made[0] if made else None) for one, made in zip(given, outputs, strict=True)]
    return (
        [0 if one is None else one.sequence for one in shown],
        [-1 if one is None else len(one.payload.data) for one in shown],
        ["" if one is None else one.content_type for one in shown],
    )


def columns_of_table(table: ChunkTable) -> ChunkColumns:
    """Columns of numbers that differ little from call to call, and answers by what they are.

    Raises:
        OverflowError, struct.error: a number needs more than 64 bits.
    """
    kinds, ids, sequences, began, answers, of_shown, sizes, types, made = table
    outcomes, durations, _, _, _, _, fuel, _ = zip(*answers, strict=True)
    codes = bytes(map(OUTCOME_CODES.__getitem__, map(type, outcomes)))
    # When a call begins is mostly when the one before it ended.
    gaps = [began[0], *map(sub, map(sub, began[1:], began), durations)]
    groups = [
        list(compress(answers, codes.translate(_IS_CODE[code]))) for code in sorted(set(codes))
    ]
    numbered = {one: number for number, one in enumerate(dict.fromkeys(types))}
    output_ids = list(chain.from_iterable(made))
    parts = [
        codes,
        _packed("I", kinds),
        _packed("q", _steps(ids)),
        _packed("q", _steps(sequences)),
        _packed("q", gaps),
        _packed("q", _steps(of_shown)),
        _packed("q", sizes),
        _packed("I", list(map(numbered.__getitem__, types))),
        _packed("q", durations),
        _packed("q", fuel),
        _packed("I", list(map(len, made))),
        _packed("q", _steps(output_ids)),
        *(one.encode("utf-8", "surrogatepass") for one in numbered),
    ]
    return ChunkColumns(parts, groups)


def _packed(code: str, numbers: Sequence[int]) -> bytes:
    return code.encode() + Struct(f"{len(numbers)}{code}").pack(*numbers)


def packed_calls(columns: ChunkColumns) -> PackedCalls:
    """Columns as they are kept.

    Raises:
        OverflowError: a number needs more than 64 bits.
    """
    parts, groups = columns
    data, size = _encode([_encode(group) for group in groups]), COMPRESSED_BYTES * len(parts[0])
    return PackedCalls(
        _compressed(_encode(parts)), _compressed(data) if len(data) <= size else _PLAIN + data
    )


def _compressed(data: bytes) -> bytes:
    passes = native_passes()
    made = None if passes is None else passes.compressed(data)
    return _COMPRESSED + (zlib.compress(data, 1) if made is None else made)


def parts_of(data: bytes) -> list[bytes]:
    """The parts that `packed_calls` put together."""
    plain = memoryview(data)[1:]
    made: list[bytes] = _decode_parts(zlib.decompress(plain) if data[:1] == _COMPRESSED else plain)
    return made


def numbers_of(part: bytes) -> Sequence[int]:
    """The numbers in a part that has numbers."""
    return array(chr(part[0]), part[1:])


def unpacked_calls(data: bytes, answers: bytes, kinds: list[CallKind]) -> Iterator[CompactCall]:
    """The calls of which `packed_calls` gave this."""
    codes, kind, ids, sequences, gaps = parts_of(data)[:5]
    groups: list[Iterator[tuple[Any, ...]] | None] = [None] * len(_OUTCOMES)
    for code, group in zip(sorted(set(codes)), parts_of(answers), strict=True):
        groups[code] = iter(_decode_answers[code](group))
    ended_ns = 0
    for code, number, element_id, sequence, gap in zip(
        codes,
        numbers_of(kind),
        accumulate(numbers_of(ids)),
        accumulate(numbers_of(sequences)),
        numbers_of(gaps),
        strict=True,
    ):
        group_of = groups[code]
        assert group_of is not None
        answer = Answer._make(next(group_of))
        at_ns = ended_ns + gap
        ended_ns = at_ns + answer.duration_ns
        yield CompactCall(kinds[number], element_id, sequence, at_ns, answer)


def _steps(column: Sequence[int]) -> list[int]:
    """The first number, then from each to the next."""
    return [*column[:1], *map(sub, column[1:], column)]


_COMPRESSED, _PLAIN = b"z", b"p"
_IS_CODE = [bytes(other == code for other in range(256)) for code in OUTCOME_CODES.values()]
