"""Looking at the lineage of an element: asks for it, shows it, and lights its path in the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.protocol.lineage import Lineage
from runtime.protocol.requests import JumpTo, ReadLineage, Request
from workbench.graph.drawing import GraphPath
from workbench.lineage.lineage_rows import LineageCallRef, LineageRef
from workbench.screens.panes import Panes

if TYPE_CHECKING:
    from workbench.lineage.lineage_screen import LineageScreen


class LineageLooking:
    """One lineage at a time."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send
        self._open: LineageScreen | None = None
        self._asked: int | None = None
        self._waterfall = False

    def open(self) -> None:
        """Open the lineage of the element that the inspector shows."""
        element = self._panes.context.element
        if element is not None and element.lineage is not None:
            self._look(element.lineage)

    def _look(self, lineage: int) -> None:
        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.lineage.lineage_screen import LineageScreen

        self._asked = lineage
        self._open = LineageScreen(self._waterfall)
        self._panes.app.push_screen(self._open, self._closed)
        self._send(ReadLineage(lineage))

    def take(self, lineage: Lineage) -> None:
        """It was looked for; an answer to an older question is left out."""
        if self._open is None or lineage.lineage != self._asked:
            return
        self._open.show(lineage)
        nodes = frozenset(call.node for call in lineage.calls)
        path = GraphPath(nodes, frozenset(lineage.edges)) if lineage.found else None
        self._panes.flow_pane.path = path

    def _closed(self, chosen: LineageCallRef | LineageRef | None) -> None:
        if self._open is not None:
            self._waterfall = self._open.waterfall
        self._open = None
        self._panes.flow_pane.path = None
        if isinstance(chosen, LineageRef):
            self._look(chosen.lineage)
        elif isinstance(chosen, LineageCallRef):
            self._send(JumpTo(chosen.call - 1))
