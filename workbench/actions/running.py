"""Making calls."""

from __future__ import annotations

from runtime.model.snapshot import NodeState
from runtime.protocol.requests import (
    Continue,
    Pause,
    Restart,
    ReviveNode,
    SkipElement,
    StepCall,
    StepElement,
)
from runtime.protocol.updates import Health
from workbench.actions.action import Action, Group, idle, steppable
from workbench.actions.context import Context
from workbench.actions.queue_keys import run_element
from workbench.actions.target import ActionTarget
from workbench.view import EdgeRef, ElementRef, NodeRef

PACES: tuple[float | None, ...] = (None, 20.0, 5.0)
"""Calls a second of a run, in the order `p` goes through them; None is as fast as it goes."""

_LIVE = "a flow that stands still and has not ended"
PAST_IS_REPEATED = "The past is made again as it was: E goes to its end, F forks here."


def _run_or_pause(to: ActionTarget) -> None:
    context = to.context
    going = context.view.running or context.view.seeking
    to.session.send(Pause() if going else Continue(context.pace))


def _step(to: ActionTarget) -> None:
    """After a failed call, that one again: what comes next in order does not lead past it."""
    to.session.send(StepCall(to.context.view.retried))


def _step_node(to: ActionTarget) -> None:
    selection = to.context.selection
    if isinstance(selection, NodeRef):
        to.session.send(StepCall(selection.node))
    else:
        run_element(to)


def _step_element(to: ActionTarget) -> None:
    selection = to.context.selection
    to.session.send(StepElement(selection.lineage if isinstance(selection, ElementRef) else None))


def _skip(to: ActionTarget) -> None:
    failed = to.context.view.failed_node
    if failed is not None:
        to.session.send(SkipElement(failed.name))


def _revive(to: ActionTarget) -> None:
    failed = to.context.view.failed_node
    if failed is not None:
        to.session.send(ReviveNode(failed.name))


def _retry(to: ActionTarget) -> None:
    failed = to.context.view.failed_node
    if failed is not None:
        to.session.send(StepCall(failed.name))


def _can_run(context: Context) -> bool:
    return steppable(context) or context.view.seeking


def _node_chosen(context: Context) -> bool:
    chosen = isinstance(context.selection, NodeRef) or (
        isinstance(context.selection, EdgeRef) and context.element is not None
    )
    return steppable(context) and chosen and not context.view.past


def _as_it_was(context: Context) -> str:
    return PAST_IS_REPEATED if context.view.past else ""


def _failed(context: Context) -> bool:
    return context.view.ready and context.view.failed_node is not None


def _can_try(context: Context) -> bool:
    return context.view.ready and context.node is not None


def _crashed(context: Context) -> bool:
    failed = context.view.failed_node
    return _can_retry(context) and failed is not None and failed.state is NodeState.CRASHED


def _why_no_revival(context: Context) -> str:
    if context.view.past:
        return PAST_IS_REPEATED
    if _failed(context):
        return "The component did not crash: it remembers what it did, and retry is enough."
    return ""


def _can_retry(context: Context) -> bool:
    return _failed(context) and not context.view.past


def _can_restart(context: Context) -> bool:
    return context.view.health is not Health.STARTING


RUN: tuple[Action, ...] = (
    Action(id="step", keys=("s", "f10"), label="step", group=Group.RUN,
           help="Make one call: the next in order; the one that failed again.",
           do=_step, when=steppable, needs=_LIVE, footer=1,
           in_past=12),
    Action(id="step-element", keys=("S", "f11"), label="element", group=Group.RUN,
           help="Make calls until the selected element, or the next one, has left the flow.",
           do=_step_element, when=steppable, needs=_LIVE, footer=2),
    Action(id="run-pause", keys=("space",), label="run/pause", group=Group.RUN,
           help="Run the flow at the chosen pace, or pause it.",
           do=_run_or_pause, when=_can_run, needs=_LIVE, footer=3, in_past=5),
    Action(id="continue", keys=("c", "f5"), label="continue", group=Group.RUN,
           help="Run until the next stop.",
           do=lambda to: to.session.send(Continue(to.context.pace)), when=idle,
           needs="a paused flow"),
    Action(id="step-node", keys=("t",), label="step node", group=Group.RUN,
           help="Make one call of the selected node, also of one on hold; in a queue, with the "
                "element under the cursor.",
           do=_step_node, when=_node_chosen, needs="a selected node, or an element of a queue",
           why_not=_as_it_was),
    Action(id="try-node", keys=("ctrl+t",), label="try node", group=Group.RUN,
           help="Call the node's component on what is typed, next to the flow.",
           do=lambda to: to.session.try_node(), when=_can_try, needs="a node"),
    Action(id="memory", keys=("W",), label="memory", group=Group.RUN,
           help="Look into the memory of the node's component: size, what a call changed, handles.",
           do=lambda to: to.session.look_into_memory(), when=_can_try, needs="a node"),
    Action(id="save-component", keys=("ctrl+s",), label="save component", group=Group.RUN,
           help="Save the state of the node's component here as a component of its own.",
           do=lambda to: to.session.save_component(), when=_can_try, needs="a node"),
    Action(id="skip", keys=("x",), label="skip failed", group=Group.RUN,
           help="Drop the element that its node failed on.",
           do=_skip, when=_failed, needs="a failed element", footer=6),
    Action(id="retry", keys=("r",), label="retry", group=Group.RUN,
           help="Make the call that failed again.",
           do=_retry, when=_can_retry, needs="a failed element", why_not=_as_it_was, footer=5),
    Action(id="revive", keys=("U",), label="revive", group=Group.RUN,
           help="Have a component that crashed go on with what it remembered before that call; "
                "then retry or skip. Recorded; [ undoes it.",
           do=_revive, when=_crashed, needs="a crashed component", why_not=_why_no_revival),
    Action(id="pace", keys=("p",), label="pace", group=Group.RUN,
           help="Run at full speed, 20 calls a second, or 5.",
           do=lambda to: to.session.cycle_pace(), footer=15),
    Action(id="restart", keys=("A",), label="restart", group=Group.RUN,
           help="Tear the flow down and begin again, paused.",
           do=lambda to: to.session.send(Restart()), when=_can_restart,
           needs="a session that has started", footer=16),
)  # fmt: skip
