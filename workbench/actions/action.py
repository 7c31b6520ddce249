"""What one row of the table says, and conditions that several rows share."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from runtime.model.lazy.dataclass import dataclass
from workbench.actions.context import Context
from workbench.actions.target import ActionTarget


class Group(StrEnum):
    """Headings of the help."""

    RUN = "Run"
    QUEUE = "Queue"
    TIME = "Time"
    BUILD = "Build"
    MOVE = "Move"
    LOOK = "Look"
    WORKBENCH = "Workbench"


def always(context: Context) -> bool:
    """True in every context."""
    return True


def steppable(context: Context) -> bool:
    """True when there is a call to make."""
    return context.steppable


def idle(context: Context) -> bool:
    """True when there is a call to make and none is being made."""
    return context.steppable and not context.view.running


def _nothing(context: Context) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a user can do."""

    id: str
    keys: tuple[str, ...]
    """Textual key names; the first is the one that is shown."""
    label: str
    help: str
    group: Group
    do: Callable[[ActionTarget], None]
    when: Callable[[Context], bool] = always
    needs: str = ""
    """What is missing when `when` says no, e.g. "a failed element"."""
    footer: int = 0
    """Place in the footer, the least first; 0 leaves it out. The last ones go when there are many.
    Those below 0 are of what is looked at alone."""
    in_past: int = 0
    """As `footer`, while the past is looked at."""
    why_not: Callable[[Context], str] = _nothing
    """A sentence to tell in place of `needs`, where the session knows better."""
