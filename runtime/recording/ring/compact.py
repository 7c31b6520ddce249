"""Compact chunks: of past calls only what executing them again needs, in columns.

An answer that will be computed again is kept as a digest of 64 bits, to tell whether it is the
same. What cannot be computed again is kept whole: what sources answered, what the host
answered, and the answers of calls that crashed their instance.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from operator import attrgetter
from struct import Struct
from sys import getsizeof
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
    Export,
    Failed,
    Finished,
    HostInput,
    Outcome,
    Ports,
    Printed,
    Verdict,
)
from runtime.model.commands import Command, Relink, Step
from runtime.model.events import CallFinished
from runtime.recording.command_lines import is_change
from runtime.recording.encoding import Entry
from runtime.recording.replayed_sources import ReplayedSources
from runtime.recording.ring.answer_digest import crashed, digests_of_answers
from runtime.recording.ring.sizes import bytes_of_command

KIND_BYTES = 150
"""Memory of one kind of call in a compact chunk, in bytes."""

_INIT = Export.INIT
"""Members of an enum are slow to reach by name."""

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
_HOST_ONLY = len(_OUTCOMES)
_encode = msgpack.Encoder().encode
_decode: list[Any] = [
    *(msgpack.Decoder(GenericAlias(tuple, (one, *_REST))).decode for one in _OUTCOMES),
    msgpack.Decoder(tuple[HostInput, ...]).decode,
]


class CallKind(NamedTuple):
    """What many calls have in common."""

    node: str
    export: str
    """The value of a `runtime.model.call.Export`."""
    argument: str
    source: str | None
    """`Element.source` of the element it was given; None without an element."""


class CompactChunk:
    """Calls with consecutive numbers, and the commands between them.

    Calls have an index here, from 0. A column has an item for each call.
    """

    __slots__ = (
        "_codes",
        "_command_bytes",
        "_has_host",
        "_kept",
        "_kept_at",
        "_kept_code",
        "_kept_end",
        "at_ns",
        "before",
        "commands",
        "crashes",
        "digests",
        "durations",
        "element_ids",
        "first",
        "kinds",
        "sequences",
    )

    def __init__(self, first: int, before: ReplayedSources) -> None:
        self.first = first
        """Number of the first call."""
        self.before = before.copy()
        """Whose answers are kept when the chunk begins."""
        self.commands: list[tuple[int, Command]] = []
        """Commands, and the index of the call each stands before."""
        self.kinds: array[int] = array("I")
        """Places in the list of kinds."""
        self.element_ids: array[int] = array("q")
        self.sequences: array[int] = array("q")
        self.at_ns: array[int] = array("q")
        self.durations: array[int] = array("q")
        self.digests: array[int] = array("q")
        self.crashes: set[int] = set()
        """Calls that made their instance unusable."""
        self._has_host = False
        self._command_bytes = 0
        self._codes = _Codes()
        self._kept = bytearray()
        self._kept_at: array[int] = array("I")
        self._kept_code = bytearray()
        self._kept_end: array[int] = array("Q")

    def __len__(self) -> int:
        """Calls in it."""
        return len(self.kinds)

    @property
    def bytes_used(self) -> int:
        """Memory, in bytes."""
        return (
            sum(getsizeof(getattr(self, name)) for name in _COLUMNS)
            + KIND_BYTES * len(self._codes)
            + self._command_bytes
        )

    def list_kinds(self) -> list[CallKind]:
        """The kinds of calls, by their place."""
        return [CallKind(*kind) for kind in self._codes]

    # ---- filling it

    def add(self, entries: Sequence[Entry], answered: ReplayedSources) -> None:
        """Add what follows; `answered` is brought to the end of it.

        Raises:
            ValueError: a call has another number than comes next.
            struct.error, OverflowError: a number needs more than 64 bits.
        """
        events = entries
        if set(map(type, entries)) != _ONLY_CALLS:
            self._add_commands(entries)
            events = [entry for entry in entries if type(entry) is CallFinished]
            if not events:
                for _, command in self._relinks(len(self)):
                    answered.follow(command)
                return
        calls: tuple[Call, ...]
        answers: tuple[Answer, ...]
        calls, answers, began, _, _ = zip(*events, strict=True)
        numbers, nodes, exports, elements, arguments, _ = zip(*calls, strict=True)
        base, count = len(self), len(calls)
        if numbers[0] != self.first + base or numbers[-1] != numbers[0] + count - 1:
            raise ValueError(f"call {numbers[0]} does not follow call {self.first + base - 1}")
        self._keep_answers(base, calls, answers, answered)
        # Three times as fast as giving the numbers to the array.
        pack = Struct(f"{count}q").pack
        self.digests.frombytes(pack(*digests_of_answers(answers)))
        self.at_ns.frombytes(pack(*began))
        self.durations.frombytes(pack(*map(_DURATION, answers)))
        self.element_ids.frombytes(pack(*[0 if one is None else one.id for one in elements]))
        self.sequences.frombytes(pack(*[0 if one is None else one.sequence for one in elements]))
        sources = [None if one is None else one.source for one in elements]
        names = [export._value_ for export in exports]
        kinds = map(self._codes.__getitem__, zip(nodes, names, arguments, sources, strict=True))
        self.kinds.frombytes(Struct(f"{count}I").pack(*kinds))

    def _add_commands(self, entries: Sequence[Entry]) -> None:
        index = len(self)
        for entry in entries:
            if isinstance(entry, CallFinished):
                index += 1
            else:
                self.commands.append((index, entry))
                self._command_bytes += bytes_of_command(entry)

    def _keep_answers(
        self,
        base: int,
        calls: tuple[Call, ...],
        answers: tuple[Answer, ...],
        answered: ReplayedSources,
    ) -> None:
        whole = self._answered_calls(base, calls, answered)
        if Failed in set(map(type, map(_OUTCOME, answers))):
            crashes = [index for index, answer in enumerate(answers) if crashed(answer.outcome)]
            self.crashes.update([base + index for index in crashes])
            whole = sorted({*whole, *crashes})
        if any(map(_HOST, answers)):
            self._has_host = True
            self._keep_host_too(base, answers, set(whole))
            return
        data = [_encode(answers[index]) for index in whole]
        self._kept_at.extend([base + index for index in whole])
        self._kept_code.extend([_CODES[type(answers[index].outcome)] for index in whole])
        self._append_kept(data)

    def _keep_host_too(self, base: int, answers: tuple[Answer, ...], whole: set[int]) -> None:
        """Keep some answers `whole`, and the host inputs of the other calls."""
        data = []
        for index, answer in enumerate(answers):
            if index in whole:
                data.append(_encode(answer))
                self._kept_code.append(_CODES[type(answer.outcome)])
            elif answer.host:
                data.append(_encode(answer.host))
                self._kept_code.append(_HOST_ONLY)
            else:
                continue
            self._kept_at.append(base + index)
        self._append_kept(data)

    def _append_kept(self, data: list[bytes]) -> None:
        end = len(self._kept)
        self._kept += b"".join(data)
        self._kept_end.extend(list(accumulate(map(len, data), initial=end))[1:])

    def _answered_calls(
        self, base: int, calls: tuple[Call, ...], answered: ReplayedSources
    ) -> list[int]:
        """Calls that are answered when they are executed again."""
        relinks = self._relinks(base)
        if not relinks and answered.nodes is answered.now:
            nodes = answered.now
            return [index for index, call in enumerate(calls) if call.node in nodes]
        found = []
        for index, call in enumerate(calls):
            while relinks and relinks[0][0] <= base + index:
                answered.follow(relinks.pop(0)[1])
            if call.export is _INIT:
                answered.begin(call.node)
            if call.node in answered.now:
                found.append(index)
        for _, command in relinks:
            answered.follow(command)
        return found

    def _relinks(self, begin: int) -> list[tuple[int, Relink]]:
        return [
            (index, command)
            for index, command in self.commands
            if index >= begin and isinstance(command, Relink)
        ]

    # ---- reading it

    def answer(self, index: int) -> Answer | None:
        """The answer of a call; None when only its digest is kept."""
        code, data = self._kept_of(index)
        return None if code >= _HOST_ONLY else Answer(*_decode[code](data))

    def host(self, index: int) -> tuple[HostInput, ...]:
        """The host inputs of a call."""
        if not self._has_host:
            return ()
        code, data = self._kept_of(index)
        if code > _HOST_ONLY:
            return ()
        if code < _HOST_ONLY:
            return Answer(*_decode[code](data)).host
        found: tuple[HostInput, ...] = _decode[code](data)
        return found

    def _kept_of(self, index: int) -> tuple[int, bytearray]:
        """In which form something is kept of a call, and that; `_NOTHING` when nothing is."""
        at = bisect_left(self._kept_at, index)
        if at == len(self._kept_at) or self._kept_at[at] != index:
            return _NOTHING
        begin = self._kept_end[at - 1] if at else 0
        return self._kept_code[at], self._kept[begin : self._kept_end[at]]

    def until(self, number: int) -> tuple[CompactChunk, ReplayedSources]:
        """A chunk with the calls up to `number`, and what is answered after them.

        The commands right after that call are in it, up to the first change; but for a `Step`,
        which asks for the next.
        """
        count = number - self.first + 1
        made = CompactChunk(self.first, self.before)
        for index, command in self.commands:
            if index > count or (index == count and is_change(command)):
                break
            if index < count or type(command) is not Step:
                made.commands.append((index, command))
        made._command_bytes = sum(bytes_of_command(command) for _, command in made.commands)
        for name in _CALL_COLUMNS:
            setattr(made, name, getattr(self, name)[:count])
        made._codes = self._codes
        made.crashes = self.crashes
        made._has_host = self._has_host
        kept = bisect_left(self._kept_at, count)
        made._kept_at = self._kept_at[:kept]
        made._kept_code = self._kept_code[:kept]
        made._kept_end = self._kept_end[:kept]
        made._kept = self._kept[: made._kept_end[-1] if kept else 0]
        return made, made._answered_at_end()

    def _answered_at_end(self) -> ReplayedSources:
        answered, kinds = self.before.copy(), self.list_kinds()
        inits = {place for place, kind in enumerate(kinds) if kind.export == _INIT}
        begun = [index for index, place in enumerate(self.kinds) if place in inits]
        relinks = self._relinks(0)
        for index in begun:
            while relinks and relinks[0][0] <= index:
                answered.follow(relinks.pop(0)[1])
            answered.begin(kinds[self.kinds[index]].node)
        for _, command in relinks:
            answered.follow(command)
        return answered


_CALL_COLUMNS = ("kinds", "element_ids", "sequences", "at_ns", "durations", "digests")
_COLUMNS = (*_CALL_COLUMNS, "_kept", "_kept_at", "_kept_code", "_kept_end", "_codes")
_ONLY_CALLS = {CallFinished}
_OUTCOME, _DURATION, _HOST = attrgetter("outcome"), attrgetter("duration_ns"), attrgetter("host")
_NOTHING = (_HOST_ONLY + 1, bytearray())


class _Codes(dict[tuple[str, str, str, str | None], int]):
    """Numbers what it is asked for."""

    def __missing__(self, key: tuple[str, str, str, str | None]) -> int:
        self[key] = code = len(self)
        return code
