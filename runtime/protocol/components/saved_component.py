"""What a node's component remembers, saved as a component of its own."""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class SaveComponent:
    """Save what a node's component remembers, see `SavedComponent`."""

    node: str
    path: str | None = None
    """A new file; None takes a name from the node and the call, next to the manifest."""


@dataclass(frozen=True, slots=True)
class SavedComponent:
    """Answer to `SaveComponent`."""

    node: str
    path: str | None
    """The file; None when there is none."""
    words: str
    """What was saved, or why nothing was, in sentences."""
