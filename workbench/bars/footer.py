"""The footer: the keys that act now."""

from __future__ import annotations

from workbench.actions.context import Context
from workbench.actions.labels import footer_actions, key_name, label
from workbench.text.lines import Line, Span, StyleRole


def footer(context: Context, cells: int) -> tuple[Line, list[str]]:
    """The keys that act now, and the action of each span (empty for gaps)."""
    spans: list[Span] = []
    ids: list[str] = []
    for action in footer_actions(context):
        key = f" {key_name(action.keys[0])}"
        text = f" {label(action, context)} "
        if sum(len(span.text) for span in spans) + len(key) + len(text) > cells:
            continue
        spans += [Span(key, StyleRole.KEY), Span(text, StyleRole.DIM)]
        ids += [action.id, action.id]
    return tuple(spans), ids
