"""Sessions in a child process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from runtime.child.client import ProcessClient
from runtime.opening.open import FlowOpener, SessionOptions
from runtime.protocol.updates import Update

PATIENCE_SECONDS = 30.0


def process_link(
    manifest: Path, flow_name: str | None = None, options: SessionOptions | None = None
) -> ProcessClient:
    """A session of a flow; problems come in its updates."""
    return ProcessClient(FlowOpener(manifest.absolute(), flow_name, options or SessionOptions()))


def wait_for(link: ProcessClient, accepts: Callable[[Update], bool]) -> list[Update]:
    """Updates until one is accepted, that one last."""
    updates = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        update = link.poll()
        updates.append(update)
        if accepts(update):
            return updates
        time.sleep(0.01)
    raise AssertionError(f"nothing fitting among {len(updates)} updates; last: {updates[-1]}")


def is_open(update: Update) -> bool:
    return update.flow is not None and update.snapshot is not None
