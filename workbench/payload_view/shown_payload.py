"""What the screen of a payload is opened with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.element_summary import ElementSummary
from workbench.payloads.viewer import PayloadPart

if TYPE_CHECKING:
    from workbench.payloads.documents.condition_reads import ConditionReads


@dataclass(frozen=True)
class Shown:
    """The payload that is looked into."""

    about: ElementSummary
    part: PayloadPart
    title: str
    """What it is and where it stands."""
    reads: ConditionReads | None = None
    """What the condition looked at that stopped the flow at it."""


@dataclass(frozen=True)
class CallSides:
    """What went into a call and what came out of it."""

    title: str
    """`before and after process(#4), call 14`."""
    before: bytes
    after: bytes
    names: tuple[str, str] = ("in", "out")
    """What the two are called."""


Sides = CallSides | str
"""A text says why there are none."""
