"""Comparing two recordings, call by call, without loading either."""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from runtime.model.events import FlowState
from runtime.model.linked import Role
from runtime.model.text.printable import printable
from runtime.recording.answers import payload_of
from runtime.recording.command_lines import RELINK, roles_of
from runtime.recording.describe import element_words, line_words
from runtime.recording.diff.call_differences import CallComparer, CallPart
from runtime.recording.diff.differences import NOTHING_IGNORED, Ignore
from runtime.recording.diff.report import Beyond, Difference, Report
from runtime.recording.file.header import setting_changes
from runtime.recording.file.reader import NumberedLine, RecordingReader
from runtime.recording.format import CallLine, CommandLine, EndLine, Header

HELD_BYTES = 32 * 1024 * 1024
"""Lines that wait for their counterpart in memory; further ones are read again, in bytes."""

PLACES_KEPT = 16_384
"""Recent elements of which it is known where in the file their payload stands."""

Key = tuple[str, str, str, int]
"""What a call is known by in both recordings: node, export, and the element's place."""


class _Waiting(NamedTuple):
    """A call that waits for its counterpart."""

    number: int
    offset: int
    size: int
    digest: str
    line: CallLine | None
    """None when it must be read again."""


class _Side:
    """One of the two recordings, as far as it was read."""

    def __init__(self, reader: RecordingReader) -> None:
        self.reader = reader
        self.ended = False
        self.waiting: dict[Key, deque[_Waiting]] = {}
        self.roles = {node.name: node.role for node in reader.header.nodes}
        self.added: set[str] = set()
        """Nodes that a change of the graph brought."""
        self._held = 0
        capacity = sum(edge.capacity for edge in reader.header.edges)
        self._places_kept = max(PLACES_KEPT, 2 * capacity)
        self._places: OrderedDict[int, tuple[int, int, int]] = OrderedDict()

    def note_graph(self, line: CommandLine) -> None:
        """Remember the nodes of a changed graph."""
        for name, role in roles_of(line.args.get("flow")).items():
            if name not in self.roles:
                self.roles[name] = role
                self.added.add(name)

    def note_outputs(self, item: NumberedLine, line: CallLine) -> None:
        """Remember where the payloads of this call's outputs stand."""
        for index, output in enumerate(line.outputs):
            if output.id is not None:
                self._places[output.id] = (item.number, item.offset, index)
        while len(self._places) > self._places_kept:
            self._places.popitem(last=False)

    def payload(self, element_id: int) -> bytes | None:
        """The payload of a recent element, or None when it is not kept."""
        place = self._places.get(element_id)
        if place is None:
            return None
        line = self.reader.line_at(place[0], place[1])
        return payload_of(line.outputs[place[2]]) if isinstance(line, CallLine) else None

    def wait(self, key: Key, item: NumberedLine, line: CallLine) -> None:
        """Keep a call until its counterpart comes."""
        digest = "" if line.element is None else line.element.digest
        held = line if self._held + item.size <= HELD_BYTES else None
        if held is not None:
            self._held += item.size
        self.waiting.setdefault(key, deque()).append(
            _Waiting(item.number, item.offset, item.size, digest, held)
        )

    def take(self, key: Key, digest: str) -> CallLine | None:
        """The waiting counterpart of a call, one with the same input if there is a choice."""
        queue = self.waiting.get(key)
        if not queue:
            return None
        found = next((item for item in queue if item.digest == digest), queue[0])
        queue.remove(found)
        if not queue:
            del self.waiting[key]
        return self._line(found)

    def left(self) -> list[CallLine]:
        """The calls that found no counterpart."""
        return [self._line(item) for queue in self.waiting.values() for item in queue]

    def _line(self, item: _Waiting) -> CallLine:
        if item.line is not None:
            self._held -= item.size
            return item.line
        line = self.reader.line_at(item.number, item.offset)
        assert isinstance(line, CallLine)
        return line


class _Comparison:
    """A comparison under way."""

    def __init__(self, sides: tuple[_Side, _Side], ignore: Ignore, *, whole: bool) -> None:
        self.report = Report()
        self._whole = whole
        self._matched = [0, 0]
        """The last call of each side that found its counterpart."""
        self._sides = sides
        self._shared = sides[0].roles.keys() & sides[1].roles.keys()
        self._parts = CallComparer(ignore)
        self._seen: tuple[dict[str, int], dict[str, int]] = ({}, {})

    def feed(self, which: int, item: NumberedLine) -> None:
        """Take the next line of one side."""
        line = item.line
        side, other = self._sides[which], self._sides[1 - which]
        if isinstance(line, CommandLine) and line.verb == RELINK:
            side.note_graph(line)
        if not isinstance(line, CallLine):
            return
        side.note_outputs(item, line)
        key = self._key(which, line)
        digest = "" if line.element is None else line.element.digest
        found = other.take(key, digest)
        if found is not None:
            self._compare(*((line, found) if which == 0 else (found, line)))
        elif (other.ended and self._whole) or not (
            line.node in self._shared or line.node in side.added
        ):
            self._alone(which, line)
        else:
            side.wait(key, item, line)

    def end(self, which: int) -> None:
        """One side has no more lines."""
        self._sides[which].ended = True

    def finish(self, before: EndLine | None, after: EndLine | None) -> Report:
        """What is left has no counterpart; and the flows may have ended otherwise."""
        left = [side.left() for side in self._sides]
        ends = (before, after)
        if not self._whole:
            touched = [{_element_of(line) for line in lines} - {None} for lines in left]
            for which in (0, 1):
                if not _is_over(ends[1 - which]):
                    left[which] = self._without_beyond(which, left[which], touched[1 - which])
        for which, lines in enumerate(left):
            for line in lines:
                self._alone(which, line)
        if before is not None and after is not None and before.state != after.state:
            goes_on = not (_is_ended(before) and _is_ended(after))
            if self._whole or not (goes_on or self.report.beyond):
                self.report.add(_end_difference(before, after), "flow")
        self.report.finish()
        return self.report

    def _without_beyond(
        self, which: int, lines: list[CallLine], touched: set[tuple[str, int] | None]
    ) -> list[CallLine]:
        """The calls that the other side passed by; the ones it did not come to are `Beyond`.

        `touched` are the elements that the other side's own lonely calls had: with these it went
        another way.
        """
        last = self._matched[which]
        beyond = [line for line in lines if line.call > last and _element_of(line) not in touched]
        if not beyond:
            return lines
        first = min(line.call for line in beyond)
        self.report.beyond.append(Beyond(bool(which), first, len(beyond)))
        numbers = {line.call for line in beyond}
        return [line for line in lines if line.call not in numbers]

    def _key(self, which: int, line: CallLine) -> Key:
        element = line.element
        if element is not None:
            return line.node, line.export, element.source, element.sequence
        name = f"{line.node}.{line.export}"
        counts = self._seen[which]
        counts[name] = number = counts.get(name, -1) + 1
        return line.node, line.export, "", number

    def _compare(self, before: CallLine, after: CallLine) -> None:
        role = self._sides[0].roles.get(before.node, "")
        self.report.count(before.node, role).compared += 1
        self._matched = [max(self._matched[0], before.call), max(self._matched[1], after.call)]
        part = self._parts.difference(before, after)
        follows = self._other_input(before, after)
        if role == Role.SINK and follows:
            part = self._input_part(before, after) or part
            follows = False
        if part is not None:
            self.report.add(
                Difference(
                    before.node,
                    before.export,
                    element_words(before.element),
                    before.call,
                    after.call,
                    part.what,
                    part.before,
                    part.after,
                    part.lines,
                    follows,
                ),
                role,
            )

    def _other_input(self, before: CallLine, after: CallLine) -> bool:
        one, other = before.element, after.element
        return one is not None and other is not None and one.digest != other.digest

    def _input_part(self, before: CallLine, after: CallLine) -> CallPart | None:
        assert before.element is not None
        assert after.element is not None
        one = self._sides[0].payload(before.element.id)
        other = self._sides[1].payload(after.element.id)
        return self._parts.payloads(
            "input", (one, before.element.digest), (other, after.element.digest)
        )

    def _alone(self, which: int, line: CallLine) -> None:
        words = line_words(line)
        self.report.add(
            Difference(
                line.node,
                line.export,
                element_words(line.element),
                line.call if which == 0 else None,
                line.call if which == 1 else None,
                "missing" if which == 0 else "added",
                words if which == 0 else "no such call",
                words if which == 1 else "no such call",
            ),
            self._sides[which].roles.get(line.node, ""),
        )


def compare_recordings(
    before: Path, after: Path, ignore: Ignore = NOTHING_IGNORED, *, whole: bool = True
) -> Report:
    """In what the outputs of two recordings differ.

    Calls are matched by node, export and the element's number at its source; two deliveries of
    one element to one node by their payload. Times and order of calls are not compared. Both are
    taken for `whole` runs; else what one has past the end of the other, whose flow was not over
    there, is told as such and not call by call.

    Raises:
        StudioError: a file cannot be read or is damaged (E0001).
    """
    with RecordingReader(before) as one, RecordingReader(after) as other:
        comparison = _Comparison((_Side(one), _Side(other)), ignore, whole=whole)
        for first, second in zip_longest(one, other):
            for which, item in ((0, first), (1, second)):
                if item is None:
                    comparison.end(which)
                else:
                    comparison.feed(which, item)
        report = comparison.finish(one.end, other.end)
        report.notes = _notes(one.header, other.header)
        for reader in (one, other):
            report.notes += [f"{reader.path}: {item.message}" for item in reader.warnings]
        return report


def _element_of(line: CallLine) -> tuple[str, int] | None:
    return None if line.element is None else (line.element.source, line.element.sequence)


def _is_over(end: EndLine | None) -> bool:
    """True when nothing would have followed: the flow was completed, or had failed."""
    over = (FlowState.COMPLETED.value, FlowState.FAILED.value)
    return end is not None and end.state in over


def _is_ended(end: EndLine) -> bool:
    """False for a branch whose flow goes on."""
    return end.state in (state.value for state in FlowState if state.ended)


def _end_difference(before: EndLine, after: EndLine) -> Difference:
    return Difference(
        "flow",
        "end",
        "no element",
        before.last_call,
        after.last_call,
        "state",
        f"{before.state}, {printable(before.detail)}",
        f"{after.state}, {printable(after.detail)}",
    )


def _notes(before: Header, after: Header) -> list[str]:
    notes = []
    if before.flow != after.flow:
        notes.append(f"flow {before.flow}, then {after.flow}")
    builds = {node.name: node.digest for node in before.nodes}
    for node in after.nodes:
        recorded = builds.pop(node.name, None)
        if recorded is None:
            notes.append(f"node {node.name} is only in the second recording")
        elif recorded != node.digest:
            notes.append(f"node {node.name}: build {recorded[:12]}, then {node.digest[:12]}")
    notes += [f"node {name} is only in the first recording" for name in builds]
    notes += setting_changes(before, after)
    if before.redactions != after.redactions:
        notes.append("the recordings were redacted by other rules")
    return notes
