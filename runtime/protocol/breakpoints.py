"""Breakpoints and watches, as they cross the pipe to the child process."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.break_places import BreakPlace, PlaceKind


class Then(StrEnum):
    """What a hit does."""

    STOP = "stop"
    MARK = "mark"
    """Sets a mark on the timeline, and the flow goes on."""
    ONCE = "once"
    """Stops, and switches itself off."""
    LOG = "log"
    """Writes a line into the event log, and the flow goes on."""


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """Where to stop, and when."""

    number: int
    """Counted from 1 in a project; 0 is a new one."""
    place: BreakPlace
    condition: str = ""
    """A condition of `runtime.expression`; "" always holds."""
    then: Then = Then.STOP
    first_hit: int = 1
    """Acts from this hit on, counted from 1."""
    every: int = 1
    """Acts at each so manieth hit since then, 1 or more."""
    on: bool = True

    @property
    def words(self) -> str:
        """`router input, json.level == "warn"`."""
        return f"{self.place.words}, {self.condition}" if self.condition else self.place.words

    def does_as(self, other: Breakpoint) -> bool:
        """Whether both do the same at the same place, once they are on."""
        return replace(self, number=other.number, on=other.on) == other


@dataclass(frozen=True, slots=True)
class BreakpointRow:
    """A breakpoint and what became of it."""

    breakpoint: Breakpoint
    hits: int = 0
    """How often its condition held at its place, in this session."""
    last_call: int | None = None
    """Number of the call of its last hit."""
    problem: str = ""
    """Why it can hit nothing, or why its condition had no value; "" when all is well."""


@dataclass(frozen=True, slots=True)
class Watch:
    """An expression that is looked at whenever the flow stands, and while it runs."""

    number: int
    """Counted from 1 in a project; 0 is a new one."""
    text: str
    stops: bool = False
    """Whether the flow stops when the value changes."""


@dataclass(frozen=True, slots=True)
class WatchRow:
    """A watch and its value."""

    watch: Watch
    value: str = ""
    """As JSON, cut to `VALUE_CHARACTERS`."""
    before: str = ""
    """The value before the last change."""
    changed_at: int | None = None
    """Calls made when it changed last; None when it never did since it is watched."""
    followed: bool = True
    """False where the flow was taken to this place: what the value was before is not known."""
    problem: str = ""
    """Why it has no value."""


VALUE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class BreakHit:
    """The breakpoint at which the flow stands, and what its condition saw."""

    breakpoint: Breakpoint
    hit: int
    """Which of its hits this is, counted from 1."""
    call: int
    """The call that comes next, or that was made last."""
    before: bool
    """True when the call has not been made yet."""
    node: str
    element_id: int | None
    values: tuple[tuple[str, str], ...] = ()
    """What the condition asked for, as paths, and their values as JSON."""
    edge: str = ""
    """Label of the queue it was at; "" where there is none."""
    about: str = ""
    """What happened: why it failed, which grant was denied; "" where the place says it."""

    @property
    def happened(self) -> str:
        """`any back-pressure: source → router is full`: where, when, and what happened."""
        said = self.breakpoint.words
        place = self.breakpoint.place
        if place.kind is PlaceKind.BACKPRESSURE:
            return f"{said}: {self.edge} is full"
        parts = [] if place.node or place.edge else [self.node]
        if place.kind is PlaceKind.DROP and self.edge:
            parts = [f"in {self.edge}"]
        if self.about:
            parts.append(self.about)
        return f"{said}: {', '.join(parts)}" if parts else said

    @property
    def words(self) -> str:
        """`breakpoint 2: any back-pressure: source → router is full`."""
        return f"breakpoint {self.breakpoint.number}: {self.happened}"


@dataclass(frozen=True, slots=True)
class BreakpointList:
    """All breakpoints and watches of the flow."""

    breakpoints: tuple[BreakpointRow, ...] = ()
    watches: tuple[WatchRow, ...] = ()
    hit: BreakHit | None = None
    """Where the flow stands at a breakpoint."""
    kept: str = ""
    """Why they are not kept with the project; "" when they are."""


@dataclass(frozen=True, slots=True)
class SetBreakpoint:
    """Add a breakpoint (number 0), or put it in the place of the one with its number."""

    breakpoint: Breakpoint


@dataclass(frozen=True, slots=True)
class RemoveBreakpoint:
    """Forget a breakpoint."""

    number: int


@dataclass(frozen=True, slots=True)
class SetWatch:
    """Add a watch (number 0), or put it in the place of the one with its number."""

    watch: Watch


@dataclass(frozen=True, slots=True)
class RemoveWatch:
    """Forget a watch."""

    number: int


@dataclass(frozen=True, slots=True)
class TryBreakpoint:
    """Ask what a breakpoint would have done among the last calls."""

    breakpoint: Breakpoint


@dataclass(frozen=True, slots=True)
class TrialHit:
    """A call at which a breakpoint would have stopped."""

    call: int
    sequence: int | None
    preview: bytes
    """The first bytes of the payload."""


@dataclass(frozen=True, slots=True)
class BreakpointTrial:
    """Answer to `TryBreakpoint`."""

    breakpoint: Breakpoint
    calls: int
    """Calls looked at, the newest ones."""
    hits: int
    latest: tuple[TrialHit, ...] = ()
    """The last hits, newest last."""
    problem: str = ""
    """Why its condition had no value for some of them."""
    coming: bool = False
    """Whether the call that comes next is one of the hits."""


BreakRequest = SetBreakpoint | RemoveBreakpoint | SetWatch | RemoveWatch | TryBreakpoint
