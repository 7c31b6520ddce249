"""Sessions in a child process."""

from __future__ import annotations

from pathlib import Path

from runtime.child.client import ProcessClient
from runtime.opening.open import FlowOpener, SessionOptions


def process_link(
    manifest: Path, flow_name: str | None = None, options: SessionOptions | None = None
) -> ProcessClient:
    """A session of a flow; problems come in its updates."""
    return ProcessClient(FlowOpener(manifest.absolute(), flow_name, options or SessionOptions()))
