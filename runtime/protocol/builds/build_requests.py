"""Requests to build components, of whoever owns the session."""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class StartBuild:
    """Build a component, or all of them; begins when the builds asked for before have ended."""

    component: str | None = None
    """Its name in `[[component]]`."""
    debug: bool = False
    """Without optimization, whatever `[build].release` says."""


@dataclass(frozen=True, slots=True)
class CancelBuild:
    """End the build with every process it started, and forget the builds that wait."""
