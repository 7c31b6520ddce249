"""What an examination has found, one thing at a time."""

from __future__ import annotations

from enum import StrEnum

from runtime.model.lazy.dataclass import dataclass


class FindingState(StrEnum):
    """How a thing is."""

    GOOD = "good"
    MISSING = "missing"
    BROKEN = "broken"
    """It is there, and cannot be used."""
    DOUBTFUL = "doubtful"
    """It works, with a drawback that is named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    """A language, or `machine`."""
    name: str
    condition: FindingState
    detail: str = ""
    """The version, or what is wrong."""
    place: str | None = None
    """Where it was found."""
    cure: str | None = None
    """The command, or the step, that mends it."""
    other_cure: str | None = None
    """One that takes what is needed from a package registry, with no download besides."""
    needed: bool = False
    """The manifest, or the language that was asked for, cannot be built without it."""

    @property
    def stops(self) -> bool:
        """Whether something that is needed cannot be used."""
        return self.needed and self.condition in (FindingState.MISSING, FindingState.BROKEN)
