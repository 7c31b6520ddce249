"""What is searched in the help: the same terms as behind `/`."""

from __future__ import annotations

from functools import partial

from runtime.expression.value_types import BOOL, TEXT
from workbench.actions.action import Action, Group
from workbench.actions.context import Context
from workbench.actions.labels import keys_of, label
from workbench.search.query import Query
from workbench.search.searched_fields import SearchedField, SearchedFields
from workbench.text.keys import key_name


def _keys(action: Action) -> str:
    return " ".join(map(key_name, keys_of(action)))


HELP: SearchedFields[tuple[Action, Context]] = SearchedFields(
    SearchedField("name", TEXT, "how the action is called", lambda found: label(*found)),
    SearchedField("id", TEXT, "how the settings call it", lambda found: found[0].id),
    SearchedField(
        "group",
        TEXT,
        ", ".join(group.value for group in Group),
        lambda found: found[0].group.value,
    ),
    SearchedField("key", TEXT, "its keys", lambda found: _keys(found[0])),
    SearchedField(
        "possible",
        BOOL,
        "whether it can be done now",
        lambda found: found[0].when(found[1]),
    ),
)
"""An action, and where things are now."""


def is_sought(action: Action, text: str, query: Query | None, now: Context) -> bool:
    """Whether an action is searched for; `text` is what it does in the pane."""
    if query is None:
        return True
    where = f"{action.id} {action.label} {action.help} {text} {_keys(action)}"
    return query.matches(where, partial(HELP.record, (action, now)))
