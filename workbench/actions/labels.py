"""How keys and actions are shown: names of keys, labels, the footer's choice."""

from __future__ import annotations

from workbench.actions.action import Action
from workbench.actions.building import is_looked_at
from workbench.actions.context import Context, PaneName
from workbench.actions.queue_keys import is_held
from workbench.actions.table import ACTIONS
from workbench.text.figures import short_digest
from workbench.text.keys import key_name, keys_for
from workbench.text.lines import fit
from workbench.view import EdgeRef, NodeRef

FOOTER_ACTIONS = 9
"""Actions the footer shows at most."""


ALWAYS = ("command", "help", "quit")
"""Actions that the footer shows however many others there are."""


def keys_of(action: Action) -> tuple[str, ...]:
    """Textual's names of the action's keys: the user's, else its own. May be empty."""
    return keys_for(action.id, action.keys)


def first_key(action: Action) -> str:
    """The key that is shown of the action; empty when the user took all away."""
    keys = keys_of(action)
    return key_name(keys[0]) if keys else ""


def label(action: Action, context: Context) -> str:
    """The action's label in this context: what the key would do now."""
    made = _label_of_run(action.id, context) or _label_of_build(action.id, context)
    return made or _label_of_time(action.id, context) or action.label


def _label_of_run(action_id: str, context: Context) -> str:
    match action_id:
        case "run-pause" if context.view.seeking:
            return "cancel"
        case "run-pause":
            return "pause" if context.view.running else "run"
        case "pace":
            return f"pace {pace_name(context.pace)}"
        case "viewer" if context.pane is PaneName.SLOW:
            return "window"
        case "hold" if is_held(context):
            return "let go"
        case "step-node" if isinstance(context.selection, EdgeRef):
            return "run it next"
        case "step-node" if isinstance(context.selection, NodeRef):
            return f"step {context.selection.node}"
        case _:
            return ""


def _label_of_build(action_id: str, context: Context) -> str:
    build = context.live_build
    match action_id:
        case "build":
            return f"build {fit(context.component or 'all', 16)}"
        case "difference" if not context.view.news:
            return "close difference" if is_looked_at(context) else ""
        case "compare":
            return f"comparing {'on' if context.comparing else 'off'}"
        case "roll-back" if build is not None and build.earlier:
            return f"back to {short_digest(build.earlier[0])}"
        case _:
            return ""


def _label_of_time(action_id: str, context: Context) -> str:
    timeline, recording = context.timeline, context.view.recording
    match action_id:
        case "mark" if timeline is not None and timeline.position in timeline.marks:
            return "unmark"
        case "branch" if timeline is not None and len(timeline.branches) == 2:
            return f"branch {other_branches(context)[0]}"
        case "record" if recording is not None and recording.writing:
            return "stop recording"
        case _:
            return ""


def other_branches(context: Context) -> list[int]:
    """Numbers of the branches that are kept next to the one that is shown."""
    timeline = context.timeline
    if timeline is None:
        return []
    return [info.number for info in timeline.branches if info.number != timeline.branch]


def pace_name(pace: float | None) -> str:
    """A pace in words: "max" or "20/s"."""
    return "max" if pace is None else f"{pace:g}/s"


def footer_actions(context: Context, most: int = FOOTER_ACTIONS) -> list[Action]:
    """The actions the footer shows: those valid now, by their place."""

    def place(action: Action) -> int:
        return action.in_past if context.view.past else action.footer

    shown = [action for action in ACTIONS if place(action) and action.when(context)]
    always = [action for action in shown if action.id in ALWAYS]
    others = sorted((action for action in shown if action.id not in ALWAYS), key=place)
    return sorted([*others[: most - len(always)], *always], key=place)
