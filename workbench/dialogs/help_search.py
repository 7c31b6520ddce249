"""What is searched in the help: the same terms as behind `/`."""

from __future__ import annotations

from runtime.expression.value_types import BOOL, TEXT
from runtime.expression.vocabulary import Field, Vocabulary
from runtime.model.lazy.dataclass import dataclass
from workbench.actions.action import Action, Group
from workbench.actions.context import Context
from workbench.actions.labels import keys_of, label
from workbench.search.query import Query
from workbench.text.keys import key_name


@dataclass(frozen=True, slots=True)
class HelpFields:
    """What a condition may ask of an action."""

    action: Action
    now: Context

    @property
    def name(self) -> str:
        """How it is called now."""
        return label(self.action, self.now)

    @property
    def id(self) -> str:
        """How the settings call it."""
        return self.action.id

    @property
    def group(self) -> str:
        """Its heading."""
        return self.action.group.value

    @property
    def key(self) -> str:
        """Its keys."""
        return " ".join(map(key_name, keys_of(self.action)))

    @property
    def possible(self) -> bool:
        """Whether it can be done now."""
        return self.action.when(self.now)


HELP = Vocabulary(
    (
        Field("name", TEXT, "how the action is called"),
        Field("id", TEXT, "how the settings call it"),
        Field("group", TEXT, ", ".join(group.value for group in Group)),
        Field("key", TEXT, "its keys"),
        Field("possible", BOOL, "whether it can be done now"),
    )
)


def is_sought(action: Action, text: str, query: Query | None, now: Context) -> bool:
    """Whether an action is searched for; `text` is what it does in the pane."""
    if query is None:
        return True
    fields = HelpFields(action, now)
    where = f"{action.id} {action.label} {action.help} {text} {fields.key}"
    return query.matches(where, lambda: fields)
