"""Going between panes and within them."""

from __future__ import annotations

from collections.abc import Callable

from workbench.actions.action import Action, Group
from workbench.actions.target import ActionTarget, PaneName


def _panes() -> tuple[Action, ...]:
    def show(name: PaneName) -> Callable[[ActionTarget], None]:
        return lambda bench: bench.focus_pane(name)

    return tuple(
        Action(
            f"pane-{name}",
            (str(number),),
            name.value,
            f"Go to the {name} pane.",
            Group.MOVE,
            show(name),
        )
        for number, name in enumerate(PaneName, start=1)
    )


MOVE: tuple[Action, ...] = (
    *_panes(),
    Action("pane-next", ("tab",), "next pane", "Go to the next pane.",
           Group.MOVE, lambda bench: bench.cycle_pane(1)),
    Action("pane-previous", ("shift+tab",), "previous pane", "Go to the pane before.",
           Group.MOVE, lambda bench: bench.cycle_pane(-1)),
    Action("left", ("left", "h"), "left", "Move left; in the output, to the pane before.",
           Group.MOVE, lambda bench: bench.move(-1, 0)),
    Action("right", ("right", "l"), "right", "Move right; in the output, to the next pane.",
           Group.MOVE, lambda bench: bench.move(1, 0)),
    Action("up", ("up", "k"), "up", "Move up.", Group.MOVE, lambda bench: bench.move(0, -1)),
    Action("down", ("down", "j"), "down", "Move down.", Group.MOVE, lambda bench: bench.move(0, 1)),
    Action("page-up", ("pageup",), "page up", "Move a page up.",
           Group.MOVE, lambda bench: bench.page(-1)),
    Action("page-down", ("pagedown",), "page down", "Move a page down.",
           Group.MOVE, lambda bench: bench.page(1)),
    Action("top", ("g", "home"), "top", "Go to the first line.",
           Group.MOVE, lambda bench: bench.jump(False)),
    Action("end", ("G", "end"), "end", "Go to the last line; a log follows its end again.",
           Group.MOVE, lambda bench: bench.jump(True)),
    Action("more-right", ("greater_than_sign",), "more",
           "Show the next part of a large payload, or scroll right.",
           Group.MOVE, lambda bench: bench.sideways(1)),
    Action("more-left", ("less_than_sign",), "back",
           "Show the part before of a large payload, or scroll left.",
           Group.MOVE, lambda bench: bench.sideways(-1)),
)  # fmt: skip
