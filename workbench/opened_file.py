"""What the workbench shows: the session of a manifest or a recording, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from textual.message import Message

from runtime.model.outline import FlowOutline
from runtime.protocol.requests import Request
from runtime.protocol.updates import SessionClient


class OpenedFile(NamedTuple):
    """A file that was looked at, and how its session is opened."""

    open_link: Callable[[], SessionClient]
    """Opens the session; again for one that could not be opened and is restarted."""
    title: str
    outline: FlowOutline | None = None
    """Drawn until the session says more."""
    project: Path | None = None
    """The manifest for which layout and marks are remembered."""
    keeps_marks: bool = True
    """False where marks are not remembered: in a replay."""
    begin_with: Request | None = None
    """Sent as soon as the flow is ready."""


class FileAsked(Message):
    """A manifest or a recording is to be opened in place of what is open."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


LookInto = Callable[[Path], OpenedFile]
"""Looks whether a file can be opened, from its first to its last byte; raises `StudioError`."""
