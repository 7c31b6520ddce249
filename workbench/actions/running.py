"""Making calls."""

from __future__ import annotations

from runtime.protocol.requests import (
    Continue,
    Pause,
    Restart,
    SkipElement,
    StepCall,
    StepElement,
)
from runtime.protocol.updates import Health
from workbench.actions.action import Action, Group, idle, steppable
from workbench.actions.target import ActionTarget, Context
from workbench.view import ElementRef, NodeRef

PACES: tuple[float | None, ...] = (None, 20.0, 5.0)
"""Calls a second of a run, in the order `p` goes through them; None is as fast as it goes."""

_LIVE = "a flow that stands still and has not ended"
PAST_IS_REPEATED = "The past is made again as it was: E goes to its end, F forks here."


def _run_or_pause(bench: ActionTarget) -> None:
    context = bench.context
    going = context.view.running or context.view.seeking
    bench.send(Pause() if going else Continue(context.pace))


def _step_node(bench: ActionTarget) -> None:
    selection = bench.context.selection
    if isinstance(selection, NodeRef):
        bench.send(StepCall(selection.node))


def _step_element(bench: ActionTarget) -> None:
    selection = bench.context.selection
    bench.send(StepElement(selection.lineage if isinstance(selection, ElementRef) else None))


def _skip(bench: ActionTarget) -> None:
    failed = bench.context.view.failed_node
    if failed is not None:
        bench.send(SkipElement(failed.name))


def _retry(bench: ActionTarget) -> None:
    failed = bench.context.view.failed_node
    if failed is not None:
        bench.send(StepCall(failed.name))


def _can_run(context: Context) -> bool:
    return steppable(context) or context.view.seeking


def _node_chosen(context: Context) -> bool:
    chosen = isinstance(context.selection, NodeRef)
    return steppable(context) and chosen and not context.view.past


def _as_it_was(context: Context) -> str:
    return PAST_IS_REPEATED if context.view.past else ""


def _failed(context: Context) -> bool:
    return context.view.ready and context.view.failed_node is not None


def _can_retry(context: Context) -> bool:
    return _failed(context) and not context.view.past


def _can_restart(context: Context) -> bool:
    return context.view.health is not Health.STARTING


RUN: tuple[Action, ...] = (
    Action("step", ("s", "f10"), "step",
           "Make one call: the next in order.",
           Group.RUN, lambda bench: bench.send(StepCall()), steppable, _LIVE, 1, 12),
    Action("step-element", ("S", "f11"), "element",
           "Make calls until the selected element, or the next one, has left the flow.",
           Group.RUN, _step_element, steppable, _LIVE, 2),
    Action("run-pause", ("space",), "run/pause",
           "Run the flow at the chosen pace, or pause it.",
           Group.RUN, _run_or_pause, _can_run, _LIVE, 3, 5),
    Action("continue", ("c", "f5"), "continue", "Run until the next stop.",
           Group.RUN, lambda bench: bench.send(Continue(bench.context.pace)), idle,
           "a paused flow"),
    Action("step-node", ("t",), "step node", "Make one call of the selected node.",
           Group.RUN, _step_node, _node_chosen, "a selected node",
           why_not=_as_it_was),
    Action("skip", ("x",), "skip failed", "Drop the element that its node failed on.",
           Group.RUN, _skip, _failed, "a failed element", 6),
    Action("retry", ("r",), "retry", "Make the call that failed again.",
           Group.RUN, _retry, _can_retry, "a failed element", 5,
           why_not=_as_it_was),
    Action("pace", ("p",), "pace", "Run at full speed, 20 calls a second, or 5.",
           Group.RUN, lambda bench: bench.cycle_pace(), footer=15),
    Action("restart", ("A",), "restart", "Tear the flow down and begin again, paused.",
           Group.RUN, lambda bench: bench.send(Restart()), _can_restart,
           "a session that has started", 16),
)  # fmt: skip
