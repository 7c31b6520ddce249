"""Requests: what the workbench asks of the session that runs the flow.

Everything here is frozen and can be pickled: it crosses the pipe to the child process.
"""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import QueuePolicy
from runtime.protocol.branch_comparison import CompareBranches
from runtime.protocol.breakpoints import BreakRequest
from runtime.protocol.builds.build_requests import CancelBuild, StartBuild
from runtime.protocol.call_report import ReadCall
from runtime.protocol.components.memory_report import ReadMemory
from runtime.protocol.components.node_tries import ReadNodeInput, TryNode
from runtime.protocol.components.saved_component import SaveComponent
from runtime.protocol.time_window import ShowWindow


@dataclass(frozen=True, slots=True)
class StepCall:
    """Make one call: the next in order, or the next of `node`."""

    node: str | None = None


@dataclass(frozen=True, slots=True)
class StepElement:
    """Make calls until the element has left the flow: the one of `lineage`, or the next one."""

    lineage: int | None = None


@dataclass(frozen=True, slots=True)
class Continue:
    """Make calls until a stop."""

    calls_per_second: float | None = None
    """A pace for watching; None is as fast as it goes."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop before the next call."""


@dataclass(frozen=True, slots=True)
class StopCall:
    """End the call in progress as one that failed; what was asked for meanwhile is not done."""


@dataclass(frozen=True, slots=True)
class SkipElement:
    """Drop the element the node failed on."""

    node: str


@dataclass(frozen=True, slots=True)
class ReviveNode:
    """Have a node whose component crashed go on with what it remembered before that call."""

    node: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Tear the flow down and begin again, paused before the first call."""


@dataclass(frozen=True, slots=True)
class ListQueue:
    """Ask for the elements waiting in an edge's queue, oldest first."""

    edge: int
    offset: int = 0
    count: int = 100


@dataclass(frozen=True, slots=True)
class ReadElement:
    """Ask for one recent element and a part of its payload."""

    element_id: int
    offset: int = 0
    length: int = 65_536


@dataclass(frozen=True, slots=True)
class ReadPayload:
    """Ask for the whole payload of one recent element, unless it is larger than `most_bytes`."""

    element_id: int
    most_bytes: int


@dataclass(frozen=True, slots=True)
class FindCall:
    """Ask for the call that an element came out of, else for the last one that it went into."""

    element_id: int


@dataclass(frozen=True, slots=True)
class ListNode:
    """Ask for a node's recent calls, newest first."""

    node: str
    count: int = 50


@dataclass(frozen=True, slots=True)
class Rollback:
    """Put an earlier build of a node in use; it stays until the artifact changes again."""

    node: str
    digest: str | None = None
    """One of `NodeBuild.earlier`; None is the newest of them."""


@dataclass(frozen=True, slots=True)
class SetComparing:
    """Whether each swap makes the node's last calls with both builds and shows what differs."""

    on: bool


@dataclass(frozen=True, slots=True)
class StepBack:
    """Undo the last call: the flow stands as it did before it."""


@dataclass(frozen=True, slots=True)
class StepForward:
    """Make the call again that was undone last; at the end of the branch, nothing."""


@dataclass(frozen=True, slots=True)
class JumpTo:
    """Stand where the flow stood after so many calls, or will in the recording it replays."""

    call: int
    """0 is before the first call; what lies after the last one means the last one."""


@dataclass(frozen=True, slots=True)
class RepeatTo:
    """Make the calls of the replayed recording again up to there, as `Continue` would."""

    call: int


@dataclass(frozen=True, slots=True)
class JumpToElement:
    """Stand before the call that gave the flow this element's lineage."""

    lineage: int


@dataclass(frozen=True, slots=True)
class JumpToStop:
    """Stand at the stop before this place, or at the next one; beyond them, at the branch's end."""

    forward: bool = False


@dataclass(frozen=True, slots=True)
class ToggleMark:
    """Mark this place of the branch, or take its mark away."""


@dataclass(frozen=True, slots=True)
class SetMarks:
    """Mark these places of the branch, in place of those that are marked."""

    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SaveBranches:
    """Write every branch that is kept into a folder; answered by `SavedBranches`."""

    folder: str


@dataclass(frozen=True, slots=True)
class JumpToMark:
    """Stand at the mark before this place, from the first one at the last again."""

    forward: bool = False


@dataclass(frozen=True, slots=True)
class BackToBreak:
    """Stand at the last place before this one at which a breakpoint would have been met.

    The breakpoints are the session's, those that are on; or one that `condition` makes of any
    call. The past is looked through, so that a new breakpoint finds its hits there too.
    """

    condition: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """Go on from this place of the past on a branch of its own; the old branch is kept."""


@dataclass(frozen=True, slots=True)
class TakeBranch:
    """Stand at the end of another branch that is kept, or at a place of it."""

    branch: int
    """One of `Timeline.branches`."""
    call: int | None = None
    """After so many calls; None is its end."""


@dataclass(frozen=True, slots=True)
class EditElement:
    """Give a waiting element another payload; in the past, this forks."""

    element_id: int
    payload: bytes
    content_type: str | None = None
    """None keeps it."""


@dataclass(frozen=True, slots=True)
class InjectElement:
    """Put a new element into a queue; in the past, this forks."""

    edge: int
    payload: bytes
    content_type: str = ""
    place: int | None = None
    """Counted from 0, the head; None is the tail."""


@dataclass(frozen=True, slots=True)
class DropElement:
    """Drop one copy of an element that waits in a queue; in the past, this forks."""

    edge: int
    element_id: int


@dataclass(frozen=True, slots=True)
class DuplicateElement:
    """Put a copy of a waiting element right behind it; in the past, this forks."""

    edge: int
    element_id: int


@dataclass(frozen=True, slots=True)
class MoveElement:
    """Give a waiting element another place in its queue; in the past, this forks."""

    edge: int
    element_id: int
    to: int
    """Counted from 0, the head."""


@dataclass(frozen=True, slots=True)
class EmptyQueue:
    """Drop all that waits in a queue and for room in it; in the past, this forks."""

    edge: int


@dataclass(frozen=True, slots=True)
class RunElement:
    """Make the next call with this element, wherever it waits in the queue, also of a node that
    is held; in the past, this forks."""

    edge: int
    element_id: int


@dataclass(frozen=True, slots=True)
class ChangeQueue:
    """Give a queue other settings, also while the flow runs; in the past, this forks."""

    edge: int
    capacity: int
    """1 or more."""
    policy: QueuePolicy
    rate: float | None = None
    """Elements a second for `rate-limit`, else None."""


@dataclass(frozen=True, slots=True)
class HoldNodes:
    """Have nodes make no calls while the rest runs, or let them go; in the past, this forks."""

    nodes: tuple[str, ...]
    on: bool = True


@dataclass(frozen=True, slots=True)
class ReadLineage:
    """Ask for the way of an element, and for what aggregators made of it; the answer is a
    `Lineage`. It is looked for in the whole branch, also after where the flow stands."""

    lineage: int


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Write what the ring has, and all that follows, to a file."""

    path: str | None = None
    """A new file; None takes a name from the flow and the time, next to the manifest."""


@dataclass(frozen=True, slots=True)
class StopRecording:
    """Close the file that is being written; the ring goes on."""


@dataclass(frozen=True, slots=True)
class AnswerTrust:
    """The user's answer to `Update.question`; it is remembered."""

    key: str
    """`TrustQuestion.key`."""
    yes: bool


SeekRequest = StepBack | StepForward | JumpTo | RepeatTo | JumpToElement | JumpToStop | JumpToMark
"""Asks for another place of the branch."""

SessionRequest = (
    StepCall
    | StepElement
    | Continue
    | Pause
    | StopCall
    | SkipElement
    | ReviveNode
    | EditElement
    | InjectElement
    | DropElement
    | DuplicateElement
    | MoveElement
    | EmptyQueue
    | RunElement
    | ChangeQueue
    | HoldNodes
    | ListQueue
    | ReadElement
    | ReadPayload
    | FindCall
    | ReadCall
    | ListNode
    | ReadMemory
    | SaveComponent
    | ReadNodeInput
    | ReadLineage
    | TryNode
    | Rollback
    | SetComparing
    | SeekRequest
    | BackToBreak
    | ToggleMark
    | SetMarks
    | ShowWindow
    | Fork
    | SaveBranches
    | TakeBranch
    | CompareBranches
    | BreakRequest
    | StartRecording
    | StopRecording
)
"""What the session that runs the flow does."""

OwnerRequest = Restart | StartBuild | CancelBuild | AnswerTrust
"""What whoever owns the session does, also while there is none."""

Request = SessionRequest | OwnerRequest
