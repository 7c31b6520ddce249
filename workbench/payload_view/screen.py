"""A whole payload on the screen: in every way there is to look at it, searched, copied, saved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from runtime.model.files.user_folders import typed_path
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from workbench.actions.payload import PAYLOAD
from workbench.dialogs.ask import AskScreen, Hint
from workbench.payload_view.chosen_viewers import ChosenViewers
from workbench.payload_view.condition_text import condition_at, value_at
from workbench.payload_view.document_view import DocumentView
from workbench.payload_view.finding import PayloadFinding
from workbench.payload_view.keys_dialog import PayloadKeysScreen
from workbench.payload_view.opening import open_way
from workbench.payload_view.picture_support import no_pictures
from workbench.payload_view.saving import save_new, suggested_name
from workbench.payload_view.screen_words import (
    difference_words,
    head_line,
    key_line,
    place_line,
    rows_in_border,
    ways_in_border,
)
from workbench.payload_view.shown_payload import CallSides, Shown, Sides
from workbench.payloads.documents.before_after import BeforeAfter
from workbench.payloads.documents.records_table import TableDocument
from workbench.payloads.registry import viewer_for
from workbench.terminal.clipboard_copy import put_on_clipboard
from workbench.text.excerpt import excerpt
from workbench.text.figures import size
from workbench.text.keys import keys_for
from workbench.text.lines import StyleRole, fit, line
from workbench.widgets.label import LineLabel
from workbench.widgets.prompt_line import PromptLine

BEFORE_AFTER = BeforeAfter.name


class PayloadViewScreen(ModalScreen[bool]):
    """Gives back True when the payload shall be edited.

    `ask_sides` asks for what went into a call and what came out; it is called once, when that is
    wanted for the first time. `ask_break` asks for a breakpoint with a condition to begin with.
    `viewers` remembers what was chosen for each content type. With `sides`, they
    are compared first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(digit), f"view({digit})", show=False) for digit in range(1, 10)),
    ]

    def __init__(
        self,
        shown: Shown,
        viewers: ChosenViewers,
        ask_sides: Callable[[Callable[[Sides], None]], None],
        ask_break: Callable[[str, Callable[[str], None]], None],
        sides: CallSides | None = None,
    ) -> None:
        super().__init__()
        for action in PAYLOAD:  # here and not in BINDINGS, since the user may have other keys
            if keys := keys_for(action.id, action.keys):
                self._bindings.bind(",".join(keys), f"do('{action.id}')", show=False)
        self._shown = shown
        self._viewers = viewers
        self._ask_sides = ask_sides
        self._ask_break = ask_break
        self._compared = sides is not None
        self._sides: Sides | None = sides
        self._view = DocumentView(id="payload-document")
        self._box = Vertical(self._view, id="payload-box")
        self._head = LineLabel(id="payload-head-line")
        self._place = LineLabel(id="payload-place")
        self._keys = LineLabel(id="payload-keys")
        self._prompt = PromptLine(id="payload-prompt")
        self._ways: list[str] = []
        self._way = ""
        self.finding = PayloadFinding(self._view, self._prompt, shown.part, self._write)
        self._notice = ""
        self.opened_in = ""
        """How long it took until the payload was on the screen, in words."""

    def compose(self) -> ComposeResult:
        """What it is, the payload, where the cursor stands, the keys."""
        yield self._head
        yield self._box
        yield self._place
        yield self._keys
        yield self._prompt

    def on_mount(self) -> None:
        """The payload has the keys."""
        self._view.focus()
        self.call_after_refresh(self._open, self._first_way())

    def on_resize(self) -> None:
        """Words follow the width."""
        self.call_after_refresh(self._write)

    # ---- ways to look at it

    def _first_way(self) -> str | None:
        if self._compared:
            return BEFORE_AFTER
        return self._viewers.of(self._shown.part, self._shown.about.source)

    def _open(self, name: str | None) -> None:
        self._notice = "reading…"
        self._write()
        self.run_worker(self._opened(name), group="open", exclusive=True)

    async def _opened(self, name: str | None) -> None:
        began = monotonic()
        part, sides, unable = self._shown.part, self._sides, no_pictures(self.app)

        opened = await asyncio.to_thread(open_way, part, name, sides, unable, self._shown.reads)
        names, document, said, places = opened
        self._ways = [*names, BEFORE_AFTER]
        self._way = document.name
        self.finding.forget()
        self._view.look_into(document, places)
        took = int((monotonic() - began) * NS_PER_S)
        self.opened_in = f"opened in {spaced_duration(took)}"
        self._notice = said
        self._write()

    def show_view(self, number: int) -> None:
        """Show it in a way by its number, from 1."""
        if 1 <= number <= len(self._ways):
            self._choose(self._ways[number - 1])

    def next_view(self) -> None:
        """Show it in the next way; of a difference, the differences only."""
        document = self._view.document
        if isinstance(document, BeforeAfter):
            place = self._view.place()
            path = place.path if place is not None else ""
            self._view.turn_all(lambda: self._view.set_cursor(document.row_of(path)))
        elif self._ways:
            ways = self._ways[:-1]
            self._choose(ways[(ways.index(self._way) + 1) % len(ways)])

    def _choose(self, name: str) -> None:
        if name == BEFORE_AFTER:
            self._show_sides()
            return
        part = self._shown.part
        usual = viewer_for(part).name
        self._viewers.choose(part, self._shown.about.source, None if name == usual else name)
        self._open(name)

    def _show_sides(self) -> None:
        if isinstance(self._sides, CallSides):
            self._open(BEFORE_AFTER)
        elif self._sides is not None:
            self._say(self._sides)
        else:
            self._say("reading…")
            self._ask_sides(self._take_sides)

    def _take_sides(self, sides: Sides) -> None:
        if self.is_mounted:
            self._sides = sides
            self._show_sides()

    # ---- what is written around it

    def _say(self, words: str) -> None:
        self._notice = words
        self._write()

    @on(DocumentView.Moved)
    def moved(self) -> None:
        """The cursor stands elsewhere."""
        self._write()

    @on(DocumentView.Said)
    def said(self, message: DocumentView.Said) -> None:
        """Something took too long."""
        self._say(message.words)

    def _write(self) -> None:
        cells, sides = self.size.width, self._sides
        title = self._shown.title
        if self._way == BEFORE_AFTER and isinstance(sides, CallSides):
            title = f"{title}, {sides.title}"
        self._head.lines = (head_line(title, self._shown.part, cells),)
        self._box.border_title = ways_in_border(self._way, self._ways, cells)
        document = self._view.document
        if document is not None:
            self._box.border_subtitle = rows_in_border(
                document, self._view.cursor or 0, self.opened_in, cells
            )
        place = self._view.place()
        second = self._notice or self._standing_words()
        below = line((fit(f" {second}", cells), StyleRole.DIM))
        self._place.lines = (place_line(place, cells), below)
        self._keys.lines = (key_line(document, cells),)
        self._view.refresh()

    def _standing_words(self) -> str:
        """What is searched for, or at which difference the cursor stands."""
        document = self._view.document
        if self.finding.text:
            return self.finding.words
        if isinstance(document, BeforeAfter):
            return difference_words(document, self._view.cursor or 0)
        return ""

    # ---- actions

    def action_do(self, action_id: str) -> None:
        """Do an action of the table."""
        action = next(one for one in PAYLOAD if one.id == action_id)
        self._notice = ""
        action.do(self)
        self._write()

    def action_view(self, number: int) -> None:
        """Show it in another way."""
        self.show_view(number)

    def move(self, across: int, down: int) -> None:
        """Move the cursor; across folds, or goes to another column."""
        self._view.move(across, down)

    def page(self, pages: int) -> None:
        """Move by pages."""
        self._view.page(pages)

    def jump(self, end: bool) -> None:
        """Go to the first or to the last row."""
        self._view.jump(end)

    def fold(self) -> None:
        """Open or fold what is under the cursor."""
        document = self._view.document
        if document is not None and not document.folds:
            self._say("Nothing folds here.")
        else:
            self._view.open()

    def fold_all(self) -> None:
        """Open everything, or fold it."""
        document = self._view.document
        if isinstance(document, BeforeAfter):
            self.next_view()
        elif document is not None and not document.folds:
            self._say("Nothing folds here.")
        else:
            self._view.turn_all()

    def sort(self) -> None:
        """Sort a table by the column of the cursor."""
        document = self._view.document
        if not isinstance(document, TableDocument):
            self._say("Only a table is sorted.")
            return
        said: list[str] = []
        self._view.work(
            lambda deadline: said.append(document.sort(deadline)),
            lambda: self._say(said[0]) if said else None,
        )

    def copy_value(self) -> None:
        """Copy the value under the cursor."""
        place = self._view.place()
        self._copy(place.value if place is not None else "", "the value")

    def copy_path(self) -> None:
        """Copy the path of the value under the cursor."""
        place = self._view.place()
        self._copy(place.path if place is not None else "", "the path")

    def _copy(self, text: str, what: str) -> None:
        async def copied() -> None:
            way = await put_on_clipboard(self.app, text)
            self._say(f"Copied {what}, {counted(len(text), 'character')}, {way}.")

        if text:
            self.run_worker(copied(), group="copy", exclusive=True)
        else:
            self._say("There is nothing to copy here.")

    def save(self) -> None:
        """Ask for a file, and save the whole payload to it."""
        about, part = self._shown.about, self._shown.part
        name = suggested_name(about.source, about.sequence, part, viewer_for(part).name)
        words = f"All {size(len(part.data))} are written to a new file in {Path.cwd()}."
        ask = AskScreen("Save the payload", name, lambda text: Hint(words, True))
        self.app.push_screen(ask, partial(self._save, name))

    def _save(self, suggested: str, text: str | None) -> None:
        if text is None:
            return
        path = typed_path(text.strip() or suggested)

        async def saved() -> None:
            fault = await asyncio.to_thread(save_new, path, self._shown.part.data)
            done = f"Saved {size(len(self._shown.part.data))} to {path.absolute()}."
            self._say(excerpt(fault or done))

        self.run_worker(saved(), group="save")

    def break_here(self) -> None:
        """Ask for a breakpoint at elements that have this value there."""
        place, document = self._view.place(), self._view.document
        if place is None or document is None:
            return
        if place.path.startswith("line "):  # JSON as text: which value is it?
            place = value_at(document.data, self._view.standing()) or place
        condition = condition_at(place)
        if condition:
            self._ask_break(condition, self._say)
        else:
            self._say("No condition asks for this: put the cursor on a value of JSON, or a line.")

    def edit(self) -> None:
        """Leave, and edit the payload."""
        self.dismiss(True)

    def show_keys(self) -> None:
        """Show what can be done here."""
        self.app.push_screen(PayloadKeysScreen(), self._do_chosen)

    def _do_chosen(self, action_id: str | None) -> None:
        if action_id is not None:
            self.action_do(action_id)

    def leave(self) -> None:
        """Go back: from a search, then from the payload."""
        if self.finding.text:
            self.finding.forget()
        else:
            self.dismiss(False)

    # ---- searching

    def find(self) -> None:
        """Ask what to look for."""
        self._keys.display = False
        self._prompt.open("/", self.finding.text)

    @on(PromptLine.Typed)
    def typed(self, message: PromptLine.Typed) -> None:
        """Search while it is typed."""
        if type(message) is PromptLine.Typed:
            self.finding.begin(message.text)

    @on(PromptLine.Taken)
    def taken(self) -> None:
        """Keep the search; the payload has the keys again."""
        self._prompt.close()
        self._keys.display = True
        self._view.focus()
        self._write()

    @on(PromptLine.Left)
    def left(self) -> None:
        """Forget the search."""
        self.finding.forget()
        self.taken()

    def go_on(self, step: int) -> None:
        """Go to the next find or difference."""
        document = self._view.document
        if not self.finding.text and isinstance(document, BeforeAfter):
            row = document.difference_after(self._view.cursor, step)
            if row is not None:
                self._view.set_cursor(row)
        else:
            self._notice = self.finding.go_on(step)
