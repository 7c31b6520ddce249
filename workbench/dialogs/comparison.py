"""`D`: two branches compared, on a screen of its own. The verdict, a table, one call opened."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from runtime.model.files.user_folders import typed_path
from runtime.model.text.plurals import counted
from runtime.protocol.branch_comparison import BranchComparison, ComparedCall
from workbench.comparison.compared_words import call_numbers, call_title, place_words
from workbench.comparison.difference_search import DIFFERENCES, found_calls
from workbench.comparison.opened_call import opened_rows
from workbench.comparison.report_text import call_text, report_text
from workbench.comparison.verdict import NodeTarget, position, sorted_nodes, verdict_rows
from workbench.dialogs.ask import AskScreen, Hint
from workbench.payload_view.saving import save_new
from workbench.search.query import Query, QueryError, parse_query
from workbench.terminal.clipboard_copy import put_on_clipboard
from workbench.text.excerpt import excerpt
from workbench.text.key_hints import key_hints
from workbench.text.lines import Row, StyleRole, line
from workbench.widgets.border_words import border_words
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView
from workbench.widgets.prompt_line import PromptLine

FRAME = 2
"""Cells of a frame, left and right."""

LEAST_OPENED = 4
"""Rows that the table leaves to the opened call."""

REPORT = "comparison.txt"
"""How the file is called that a comparison is saved to, unless another name is given."""

SHORT = 30
"""Screens lower than this count the nodes without a difference instead of listing them."""


class ComparedPlace(NamedTuple):
    """Where Enter goes: a call of the branch that is compared with, or of the present one."""

    branch: int
    node: str
    call: int


class ComparisonScreen(ModalScreen[ComparedPlace | None]):
    """Gives back the place to go to, or None. `show` brings what it waits for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,D,q", "close", "close"),
        Binding("up,k", "move(-1)", "up"),
        Binding("down,j", "move(1)", "down"),
        Binding("slash", "find", "find"),
        Binding("n", "next(1)", "next"),
        Binding("N", "next(-1)", "before"),
        Binding("tab", "side", "side"),
        Binding("v", "view", "view"),
        Binding("enter", "go", "go"),
        Binding("y", "copy", "copy"),
        Binding("w", "save", "save"),
        Binding("pageup", "page(-1)", "page up"),
        Binding("pagedown", "page(1)", "page down"),
    ]

    def __init__(self, comparison: BranchComparison | None = None) -> None:
        super().__init__()
        self._comparison = comparison
        self._calls: tuple[ComparedCall, ...] = ()
        self._at = 0
        self._on_before = False
        self._equal_too: bool | None = None
        self._table = LineView(id="verdict", classes="pane")
        self._opened = LineView(id="opened-call", classes="pane")
        self._keys = LineLabel(id="comparison-keys")
        self._prompt = PromptLine(id="comparison-prompt")
        self._query: Query | None = None

    def compose(self) -> ComposeResult:
        """The table over the opened call, and the keys."""
        yield self._table
        yield self._opened
        yield self._keys
        yield self._prompt

    def on_mount(self) -> None:
        """The screen itself has the keys."""
        for view in (self._table, self._opened):
            view.can_focus = False
        self._take_calls()

    def on_resize(self) -> None:
        """Rows follow the width."""
        self.call_after_refresh(self._fill)

    def show(self, comparison: BranchComparison) -> None:
        """The comparison is done."""
        self._comparison = comparison
        self._take_calls()
        self._fill()

    def _take_calls(self) -> None:
        """The differences in the order of calls, those of the table among them."""
        comparison = self._comparison
        if comparison is None:
            return
        firsts = (node.first for node in comparison.nodes if node.first is not None)
        found = dict.fromkeys((*comparison.differences, *firsts))
        self._calls = tuple(sorted(found, key=position))
        differing, _ = sorted_nodes(comparison)
        first = differing[0].first if differing else None
        self._at = self._calls.index(first) if first is not None else 0

    # ---- drawing

    @property
    def _call(self) -> ComparedCall | None:
        return self._calls[self._at] if self._calls else None

    @property
    def _lists_equal(self) -> bool:
        return self.size.height >= SHORT if self._equal_too is None else self._equal_too

    def _fill(self) -> None:
        comparison, cells = self._comparison, self.size.width - FRAME
        if cells <= 0:
            return
        if comparison is None:
            self._table.show((Row(line((" Comparing…", StyleRole.DIM))),))
            self._table.border_title = border_words("D", "", cells)
            self._opened.display = False
        else:
            names = f"D  {excerpt(comparison.before, 60)} → {excerpt(comparison.after, 60)}"
            self._table.border_title = border_words(names, "verdict first", cells)
            room = max(self._table.room, cells - 2)
            rows = verdict_rows(comparison, room, equal_too=self._lists_equal)
            self._table.show(rows)
            self._opened.display = self._call is not None
            height = len(rows) + FRAME
            if self._call is not None:
                height = min(height, self.size.height - LEAST_OPENED - FRAME - 1)
            self._table.styles.height = max(min(height, self.size.height - 1), FRAME + 1)
            self._put_cursor()
        self._fill_opened()
        self._write_keys()

    def _put_cursor(self) -> None:
        call = self._call
        rows = list(self._table.rows)
        if call is not None:
            at = (n for n, row in enumerate(rows) if row.target == NodeTarget(call.node))
            self._table.set_cursor(next(at, 0))

    def _fill_opened(self) -> None:
        call = self._call
        if call is None:
            return
        cells = max(self.size.width - FRAME - 2, 10)
        title = f"{call_title(call)}   {call_numbers(call)}   {place_words(call)}"
        count = f"difference {self._at + 1:,} of {len(self._calls):,}"
        if self._query is not None:
            found = found_calls(self._calls, self._query)
            count = f"/ {excerpt(self._query.text, 30)}  {len(found):,} found   {count}"
        self._opened.border_title = border_words(title, count, cells + 2)
        self._opened.search(self._query, filtering=False)
        self._opened.show(opened_rows(call, cells))
        self._opened.scroll_to(y=0, animate=False, force=True)

    def _write_keys(self) -> None:
        comparison, call = self._comparison, self._call
        keys: list[tuple[str, str]] = []
        if comparison is not None and call is not None:
            keys += [("n N", "difference" if self._query is None else "find"), ("/", "find")]
            place = self._place()
            if place is not None:
                keys.append(("enter", f"to call {place.call:,} of {self._side_name()}"))
            if comparison.branch_before is not None:
                keys.append(("tab", "other branch"))
            keys.append(("v", "all nodes" if not self._lists_equal else "differences only"))
            keys += [("y", "copy"), ("w", "save")]
        keys.append(("esc", "closes"))
        self._keys.lines = (key_hints(keys, self.size.width),)

    # ---- what keys do

    def _side_name(self) -> str:
        comparison = self._comparison
        assert comparison is not None
        return comparison.before if self._before else comparison.after

    @property
    def _before(self) -> bool:
        """True where Enter goes to the branch that is compared with."""
        call, comparison = self._call, self._comparison
        if call is None or comparison is None or comparison.branch_before is None:
            return False
        return call.call_before is not None and (self._on_before or call.call_after is None)

    def _place(self) -> ComparedPlace | None:
        call, comparison = self._call, self._comparison
        if call is None or comparison is None:
            return None
        if self._before and call.call_before is not None and comparison.branch_before is not None:
            return ComparedPlace(comparison.branch_before, call.node, call.call_before)
        if call.call_after is not None:
            return ComparedPlace(comparison.branch_after, call.node, call.call_after)
        return None

    def action_go(self) -> None:
        """Go to the call."""
        place = self._place()
        if place is not None:
            self.dismiss(place)

    def action_close(self) -> None:
        """Leave the search, then the screen without going anywhere."""
        if self._query is not None:
            self._look_for(None)
        else:
            self.dismiss(None)

    def action_side(self) -> None:
        """Enter goes to the call on the other branch."""
        self._on_before = not self._on_before
        self._write_keys()

    def action_view(self) -> None:
        """List the nodes without a difference too, or count them."""
        self._equal_too = not self._lists_equal
        self._fill()

    def action_next(self, step: int) -> None:
        """Open the next difference, of those that are looked for if any are."""
        if not self._calls:
            return
        if self._query is None:
            self._open((self._at + step) % len(self._calls))
        elif found := found_calls(self._calls, self._query):
            later = [at for at in found if (at - self._at) * step > 0]
            if step > 0:
                self._open(later[0] if later else found[0])
            else:
                self._open(later[-1] if later else found[-1])
        else:
            self._say(f"{self._query.text}: nothing found.")

    def _open(self, at: int) -> None:
        self._at = at
        self._put_cursor()
        self._fill_opened()
        self._write_keys()

    def action_move(self, step: int) -> None:
        """Open the first difference of the next node that has one."""
        differing, _ = sorted_nodes(self._comparison) if self._comparison else ([], [])
        call = self._call
        names = [node.node for node in differing]
        if call is None or call.node not in names:
            return
        first = differing[min(max(names.index(call.node) + step, 0), len(names) - 1)].first
        if first is not None:
            self._open(self._calls.index(first))

    # ---- searching

    def action_find(self) -> None:
        """Ask what to look for in the differences."""
        if self._calls:
            self._keys.display = False
            self._prompt.open("/", "" if self._query is None else self._query.text)

    def _look_for(self, query: Query | None) -> None:
        """Open the first difference that is looked for, from the opened one on."""
        self._query = query
        found = [] if query is None else found_calls(self._calls, query)
        after = (at for at in found if at >= self._at)
        self._open(next(after, found[0] if found else self._at))

    @on(PromptLine.Typed)
    def typed(self, message: PromptLine.Typed) -> None:
        """Search while it is typed."""
        if type(message) is not PromptLine.Typed:
            return
        try:
            text, names = message.text, DIFFERENCES.vocabulary
            query = parse_query(text, names) if text.strip() else None
        except QueryError as error:
            self._prompt.say(line((str(error), StyleRole.BAD)))
            return
        self._look_for(query)
        count = 0 if query is None else len(found_calls(self._calls, query))
        self._prompt.say(line((f"{count:,} found" if query else "", StyleRole.DIM)))

    @on(PromptLine.Taken)
    def taken(self) -> None:
        """Keep the search; the screen has the keys again."""
        self._prompt.close()
        self._keys.display = True
        self.set_focus(None)
        self._write_keys()

    @on(PromptLine.Left)
    def left(self) -> None:
        """Forget the search."""
        self._look_for(None)
        self.taken()

    def action_copy(self) -> None:
        """Copy the opened difference."""
        call = self._call
        if call is not None:
            self.run_worker(self._copied(call_text(call)), group="copy", exclusive=True)

    async def _copied(self, text: str) -> None:
        way = await put_on_clipboard(self.app, text)
        self._say(f"Copied the difference, {counted(len(text), 'character')}, {way}.")

    def action_save(self) -> None:
        """Ask for a file, and save the verdict with every difference to it."""
        if self._comparison is not None:
            hint = Hint(
                f"The verdict and {counted(len(self._calls), 'difference')}, to a new file.", True
            )
            ask = AskScreen("Save the comparison", REPORT, lambda _text: hint)
            self.app.push_screen(ask, self._save)

    def _save(self, name: str | None) -> None:
        if name is not None and self._comparison is not None:
            path = typed_path(name.strip() or REPORT)
            text = report_text(self._comparison, self._calls)
            fault = save_new(path, text.encode("utf-8", "surrogateescape"))
            self._say(excerpt(fault or f"Saved to {path.absolute()}.", 300))

    def _say(self, words: str) -> None:
        """In place of the keys, until the next one."""
        self._keys.lines = (line((f" {words}", StyleRole.TEXT)),)

    def action_page(self, pages: int) -> None:
        """Scroll what is opened."""
        self._opened.page(pages)

    def on_line_view_opened(self, message: LineView.Opened) -> None:
        """The row of a node was clicked."""
        target = message.target
        comparison = self._comparison
        if isinstance(target, NodeTarget) and comparison is not None:
            first = next(node.first for node in comparison.nodes if node.node == target.node)
            if first is not None:
                self._at = self._calls.index(first)
                self._fill_opened()
                self._write_keys()
