"""The keys that a user gives to actions: read, and looked over for clashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.shape import not_a
from runtime.flow.manifest.source_text import KeyPath
from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.nearest import did_you_mean
from workbench.actions.action import Action
from workbench.actions.payload import PAYLOAD, PayloadAction
from workbench.actions.table import ACTIONS, BY_ID
from workbench.settings.key_names import EXAMPLES, RESERVED, textual_key
from workbench.text.keys import key_name

KeyedAction = Action | PayloadAction

Keymap = Mapping[str, tuple[str, ...]]
"""Action id → Textual's names of its keys."""


@dataclass(frozen=True, slots=True)
class KeyList:
    """One key, or a list of keys; an empty list takes an action's keys away."""

    def read(self, value: object, at: KeyPath, problems: Problems) -> tuple[str, ...] | None:
        """Textual's names of the keys."""
        given = value if isinstance(value, list) else [value]
        texts = [item for item in given if isinstance(item, str) and item]
        if len(texts) != len(given):
            not_a("a key or a list of keys", value, at, problems)
            return None
        found = []
        for text in texts:
            key = textual_key(text)
            if key is None:
                problems.error(Code.INVALID_VALUE, at, f"there is no key '{text}'",
                               f"keys are written like {EXAMPLES}", value=True)  # fmt: skip
            elif key in RESERVED:
                problems.error(Code.INVALID_VALUE, at,
                               f"'{text}' cannot be given to an action: {RESERVED[key]}",
                               "take another key", value=True)  # fmt: skip
            else:
                found.append(key)
        return tuple(dict.fromkeys(found)) if len(found) == len(given) else None


def check_keymap(keys: Keymap, at: KeyPath, problems: Problems) -> None:
    """Note actions that there are not, and keys that two actions would share."""
    known = [*BY_ID, *(action.id for action in PAYLOAD)]
    for action_id in keys:
        if action_id not in known:
            problems.error(Code.UNKNOWN_KEY, (*at, action_id), f"there is no action '{action_id}'",
                           did_you_mean(action_id, known, "actions"))  # fmt: skip
    for key, first, second in _clashes(keys):
        named = first if first.id in keys else second
        other = second if named is first else first
        problems.error(
            Code.INVALID_VALUE,
            (*at, named.id),
            f"'{key_name(key)}' would be the key of {named.id} and of {other.id}",
            f"give {other.id} another key too, or {named.id} one that is free",
            value=True,
        )


def _clashes(keys: Keymap) -> Iterator[tuple[str, KeyedAction, KeyedAction]]:
    """Each key that two actions of one screen share only by the user's choice."""
    for table in (ACTIONS, PAYLOAD):
        yield from _clashes_among(keys, table)


def _clashes_among(
    keys: Keymap, table: Sequence[KeyedAction]
) -> Iterator[tuple[str, KeyedAction, KeyedAction]]:
    owners: dict[str, list[KeyedAction]] = {}
    for action in table:
        for key in keys.get(action.id, action.keys):
            owners.setdefault(key, []).append(action)
    for key, actions in owners.items():
        first, *others = actions
        for other in others:
            if not (key in first.keys and key in other.keys):
                yield key, first, other
