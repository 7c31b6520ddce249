"""Going through what was done: back, forward, marks, lines, recordings; and changing elements."""

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


def _has_line(context: Context) -> bool:
    return context.timeline is not None


def _can_go_back(context: Context) -> bool:
    line = context.timeline
    return line is not None and line.position > 0 and not line.refusal


def _refused(context: Context) -> str:
    line = context.timeline
    return line.refusal if line is not None else ""


def _can_go_on(context: Context) -> bool:
    line = context.timeline
    return line is not None and (line.past or line.position < line.calls)


def _forward(bench: ActionTarget) -> None:
    """The call that was undone; of a replay, the recorded one that comes next."""
    bench.send(StepForward() if bench.context.view.past else StepCall())


def _to_the_end(bench: ActionTarget) -> None:
    line = bench.context.timeline
    if line is not None:
        bench.send(JumpTo(line.calls + 1))


def _to_element(bench: ActionTarget) -> None:
    element = bench.context.element
    if element is not None and element.lineage is not None:
        bench.send(JumpToElement(element.lineage))


def _knows_lineage(context: Context) -> bool:
    element = context.element
    known = element is not None and element.lineage is not None
    return known and _has_line(context) and not _refused(context)


def _has_marks(context: Context) -> bool:
    line = context.timeline
    return line is not None and bool(line.marks)


def _can_fork(context: Context) -> bool:
    return context.view.past and not context.view.travelling


def _has_lines(context: Context) -> bool:
    line = context.timeline
    return line is not None and len(line.lines) > 1


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
           "Go on to the next stop that was made, or to the end of the line.",
           Group.TIME, lambda bench: bench.send(JumpToStop(forward=True)), _can_go_on, _UNDONE,
           0, 11),
    Action("line-end", ("E",), "to the end", "Go to the end of the line, which is the present.",
           Group.TIME, _to_the_end, _can_go_on, _UNDONE, 0, 3),
    Action("call", ("number_sign",), "to call",
           "Go to a call: its number, +N or -N from here, or N%.",
           Group.TIME, lambda bench: bench.ask_place(), _has_line, "a flow that is ready"),
    Action("origin", ("o",), "origin",
           "Go to before the call that gave the flow the inspected element.",
           Group.TIME, _to_element, _knows_lineage, "an element in the inspector",
           why_not=_refused),
    Action("mark", ("m",), "mark", "Mark this place of the line, or take its mark away.",
           Group.TIME, lambda bench: bench.send(ToggleMark()), _has_line,
           "a flow that is ready"),
    Action("mark-before", ("apostrophe",), "mark before",
           "Go to the mark before this place; from the first one, to the last.",
           Group.TIME, lambda bench: bench.send(JumpToMark()), _has_marks,
           "a mark: m sets one"),
    Action("fork", ("F",), "fork here",
           "Go on from this place on a line of its own; the old line is kept.",
           Group.TIME, lambda bench: bench.send(Fork()), _can_fork, "a place in the past", 0, 4),
    Action("line", ("L",), "other line", "Go to the end of another line that is kept.",
           Group.TIME, lambda bench: bench.take_line(), _has_lines,
           "another line: F in the past begins one"),
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
