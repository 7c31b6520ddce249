"""The recorder: takes what a session did into the ring, and into a file when one is open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from runtime.model.commands import Command, Step
from runtime.model.errors import Diagnostic
from runtime.model.events import CallFinished, Event
from runtime.recording.encoding import Entry, RecordingOptions
from runtime.recording.file.writer import FileWriter
from runtime.recording.format import EndLine, Header
from runtime.recording.ring.ring import Ring
from runtime.recording.ring.sizes import SizedCalls


class Recorder:
    """Always records into `ring`; `keep` writes that and all that follows to a file too."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.writer: FileWriter | None = None
        """The open file, also after it failed."""

    def record(
        self, command: Command, events: Sequence[Event], sized: SizedCalls | None = None
    ) -> None:
        """Record a command and what it led to; call it after every `Engine.apply`.

        `sized` are the calls among `events`, where somebody looked for them before.
        """
        if type(command) is Step and not command.chosen:
            self.stepped(events, sized)
            return
        for entry in entries_of(command, events):
            self.append(entry)

    def stepped(self, events: Sequence[Event], sized: SizedCalls | None = None) -> None:
        """Record what `Engine.step` gave: as `record` with `Step()`, only faster."""
        if sized is None:
            calls = [event for event in events if type(event) is CallFinished]
            self.ring.extend(calls)
        else:
            calls, size = sized
            self.ring.extend(calls, size)
        if self.writer is not None:
            self.writer.extend(calls)

    def append(self, entry: Entry) -> None:
        """Record one entry; enough for a call that was the next in order."""
        self.ring.append(entry)
        if self.writer is not None:
            self.writer.append(entry)

    def keep(self, path: Path, header: Header, options: RecordingOptions) -> Diagnostic | None:
        """Write all that the ring has, and everything from now on; says why when it cannot."""
        self.writer = writer = FileWriter(path, with_first_call(header, self.ring), options)
        writer.extend(self.ring.entries())
        return writer.failed

    def stop(self, end: EndLine | None) -> Diagnostic | None:
        """Close the file, when one is open; the ring goes on. Says why when writing failed."""
        writer, self.writer = self.writer, None
        return None if writer is None else writer.close(end)


def entries_of(command: Command, events: Sequence[Event]) -> list[Entry]:
    """What is recorded of a command and what it led to.

    A step is recorded by its call, and itself only when it asked for a certain call.
    """
    entries: list[Entry] = [event for event in events if type(event) is CallFinished]
    if type(command) is not Step or (entries and command.chosen):
        entries.insert(0, command)
    return entries


def with_first_call(header: Header, ring: Ring) -> Header:
    """`header` for a file that begins with what `ring` kept."""
    if ring.complete:
        return header
    return msgspec.structs.replace(header, first_call=ring.first_call or ring.calls_lost + 1)


def save(
    ring: Ring,
    path: Path,
    header: Header,
    options: RecordingOptions,
    end: EndLine,
    *,
    overwrite: bool = False,
) -> Diagnostic | None:
    """Write what the ring has to a new file; says why when it cannot.

    With `overwrite` the file may be there already.
    """
    writer = FileWriter(path, with_first_call(header, ring), options, overwrite=overwrite)
    writer.extend(ring.entries())
    return writer.close(end)
