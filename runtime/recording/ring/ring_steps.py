"""What is repeated of a ring: calls kept in full, calls kept compact, and commands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count, islice

from runtime.model.call import Answer, Call, Emitted, Failed, HostInput, Outcome, Output
from runtime.model.element import Element
from runtime.model.events import CallFinished
from runtime.recording.call_step import CallStep, ReplayStep, Unlike
from runtime.recording.command_lines import is_change
from runtime.recording.describe import outcome_words, payload_words, printed_words
from runtime.recording.encoding import Entry, printed_runs
from runtime.recording.format import ElementLine
from runtime.recording.ring.compact import CompactChunk
from runtime.recording.ring.compact_columns import CompactCall
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
        return unlike_answer(self.event.answer, got)


class CompactStep(CallStep):
    """A call of which the answer is kept in memory, and not its element."""

    __slots__ = ("_call", "duration_ns", "number")

    number: int
    duration_ns: int

    def __init__(self, number: int, call: CompactCall) -> None:
        self._call = call
        self.number = number
        self.duration_ns = call.answer.duration_ns

    @property
    def node(self) -> str:
        """Node that was called."""
        return self._call.kind.node

    @property
    def export(self) -> str:
        """The value of a `runtime.model.call.Export`."""
        return self._call.kind.export

    @property
    def argument(self) -> str:
        """See `Call.argument`."""
        return self._call.kind.argument

    @property
    def element(self) -> ElementLine | None:
        """The element it was given, with lineage 0 and no digest: these are not kept."""
        kind, element_id, sequence, *_ = self._call
        if kind.source is None:
            return None
        return ElementLine(element_id, 0, kind.source, sequence, "")

    @property
    def at_ns(self) -> int:
        """Flow time when it began."""
        return self._call.at_ns

    @property
    def host(self) -> tuple[HostInput, ...]:
        """Its host inputs, in order."""
        return self._call.answer.host

    @property
    def crashed(self) -> bool:
        """Whether it made its instance unusable."""
        return crashed(self._call.answer.outcome)

    def answer(self) -> Answer:
        """What it gave back."""
        return self._call.answer

    def is_call(self, call: Call) -> bool:
        """Whether `call` is this one again: same node, export and element."""
        (node, export, _, source, _), element_id, sequence, *_ = self._call
        if node != call.node or export != call.export:
            return False
        element = call.element
        if element is None or source is None:
            return element is None and source is None
        return element_id == element.id and sequence == element.sequence

    def unlike(self, got: Answer) -> Unlike | None:
        """The first thing in which `got` is not what was recorded."""
        return unlike_answer(self._call.answer, got)


def steps_of_ring(ring: Ring, until: int | None = None) -> Iterator[ReplayStep]:
    """What the ring has at this moment, up to and with call `until`.

    From the start of the run on while the ring is `repeatable`; else from the oldest on that it
    keeps. Calls that are kept compact can only be repeated in the engine's own order
    (`ReplaySettings.same_engine`).
    """
    compact = chain.from_iterable(map(_compact_steps, ring.compact_chunks()))
    if until is None:
        return chain(compact, _full_steps(ring.entries()))
    return _until(compact, _full_steps(ring.entries(until)), until)


def steps_since(ring: Ring, entry: int) -> Iterator[ReplayStep]:
    """What the ring has of all that was appended to it, without the first `entry` of it."""
    skipped, chunks = entry - ring.entries_gone, ring.compact_chunks()
    begin = 0
    while begin < len(chunks) and skipped >= chunks[begin].entries:
        skipped -= chunks[begin].entries
        begin += 1
    compact = chain.from_iterable(map(_compact_steps, chunks[begin:]))
    within = max(skipped, 0) if begin < len(chunks) else 0
    return chain(islice(compact, within, None), _full_steps(ring.entries_since(entry)))


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
    steps = map(CompactStep, count(chunk.first), chunk.read())
    done = 0
    for index, command in chunk.commands:
        yield from islice(steps, index - done)
        done = index
        yield command
    yield from steps


def unlike_answer(expected: Answer, got: Answer) -> Unlike | None:
    """The first thing in which an answer is not the expected one."""
    before, after = expected.outcome, got.outcome
    if before is not after and (type(before) is not type(after) or bare(before) != bare(after)):
        return _unlike_outcome(expected, got)
    if expected.printed_bytes != got.printed_bytes or (
        expected.printed != got.printed
        and printed_runs(expected.printed) != printed_runs(got.printed)
    ):
        return Unlike("printed", printed_words(expected), printed_words(got))
    return None


def bare(outcome: Outcome) -> Outcome:
    """The outcome without what a recording may not hold of a failed call."""
    return Failed(outcome.failure.without_report()) if type(outcome) is Failed else outcome


def crashed(outcome: Outcome) -> bool:
    """Whether the call made its instance unusable."""
    return type(outcome) is Failed and outcome.failure.crashed


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
