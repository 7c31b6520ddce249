"""The seven steps: what each says, and when it was done."""

from __future__ import annotations

from collections.abc import Callable

from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.updates import Health
from workbench.actions.context import Context, PaneName
from workbench.text.keys import shown_key

FIRST_CALLS = 4
"""Calls that take an element of the demo through its flow."""

CALLS_BACK = 3

REBUILT = "log-proc"
"""The node whose component the tour rebuilds."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened since a step began."""

    context: Context
    start: int = 0
    """Calls made when it began."""
    most: int = 0
    """The furthest place since."""
    ran: bool = False
    """True when the flow has run."""
    did: frozenset[str] = frozenset()
    """Ids of actions that were done."""

    @property
    def position(self) -> int:
        """Calls made where the flow stands."""
        snapshot = self.context.view.snapshot
        return 0 if snapshot is None else snapshot.calls


@dataclass(frozen=True, slots=True)
class TourStep:
    """One step of the tour."""

    title: str
    says: str
    press: Callable[[], str]
    """What to press, with the user's own keys."""
    done: Callable[[Seen], bool]


def _sent(seen: Seen) -> bool:
    return seen.position >= seen.start + FIRST_CALLS


def _looked(seen: Seen) -> bool:
    context = seen.context
    return context.pane is PaneName.INSPECTOR and context.element is not None and (
        "open" in seen.did or "pane-inspector" in seen.did
    )  # fmt: skip


def _back(seen: Seen) -> bool:
    return seen.most - seen.position >= CALLS_BACK


def _compared(seen: Seen) -> bool:
    timeline = seen.context.timeline
    forked = timeline is not None and len(timeline.branches) > 1
    return forked and "difference" in seen.did


def _ran(seen: Seen) -> bool:
    moved = seen.position != seen.start and bool(seen.did & {"run-pause", "continue"})
    return (seen.ran or moved) and not seen.context.view.running


def _rebuilt(seen: Seen) -> bool:
    build = seen.context.view.build_of(REBUILT)
    return build is not None and build.reloads > 0


def _any_key(seen: Seen) -> bool:
    return bool(seen.did)


def _keys(*actions: tuple[str, str]) -> list[str]:
    return [shown_key(*action) for action in actions]


def _press_back() -> str:
    return f"Press  {shown_key('step-back', '[')}  three times."


def _press_fork() -> str:
    edit, compare = _keys(("edit", "e"), ("difference", "D"))
    return (
        f"Press  {edit} , change a word, ctrl+s: a branch begins here. Then  {compare}  compares."
    )


def _press_run() -> str:
    run, slow = _keys(("run-pause", "space"), ("pane-why slow", "8"))
    return f"Press  {run} , look at  {slow} , and  {run}  again if it still runs."


TOUR: tuple[TourStep, ...] = (
    TourStep(
        "step",
        "Every box is a component, every line a queue. Nothing has run yet: the flow waits before "
        "its first call.",
        lambda: f"Press  {shown_key('step-element', 'S')}  to send one element through the flow.",
        _sent,
    ),
    TourStep(
        "look",
        "What the next call is given is in the inspector, pane 3: its payload, where it came from, "
        "how long it waited. If it shows no element yet, make a step more.",
        lambda: f"Press  {shown_key('pane-inspector', '3')}  to look at it.",
        _looked,
    ),
    TourStep(
        "go back",
        "Calls can be undone. Queues, sinks and counters are then as they were; no component is "
        "called for it.",
        _press_back,
        _back,
    ),
    TourStep(
        "fork",
        "In the past things can be changed: an element that waits in a queue gets another payload, "
        "and what was is kept next to it.",
        _press_fork,
        _compared,
    ),
    TourStep(
        "run",
        "Now all of it at once. Depths and rates move while it runs; pane 8 says why it is no "
        "faster.",
        _press_run,
        _ran,
    ),
    TourStep(
        "rebuild",
        f"A new build of {REBUILT} replaces the old one. It is live at the next call, and nothing "
        "that waits is lost.",
        lambda: f"Press  {shown_key('open', 'enter')} : the new build is written over the old one.",
        _rebuilt,
    ),
    TourStep(
        "yours",
        "`torvyn-studio PATH/Torvyn.toml` opens a flow of your own, `torvyn-studio new DIR` begins "
        "one.",
        lambda: f"Press  {shown_key('help', '?')}  for all the rest, or any other key.",
        _any_key,
    ),
)


def is_ready(context: Context) -> bool:
    """True once there is a flow to show the tour on."""
    return context.view.health is Health.READY and context.view.snapshot is not None
