"""One component tried alone: given elements one after the other, without a flow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from runtime.execution.lone_component import LONE_SOURCE, LoneCall, LoneComponent, LonePrints
from runtime.headless.run import INTERRUPTED, NO_OUTPUT
from runtime.model.call import (
    CopyCount,
    Emitted,
    Exhausted,
    Export,
    Failed,
    HostInput,
    Output,
)
from runtime.model.codes import Code
from runtime.model.element import Buffer, Element
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, Role
from runtime.opening.components.component_alone import OpenedComponent
from runtime.recording.diff.build_diff import RecordedCall, calls_of_node
from runtime.recording.replay.input_feed import TextInput, text_output
from runtime.recording.replay.recorded_host_inputs import RepeatableInputs, ReplayedHostInputs
from runtime.recording.replay.typed_elements import TypedElement, read_typed_elements
from runtime.wasm.host_functions.denied_uses import OnDenied
from runtime.wasm.wasm_invoker import WasmInvoker


class _StopWaitingError(Exception):
    """Ends a wait for input."""


class GivenElement(NamedTuple):
    """An element for the component, and what the host answers while it works on it."""

    element: Element
    host: tuple[HostInput, ...] = ()


@dataclass(slots=True)
class TryReport:
    """What a try came to."""

    inputs: int = 0
    """Elements the component was given; for a source, pulls."""
    outputs: int = 0
    errors: int = 0
    calls: int = 0
    in_calls_ns: int = 0
    """Time inside the component."""
    fuel: int = 0
    """Fuel used in all; 0 when fuel is not measured."""
    copies: CopyCount = field(default_factory=CopyCount)
    memory_bytes: int = 0
    """See `Answer.memory_bytes`, after the last call."""
    stopped_because: str = ""
    """Why it ended before its inputs, or its source, did; empty otherwise."""
    interrupted: bool = False

    def add(self, tried: LoneCall) -> None:
        """Count one call."""
        answer, copies = tried.answer, tried.answer.copies
        self.calls += 1
        self.errors += tried.failed
        self.in_calls_ns += answer.duration_ns
        self.fuel += answer.fuel
        self.copies = CopyCount(*(sum(pair) for pair in zip(self.copies, copies, strict=True)))
        self.memory_bytes = answer.memory_bytes or self.memory_bytes
        if isinstance(answer.outcome, Emitted):
            self.outputs += len(answer.outcome.outputs)


class RecordedInputs:
    """What a node was given in a recording, with the recorded answers of the host."""

    def __init__(self, recording: Path, flow: LinkedFlow, node: str) -> None:
        self._where = recording, flow, node
        self.init: tuple[HostInput, ...] = ()
        """What the host answered in its first `init`; known when the first element is."""
        self.final: tuple[HostInput, ...] = ()
        """What it answered in `flush` or `complete`; known when there are no more elements."""
        self._calls = calls_of_node(*self._where)
        self._first: RecordedCall | None = None
        for item in self._calls:
            if item.call.export is Export.INIT:
                self.init = item.host
            else:
                self._first = item
                break

    def __iter__(self) -> Iterator[GivenElement]:
        """The elements. Raises `StudioError` when the recording does not hold one (E0001)."""
        for item in self._all():
            if item.call.element is not None:
                yield GivenElement(item.call.element, item.host)
            elif item.call.export in (Export.FLUSH, Export.COMPLETE):
                self.final = item.host

    def _all(self) -> Iterator[RecordedCall]:
        if self._first is not None:
            yield self._first
        yield from self._calls


class ComponentTry:
    """Tries one component. `interrupt` may be called from a signal handler."""

    def __init__(
        self,
        opened: OpenedComponent,
        inputs: Iterable[GivenElement],
        limit: int | None,
        on_call: Callable[[LoneCall], None],
        on_denied: OnDenied | None = None,
    ) -> None:
        """`limit` is the most elements that are given, or pulled from a source."""
        self._opened = opened
        self._inputs = inputs
        self._limit = limit
        self._on_call = on_call
        self._on_denied = on_denied
        self._invoker: WasmInvoker | None = None
        self._interrupts = 0
        self._interrupted_by = INTERRUPTED
        self._acted_on = 0
        self._waiting = False
        self._report = TryReport()

    def interrupt(self) -> None:
        """Stop after the call in progress; the second time, end that call."""
        self._interrupts += 1
        if self._waiting:
            self._waiting = False
            raise _StopWaitingError
        if self._interrupts > 1 and self._invoker is not None:
            self._invoker.interrupt()

    def end_call(self, interrupts: int) -> None:
        """See `HeadlessRun.end_call`."""
        if self._acted_on < interrupts and self._invoker is not None:
            self._invoker.interrupt()

    def stop(self) -> None:
        """See `HeadlessRun.stop`."""
        if not self._interrupts:
            self._interrupted_by = NO_OUTPUT
        self._interrupts = max(self._interrupts, 1)

    def run(self) -> TryReport:
        """Make the calls. Frees the instance before it returns.

        Raises:
            StudioError: an input cannot be read.
        """
        recorded = self._inputs if isinstance(self._inputs, RecordedInputs) else None
        host = None if recorded is None else ReplayedHostInputs(RepeatableInputs())
        name = self._opened.node.name
        prints = LonePrints()
        with closing(self._opened.invoker(host, prints, self._on_denied)) as invoker:
            self._invoker = invoker
            begin = None if host is None else lambda inputs: host.begin(name, inputs)
            lone = LoneComponent(self._opened.node, invoker, prints, begin)
            self._made(lone.start(() if recorded is None else recorded.init))
            if lone.usable:
                self._work(lone)
                final = () if recorded is None else recorded.final
                if not self._interrupts:
                    self._each(lone.end(final))
        report = self._report
        report.interrupted = self._interrupts > 0
        if report.interrupted:
            report.stopped_because = self._interrupted_by
        return report

    def _work(self, lone: LoneComponent) -> None:
        if lone.node.role is Role.SOURCE:
            self._pull(lone)
            return
        inputs = islice(self._inputs, self._limit)
        while not self._interrupts and (given := self._next(inputs)) is not None:
            self._report.inputs += 1
            self._each(lone.work(given.element, given.host))

    def _next(self, inputs: Iterator[GivenElement]) -> GivenElement | None:
        """The next input; it may be waited for, until an interrupt."""
        try:
            self._waiting = True
            try:
                return next(inputs, None)
            finally:
                self._waiting = False
        except _StopWaitingError:
            return None

    def _pull(self, lone: LoneComponent) -> None:
        while not self._interrupts:
            if self._limit is not None and self._report.inputs >= self._limit:
                self._report.stopped_because = f"--limit {self._limit}"
                return
            self._report.inputs += 1
            made = lone.work(None)
            self._each(made)
            if isinstance(made[-1].answer.outcome, Exhausted | Failed):
                return

    def _each(self, made: tuple[LoneCall, ...]) -> None:
        for item in made:
            self._made(item)

    def _made(self, made: LoneCall) -> None:
        self._acted_on = self._interrupts
        without_export = self._opened.node.lifecycle is None and not made.failed
        if made.call.export is Export.INIT and without_export:
            return
        self._report.add(made)
        self._on_call(made)


def line_inputs(path: str) -> Iterator[GivenElement]:
    """Lines of a file, `-` is standard input; an element a line, see `TextInput`.

    Raises:
        StudioError: the file cannot be read (E0001), or, while it is read, a line is too long
            for a buffer.
    """
    return _lines(TextInput(path))


def _lines(file: TextInput) -> Iterator[GivenElement]:
    sequence = 0
    while isinstance(outcome := file.pull(), Emitted):
        yield GivenElement(given_element(outcome.outputs[0], sequence))
        sequence += 1
    if isinstance(outcome, Failed):
        failure = outcome.failure
        code = Code.of(failure.code, failure.name) or Code.IO
        raise StudioError([Diagnostic(Severity.ERROR, code, failure.message, failure.help)])


def typed_inputs(path: Path) -> Iterator[GivenElement]:
    """Typed elements of a file, see `TypedElement`. Raises `StudioError` for what are none."""
    return _typed(read_typed_elements(path))


def text_elements(texts: Iterable[str]) -> Iterator[GivenElement]:
    """Each text as an element of type text/plain, or application/json for a JSON document."""
    for sequence, text in enumerate(texts):
        yield GivenElement(
            given_element(text_output(text.encode("utf-8", "surrogateescape")), sequence)
        )


def _typed(elements: tuple[tuple[TypedElement, Buffer], ...]) -> Iterator[GivenElement]:
    for index, (typed, buffer) in enumerate(elements):
        sequence = index if typed.sequence is None else typed.sequence
        output = Output(buffer, buffer.content_type)
        yield GivenElement(given_element(output, sequence, typed.timestamp_ns))


def given_element(output: Output, sequence: int, timestamp_ns: int | None = None) -> Element:
    """An element with this payload, as if a source had just given it."""
    number = sequence + 1
    at_ns = time.time_ns() if timestamp_ns is None else timestamp_ns
    return Element(
        number, number, LONE_SOURCE, sequence, at_ns, output.content_type, output.payload
    )
