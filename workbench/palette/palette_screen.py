"""ctrl+p: a field, and below it every thing whose name or description fits."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from workbench.commands.command import CommandTarget
from workbench.palette.named_things import (
    THINGS,
    NamedThing,
    ThingKind,
    call_named,
    found_things,
    named_things,
)
from workbench.search.query import QueryError
from workbench.search.typed_words import words_query
from workbench.text.excerpt import excerpt
from workbench.text.lines import Row, StyleRole, line, pad
from workbench.widgets.border_words import border_words
from workbench.widgets.line_view import LineView
from workbench.widgets.match_keys import MatchField, MatchKeysScreen

KIND_CELLS, NAME_CELLS, KEY_CELLS = 8, 26, 8


class PaletteScreen(MatchKeysScreen[str | None]):
    """Gives back the line for `:` of what was chosen, or None.

    A theme is seen while the cursor is on it; the one from before comes back.
    """

    takes_typed_ahead: ClassVar[bool] = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+p", "close", "close", priority=True),
        Binding("up", "move(-1)", "up", priority=True),
        Binding("down", "move(1)", "down", priority=True),
        Binding("pageup", "move(-8)", "page up", priority=True),
        Binding("pagedown", "move(8)", "page down", priority=True),
        Binding("tab", "kind(1)", "next kind", priority=True),
        Binding("shift+tab", "kind(-1)", "kind before", priority=True),
    ]

    def __init__(self, target: CommandTarget, kind: ThingKind | None = None) -> None:
        super().__init__()
        self._target = target
        self._kind = kind
        self._things = named_things(target)
        self._theme = ""
        self._looking = False
        """True once something was typed or the cursor moved: only then a theme is tried."""
        self._box = Vertical(id="palette")
        self._list = LineView(id="palette-list")

    def compose(self) -> ComposeResult:
        """The field above the list."""
        with self._box as box:
            box.border_subtitle = "↓ n N next   tab: kind   enter does it   esc closes"
            yield MatchField(placeholder='a name; /regex/  kind == "node"  !', classes="field")
            yield self._list

    def on_mount(self) -> None:
        """The field has the keys, the list shows all."""
        self._theme = self.app.theme
        self._list.can_focus = False
        self.query_one(Input).focus()
        self.call_after_refresh(self._fill)

    def on_resize(self) -> None:
        """Columns follow the width."""
        self.call_after_refresh(self._fill)

    def on_input_changed(self) -> None:
        """Show what matches."""
        self.in_list = False
        self._looking = True
        self._fill()

    def _fill(self) -> None:
        text = self.query_one(Input).value
        shown = [one for one in self._things if self._kind in (None, one.kind)]
        try:
            query = words_query(text, THINGS)
        except QueryError as error:
            self._show([Row(line((f" {error}", StyleRole.WARN)))], 0)
            return
        found = found_things(shown, query)
        call = call_named(self._target, text)
        if call is not None and self._kind in (None, ThingKind.CALL):
            found.insert(0, call)
        rows = [self._row(one) for one in found]
        self._show(rows or [Row(line((" Nothing is called that.", StyleRole.DIM)))], len(found))

    def _show(self, rows: list[Row], count: int) -> None:
        name = "Everything with a name" if self._kind is None else f"Of the kind {self._kind}"
        counted = f"{count:,} of {len(self._things):,}"
        self._box.border_title = border_words(name, counted, self._box.size.width)
        self._list.cursor = None
        self._list.show(rows)
        self._list.scroll_to(y=0, animate=False, force=True)
        self._list.move(0, 1)
        self._preview()

    def _row(self, thing: NamedThing) -> Row:
        room = max(self._list.room - KIND_CELLS - NAME_CELLS - KEY_CELLS - 3, 8)
        role = StyleRole.STRONG if thing.possible else StyleRole.FAINT
        return Row(
            line(
                (f" {pad(thing.kind, KIND_CELLS)}", StyleRole.ACCENT),
                (f"{pad(excerpt(thing.name, 80), NAME_CELLS)} ", role),
                (f"{pad(excerpt(thing.about, 200), room)} ", StyleRole.DIM),
                (thing.key, StyleRole.KEY),
            ),
            thing,
        )

    @property
    def _chosen(self) -> NamedThing | None:
        cursor = self._list.cursor
        target = self._list.rows[cursor].target if cursor is not None else None
        return target if isinstance(target, NamedThing) else None

    def on_line_view_pointed(self) -> None:
        """A theme is seen while the cursor is on it."""
        self._preview()

    def _preview(self) -> None:
        chosen = self._chosen
        tried = self._looking and chosen is not None and chosen.kind is ThingKind.THEME
        wanted = chosen.name if chosen is not None and tried else self._theme
        if self.is_current and self.app.theme != wanted:
            self.app.theme = wanted

    def on_input_submitted(self) -> None:
        """Do what the cursor is on."""
        self._take()

    def on_line_view_opened(self) -> None:
        """A row was clicked."""
        self._take()

    def _take(self) -> None:
        chosen = self._chosen
        if chosen is not None:
            self.app.theme = self._theme
            self.dismiss(chosen.line)

    def action_close(self) -> None:
        """Close without doing anything."""
        self.app.theme = self._theme
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        """Go to another row."""
        self._looking = self.in_list = True
        self._list.move(0, step)
        self._preview()

    def action_kind(self, step: int) -> None:
        """Show the things of the next kind, or all."""
        kinds = [None, *ThingKind]
        self._kind = kinds[(kinds.index(self._kind) + step) % len(kinds)]
        self._fill()
