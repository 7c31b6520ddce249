"""Going through what was done (back, forward, marks, branches, recordings); changing elements."""

from __future__ import annotations

from runtime.protocol.requests import (
    Fork,
    JumpTo,
    JumpToElement,
    JumpToMark,
    JumpToStop,
    StepBack,
    StepCall,
    StepForward,
    ToggleMark,
)
from workbench.actions.action import Action, Group, idle
from workbench.actions.context import Context
from workbench.actions.target import ActionTarget


def _has_timeline(context: Context) -> bool:
    return context.timeline is not None


def _can_go_back(context: Context) -> bool:
    timeline = context.timeline
    return timeline is not None and timeline.position > timeline.earliest


def _refused(context: Context) -> str:
    timeline = context.timeline
    return timeline.refusal if timeline is not None else ""


def _fork_refused(context: Context) -> str:
    timeline = context.timeline
    return timeline.fork_refusal if timeline is not None else ""


def _can_go_on(context: Context) -> bool:
    timeline = context.timeline
    return timeline is not None and (timeline.past or timeline.position < timeline.calls)


def _forward(to: ActionTarget) -> None:
    """The call that was undone; of a replay, the recorded one that comes next."""
    to.session.send(StepForward() if to.context.view.past else StepCall())


def _to_the_end(to: ActionTarget) -> None:
    """The end of the branch; from a place ahead of it in a recording, back to what was made."""
    timeline = to.context.timeline
    if timeline is not None:
        ends = {branch.number: branch.calls for branch in timeline.branches}
        made = ends.get(timeline.branch) if timeline.ahead else None
        to.session.send(JumpTo(timeline.calls + 1 if made is None else made))


def _to_element(to: ActionTarget) -> None:
    element = to.context.element
    if element is not None and element.lineage is not None:
        to.session.send(JumpToElement(element.lineage))


def _knows_lineage(context: Context) -> bool:
    element = context.element
    known = element is not None and element.lineage is not None
    return known and _has_timeline(context)


def _has_marks(context: Context) -> bool:
    timeline = context.timeline
    return timeline is not None and bool(timeline.marks)


def _can_fork(context: Context) -> bool:
    return context.view.past and not context.view.seeking and not _fork_refused(context)


def _has_branches(context: Context) -> bool:
    timeline = context.timeline
    return timeline is not None and len(timeline.branches) > 1


def _can_record(context: Context) -> bool:
    return context.view.ready and context.view.recording is not None


def _can_edit(context: Context) -> bool:
    return idle(context) and context.editable is not None


def _can_inject(context: Context) -> bool:
    return idle(context) and context.edge is not None


_UNDONE = "a call that was undone, or a recorded one to come"

TIME: tuple[Action, ...] = (
    Action(id="step-back", keys=("left_square_bracket",), label="step back", group=Group.TIME,
           help="Undo the last call: the flow stands as it did before it.",
           do=lambda to: to.session.send(StepBack()), when=_can_go_back, needs="a call to undo",
           why_not=_refused, footer=4, in_past=1),
    Action(id="step-forward", keys=("right_square_bracket",), label="forward", group=Group.TIME,
           help="Make the undone call again; in a replay, the next recorded one.",
           do=_forward, when=_can_go_on, needs=_UNDONE, in_past=2),
    Action(id="stop-before", keys=("left_curly_bracket",), label="stop before", group=Group.TIME,
           help="Go back to the stop before this place, or to the first call.",
           do=lambda to: to.session.send(JumpToStop()), when=_can_go_back, needs="a call to undo",
           why_not=_refused, in_past=10),
    Action(id="stop-after", keys=("right_curly_bracket",), label="next stop", group=Group.TIME,
           help="Go on to the next stop that was made, or to the end of the branch.",
           do=lambda to: to.session.send(JumpToStop(forward=True)), when=_can_go_on,
           needs=_UNDONE, in_past=11),
    Action(id="branch-end", keys=("E",), label="to the end", group=Group.TIME,
           help="Go to the end of the branch, which is the present.",
           do=_to_the_end, when=_can_go_on, needs=_UNDONE, in_past=3),
    Action(id="call", keys=("number_sign",), label="to call", group=Group.TIME,
           help="Go to a call: its number, +N or -N from here, or N%.",
           do=lambda to: to.session.ask_place(), when=_has_timeline, needs="a flow that is ready"),
    Action(id="origin", keys=("o",), label="origin", group=Group.TIME,
           help="Go to before the call that gave the flow the inspected element.",
           do=_to_element, when=_knows_lineage, needs="an element in the inspector"),
    Action(id="lineage", keys=("O",), label="lineage", group=Group.TIME,
           help="Follow the inspected element from its source through every call: tree, waterfall.",
           do=lambda to: to.session.show_lineage(), when=_knows_lineage,
           needs="an element in the inspector"),
    Action(id="mark", keys=("m",), label="mark", group=Group.TIME,
           help="Mark this place of the branch, or take its mark away.",
           do=lambda to: to.session.send(ToggleMark()), when=_has_timeline,
           needs="a flow that is ready"),
    Action(id="mark-before", keys=("apostrophe",), label="mark before", group=Group.TIME,
           help="Go to the mark before this place; from the first one, to the last.",
           do=lambda to: to.session.send(JumpToMark()), when=_has_marks,
           needs="a mark: m sets one"),
    Action(id="fork", keys=("F",), label="fork here", group=Group.TIME,
           help="Go on from this place on a branch of its own; the old branch is kept.",
           do=lambda to: to.session.send(Fork()), when=_can_fork, needs="a place in the past",
           why_not=_fork_refused, in_past=4),
    Action(id="branch", keys=("L",), label="other branch", group=Group.TIME,
           help="Go to the end of another branch that is kept.",
           do=lambda to: to.session.take_branch(), when=_has_branches,
           needs="another branch: F in the past begins one"),
    Action(id="record", keys=("R",), label="record", group=Group.TIME,
           help="Write what the ring has, and all that follows, to a file; again ends it.",
           do=lambda to: to.session.record(), when=_can_record, needs="a flow that is ready"),
    Action(id="edit", keys=("e",), label="edit", group=Group.TIME,
           help="Give the inspected element another payload, while it waits in a queue.",
           do=lambda to: to.session.edit_element(), when=_can_edit,
           needs="a paused flow and an element in the inspector", footer=9, in_past=6),
    Action(id="inject", keys=("i",), label="inject", group=Group.TIME,
           help="Put a new element into the selected edge, or the node's only input.",
           do=lambda to: to.session.inject_element(), when=_can_inject,
           needs="a paused flow and a selected edge"),
)  # fmt: skip
