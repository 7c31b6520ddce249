"""What is searched for on the screen of a payload, and where the cursor goes for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from workbench.payload_view.document_view import DocumentView
from workbench.payload_view.payload_search import PayloadSearch
from workbench.payloads.table_viewer import condition_records
from workbench.payloads.viewer import PayloadPart
from workbench.search.highlight import highlighted
from workbench.search.query import QueryError
from workbench.text.lines import StyleRole, line
from workbench.widgets.prompt_line import PromptLine

TYPING_S = 0.03
"""A search begins so long after a letter: the next one may be on its way."""

SEARCHING = "search"
"""Workers that search."""


class PayloadFinding:
    """Searches what `view` shows; `changed` is called as finds come."""

    def __init__(
        self,
        view: DocumentView,
        prompt: PromptLine,
        part: PayloadPart,
        changed: Callable[[], None],
    ) -> None:
        self._view = view
        self._prompt = prompt
        self._part = part
        self._changed = changed
        self._search: PayloadSearch | None = None

    @property
    def text(self) -> str:
        """What is searched for; empty where nothing is."""
        return "" if self._search is None else self._search.query.text

    @property
    def words(self) -> str:
        """What is searched for, and how much was found."""
        return "" if self._search is None else f"/ {self.text}   {self._search.words}"

    def forget(self) -> None:
        """Search for nothing any more."""
        self._search = None
        self._view.highlight = None
        self._view.workers.cancel_group(self._view, SEARCHING)
        self._view.refresh()

    def begin(self, text: str) -> None:
        """Search for another text, from the cursor on."""
        self.forget()
        if text.strip():
            self._view.run_worker(self._typed_on(text), group=SEARCHING, exclusive=True)
        else:
            self._prompt.say(())

    async def _typed_on(self, text: str) -> None:
        await asyncio.sleep(TYPING_S)
        await self.search(text)

    async def search(self, text: str) -> int:
        """Search from the cursor on, to the end; how much was found."""
        document, start = self._view.document, self._view.standing()
        if document is None:
            return 0
        records = condition_records(self._part)
        try:
            search = await asyncio.to_thread(PayloadSearch, text, document, records)
        except QueryError as error:
            self._prompt.say(line((str(error), StyleRole.BAD)))
            return 0
        self._search = search
        self._view.highlight = partial(highlighted, query=search.query)
        steps = search.run()
        shown = False
        while not search.done:
            await asyncio.to_thread(next, steps, None)
            if self._search is not search:
                return 0
            self._prompt.say(line((search.words, StyleRole.DIM)))
            first = search.at_or_after(start) if not shown else None
            if first is not None and (search.done or first >= start):
                shown = True
                self._view.go_to(first)
            self._changed()
        return len(search.found)

    def go_on(self, step: int) -> str:
        """Go to the next find, or to the one before; why not, or ""."""
        search = self._search
        if search is None:
            return "Nothing is looked for: / begins."
        here = self._view.standing()
        offset = search.after(max(here, self._view.went_to)) if step > 0 else search.before(here)
        if offset is None:
            return f"{self.text}: nothing found."
        self._view.go_to(offset)
        return ""
