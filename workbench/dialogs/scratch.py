"""The scratch pane of a node: its component is called on what is typed, next to the flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from runtime.model.linked import LinkedNode, Role
from runtime.protocol.components.node_tries import NodeInput, NodeTry, TryNode
from runtime.protocol.requests import Request
from workbench.dialogs.payload_editor import Payload, PayloadScreen
from workbench.inspection.tables.try_rows import try_about, try_rows
from workbench.text.lines import Row, StyleRole, line
from workbench.widgets.line_view import LineView


class ScratchScreen(PayloadScreen):
    """A payload to edit, and below it what the component answered to the last one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "fresh", "fresh instance", priority=True),
        Binding("pageup", "page(-1)", "page up", priority=True),
        Binding("pagedown", "page(1)", "page down", priority=True),
    ]

    def __init__(
        self, node: LinkedNode, send: Callable[[Request], None], project: Path | None = None
    ) -> None:
        what = "pulled" if node.role is Role.SOURCE else "given this element"
        about = line(
            (f" {node.name}", StyleRole.STRONG),
            (f"  an instance of its own is {what}; the flow is not touched", StyleRole.DIM),
        )
        super().__init__(f"Try {node.name}", about, Payload(), project)
        self._node = node.name
        self._send = send
        self._tried: NodeTry | None = None
        self._result = LineView(id="scratch-result")
        self._result.show((Row(line((" ctrl+s calls it", StyleRole.DIM))),))

    def on_mount(self) -> None:
        """More room than an editor needs."""
        super().on_mount()
        self.query_one("#payload").add_class("scratch")

    def below(self) -> Iterable[Widget]:
        """The answers."""
        yield self._result

    def on_resize(self) -> None:
        """Payloads follow the width."""
        self.call_after_refresh(self._show_result)

    def take_input(self, given: NodeInput) -> None:
        """Begin with what the node had last, unless something was typed already."""
        if given.node == self._node and given.sequence is not None and not self.is_changed():
            self.load(Payload(given.payload, given.content_type), f"#{given.sequence}")

    def take_try(self, tried: NodeTry) -> None:
        """Show what came back."""
        if tried.node == self._node:
            self._tried = tried
            self._show_result()

    def _show_result(self) -> None:
        if self._tried is not None:
            self._result.show(try_rows(self._tried, self._result.room))
            self._result.border_title = try_about(self._tried)

    def save(self, payload: Payload) -> None:
        """Call the component; what was typed stays."""
        self._send(TryNode(self._node, payload.data, payload.content_type))

    def save_words(self) -> str:
        """What the keys do."""
        return "ctrl+s calls  F5 afresh"

    def action_fresh(self) -> None:
        """Make a new instance, which knows nothing of the tries before, and call it."""
        payload = self.payload()
        if payload is not None:
            self._send(TryNode(self._node, payload.data, payload.content_type, fresh=True))

    def action_page(self, pages: int) -> None:
        """Scroll the answers."""
        self._result.page(pages)

    def action_leave(self) -> None:
        """Close; nothing is lost that the flow had."""
        self.dismiss(None)
