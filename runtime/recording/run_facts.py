"""A run recorded into a file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from runtime.engine.options import EngineOptions
from runtime.model.commands import Command
from runtime.model.component.surface import Surface
from runtime.model.errors import Diagnostic, StudioError
from runtime.model.events import Event
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, LinkedNode
from runtime.model.snapshot import FlowSnapshot
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import RunFacts, header_of
from runtime.recording.file.writer import FileWriter
from runtime.recording.recorder import entries_of
from runtime.recording.replay.expectation import end_of

_UNPINNED = {
    "wasi:sockets/": "network",
    "wasi:filesystem/": "filesystem",
    "wasi:cli/environment": "environment",
}
"""Imports whose answers are not recorded, and the capability without which each answers the
same every time: a component then has no host, no directory and no variable to ask."""


def studio_release() -> str:
    """The release of torvyn-studio that is running, e.g. "0.1.0"."""
    return version("torvyn-studio")


def unpinned_imports(
    flow: LinkedFlow, surfaces: Mapping[str, Surface]
) -> dict[str, tuple[str, ...]]:
    """By node: the imports a recording cannot hold; `surfaces` are those of its builds.

    An import counts where the manifest grants its capability: sockets, files that may
    change, variables of the environment.
    """
    found = {
        node.name: _unpinned(node, surfaces[node.digest])
        for node in flow.nodes
        if node.digest in surfaces
    }
    return {name: imports for name, imports in found.items() if imports}


def _unpinned(node: LinkedNode, surface: Surface) -> tuple[str, ...]:
    granted = {grant.partition(":")[0] for grant in node.grants}
    return tuple(
        item.name
        for item in surface.imports
        if any(
            item.name.startswith(prefix) and capability in granted
            for prefix, capability in _UNPINNED.items()
        )
    )


def run_facts(
    flow: LinkedFlow,
    surfaces: Mapping[str, Surface],
    manifest_text: bytes,
    options: EngineOptions,
) -> RunFacts:
    """What a recording that begins at this moment says besides the flow.

    `surfaces` are those of the flow's builds, by digest.
    """
    return RunFacts(
        studio=studio_release(),
        wall_ns=time.time_ns(),
        options=options,
        manifest_digest=hashlib.sha256(manifest_text).hexdigest(),
        unpinned=unpinned_imports(flow, surfaces),
    )


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """What became of a recording."""

    path: Path
    calls: int
    bytes_written: int
    failed: Diagnostic | None
    """Why it stopped before its run, or None."""
    unredacted: tuple[str, ...] = ()
    """What the rules of redaction did not reach, in sentences."""


class FileRecording:
    """Records one run into a file. A failure is told at once, and never stops the run.

    Raises:
        StudioError: the file cannot be written (E0001), before anything is run.
    """

    def __init__(
        self,
        path: Path,
        flow: LinkedFlow,
        facts: RunFacts,
        options: RecordingOptions,
        on_failure: Callable[[Diagnostic], None],
        *,
        overwrite: bool = False,
    ) -> None:
        exists = path.is_file()
        header = header_of(flow, facts, options, path)
        self._writer = FileWriter(path, header, options, overwrite=overwrite)
        if self._writer.failed is not None:
            raise StudioError([_unwritable(self._writer.failed, exists=exists)])
        self._on_failure = on_failure
        self._redactor = options.redactor
        self._told = False

    def record(self, command: Command, events: list[Event]) -> None:
        """See `runtime.headless.run.RunRecorder`."""
        self._writer.extend(entries_of(command, events))
        if self._writer.failed is not None:
            self._tell()

    def close(self, snapshot: FlowSnapshot) -> RecordingResult:
        """Write the end of a run that came to `snapshot`, and close the file."""
        writer = self._writer
        failed = writer.close(end_of(snapshot, writer.calls, time.time_ns()))
        self._tell()
        limits = () if self._redactor is None else self._redactor.limits()
        return RecordingResult(writer.path, writer.calls, writer.bytes_written, failed, limits)

    def _tell(self) -> None:
        if self._writer.failed is not None and not self._told:
            self._told = True
            self._on_failure(self._writer.failed)


def _unwritable(failed: Diagnostic, *, exists: bool) -> Diagnostic:
    mend = (
        "Choose another file, or replace it with --overwrite." if exists else "Choose another file."
    )
    return replace(failed, help=f"{mend} Nothing was run.")
