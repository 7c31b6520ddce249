"""Writing recordings to files: loud when it fails, and never a trouble to the flow."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from msgspec import structs

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.events import CallFinished
from runtime.model.files.output_file import open_output
from runtime.model.text.plurals import counted
from runtime.recording.encoding import Entry, LineMaker, RecordingOptions
from runtime.recording.format import EndLine, Header, encode
from runtime.recording.payload_encoding import DIGEST_BYTES

CHUNK_BYTES = 64 * 1024
"""Lines are handed to the writing thread in chunks of about this size."""

BATCH = 128
"""Lines are made of so many entries at once: one by one, between calls, each costs twice."""

BACKLOG_BYTES = 64 * 1024 * 1024
"""How far the disk may fall behind before the recording stops, in bytes."""

FLUSH_SECONDS = 0.5
"""Lines wait at most about this long for their chunk to be full."""

CLOSE_SECONDS = 10.0
"""How long `close` waits for the disk."""


class FileWriter:
    """Writes one recording. Lines are made on the caller's thread, written on an own one.

    Nothing here raises: when the file cannot be written, `failed` says why, all else is
    ignored, and what was written before stays. An existing file is written over only with
    `overwrite`; devices and pipes are written to. The header is written at once, so that a file
    that takes nothing is known before the run.
    """

    def __init__(
        self, path: Path, header: Header, options: RecordingOptions, *, overwrite: bool = False
    ) -> None:
        self.path = path
        self.failed: Diagnostic | None = None
        """Why the recording stopped, or None."""
        self.calls = 0
        """Calls handed over."""
        self.bytes_written = 0
        sockets = (line.node for line in header.unpinned if line.has_network)
        self._maker = LineMaker(options, sockets)
        self._redactor = options.redactor
        self._entries: list[Entry] = []
        self._entry_bytes = 0
        self._buffer = bytearray()
        self._chunks: deque[bytes] = deque()
        self._backlog = 0
        self._change = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        try:
            self._file = open_output(path, overwrite=overwrite)
        except OSError as error:
            self._fail(error)
            return
        self._digest = blake2b(digest_size=DIGEST_BYTES)
        self._end: EndLine | None = None
        try:
            self._write(encode(header))
        except OSError as error:
            self._file.close()
            self._fail(error)
            return
        self._thread = threading.Thread(target=self._write_chunks, name="recorder", daemon=True)
        self._thread.start()

    def append(self, entry: Entry) -> None:
        """Write one entry, in the order of the run."""
        if self.failed is not None:
            return
        size = 0
        if type(entry) is CallFinished:
            self.calls += 1
            for element in entry.outputs:
                size += len(element.payload.data)
        with self._change:
            self._entries.append(entry)
            self._entry_bytes += size
            if len(self._entries) >= BATCH or self._entry_bytes > CHUNK_BYTES:
                self._make_lines()

    def extend(self, entries: Iterable[Entry]) -> None:
        """Write several entries, e.g. what a ring has kept."""
        for entry in entries:
            self.append(entry)

    def flush(self) -> None:
        """Hand everything to the writing thread; does not wait for the disk."""
        with self._change:
            self._make_lines()
            self._hand_over()

    def close(self, end: EndLine | None) -> Diagnostic | None:
        """Write `end`, wait for the disk, and close. Gives `failed`. Idempotent."""
        thread, self._thread = self._thread, None
        if thread is None:
            return self.failed
        with self._change:
            self._make_lines()
            self._hand_over()
            self._end = end
            self._closing = True
            self._change.notify()
        thread.join(CLOSE_SECONDS)
        if thread.is_alive() and self.failed is None:
            self.failed = self._problem("the disk did not take it in time")
        return self.failed

    def _make_lines(self) -> None:
        """Make lines of the entries that wait, and hand them over when they are a chunk."""
        entries, self._entries, self._entry_bytes = self._entries, [], 0
        try:
            for entry in entries:
                self._buffer += encode(self._maker.line(entry))
        except Exception as error:
            self._hand_over()
            self.failed = self._problem(f"a line could not be made: {error}")
        if len(self._buffer) >= CHUNK_BYTES:
            self._hand_over()

    def _hand_over(self) -> None:
        if not self._buffer or self.failed is not None:
            return
        if self._backlog > BACKLOG_BYTES:
            self.failed = self._problem(
                f"the disk fell {BACKLOG_BYTES // (1024 * 1024)} MiB behind the flow"
            )
            return
        self._backlog += len(self._buffer)
        self._chunks.append(bytes(self._buffer))
        self._buffer.clear()
        self._change.notify()

    def _write_chunks(self) -> None:
        try:
            with self._file:
                while chunk := self._next_chunk():
                    self._write(chunk)
                if self._end is not None and self.failed is None:
                    self._write(encode(self._last_line(self._end)))
        except OSError as error:
            self._fail(error)

    def _last_line(self, end: EndLine) -> EndLine:
        digest = self._digest.hexdigest()
        if self._redactor is None:
            return structs.replace(end, digest=digest)
        return structs.replace(
            end,
            out_of_reach=self._redactor.out_of_reach,
            unused_rules=self._redactor.unused_rules,
            digest=digest,
        )

    def _next_chunk(self) -> bytes | None:
        with self._change:
            while not self._chunks:
                if self._closing or self.failed is not None:
                    return None
                if not self._change.wait(FLUSH_SECONDS):
                    self._make_lines()
                    self._hand_over()
            chunk = self._chunks.popleft()
            self._backlog -= len(chunk)
            return chunk

    def _write(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        view = memoryview(chunk)
        while view:
            written = os.write(self._file.fileno(), view)
            self.bytes_written += written
            view = view[written:]

    def _fail(self, error: OSError) -> None:
        self.failed = self._problem(error.strerror or str(error))
        self._chunks.clear()

    def _problem(self, reason: str) -> Diagnostic:
        if not self.bytes_written:
            what, mend = "cannot be written", "Choose another file; the flow goes unrecorded."
        else:
            what = f"stopped after {counted(self.bytes_written, 'byte')}"
            mend = (
                "The flow goes on unrecorded; free space or choose another file, and record again."
            )
        return Diagnostic(
            Severity.ERROR,
            Code.IO,
            f"the recording {what}: {reason}",
            mend,
            file=str(self.path),
        )
