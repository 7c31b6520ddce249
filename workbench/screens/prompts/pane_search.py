"""`/`: searching the active pane while it is typed, and going through what was found."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtime.model.text.plurals import counted
from workbench.actions.context import PaneName
from workbench.screens.panes import Panes
from workbench.screens.prompts.prompting import Prompted
from workbench.search.searchable import Searchable
from workbench.text.excerpt import excerpt
from workbench.text.lines import Line, StyleRole, fit, line
from workbench.widgets.panes.outputs_pane import Outputs
from workbench.widgets.prompt_line import PromptLine

if TYPE_CHECKING:
    from workbench.search.query import Query

MOST_KEPT = 50
"""Searches that up and down go through."""

SECTION = "filters"
"""Under which they are remembered."""

NOTHING = "Nothing is searched for here: / begins."


class PaneSearch(Prompted):
    """Searches panes; each keeps its own search until `esc`."""

    sign = "/"

    def __init__(self, panes: Panes, prompt: PromptLine) -> None:
        self._panes = panes
        self._prompt = prompt
        self._pane = PaneName.FLOW
        self._filtering = True
        self._before: tuple[Query | None, bool] = (None, False)
        self._history: list[str] = []
        self._at = 0

    # ---- what is searched

    def _searched(self, name: PaneName) -> list[Searchable]:
        """The pane; of the output, each log that it holds."""
        pane = self._panes.pane(name)
        return list(pane.logs) if isinstance(pane, Outputs) else [pane]

    def query_of(self, name: PaneName) -> Query | None:
        """What is searched for in a pane."""
        return next((one.sought for one in self._searched(name)), None)

    def words(self, name: PaneName, cells: int) -> str:
        """`/ log & !error  7 of 3,739` for the pane's border; empty without a search."""
        query = self.query_of(name)
        if query is None:
            return ""
        found = [one.found() for one in self._searched(name)]
        rows, of = sum(one.rows for one in found), sum(one.of for one in found)
        count = f"  {rows:,} of {of:,}"
        return f"/ {fit(excerpt(query.text, 60), max(cells - len(count) - 2, 4))}{count}"

    # ---- typing

    def begin(self) -> None:
        """Open the line for the active pane."""
        self._pane = self._panes.active
        targets = self._searched(self._pane)
        if not targets:
            self._panes.show_notice("There is nothing here to be searched.")
            return
        first = targets[0]
        self._filtering = first.filters
        self._before = first.sought, self._filtering
        self._at = len(self._history)
        self._prompt.open(self.sign, first.sought.text if first.sought is not None else "")
        self.typed(self._prompt.text)

    def typed(self, text: str) -> None:
        """Search for it."""
        targets = self._searched(self._pane)
        if not text.strip() or not targets:
            self._search(None)
            self._prompt.say(self._said())
            return
        # Imported with the first search: the first paint waits for no language of conditions.
        from workbench.search.query import QueryError, parse_query

        try:
            query = parse_query(text, targets[0].vocabulary)
        except QueryError as error:
            self._prompt.say(line((excerpt(str(error), 300), StyleRole.BAD)))
            return
        self._search(query)
        self._prompt.say(self._said())

    def _search(self, query: Query | None) -> None:
        for target in self._searched(self._pane):
            target.search(query, filtering=self._filtering and query is not None)
        self._panes.write_titles()

    def _said(self) -> Line:
        query = self.query_of(self._pane)
        if query is None:
            names = self._searched(self._pane)[0].vocabulary
            fields = ", ".join(one.name for one in names.fields[:6]) if names is not None else ""
            return line((f'word "two words" /regex/ !  {fields}', StyleRole.DIM))
        found = [one.found() for one in self._searched(self._pane)]
        rows, of = sum(one.rows for one in found), sum(one.of for one in found)
        fields = f" · {counted(query.fields, 'field')}" if query.fields else ""
        other = "tab marks" if self._filtering else "tab hides the rest"
        role = StyleRole.DIM if rows else StyleRole.WARN
        return line((f"{rows:,} of {of:,}{fields} · {other}", role))

    def taken(self, text: str) -> None:
        """Keep the search, and go to the first match where nothing is hidden."""
        if text.strip():
            self._history = [*(one for one in self._history if one != text), text][-MOST_KEPT:]
        self._panes.focus_pane(self._pane)
        self._remember()
        if self.query_of(self._pane) is not None and not self._filtering:
            self.go_on(1)

    def left(self) -> None:
        """Search for what was searched for before."""
        query, self._filtering = self._before
        self._search(query)
        self._panes.focus_pane(self._pane)

    def turned(self, text: str) -> None:
        """Mark what matches in place of hiding the rest, or the other way round."""
        if self._pane is not PaneName.FLOW:
            self._filtering = not self._filtering
        self.typed(text)

    def wandered(self, text: str, step: int) -> None:
        """Take an earlier search."""
        if self._history:
            self._at = min(max(self._at + step, 0), len(self._history) - 1)
            self._prompt.put(self._history[self._at])

    # ---- going through it

    def go_on(self, step: int) -> None:
        """Go to the next match in the active pane, or to the one before."""
        name = self._panes.active
        query = self.query_of(name)
        target = self._panes.target
        if query is None or target is None:
            self._panes.show_notice(NOTHING)
        elif not target.go_to_match(step):
            self._panes.show_notice(f"{excerpt(query.text, 60)}: nothing found.")

    def forget(self) -> bool:
        """End the search of the active pane; False when there is none."""
        if self.query_of(self._panes.active) is None:
            return False
        self._pane = self._panes.active
        self._search(None)
        self._remember()
        return True

    # ---- from one session to the next

    def _remember(self) -> None:
        """Keep what hides rows of each pane for the project; what only marks them ends with it."""
        hiding = {
            name.value: query.text
            for name in PaneName
            if (query := self.query_of(name)) is not None
            and any(one.filtering for one in self._searched(name))
        }
        self._panes.memory.keep(SECTION, hiding)

    def restore(self) -> None:
        """Hide again what was hidden when the project was left; each border says so."""
        kept = self._panes.memory.recall(SECTION)
        pane, filtering = self._pane, self._filtering
        for name in PaneName:
            text = kept.get(name.value) if isinstance(kept, dict) else None
            targets = self._searched(name)
            if not isinstance(text, str) or not targets or not targets[0].filters:
                continue
            from workbench.search.query import QueryError, parse_query

            self._pane, self._filtering = name, True
            with suppress(QueryError):  # a field that there was once
                self._search(parse_query(text, targets[0].vocabulary))
        self._pane, self._filtering = pane, filtering
