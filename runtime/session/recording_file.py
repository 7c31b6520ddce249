"""The file a session is recorded into, next to the ring."""

from __future__ import annotations

import time
from dataclasses import field
from datetime import datetime
from pathlib import Path

from runtime.execution.resources import SessionResources
from runtime.model.errors import Diagnostic
from runtime.model.files.output_file import free_path
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.timeline import RING_BYTES, RecordingStatus
from runtime.recording.encoding import RecordingOptions, Redactor
from runtime.recording.file.header import header_of
from runtime.recording.file.writer import FileWriter
from runtime.recording.recorder import Recorder
from runtime.recording.replay.expectation import end_of
from runtime.recording.run_facts import run_facts
from runtime.wasm.host import surfaces_of

SUFFIX = ".rec"


@dataclass(frozen=True, slots=True)
class RecordingSettings:
    """How a session is recorded."""

    path: Path | None = None
    """A file that everything goes into from the start; a number is added when there is one."""
    ring_bytes: int = RING_BYTES
    """Bound of what is always kept in memory."""
    options: RecordingOptions = field(default_factory=RecordingOptions)
    """What files keep, and what is taken out before anything is written to them."""


class RecordingFile:
    """Starts and stops files; the recorder of a branch writes them."""

    def __init__(self, resources: SessionResources, options: RecordingOptions) -> None:
        """`options` says what is kept, and what is taken out before anything is written."""
        self._resources = resources
        self._options = options
        self._recorder: Recorder | None = None
        self._writer: FileWriter | None = None
        self._redactor: Redactor | None = None
        self._reported: Diagnostic | None = None

    @property
    def writing(self) -> bool:
        """True while a file is written."""
        return self._recorder is not None

    def start(self, recorder: Recorder, flow: LinkedFlow, path: str | None) -> Path:
        """Write all that the ring of a branch has, and what follows; gives the file's path.

        No other file is being written. `flow` is the one the branch began with. A file that
        exists is never written over: the status then says why nothing is written.
        """
        if path is None:
            when = datetime.now().strftime("%Y%m%d-%H%M%S")
            name = free_path(Path(flow.manifest).parent / f"{flow.name}-{when}{SUFFIX}")
        else:
            name = Path(path)
        resources = self._resources
        compiled = resources.known.compiled(flow)
        facts = run_facts(flow, surfaces_of(compiled), resources.manifest_text, resources.options)
        options = self._options.fresh()
        recorder.keep(name, header_of(flow, facts, options, name), options)
        self._redactor = options.redactor
        self._recorder = recorder
        self._writer = recorder.writer
        self._reported = None
        return name

    def stop(self, end: FlowSnapshot) -> Path | None:
        """Close the file, if one is written, of a branch that ends with `end`; gives its path."""
        recorder, self._recorder = self._recorder, None
        if recorder is None or recorder.writer is None:
            return None
        writer = recorder.writer
        recorder.stop(end_of(end, writer.calls, time.time_ns()))
        return writer.path

    def limits(self) -> tuple[str, ...]:
        """What redaction did not reach in the file that was written last, in sentences."""
        return () if self._redactor is None else self._redactor.limits()

    def failure(self) -> Diagnostic | None:
        """Why writing stopped by itself; reported once."""
        writer = self._writer
        if writer is None or writer.failed is None or writer.failed is self._reported:
            return None
        self._reported = writer.failed
        self._recorder = None
        return writer.failed

    def status(self, recorder: Recorder) -> RecordingStatus:
        """What the screen hears; `recorder` is that of the present branch."""
        ring, writer = recorder.ring, self._writer
        return RecordingStatus(
            ring_bytes=ring.bytes_used,
            ring_limit=ring.limit,
            whole=ring.repeatable,
            file=None if writer is None else str(writer.path),
            writing=self.writing,
            file_bytes=0 if writer is None else writer.bytes_written,
            file_calls=0 if writer is None else writer.calls,
            failed=None if writer is None else writer.failed,
        )
