"""Breakpoints and watches."""

from __future__ import annotations

from workbench.actions.action import Action, Group
from workbench.actions.context import Context, PaneName


def _has_flow(context: Context) -> bool:
    return context.view.flow is not None and context.view.ready


def _has_past(context: Context) -> bool:
    timeline = context.timeline
    return timeline is not None and timeline.position > 0


BREAK: tuple[Action, ...] = (
    Action(id="break", keys=("b",), label="break", group=Group.RUN,
           help="Set a breakpoint where the cursor is, or take it away.",
           do=lambda to: to.session.break_here(), when=_has_flow, needs="a flow", footer=9,
           in_past=9),
    Action(id="back-to-break", keys=("backspace",), label="hit before", group=Group.TIME,
           help="Go back to the last place where a breakpoint would have stopped the flow.",
           do=lambda to: to.session.back_to_break(), when=_has_past,
           needs="calls to go back over", in_past=8),
    Action(id="breaks", keys=("B",), label="breaks", group=Group.RUN,
           help="Go to the list of breakpoints and watches.",
           do=lambda to: to.panes.focus_pane(PaneName.BREAKS)),
)  # fmt: skip
