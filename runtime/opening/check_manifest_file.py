"""Checks a manifest as far as it can be read without its components; it imports no more."""

from __future__ import annotations

from pathlib import Path

from runtime.flow.link import check_manifest
from runtime.model.errors import Severity, StudioError
from runtime.model.outline import FlowOutline


def check_manifest_file(manifest: Path, flow_name: str | None = None) -> FlowOutline:
    """The chosen flow, no component opened. Raises `StudioError` with every problem."""
    check = check_manifest(manifest, flow_name)
    if check.outline is None or any(item.severity is Severity.ERROR for item in check.diagnostics):
        raise StudioError(check.diagnostics)
    return check.outline
