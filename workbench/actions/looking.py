"""Looking closer, copying, and the workbench itself."""

from __future__ import annotations

from workbench.actions.action import Action, Group
from workbench.actions.target import Context, PaneName


def _has_log(context: Context) -> bool:
    return context.pane in (PaneName.OUTPUT, PaneName.EVENTS)


LOOK: tuple[Action, ...] = (
    Action("open", ("enter",), "inspect", "Look into what the cursor is on.",
           Group.LOOK, lambda bench: bench.open(), footer=11),
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
)  # fmt: skip

WORKBENCH: tuple[Action, ...] = (
    Action("help", ("question_mark", "f1"), "help",
           "Show what can be done; type to filter, Enter does it.",
           Group.WORKBENCH, lambda bench: bench.show_help(), footer=12, in_past=8),
    Action("palette", ("ctrl+p",), "palette", "Find an action by name.",
           Group.WORKBENCH, lambda bench: bench.show_palette()),
    Action("theme", ("C",), "contrast", "Change between the usual and the high-contrast theme.",
           Group.WORKBENCH, lambda bench: bench.next_theme()),
    Action("mouse", ("M",), "mouse", "Take the mouse, or leave it to the terminal.",
           Group.WORKBENCH, lambda bench: bench.toggle_mouse()),
    Action("suspend", ("ctrl+z",), "suspend", "Put the workbench in the background.",
           Group.WORKBENCH, lambda bench: bench.suspend()),
    Action("quit", ("q",), "quit", "Quit; a running flow asks first.",
           Group.WORKBENCH, lambda bench: bench.leave(False), footer=13, in_past=9),
    Action("quit-now", ("Q",), "quit now", "Quit without a question.",
           Group.WORKBENCH, lambda bench: bench.leave(True)),
)  # fmt: skip
