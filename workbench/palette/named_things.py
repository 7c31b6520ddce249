"""Everything with a name: actions, commands, nodes, edges, calls, files, themes, layouts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from runtime.expression.value_types import BOOL, TEXT
from runtime.expression.vocabulary import Field, Vocabulary
from runtime.model.lazy.dataclass import dataclass
from workbench.actions.labels import first_key, label
from workbench.commands.command import CommandTarget
from workbench.commands.command_table import ACTION_WORDS, OWN
from workbench.commands.file_names import recordings_and_manifests
from workbench.commands.workbench_commands import LAYOUT_NAMES
from workbench.dialogs.help_rows import why_not_now
from workbench.search.query import Query

THEME_WORDS = {
    "dark": "The usual one.",
    "light": "Dark text on a light ground.",
    "high-contrast": "Every text at least 7 to 1.",
    "colour-blind": "Hues that every kind of colour vision tells apart.",
    "terminal": "The terminal's own sixteen colours, on its own ground.",
}
"""What is said of each theme."""


class ThingKind(StrEnum):
    """What a thing is; `tab` goes through them in this order."""

    DO = "do"
    COMMAND = "command"
    NODE = "node"
    EDGE = "edge"
    CALL = "call"
    FILE = "file"
    THEME = "theme"
    LAYOUT = "layout"


@dataclass(frozen=True, slots=True)
class NamedThing:
    """A thing that is found by its name: the record of a search."""

    kind: ThingKind
    name: str
    about: str
    line: str
    """What `:` takes for it; with a blank at its end more is to be typed."""
    key: str = ""
    possible: bool = True
    """False for an action that can do nothing now."""

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return f"{self.kind} {self.name} {self.about} {self.line} {self.key}"


THINGS = Vocabulary(
    (
        Field("kind", TEXT, ", ".join(ThingKind)),
        Field("name", TEXT, "its name"),
        Field("about", TEXT, "what it is, or does"),
        Field("key", TEXT, "the key of an action"),
        Field("possible", BOOL, "whether an action can be done now"),
    )
)


def named_things(target: CommandTarget) -> list[NamedThing]:
    """All there are now; those that can be done first."""
    return sorted(_things(target), key=lambda thing: not thing.possible)


def _things(target: CommandTarget) -> Iterator[NamedThing]:
    context = target.context
    for word, action in ACTION_WORDS.items():
        can = action.when(context)
        about = action.help if can else f"Not now: {why_not_now(action, context)}"
        yield NamedThing(ThingKind.DO, label(action, context), about, word, first_key(action), can)
    for command in OWN:
        about = f"{command.arguments}  {command.help}".strip()
        more = " " if command.arguments else ""
        yield NamedThing(ThingKind.COMMAND, f":{command.name}", about, f"{command.name}{more}")
    flow = context.view.flow
    if flow is not None:
        for node in flow.nodes:
            yield NamedThing(ThingKind.NODE, node.name, f"{node.role.value}: select it", node.name)
        for edge in flow.edges:
            yield NamedThing(ThingKind.EDGE, edge.label, "Select it.", edge.label)
    for path in recordings_and_manifests(target, ""):
        if not path.endswith("/"):
            yield NamedThing(ThingKind.FILE, path, "Open it in place of this.", f"open {path}")
    for name, about in THEME_WORDS.items():
        yield NamedThing(ThingKind.THEME, name, about, f"theme {name}")
    for name in LAYOUT_NAMES:
        yield NamedThing(ThingKind.LAYOUT, name, "Arrange the panes so.", f"layout {name}")


def call_named(target: CommandTarget, text: str) -> NamedThing | None:
    """The call whose number is typed, where there is one."""
    number = text.strip().removeprefix("#").replace(",", "")
    timeline = target.context.timeline
    if timeline is None or not (number.isascii() and number.isdigit()):
        return None
    call = int(number)
    if not timeline.earliest <= call <= timeline.calls + 1:
        return None
    return NamedThing(ThingKind.CALL, f"{call:,}", "Go to that call.", f"goto {call}")


def found_things(things: Sequence[NamedThing], query: Query | None) -> list[NamedThing]:
    """Those that match; where the name itself does, first."""
    if query is None:
        return list(things)
    found = [one for one in things if query.matches(one.text, lambda one=one: one)]  # type: ignore[misc]
    return sorted(found, key=lambda one: not query.matches(one.name))
