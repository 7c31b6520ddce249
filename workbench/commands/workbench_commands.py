"""Commands that look into calls, write files, or change the workbench itself."""

from __future__ import annotations

import json

from runtime.model.measures.time_units import NS_PER_S
from runtime.model.text.nearest import did_you_mean
from workbench.arrangement.arrange import LayoutName
from workbench.commands.command import CommandTarget
from workbench.commands.debug_commands import NOT_READY
from workbench.commands.file_names import file_named
from workbench.metrics.torvyn_metrics import torvyn_metrics
from workbench.payload_view.saving import save_new
from workbench.settings.theme_names import THEME_NAMES
from workbench.view import CallRef

LAYOUT_NAMES = tuple(layout.value for layout in LayoutName)


def look_at_call(target: CommandTarget, text: str) -> str:
    """Look into a call of the event log; gives why not, or ""."""
    number = text.lstrip("#").replace(",", "")
    if not (number.isascii() and number.isdigit()):
        return "look N: the number of a call; the events have them."
    target.select(CallRef(int(number)))
    return ""


def write_metrics(target: CommandTarget, text: str) -> str:
    """Write the flow's metrics to a new file; gives why not, or ""."""
    view = target.context.view
    flow, snapshot = view.flow, view.snapshot
    if flow is None or snapshot is None:
        return NOT_READY
    path = file_named(target, text or f"{flow.name}.metrics.json")
    found = torvyn_metrics(flow, snapshot, view.times, snapshot.at_ns / NS_PER_S)
    fault = save_new(path, (json.dumps(found, indent=1) + "\n").encode())
    if not fault:
        target.notify(f"Wrote {path}: figures up to call {snapshot.calls:,}.")
    return fault


def take_theme(target: CommandTarget, text: str) -> str:
    """Take a theme; gives why not, or ""."""
    if text not in THEME_NAMES:
        return did_you_mean(text, THEME_NAMES, "themes")
    target.take_theme(text)
    return ""


def take_layout(target: CommandTarget, text: str) -> str:
    """Take a layout; gives why not, or ""."""
    if text not in LAYOUT_NAMES:
        return did_you_mean(text, LAYOUT_NAMES, "layouts")
    target.take_layout(LayoutName(text))
    return ""


def save(target: CommandTarget, text: str) -> str:
    """Save every branch; gives why not, or ""."""
    if target.context.view.flow is None:
        return NOT_READY
    if text:
        return "save takes no name: all goes to .torvyn/studio; record FILE names a file."
    target.save_branches()
    return ""
