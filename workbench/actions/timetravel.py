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
from workbench.actions.target import ActionTarget, Context


def _has_timeline(context: Context) -> bool:
    return context.timeline is not None


def _can_go_back(context: Context) -> bool:
    timeline = context.timeline
    return timeline is not None and timeline.position > 0 and not timeline.refusal


def _refused(context: Context) -> str:
    timeline = context.timeline
    return timeline.refusal if timeline is not None else ""


def _can_go_on(context: Context) -> bool:
    timeline = context.timeline
    return timeline is not None and (timeline.past or timeline.position < timeline.calls)


def _forward(bench: ActionTarget) -> None:
    """The call that was undone; of a replay, the recorded one that comes next."""
    bench.send(StepForward() if bench.context.view.past else StepCall())


def _to_the_end(bench: ActionTarget) -> None:
    timeline = bench.context.timeline
    if timeline is not None:
        bench.send(JumpTo(timeline.calls + 1))


def _to_element(bench: ActionTarget) -> None:
    element = bench.context.element
    if element is not None and element.lineage is not None:
        bench.send(JumpToElement(element.lineage))


def _knows_lineage(context: Context) -> bool:
    element = context.element
    known = element is not None and element.lineage is not None
    return known and _has_timeline(context) and not _refused(context)


def _has_marks(context: Context) -> bool:
    timeline = context.timeline
    return timeline is not None and bool(timeline.marks)


def _can_fork(context: Context) -> bool:
    return context.view.past and not context.view.seeking


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
    Action("step-back", ("left_square_bracket",), "step back",
           "Undo the last call: the flow stands as it did before it.",
           Group.TIME, lambda bench: bench.send(StepBack()), _can_go_back, "a call to undo",
           4, 1, _refused),
    Action("step-forward", ("right_square_bracket",), "forward",
           "Make the undone call again; in a replay, the next recorded one.",
           Group.TIME, _forward, _can_go_on, _UNDONE, 0, 2),
    Action("stop-before", ("left_curly_bracket",), "stop before",
           "Go back to the stop before this place, or to the first call.",
           Group.TIME, lambda bench: bench.send(JumpToStop()), _can_go_back, "a call to undo",
           0, 10, _refused),
    Action("stop-after", ("right_curly_bracket",), "next stop",
           "Go on to the next stop that was made, or to the end of the branch.",
           Group.TIME, lambda bench: bench.send(JumpToStop(forward=True)), _can_go_on, _UNDONE,
           0, 11),
    Action("branch-end", ("E",), "to the end", "Go to the end of the branch, which is the present.",
           Group.TIME, _to_the_end, _can_go_on, _UNDONE, 0, 3),
    Action("call", ("number_sign",), "to call",
           "Go to a call: its number, +N or -N from here, or N%.",
           Group.TIME, lambda bench: bench.ask_place(), _has_timeline, "a flow that is ready"),
    Action("origin", ("o",), "origin",
           "Go to before the call that gave the flow the inspected element.",
           Group.TIME, _to_element, _knows_lineage, "an element in the inspector",
           why_not=_refused),
    Action("mark", ("m",), "mark", "Mark this place of the branch, or take its mark away.",
           Group.TIME, lambda bench: bench.send(ToggleMark()), _has_timeline,
           "a flow that is ready"),
    Action("mark-before", ("apostrophe",), "mark before",
           "Go to the mark before this place; from the first one, to the last.",
           Group.TIME, lambda bench: bench.send(JumpToMark()), _has_marks,
           "a mark: m sets one"),
    Action("fork", ("F",), "fork here",
           "Go on from this place on a branch of its own; the old branch is kept.",
           Group.TIME, lambda bench: bench.send(Fork()), _can_fork, "a place in the past", 0, 4),
    Action("branch", ("L",), "other branch", "Go to the end of another branch that is kept.",
           Group.TIME, lambda bench: bench.take_branch(), _has_branches,
           "another branch: F in the past begins one"),
    Action("record", ("R",), "record",
           "Write what the ring has, and all that follows, to a file; again ends it.",
           Group.TIME, lambda bench: bench.record(), _can_record, "a flow that is ready"),
    Action("edit", ("e",), "edit",
           "Give the inspected element another payload, while it waits in a queue.",
           Group.TIME, lambda bench: bench.edit_element(), _can_edit,
           "a paused flow and an element in the inspector", 9, 6),
    Action("inject", ("i",), "inject",
           "Put a new element into the selected edge, or the node's only input.",
           Group.TIME, lambda bench: bench.inject_element(), _can_inject,
           "a paused flow and a selected edge"),
)  # fmt: skip
