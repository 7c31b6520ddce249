"""Everything a user can do: one table behind the keys, the footer, the help and the palette."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from runtime.session.link import Health
from runtime.session.requests import (
    CancelBuild,
    Continue,
    Pause,
    Restart,
    Rollback,
    SkipElement,
    StepCall,
    StepElement,
)
from workbench.bench import Bench, Context, PaneName
from workbench.figures import short_digest
from workbench.lines import fit
from workbench.view import ElementRef, NodeRef

PACES: tuple[float | None, ...] = (None, 20.0, 5.0)
"""Calls a second of a run, in the order `p` goes through them; None is as fast as it goes."""


class Group(StrEnum):
    """Headings of the help."""

    RUN = "Run"
    BUILD = "Build"
    MOVE = "Move"
    LOOK = "Look"
    WORKBENCH = "Workbench"


def _always(context: Context) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a user can do."""

    id: str
    keys: tuple[str, ...]
    """Textual key names; the first is the one that is shown."""
    label: str
    help: str
    group: Group
    do: Callable[[Bench], None]
    when: Callable[[Context], bool] = _always
    needs: str = ""
    """What is missing when `when` says no, e.g. "a failed element"."""
    footer: int = 0
    """Place in the footer, 1 first; 0 leaves it out. The last ones go when there are many."""


def _run_or_pause(bench: Bench) -> None:
    context = bench.context
    bench.send(Pause() if context.view.running else Continue(context.pace))


def _step_node(bench: Bench) -> None:
    selection = bench.context.selection
    if isinstance(selection, NodeRef):
        bench.send(StepCall(selection.node))


def _step_element(bench: Bench) -> None:
    selection = bench.context.selection
    bench.send(StepElement(selection.lineage if isinstance(selection, ElementRef) else None))


def _skip(bench: Bench) -> None:
    failed = bench.context.view.failed_node
    if failed is not None:
        bench.send(SkipElement(failed.name))


def _retry(bench: Bench) -> None:
    failed = bench.context.view.failed_node
    if failed is not None:
        bench.send(StepCall(failed.name))


def _roll_back(bench: Bench) -> None:
    build = bench.context.live_build
    if build is not None:
        bench.send(Rollback(build.node))


def _can_roll_back(context: Context) -> bool:
    build = context.live_build
    return context.view.ready and build is not None and bool(build.earlier)


def _can_build(context: Context) -> bool:
    return context.view.health in (Health.READY, Health.INVALID)


def _builds(context: Context) -> bool:
    return _can_build(context) and context.view.build.busy


def _differs(context: Context) -> bool:
    return bool(context.view.news) or _compared(context)


def _compared(context: Context) -> bool:
    chosen = context.selection
    return isinstance(chosen, NodeRef) and context.view.comparison_of(chosen.node) is not None


def _can_step(context: Context) -> bool:
    return context.steppable


def _idle(context: Context) -> bool:
    return context.steppable and not context.view.running


def _node_chosen(context: Context) -> bool:
    return _can_step(context) and isinstance(context.selection, NodeRef)


def _failed(context: Context) -> bool:
    return context.view.ready and context.view.failed_node is not None


def _can_restart(context: Context) -> bool:
    return context.view.health is not Health.STARTING


def _has_log(context: Context) -> bool:
    return context.pane in (PaneName.OUTPUT, PaneName.EVENTS)


def _panes() -> tuple[Action, ...]:
    def show(name: PaneName) -> Callable[[Bench], None]:
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


_LIVE = "a flow that has not ended"

ACTIONS: tuple[Action, ...] = (
    Action("step", ("s", "f10"), "step", "Make one call: the next in order.",
           Group.RUN, lambda bench: bench.send(StepCall()), _can_step, _LIVE, 1),
    Action("step-element", ("S", "f11"), "element",
           "Make calls until the selected element, or the next one, has left the flow.",
           Group.RUN, _step_element, _can_step, _LIVE, 2),
    Action("run-pause", ("space",), "run/pause", "Run the flow at the chosen pace, or pause it.",
           Group.RUN, _run_or_pause, _can_step, _LIVE, 3),
    Action("continue", ("c", "f5"), "continue", "Run until the next stop.",
           Group.RUN, lambda bench: bench.send(Continue(bench.context.pace)), _idle,
           "a paused flow"),
    Action("step-node", ("t",), "step node", "Make one call of the selected node.",
           Group.RUN, _step_node, _node_chosen, "a selected node"),
    Action("skip", ("x",), "skip failed", "Drop the element that its node failed on.",
           Group.RUN, _skip, _failed, "a failed element", 5),
    Action("retry", ("r",), "retry", "Make the call that failed again.",
           Group.RUN, _retry, _failed, "a failed element", 4),
    Action("pace", ("p",), "pace", "Run at full speed, 20 calls a second, or 5.",
           Group.RUN, lambda bench: bench.cycle_pace(), footer=13),
    Action("restart", ("A",), "restart", "Tear the flow down and begin again, paused.",
           Group.RUN, lambda bench: bench.send(Restart()), _can_restart,
           "a session that has started", 14),
    Action("build", ("ctrl+r",), "build",
           "Build the selected node's component; all of them when no node is selected.",
           Group.BUILD, lambda bench: bench.build(bench.context.component), _can_build,
           "a session that has started", 12),
    Action("build-all", ("f7",), "build all", "Build every component of the manifest.",
           Group.BUILD, lambda bench: bench.build(None), _can_build,
           "a session that has started"),
    Action("cancel-build", ("ctrl+x",), "cancel build",
           "End the build, and forget those that wait.",
           Group.BUILD, lambda bench: bench.send(CancelBuild()), _builds, "a running build", 6),
    Action("roll-back", ("u",), "roll back",
           "Put the earlier build of the selected node in use again.",
           Group.BUILD, _roll_back, _can_roll_back, "a selected node with an earlier build"),
    Action("difference", ("D",), "difference",
           "Show what another build answered or what became of the graph; again closes it.",
           Group.BUILD, lambda bench: bench.show_difference(), _differs, "a difference", 7),
    Action("compare", ("equals_sign",), "comparing",
           "Make a node's last calls with both builds at each swap, or do not.",
           Group.BUILD, lambda bench: bench.toggle_comparing()),
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
    Action("open", ("enter",), "inspect", "Look into what the cursor is on.",
           Group.LOOK, lambda bench: bench.open(), footer=9),
    Action("back", ("escape",), "back", "Go up one level: the selection, the zoom, the pane.",
           Group.LOOK, lambda bench: bench.up()),
    Action("form", ("v",), "form", "Show the payload formatted, as it is, or in hexadecimal.",
           Group.LOOK, lambda bench: bench.next_form()),
    Action("follow", ("f",), "follow", "Follow the end of the log, or stay where it is.",
           Group.LOOK, lambda bench: bench.follow(), _has_log, "the output or the event log"),
    Action("wrap", ("w",), "wrap", "Wrap long lines, or cut them.",
           Group.LOOK, lambda bench: bench.toggle_wrap(), _has_log, "the output or the event log"),
    Action("copy", ("y",), "copy", "Copy the marked text, the payload, or the line of the cursor.",
           Group.LOOK, lambda bench: bench.copy()),
    Action("zoom-in", ("plus",), "zoom", "Give the pane the whole screen.",
           Group.LOOK, lambda bench: bench.zoom(True)),
    Action("zoom-out", ("underscore",), "unzoom", "Show all panes again.",
           Group.LOOK, lambda bench: bench.zoom(False)),
    Action("help", ("question_mark", "f1"), "help",
           "Show what can be done; type to filter, Enter does it.",
           Group.WORKBENCH, lambda bench: bench.show_help(), footer=10),
    Action("palette", ("ctrl+p",), "palette", "Find an action by name.",
           Group.WORKBENCH, lambda bench: bench.show_palette()),
    Action("theme", ("C",), "contrast", "Change between the usual and the high-contrast theme.",
           Group.WORKBENCH, lambda bench: bench.next_theme()),
    Action("mouse", ("M",), "mouse", "Take the mouse, or leave it to the terminal.",
           Group.WORKBENCH, lambda bench: bench.toggle_mouse()),
    Action("suspend", ("ctrl+z",), "suspend", "Put the workbench in the background.",
           Group.WORKBENCH, lambda bench: bench.suspend()),
    Action("quit", ("q",), "quit", "Quit; a running flow asks first.",
           Group.WORKBENCH, lambda bench: bench.leave(False), footer=11),
    Action("quit-now", ("Q",), "quit now", "Quit without a question.",
           Group.WORKBENCH, lambda bench: bench.leave(True)),
)  # fmt: skip

BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}

KEY_NAMES = {
    "space": "space",
    "escape": "esc",
    "question_mark": "?",
    "plus": "+",
    "equals_sign": "=",
    "underscore": "_",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "enter": "enter",
    "home": "Home",
    "end": "End",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
}


def key_name(key: str) -> str:
    """A key as a reader knows it: "?" for `question_mark`, "F10" for `f10`."""
    if key in KEY_NAMES:
        return KEY_NAMES[key]
    return key.upper() if key[0] == "f" and key[1:].isdigit() else key


def label(action: Action, context: Context) -> str:
    """The action's label in this context: what the key would do now."""
    if action.id == "run-pause":
        return "pause" if context.view.running else "run"
    if action.id == "pace":
        return f"pace {pace_name(context.pace)}"
    if action.id == "step-node" and isinstance(context.selection, NodeRef):
        return f"step {context.selection.node}"
    if action.id == "build":
        return f"build {fit(context.component or 'all', 16)}"
    if action.id == "difference" and not context.view.news and _compared(context):
        return "close difference"
    if action.id == "compare":
        return f"comparing {'on' if context.comparing else 'off'}"
    if action.id == "roll-back" and context.live_build is not None and context.live_build.earlier:
        return f"back to {short_digest(context.live_build.earlier[0])}"
    return action.label


def pace_name(pace: float | None) -> str:
    """A pace in words: "max" or "20/s"."""
    return "max" if pace is None else f"{pace:g}/s"


def footer_actions(context: Context, most: int = 8) -> list[Action]:
    """The actions the footer shows: those valid now, by their place."""
    shown = [action for action in ACTIONS if action.footer and action.when(context)]
    return sorted(shown, key=lambda action: action.footer)[:most]
