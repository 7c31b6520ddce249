"""What a replay repeats of a ring: calls kept in full, calls kept compact, and commands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from runtime.model.call import Answer, Call, Emitted, HostInput, Output
from runtime.model.element import Element
from runtime.model.events import CallFinished
from runtime.recording.call_step import CallStep, ReplayStep, Unlike
from runtime.recording.command_lines import is_change
from runtime.recording.describe import outcome_words, payload_words, printed_words
from runtime.recording.encoding import Entry, printed_runs
from runtime.recording.format import ElementLine
from runtime.recording.ring.answer_digest import bare, crashed, digest_of_answer
from runtime.recording.ring.compact import CallKind, CompactChunk
from runtime.recording.ring.ring import Ring


class EventStep(CallStep):
    """A call that is kept in full in memory."""

    __slots__ = ("duration_ns", "event", "number")

    number: int
    duration_ns: int

    def __init__(self, event: CallFinished) -> None:
        self.event = event
        self.number = event.call.number
        self.duration_ns = event.answer.duration_ns

    @property
    def node(self) -> str:
        """Node that was called."""
        return self.event.call.node

    @property
    def export(self) -> str:
        """The value of a `runtime.model.call.Export`."""
        return self.event.call.export

    @property
    def argument(self) -> str:
        """See `Call.argument`."""
        return self.event.call.argument

    @property
    def element(self) -> Element | None:
        """The element it was given."""
        return self.event.call.element

    @property
    def at_ns(self) -> int:
        """Flow time when it began."""
        return self.event.at_ns

    @property
    def host(self) -> tuple[HostInput, ...]:
        """Its host inputs, in order."""
        return self.event.answer.host

    @property
    def crashed(self) -> bool:
        """Whether it made its instance unusable."""
        return crashed(self.event.answer.outcome)

    def answer(self) -> Answer:
        """What it gave back."""
        return self.event.answer

    def unlike(self, got: Answer) -> Unlike | None:
        """The first thing in which `got` is not what was recorded."""
        expected = self.event.answer
        before, after = expected.outcome, got.outcome
        if before is not after and (type(before) is not type(after) or bare(before) != bare(after)):
            return _unlike_outcome(expected, got)
        if expected.printed_bytes != got.printed_bytes or (
            expected.printed != got.printed
            and printed_runs(expected.printed) != printed_runs(got.printed)
        ):
            return Unlike("printed", printed_words(expected), printed_words(got))
        return None


class CompactStep(CallStep):
    """A call of which only what repeating it needs is kept in memory."""

    __slots__ = ("_chunk", "_index", "_kind", "duration_ns", "number")

    number: int
    duration_ns: int

    def __init__(self, chunk: CompactChunk, index: int, kind: CallKind, duration_ns: int) -> None:
        self._chunk = chunk
        self._index = index
        self._kind = kind
        self.number = chunk.first + index
        self.duration_ns = duration_ns

    @property
    def node(self) -> str:
        """Node that was called."""
        return self._kind.node

    @property
    def export(self) -> str:
        """The value of a `runtime.model.call.Export`."""
        return self._kind.export

    @property
    def argument(self) -> str:
        """See `Call.argument`."""
        return self._kind.argument

    @property
    def element(self) -> ElementLine | None:
        """The element it was given, with lineage 0 and no digest: these are not kept."""
        source = self._kind.source
        if source is None:
            return None
        chunk, index = self._chunk, self._index
        return ElementLine(chunk.element_ids[index], 0, source, chunk.sequences[index], "")

    @property
    def at_ns(self) -> int:
        """Flow time when it began."""
        return self._chunk.at_ns[self._index]

    @property
    def host(self) -> tuple[HostInput, ...]:
        """Its host inputs, in order."""
        return self._chunk.host(self._index)

    @property
    def whole(self) -> bool:
        """Whether its answer is kept, and not only its digest."""
        return self._chunk.answer(self._index) is not None

    @property
    def crashed(self) -> bool:
        """Whether it made its instance unusable."""
        return self._index in self._chunk.crashes

    def answer(self) -> Answer:
        """What it gave back. Raises `ValueError` when only its digest is kept."""
        answer = self._chunk.answer(self._index)
        if answer is None:
            raise ValueError(f"the answer of call {self.number} was not kept, only its digest")
        return answer

    def is_call(self, call: Call) -> bool:
        """Whether `call` is this one again: same node, export and element."""
        kind, element = self._kind, call.element
        if kind.node != call.node or kind.export != call.export:
            return False
        if element is None or kind.source is None:
            return element is None and kind.source is None
        chunk, index = self._chunk, self._index
        return chunk.element_ids[index] == element.id and chunk.sequences[index] == element.sequence

    def unlike(self, got: Answer) -> Unlike | None:
        """What `got` is, when it has not the digest of what was recorded."""
        if digest_of_answer(got) == self._chunk.digests[self._index]:
            return None
        expected = "another answer or another print, of which only a digest is kept"
        return Unlike("answer", expected, _answer_words(got))


def steps_of_ring(ring: Ring, until: int | None = None) -> Iterator[ReplayStep]:
    """What the ring has at this moment, up to and with call `until`.

    From the start of the run on while the ring is `repeatable`; else what it keeps in full.
    Calls that are kept compact can only be repeated in the engine's own order
    (`ReplaySettings.same_engine`).
    """
    compact = chain.from_iterable(map(_compact_steps, ring.compact_chunks()))
    if until is None:
        return chain(compact, _full_steps(ring.entries()))
    return _until(compact, _full_steps(ring.entries(until)), until)


def _until(
    compact: Iterator[ReplayStep], full: Iterator[ReplayStep], until: int
) -> Iterator[ReplayStep]:
    made = 0
    for step in compact:
        if isinstance(step, CallStep):
            made = step.number
            if made > until:
                return
        elif made >= until and is_change(step):
            return
        yield step
    yield from full


def _full_steps(entries: Iterator[Entry]) -> Iterator[ReplayStep]:
    for entry in entries:
        yield EventStep(entry) if isinstance(entry, CallFinished) else entry


def _compact_steps(chunk: CompactChunk) -> Iterator[ReplayStep]:
    kinds, begin = chunk.list_kinds(), 0
    for end, command in (*chunk.commands, (len(chunk), None)):
        columns = chunk.kinds[begin:end], chunk.durations[begin:end]
        for index, kind, duration_ns in zip(range(begin, end), *columns, strict=True):
            yield CompactStep(chunk, index, kinds[kind], duration_ns)
        begin = end
        if command is not None:
            yield command


def _unlike_outcome(expected: Answer, got: Answer) -> Unlike:
    before, after = expected.outcome, got.outcome
    if (
        isinstance(before, Emitted)
        and isinstance(after, Emitted)
        and len(before.outputs) == len(after.outputs)
    ):
        pairs = zip(before.outputs, after.outputs, strict=True)
        index, (one, other) = next(
            (index, pair) for index, pair in enumerate(pairs) if pair[0] != pair[1]
        )
        return Unlike(f"output {index}", _output_words(one), _output_words(other))
    return Unlike("answer", outcome_words(before), outcome_words(after))


def _output_words(output: Output) -> str:
    return payload_words(output.payload.data, output.content_type)


def _answer_words(answer: Answer) -> str:
    """An answer in one line, with what it put out and what it printed."""
    outcome = answer.outcome
    words = [outcome_words(outcome)]
    if isinstance(outcome, Emitted):
        words += map(_output_words, outcome.outputs)
    if answer.printed_bytes:
        words.append(f"printed {printed_words(answer)}")
    return "; ".join(words)
