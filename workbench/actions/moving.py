"""Going between panes and within them."""

from __future__ import annotations

from collections.abc import Callable

from workbench.actions.action import Action, Group
from workbench.actions.context import PaneName
from workbench.actions.target import ActionTarget


def _panes() -> tuple[Action, ...]:
    def show(name: PaneName) -> Callable[[ActionTarget], None]:
        return lambda to: to.panes.focus_pane(name)

    return tuple(
        Action(
            id=f"pane-{name}",
            keys=(str(number),),
            label=name.value,
            help=f"Go to the {name} pane.",
            group=Group.MOVE,
            do=show(name),
        )
        for number, name in enumerate(PaneName, start=1)
    )


MOVE: tuple[Action, ...] = (
    *_panes(),
    Action(id="pane-next", keys=("tab",), label="next pane", group=Group.MOVE,
           help="Go to the next pane.",
           do=lambda to: to.panes.cycle_pane(1)),
    Action(id="pane-previous", keys=("shift+tab",), label="previous pane", group=Group.MOVE,
           help="Go to the pane before.",
           do=lambda to: to.panes.cycle_pane(-1)),
    Action(id="left", keys=("left", "h"), label="left", group=Group.MOVE,
           help="Move left; in the output, to the pane before.",
           do=lambda to: to.panes.move(-1, 0)),
    Action(id="right", keys=("right", "l"), label="right", group=Group.MOVE,
           help="Move right; in the output, to the next pane.",
           do=lambda to: to.panes.move(1, 0)),
    Action(id="up", keys=("up", "k"), label="up", group=Group.MOVE,
           help="Move up.",
           do=lambda to: to.panes.move(0, -1)),
    Action(id="down", keys=("down", "j"), label="down", group=Group.MOVE,
           help="Move down.",
           do=lambda to: to.panes.move(0, 1)),
    Action(id="page-up", keys=("pageup",), label="page up", group=Group.MOVE,
           help="Move a page up.",
           do=lambda to: to.panes.page(-1)),
    Action(id="page-down", keys=("pagedown",), label="page down", group=Group.MOVE,
           help="Move a page down.",
           do=lambda to: to.panes.page(1)),
    Action(id="top", keys=("g", "home"), label="top", group=Group.MOVE,
           help="Go to the first line.",
           do=lambda to: to.panes.jump(False)),
    Action(id="end", keys=("G", "end"), label="end", group=Group.MOVE,
           help="Go to the last line; a log follows its end again.",
           do=lambda to: to.panes.jump(True)),
    Action(id="more-right", keys=("greater_than_sign",), label="more", group=Group.MOVE,
           help="Show the next part of a large payload, or scroll right.",
           do=lambda to: to.panes.sideways(1)),
    Action(id="more-left", keys=("less_than_sign",), label="back", group=Group.MOVE,
           help="Show the part before of a large payload, or scroll left.",
           do=lambda to: to.panes.sideways(-1)),
)  # fmt: skip
