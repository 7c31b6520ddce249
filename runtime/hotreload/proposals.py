"""Turns changed files into proposals: whole flows that link, or the reasons why they do not.

A proposal is made by linking again with one file changed and all others as they were accepted,
so that one bad build does not hold back another component's good one.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import assert_never

from runtime.flow.link import link_flow
from runtime.hotreload.refusals import Refusals
from runtime.model.component.surface import Surface
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.input_file import read_bounded
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.wasm.call_layer import Compiled
from runtime.wasm.host import Host
from runtime.watch.file_changes import (
    FileArriving,
    FileBack,
    FileGone,
    FileKind,
    FileUnreadable,
    SettledFile,
    SourcesChanged,
    WatchDegraded,
    WatchedFile,
    WatchEvent,
)
from runtime.watch.watcher import ArtifactWatcher

_COMPILES_LONG_BYTES = 2 * 1024 * 1024
"""From this size on, compiling a component may take seconds, and is told."""


def _as_written(flow: LinkedFlow) -> LinkedFlow:
    return flow


@dataclass
class Linking:
    """Links flows and compiles each content once."""

    host: Host
    compiled: dict[str, Compiled] = field(default_factory=dict)
    """By digest: every content seen, good for linking or not."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """By digest: the bytes of what is in `compiled`."""
    admit: Callable[[LinkedFlow], LinkedFlow] = _as_written
    """Gives a linked flow with the grants that it may have."""

    def inspect(self, data: bytes) -> Surface:
        """See `runtime.flow.link.Inspect`."""
        compiled = self.host.compile(data)
        self.compiled[compiled.digest] = compiled
        self.contents[compiled.digest] = data
        return compiled.surface


@dataclass(frozen=True, slots=True)
class Proposal:
    """A flow that links, differing from the accepted one in one file."""

    flow: LinkedFlow
    compiled: Mapping[str, Compiled]
    """By digest, for every node of the flow."""
    contents: Mapping[str, bytes]
    """By digest, for every node of the flow."""
    file: SettledFile
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A new content that cannot be used; reported once per content."""

    path: Path
    digest: str
    reasons: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class FileNote:
    """Something about a watched file that changes nothing."""

    path: Path | None
    text: str


Arrival = Proposal | Refusal | FileNote


class ProposalBuilder:
    """Watches a flow's files and links what changed, on threads of its own.

    `take`, `problems`, `accept`, `reject` and `stop` are for the thread that owns the session.
    """

    def __init__(
        self,
        flow: LinkedFlow,
        manifest_text: bytes,
        linking: Linking,
        wake: Callable[[], None],
        *,
        poll_only: bool = False,
    ) -> None:
        """`wake` is called, from another thread, when `take` has something."""
        self._flow = flow
        self._host = linking.host
        self._admit = linking.admit
        self._wake = wake
        self._manifest = Path(flow.manifest)
        self._text = manifest_text
        self._artifacts = _by_path(flow, linking.contents)
        self._arriving: dict[Path, Compiled] = {}
        self._refusals = Refusals()
        self._lock = threading.Lock()
        self._changed: queue.SimpleQueue[WatchEvent | None] = queue.SimpleQueue()
        self._arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self._watcher = ArtifactWatcher(self._files(), self._changed.put, poll_only=poll_only)
        self._thread = threading.Thread(target=self._run, name="reload linking", daemon=True)

    def start(self) -> None:
        """Begin watching."""
        self._watcher.start()
        self._thread.start()

    def stop(self) -> None:
        """End watching. Idempotent."""
        self._watcher.stop()
        self._changed.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)

    @property
    def pending(self) -> bool:
        """True when `take` has something."""
        return not self._arrivals.empty()

    def take(self) -> list[Arrival]:
        """What arrived since the last time, in order."""
        found: list[Arrival] = []
        while True:
            try:
                found.append(self._arrivals.get_nowait())
            except queue.Empty:
                return found

    def problems(self) -> tuple[Diagnostic, ...]:
        """Why the contents that lie on disk are not in use."""
        with self._lock:
            return self._refusals.problems()

    def accept(self, proposal: Proposal) -> None:
        """The proposal is live: from now on it is what others are linked with."""
        with self._lock:
            self._flow = proposal.flow
            if proposal.file.kind is FileKind.MANIFEST:
                self._text = proposal.file.data
            self._artifacts = _by_path(proposal.flow, proposal.contents)
            self._refusals.clear(proposal.file.path)
        self._watcher.update(self._files())

    def reject(self, proposal: Proposal, reasons: tuple[Diagnostic, ...]) -> None:
        """The proposal linked, but could not be put in use."""
        with self._lock:
            self._refusals.refuse(proposal.file.path, proposal.file.digest, reasons)

    # ---- on the linking thread

    def _run(self) -> None:
        while (event := self._changed.get()) is not None:
            arrival = self._arrival(event)
            if arrival is not None:
                self._arrivals.put(arrival)
                self._wake()

    def _arrival(self, event: WatchEvent) -> Arrival | None:
        match event:
            case FileArriving(path=path, data=data):
                if len(data) >= _COMPILES_LONG_BYTES:
                    self._arrivals.put(FileNote(path, f"compiling {path.stem}"))
                    self._wake()
                with suppress(StudioError):
                    # The host knows a content as long as somebody holds it.
                    self._arriving[path] = self._host.compile(data)
                return None
            case SettledFile():
                return self._settled(event)
            case FileGone(path=path):
                return FileNote(path, f"{path.name} is gone; the live build stays")
            case FileUnreadable(path=path, problem=problem):
                return Refusal(path, "", (problem,))
            case WatchDegraded(problem=problem):
                return FileNote(None, problem.message)
            case FileBack() | SourcesChanged():
                return None
            case _:
                assert_never(event)

    def _settled(self, file: SettledFile) -> Arrival | None:
        with self._lock:
            artifacts = dict(self._artifacts)
            text = self._text
            live = self._live_digest(file)
            if live == file.digest:
                self._refusals.clear(file.path)
                return FileNote(file.path, f"{file.path.name} is again what is live")
        if file.kind is FileKind.MANIFEST:
            text = file.data
        else:
            artifacts[file.path] = file.data

        def read(path: Path) -> bytes:
            known = artifacts.get(path)
            return read_bounded(path) if known is None else known

        linking = Linking(self._host)
        result = link_flow(
            self._manifest,
            self._flow.name,
            inspect=linking.inspect,
            read=read,
            text=text,
            gives_network=self._host.layer.gives_network,
        )
        self._arriving.pop(file.path, None)
        if result.flow is None:
            errors = tuple(item for item in result.diagnostics if item.severity is Severity.ERROR)
            with self._lock:
                reported = not self._refusals.refuse(file.path, file.digest, errors)
            return None if reported else Refusal(file.path, file.digest, errors)
        flow = self._admit(result.flow)
        return Proposal(flow, linking.compiled, linking.contents, file, result.diagnostics)

    def _live_digest(self, file: SettledFile) -> str | None:
        if file.kind is FileKind.MANIFEST:
            return hashlib.sha256(self._text).hexdigest()
        live = self._artifacts.get(file.path)
        return None if live is None else hashlib.sha256(live).hexdigest()

    def _files(self) -> list[WatchedFile]:
        manifest = WatchedFile(
            self._manifest, FileKind.MANIFEST, known=hashlib.sha256(self._text).hexdigest()
        )
        artifacts = {Path(node.artifact): node.digest for node in self._flow.nodes}
        return [
            manifest,
            *(WatchedFile(path, known=digest) for path, digest in artifacts.items()),
        ]


def _by_path(flow: LinkedFlow, contents: Mapping[str, bytes]) -> dict[Path, bytes]:
    return {Path(node.artifact): contents[node.digest] for node in flow.nodes}
