"""Trying the component of a node: opens the scratch pane, and hands it what comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.protocol.components.node_tries import NodeInput, NodeTry, ReadNodeInput
from runtime.protocol.requests import Request
from workbench.screens.panes import Panes

if TYPE_CHECKING:
    from workbench.dialogs.scratch import ScratchScreen


class NodeTrying:
    """One scratch pane at a time."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send
        self._open: ScratchScreen | None = None

    def open(self) -> None:
        """Open it on `Context.node`."""
        flow, name = self._panes.view.flow, self._panes.context.node
        if flow is None or name not in flow.by_name:
            return
        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.dialogs.scratch import ScratchScreen

        self._open = ScratchScreen(flow.by_name[name], self._send, Path(flow.manifest).parent)
        self._panes.app.push_screen(self._open, self._closed)
        self._send(ReadNodeInput(name))

    def _closed(self, _result: object) -> None:
        self._open = None

    def take(self, reply: NodeInput | NodeTry) -> None:
        """Hand on what came back."""
        if self._open is None or not self._open.is_mounted:
            return
        if isinstance(reply, NodeInput):
            self._open.take_input(reply)
        else:
            self._open.take_try(reply)
