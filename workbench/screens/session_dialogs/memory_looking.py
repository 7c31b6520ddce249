"""Looking into the memory of a node: opens the memory pane, and hands it what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.protocol.components.memory_report import MemoryReport
from runtime.protocol.components.saved_component import SaveComponent, SavedComponent
from runtime.protocol.requests import Request
from workbench.screens.panes import Panes
from workbench.text.excerpt import excerpt

if TYPE_CHECKING:
    from workbench.memory.memory_screen import MemoryScreen


_NOTICE_CELLS = 400


class MemoryLooking:
    """One memory pane at a time."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send
        self._open: MemoryScreen | None = None

    def open(self) -> None:
        """Open it on `Context.node`."""
        flow, name = self._panes.view.flow, self._panes.context.node
        if flow is None or name is None or name not in flow.by_name:
            return
        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.memory.memory_screen import MemoryScreen

        self._open = MemoryScreen(name, self._send)
        self._panes.app.push_screen(self._open, self._closed)

    def _closed(self, _result: object) -> None:
        self._open = None

    def save(self) -> None:
        """Save what the component of `Context.node` remembers as a component."""
        if self._panes.context.node is not None:
            self._send(SaveComponent(self._panes.context.node))

    def take(self, reply: MemoryReport | SavedComponent) -> None:
        """Hand on what came back."""
        opened = self._open if self._open is not None and self._open.is_mounted else None
        if isinstance(reply, SavedComponent):
            self._panes.show_notice(excerpt(reply.words, _NOTICE_CELLS))
            if opened is not None:
                opened.take_saved(reply)
        elif opened is not None:
            opened.take(reply)
