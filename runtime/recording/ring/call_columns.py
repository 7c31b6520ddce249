"""The calls of a compact chunk by what is known of each, read without all of their answers."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cached_property
from itertools import accumulate, compress
from typing import NamedTuple

import msgspec
from msgspec import msgpack

from runtime.model.call import Emitted, Export, Ports, Verdict
from runtime.model.linked import USUAL_PORT
from runtime.recording.ring.compact_columns import OUTCOME_CODES, CallKind, numbers_of, parts_of


class _PayloadRead(msgspec.Struct, array_like=True, gc=False):
    """What is read of a `Buffer`: the first field alone; so with the next ones."""

    data: bytes


class _OutputRead(msgspec.Struct, array_like=True, gc=False):
    payload: _PayloadRead
    content_type: str


class _EmittedRead(msgspec.Struct, array_like=True, gc=False):
    outputs: tuple[_OutputRead, ...]


class _EmittedAnswer(msgspec.Struct, array_like=True, gc=False):
    outcome: _EmittedRead


class _PortsRead(msgspec.Struct, array_like=True, gc=False):
    names: tuple[str, ...]


class _PortsAnswer(msgspec.Struct, array_like=True, gc=False):
    outcome: _PortsRead


class _VerdictRead(msgspec.Struct, array_like=True, gc=False):
    passes: bool


class _VerdictAnswer(msgspec.Struct, array_like=True, gc=False):
    outcome: _VerdictRead


_decode_emitted = msgpack.Decoder(list[_EmittedAnswer]).decode
_decode_ports = msgpack.Decoder(list[_PortsAnswer]).decode
_decode_verdicts = msgpack.Decoder(list[_VerdictAnswer]).decode
_EMITTED, _PORTS, _VERDICT = (OUTCOME_CODES[one] for one in (Emitted, Ports, Verdict))
_IS_EMITTED = bytes(code == _EMITTED for code in range(256))


class PutOut(NamedTuple):
    """An element that a call put out at a port."""

    call: int
    """Index of the call in its chunk."""
    element_id: int
    port: str
    sequence: int | None
    """None where it is not known."""
    size: int
    """Bytes of the payload."""
    content_type: str


class CallColumns:
    """Each column is read when it is asked for first. There is at least one call."""

    def __init__(self, columns: bytes, answers: bytes, kinds: list[CallKind]) -> None:
        """`columns` and `answers` are what `packed_calls` gave; `kinds` are those of the calls."""
        self._parts = parts_of(columns)
        self._answers = answers
        self.kinds = kinds
        """All that there are; `kind` has their numbers."""

    @cached_property
    def kind(self) -> Sequence[int]:
        """Numbers of `kinds`."""
        return numbers_of(self._parts[1])

    @cached_property
    def element_id(self) -> Sequence[int]:
        """Of the element that the call was given, else of the first that it put out; 0 without."""
        shown = list(accumulate(numbers_of(self._parts[2])))
        if 0 in shown:
            place, made = 0, self.output_ids
            for index, outputs in enumerate(self.output_count):
                if outputs:
                    if not shown[index]:
                        shown[index] = made[place]
                    place += outputs
        return shown

    @cached_property
    def sequence(self) -> Sequence[int]:
        """Of that element, and so on."""
        return list(accumulate(numbers_of(self._parts[5])))

    @cached_property
    def size(self) -> Sequence[int]:
        """-1 without an element."""
        return numbers_of(self._parts[6])

    @cached_property
    def content_types(self) -> list[str]:
        """All that there are."""
        return [one.decode("utf-8", "surrogatepass") for one in self._parts[12:]]

    @cached_property
    def content_type(self) -> Sequence[int]:
        """Numbers of `content_types`."""
        return numbers_of(self._parts[7])

    @cached_property
    def duration_ns(self) -> Sequence[int]:
        """Time inside the component."""
        return numbers_of(self._parts[8])

    @cached_property
    def fuel(self) -> Sequence[int]:
        """Fuel that each call used."""
        return numbers_of(self._parts[9])

    @cached_property
    def emitted(self) -> bytes:
        """1 for a call that put elements of its own out, by its outcome."""
        return self._parts[0].translate(_IS_EMITTED)

    @cached_property
    def output_count(self) -> Sequence[int]:
        """Elements that were made of what it put out."""
        return numbers_of(self._parts[10])

    @cached_property
    def output_ids(self) -> Sequence[int]:
        """Of all calls together, in order."""
        return list(accumulate(numbers_of(self._parts[11])))

    @cached_property
    def emitted_answers(self) -> bytes:
        """Answers of the calls that put elements out; the bytes of each payload stand in them."""
        return self._groups.get(_EMITTED, b"")

    @property
    def payloads(self) -> dict[int, bytes]:
        """What calls put out, by the ids of the elements."""
        made = [output.payload.data for output in self._made]
        return dict(zip(self.output_ids, made, strict=False))

    @cached_property
    def ports(self) -> list[tuple[str, ...]]:
        """At which ports each call put something out, in order, as its answer says."""
        found = [(USUAL_PORT,) * count if count else () for count in self.output_count]
        for index, names in self._forwarded():
            found[index] = names
        return found

    def put_out(self, wanted: Container[int] | None = None) -> list[PutOut]:
        """What the calls put out, made by them or sent on, an element once for each port.

        Of what they made only elements with `wanted` ids, if any are given.
        """
        kinds, kind, sequence = self.kinds, self.kind, self.sequence
        found: list[PutOut] = []
        made, first = None, 0
        own_wanted = wanted is None or any(map(wanted.__contains__, self.output_ids))
        for index, count in enumerate(self.output_count if own_wanted else ()):
            for place, element_id in enumerate(self.output_ids[first : first + count]):
                if wanted is not None and element_id not in wanted:
                    continue
                made = made or self._made
                output, own = made[first + place], kinds[kind[index]]
                follows: int | None = sequence[index] + place
                if own.source is not None and own.export != Export.PROCESS:
                    follows = None  # the aggregator's own number
                size, content_type = len(output.payload.data), output.content_type
                found.append(PutOut(index, element_id, USUAL_PORT, follows, size, content_type))
            first += count
        types = self.content_types
        for index, names in self._forwarded():
            shown = self.element_id[index], self.sequence[index], self.size[index]
            content_type = types[self.content_type[index]]
            found += [PutOut(index, shown[0], name, *shown[1:], content_type) for name in names]
        return found

    @cached_property
    def _groups(self) -> dict[int, bytes]:
        """Answers by the code of their outcome."""
        return dict(zip(sorted(set(self._parts[0])), parts_of(self._answers), strict=True))

    @property
    def _made(self) -> list[_OutputRead]:
        """All that became elements."""
        if not self.emitted_answers:
            return []
        counts = compress(self.output_count, self.emitted)
        return [
            output
            for count, answer in zip(counts, _decode_emitted(self.emitted_answers), strict=True)
            for output in answer.outcome.outputs[:count]
        ]

    def _forwarded(self) -> list[tuple[int, tuple[str, ...]]]:
        """Calls that sent their element on, and at which ports."""
        codes, found = self._parts[0], []
        if _PORTS in codes:
            routed = [index for index, code in enumerate(codes) if code == _PORTS]
            answers = _decode_ports(self._groups[_PORTS])
            found += [
                (index, answer.outcome.names)
                for index, answer in zip(routed, answers, strict=True)
                if self.size[index] >= 0
            ]
        if _VERDICT in codes:
            asked = [index for index, code in enumerate(codes) if code == _VERDICT]
            verdicts = _decode_verdicts(self._groups[_VERDICT])
            found += [
                (index, (USUAL_PORT,))
                for index, answer in zip(asked, verdicts, strict=True)
                if answer.outcome.passes and self.size[index] >= 0
            ]
        return found
