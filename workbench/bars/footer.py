"""The footer: the keys that act now at the left, those that always do at the right."""

from __future__ import annotations

from workbench.actions.action import Action
from workbench.actions.context import Context
from workbench.actions.labels import ALWAYS, first_key, footer_actions, label
from workbench.actions.table import BY_ID
from workbench.text.lines import Line, Span, StyleRole, width_of


def footer(context: Context, cells: int) -> tuple[Line, list[str]]:
    """The keys that act now, and the action of each span (empty for gaps)."""
    fixed = [_spans(BY_ID[name], context) for name in ALWAYS]
    room = cells - sum(map(width_of, fixed))
    spans: list[Span] = []
    ids: list[str] = []
    for action in footer_actions(context):
        if action.id in ALWAYS:
            continue
        made = _spans(action, context)
        if width_of(spans) + width_of(made) > room:
            break
        spans += made
        ids += [action.id] * len(made)
    gap = max(room - width_of(spans), 0)
    if gap:
        spans.append(Span(" " * gap))
        ids.append("")
    for name, made in zip(ALWAYS, fixed, strict=True):
        spans += made
        ids += [name] * len(made)
    return tuple(spans), ids


def _spans(action: Action, context: Context) -> Line:
    return (
        Span(f" {first_key(action)}", StyleRole.KEY),
        Span(f" {label(action, context)} ", StyleRole.DIM),
    )
