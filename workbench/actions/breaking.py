"""Breakpoints and watches."""

from __future__ import annotations

from workbench.actions.action import Action, Group
from workbench.actions.context import Context, PaneName


def _has_flow(context: Context) -> bool:
    return context.view.flow is not None and context.view.ready


BREAK: tuple[Action, ...] = (
    Action(id="break", keys=("b",), label="break", group=Group.RUN,
           help="Set a breakpoint where the cursor is, or take it away.",
           do=lambda to: to.session.break_here(), when=_has_flow, needs="a flow", footer=9,
           in_past=9),
    Action(id="breaks", keys=("B",), label="breaks", group=Group.RUN,
           help="Go to the list of breakpoints and watches.",
           do=lambda to: to.panes.focus_pane(PaneName.BREAKS)),
)  # fmt: skip
