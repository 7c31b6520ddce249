"""Assertions about what nodes put out, in place of the exact outputs of a recording.

A file of them has one a line; blank lines and what begins with `#` do not count:

    no output from alerts
    every output from label: json.region != ""
    some output from totals: json.last == true
    at most 3 outputs from alerts: json.level == "error"
    60 outputs from orders

A sink puts out what it accepts, a filter what passes, a router what it sends, once for each port.
Conditions are those of docs/conditions.md, over one element.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from runtime.expression.call_record import CallRecord, ElementRecord
from runtime.expression.expression import Condition
from runtime.expression.expression_error import ExpressionError
from runtime.expression.vocabulary import CALL
from runtime.model.call import Accepted, Emitted
from runtime.model.codes import Code
from runtime.model.element import Element
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import CallFinished, Event
from runtime.model.files.input_file import read_input
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import USUAL_PORT, LinkedFlow
from runtime.model.text.plurals import counted
from runtime.model.text.printable import printable
from runtime.recording.describe import payload_words

SUFFIX = ".expect"
"""Of a file of assertions that stands next to its recording: `today.expect` for `today.rec`."""
_LINE = re.compile(
    r"(?P<how>no|every|some|(?:(?P<bound>at least|at most) )?(?P<count>\d{1,9}))"
    r" outputs? from (?P<node>[^:]+?)(?:\s*:\s*(?P<condition>.+))?"
)
_OUTPUT = CALL.without(
    ("export", "edge", "ms", "fuel", "hits", "outputs"),
    "belongs to a call, and an assertion looks at what was put out",
)
_FORM = (
    "Write e.g. `no output from NODE`, `every output from NODE: CONDITION`, `some output from "
    "NODE: CONDITION`, or `at most 3 outputs from NODE`."
)


@dataclass(frozen=True, slots=True)
class AssertionResult:
    """What became of one assertion."""

    line: int
    text: str
    holds: bool
    why: str
    """What was found, in one sentence."""


@dataclass(slots=True)
class Assertion:
    """One line, and what was seen so far."""

    line: int
    """Counted from 1."""
    text: str
    node: str
    least: int
    most: int | None
    """How many outputs may satisfy the condition; None is any number."""
    every: bool
    """Whether all of them have to, and there has to be one."""
    condition: Condition | None
    outputs: int = 0
    satisfying: int = 0
    first_bad: str = ""
    """The first output that breaks it."""

    def take(self, record: ElementRecord, call: int) -> None:
        """Look at an output of its node."""
        self.outputs += 1
        if self.condition is None or self.condition.holds(record):
            self.satisfying += 1
            bad = self.most is not None and self.satisfying > self.most
        else:
            bad = self.every
        if bad and not self.first_bad:
            self.first_bad = _output_words(record, call)

    def result(self) -> AssertionResult:
        """What became of it."""
        holds = self.satisfying >= self.least
        if self.most is not None:
            holds = holds and self.satisfying <= self.most
        if self.every:
            holds = self.outputs > 0 and self.satisfying == self.outputs
        return AssertionResult(self.line, self.text, holds, self._why(holds))

    def _why(self, holds: bool) -> str:
        what = f"{counted(self.outputs, 'output')}"
        if self.condition is not None:
            what += f", {self.satisfying:,} of them so"
            failed = self.condition.first_failure
            if self.condition.missing:
                what += f"; {self.condition.missing:,} lack what is asked for"
            if failed is not None:
                what += f"; {failed.reason}"
        if not holds and self.first_bad:
            what += f"; the first that breaks it: {self.first_bad}"
        return what


def read_assertions(path: Path, flow: LinkedFlow) -> tuple[Assertion, ...]:
    """The assertions of a file.

    Raises:
        StudioError: the file is not there (E0700), cannot be read (E0001), is not UTF-8, or has
            lines that are none, that name a node which the flow has not, or whose condition is
            none: all are told.
    """
    data = read_input(path, "the assertions", "Check the file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} of the assertions is not valid UTF-8"
        raise StudioError([_problem(path, line, message, "Save the file as UTF-8.")]) from None
    problems: list[Diagnostic] = []
    made = tuple(_assertions(text, path, flow, problems))
    if not made and not problems:
        problems.append(_problem(path, None, "the file has no assertion: nothing is tested", _FORM))
    if problems:
        raise StudioError(problems)
    return made


def _assertions(
    text: str, path: Path, flow: LinkedFlow, problems: list[Diagnostic]
) -> Iterator[Assertion]:
    for number, written in enumerate(text.split("\n"), 1):
        line = written.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            problems.append(_problem(path, number, f"this is no assertion: {line}", _FORM))
            continue
        node = found["node"].strip()
        if node not in flow.by_name:
            names = ", ".join(flow.by_name)
            problems.append(
                _problem(path, number, f"the flow has no node '{node}'", f"Name one of {names}.")
            )
        condition = None
        if found["condition"] is not None:
            try:
                condition = Condition(found["condition"], _OUTPUT)
            except ExpressionError as error:
                problem = error.diagnostic(str(path), number)
                before = written.index(line) + found.start("condition")
                problems.append(replace(problem, column=before + error.column))
                continue
        if found["how"] == "every" and condition is None:
            problems.append(_problem(path, number, "`every` needs a condition", _FORM))
            continue
        least, most = _bounds(found)
        yield Assertion(number, line, node, least, most, found["how"] == "every", condition)


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    match found["how"], found["bound"]:
        case "no", _:
            return 0, 0
        case "every", _:
            return 0, None
        case "some", _:
            return 1, None
        case _, "at least":
            return int(found["count"]), None
        case _, "at most":
            return 0, int(found["count"])
    return int(found["count"]), int(found["count"])


def check_events(
    assertions: Iterable[Assertion], events: Iterable[Event], flow: LinkedFlow
) -> None:
    """Give each assertion what its node put out."""
    by_node: dict[str, list[Assertion]] = {}
    for assertion in assertions:
        by_node.setdefault(assertion.node, []).append(assertion)
    for event in events:
        if type(event) is not CallFinished:
            continue
        asked = by_node.get(event.call.node)
        if asked is None:
            continue
        for port, element in _put_out(event, flow):
            record = ElementRecord(event.call.node, event.call.export, element, port=port)
            for assertion in asked:
                assertion.take(record, event.call.number)


def _put_out(event: CallFinished, flow: LinkedFlow) -> list[tuple[str, Element]]:
    element = event.call.element
    if isinstance(event.answer.outcome, Accepted) and element is not None:
        return [(USUAL_PORT, element)]
    if isinstance(event.answer.outcome, Emitted):
        return [(USUAL_PORT, made) for made in event.outputs]
    if element is None:
        return []
    return [(output.port, element) for output in CallRecord(event, flow).outputs]


def _output_words(record: ElementRecord, call: int) -> str:
    element = record.element
    assert element is not None
    port = "" if record.port == USUAL_PORT else f" to {printable(record.port)}"
    payload = payload_words(element.payload.data, element.content_type)
    return f"call {call:,}, #{element.sequence}{port}: {payload}"


def _problem(path: Path, line: int | None, message: str, help_: str) -> Diagnostic:
    code = Code.IO if line is None else Code.INVALID_VALUE
    return Diagnostic(Severity.ERROR, code, message, help_, file=str(path), line=line)
