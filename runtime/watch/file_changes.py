"""What the watcher reports. `*_ns` fields are of `time.monotonic_ns` unless they say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from pathlib import Path

from runtime.model.errors import Diagnostic
from runtime.model.lazy.dataclass import dataclass


class FileKind(Enum):
    """What a watched file is for."""

    ARTIFACT = "artifact"
    MANIFEST = "manifest"


@dataclass(frozen=True, slots=True)
class WatchedFile:
    """A file to watch. It need not exist, nor its directory."""

    path: Path
    kind: FileKind = FileKind.ARTIFACT
    known: str | None = None
    """SHA-256 of the content the caller holds, which is no news; None: any content is news."""


@dataclass(frozen=True, slots=True)
class FileArriving:
    """An artifact changed and looks whole, though it may not have settled.

    Most often these are the bytes that settle a moment later: compiling them meanwhile is
    what makes a swap fast. Never to be put in use by itself.
    """

    path: Path
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SettledFile:
    """A file holds a new, complete content."""

    path: Path
    kind: FileKind
    digest: str
    """SHA-256 of `data`, in hexadecimal."""
    size: int
    data: bytes = field(repr=False)
    """The content, read once: the path may hold another one by now."""
    mtime_ns: int
    """Modification time, nanoseconds since the Unix epoch."""
    written_ns: int
    """When the last byte was written, as far as can be known."""
    settled_ns: int
    """When the content was read and found complete."""


@dataclass(frozen=True, slots=True)
class FileGone:
    """A file that was there is missing, for longer than a build takes to replace it."""

    path: Path
    kind: FileKind


@dataclass(frozen=True, slots=True)
class FileBack:
    """A file that was reported gone is there again with the content it had."""

    path: Path
    kind: FileKind
    digest: str


@dataclass(frozen=True, slots=True)
class FileUnreadable:
    """A file cannot be read; told again only after it changes."""

    path: Path
    kind: FileKind
    problem: Diagnostic


@dataclass(frozen=True, slots=True)
class SourcesChanged:
    """Sources of a component have settled with other contents than before."""

    component: str
    digest: str
    files: Mapping[str, str]
    """SHA-256 of every source file, by absolute path."""


@dataclass(frozen=True, slots=True)
class WatchDegraded:
    """The system gives no change events for some directory; polling goes on."""

    problem: Diagnostic


WatchEvent = (
    FileArriving
    | SettledFile
    | FileGone
    | FileBack
    | FileUnreadable
    | SourcesChanged
    | WatchDegraded
)
