"""Looking closer, copying, and the workbench itself."""

from __future__ import annotations

from workbench.actions.action import Action, Group
from workbench.actions.context import Context, PaneName


def _has_log(context: Context) -> bool:
    return context.pane in (PaneName.OUTPUT, PaneName.EVENTS)


def _has_graph(context: Context) -> bool:
    return context.view.graph is not None


def _has_element(context: Context) -> bool:
    return context.element is not None


LOOK: tuple[Action, ...] = (
    Action(id="open", keys=("enter",), label="inspect", group=Group.LOOK,
           help="Look into what the cursor is on.",
           do=lambda to: to.panes.open(), footer=11),
    Action(id="back", keys=("escape",), label="back", group=Group.LOOK,
           help="Stop a long call, or go up one level: the selection, the zoom, the pane.",
           do=lambda to: to.panes.up()),
    Action(id="payload", keys=("V",), label="payload", group=Group.LOOK,
           help="Look into the whole payload of the inspected element: fold, find, compare, save.",
           do=lambda to: to.panes.look_into_payload(), when=_has_element,
           needs="an element in the inspector"),
    Action(id="viewer", keys=("v",), label="viewer", group=Group.LOOK,
           help="Show the payload with the next viewer: formatted, raw, hexadecimal. In pane 8, "
                "show figures of the whole run, of the last 10 s, or since the last mark.",
           do=lambda to: to.panes.next_viewer()),
    Action(id="find", keys=("slash",), label="find", group=Group.LOOK,
           help="Search the pane: words, /regex/, fields such as depth > 20; ! negates.",
           do=lambda to: to.panes.find(), footer=11),
    Action(id="next-match", keys=("n",), label="next find", group=Group.LOOK,
           help="Go to the next line that the pane's search found.",
           do=lambda to: to.panes.go_to_match(1)),
    Action(id="match-before", keys=("N",), label="find before", group=Group.LOOK,
           help="Go to the line before that the pane's search found.",
           do=lambda to: to.panes.go_to_match(-1)),
    Action(id="follow", keys=("f",), label="follow", group=Group.LOOK,
           help="Follow the end of the log, or stay where it is.",
           do=lambda to: to.panes.follow(), when=_has_log, needs="the output or the event log"),
    Action(id="return", keys=("full_stop",), label="return", group=Group.LOOK,
           help="Bring the next call into view again, and follow it.",
           do=lambda to: to.panes.return_to_next(), when=_has_graph, needs="a flow"),
    Action(id="map", keys=("z",), label="map", group=Group.LOOK,
           help="Show the flow as a map, one sign a node; Enter goes there.",
           do=lambda to: to.panes.toggle_map(), when=_has_graph, needs="a flow"),
    Action(id="wrap", keys=("w",), label="wrap", group=Group.LOOK,
           help="Wrap long lines, or cut them.",
           do=lambda to: to.panes.toggle_wrap(), when=_has_log,
           needs="the output or the event log"),
    Action(id="copy", keys=("y",), label="copy", group=Group.LOOK,
           help="Copy the marked text, the payload, or the line of the cursor.",
           do=lambda to: to.panes.copy()),
    Action(id="layout", keys=("ctrl+l",), label="layout", group=Group.LOOK,
           help="Take the next layout: by content, graph, log.",
           do=lambda to: to.panes.next_layout()),
    Action(id="border-up", keys=("ctrl+up",), label="border up", group=Group.LOOK,
           help="Move the pane's lower border up.",
           do=lambda to: to.panes.move_border(0, -1)),
    Action(id="border-down", keys=("ctrl+down",), label="border down", group=Group.LOOK,
           help="Move the pane's lower border down.",
           do=lambda to: to.panes.move_border(0, 1)),
    Action(id="border-left", keys=("ctrl+left",), label="border left", group=Group.LOOK,
           help="Move the border between the columns to the left.",
           do=lambda to: to.panes.move_border(-1, 0)),
    Action(id="border-right", keys=("ctrl+right",), label="border right", group=Group.LOOK,
           help="Move the border between the columns to the right.",
           do=lambda to: to.panes.move_border(1, 0)),
    Action(id="zoom-in", keys=("plus",), label="zoom", group=Group.LOOK,
           help="Give the pane the whole screen.",
           do=lambda to: to.panes.zoom(True)),
    Action(id="zoom-out", keys=("underscore",), label="unzoom", group=Group.LOOK,
           help="Show all panes again.",
           do=lambda to: to.panes.zoom(False)),
)  # fmt: skip

WORKBENCH: tuple[Action, ...] = (
    Action(id="help", keys=("question_mark", "f1"), label="help", group=Group.WORKBENCH,
           help="Show what can be done; type to filter, Enter does it.",
           do=lambda to: to.application.show_help(), footer=12, in_past=8),
    Action(id="command", keys=("colon",), label="command", group=Group.WORKBENCH,
           help="Type a command: goto 50%, open FILE, diff FILE, a node or an action; tab helps.",
           do=lambda to: to.panes.type_command(), footer=12, in_past=8),
    Action(id="palette", keys=("ctrl+p",), label="palette", group=Group.WORKBENCH,
           help="Find everything with a name: actions, nodes, edges, calls, files, themes.",
           do=lambda to: to.application.show_palette()),
    Action(id="theme", keys=("C",), label="theme", group=Group.WORKBENCH,
           help="Choose a theme; each is shown while the cursor is on it.",
           do=lambda to: to.application.choose_theme()),
    Action(id="tour", keys=("T",), label="tour", group=Group.WORKBENCH,
           help="Leave the tour, or come back to it where it was left.",
           do=lambda to: to.panes.toggle_tour(), when=lambda context: context.tour,
           needs="the tour that `torvyn-studio demo` begins"),
    Action(id="mouse", keys=("M",), label="mouse", group=Group.WORKBENCH,
           help="Take the mouse, or leave it to the terminal.",
           do=lambda to: to.application.toggle_mouse()),
    Action(id="suspend", keys=("ctrl+z",), label="suspend", group=Group.WORKBENCH,
           help="Put the workbench in the background.",
           do=lambda to: to.application.suspend()),
    Action(id="quit", keys=("q",), label="quit", group=Group.WORKBENCH,
           help="Quit; it asks first where something would be lost, or while the flow runs.",
           do=lambda to: to.application.leave(False), footer=13, in_past=9),
    Action(id="quit-now", keys=("Q",), label="quit now", group=Group.WORKBENCH,
           help="Quit without a question.",
           do=lambda to: to.application.leave(True)),
)  # fmt: skip
