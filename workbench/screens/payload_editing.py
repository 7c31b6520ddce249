"""Editing a waiting element and making new ones: reads payloads, opens the editor, sends."""

from __future__ import annotations

from collections.abc import Callable

from runtime.protocol.requests import EditElement, InjectElement, ReadElement, Request
from runtime.protocol.updates import ElementDetails, ElementSummary
from workbench.dialogs.payload_editor import Payload, PayloadScreen
from workbench.payloads.limits import EDIT_BYTES, PART_BYTES
from workbench.screens.panes import Panes
from workbench.text.excerpt import excerpt
from workbench.text.figures import size
from workbench.text.lines import Line, StyleRole, line

TYPE_CHARACTERS = 400


class PayloadEditing:
    """Reads the whole payload of an element, part by part, before it is edited."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send
        self._wanted: int | None = None
        self._read = b""

    # ---- editing

    def edit(self) -> None:
        """Read the element that is meant; the editor opens when that is done."""
        self._wanted = self._panes.context.editable
        self._read = b""
        if self._wanted is not None:
            self._ask(self._wanted)

    def _ask(self, element_id: int) -> None:
        self._send(ReadElement(element_id, len(self._read), PART_BYTES))

    def take(self, reply: ElementDetails) -> None:
        """An element was read, perhaps the wanted one."""
        if reply.element_id != self._wanted or reply.offset != len(self._read):
            return
        about = reply.summary
        why = self._why_not(reply, about)
        if about is None or why:
            self._wanted = None
            self._panes.show_notice(why)
            return
        self._read += reply.payload
        if len(self._read) < about.size:
            self._ask(reply.element_id)
            return
        self._wanted = None
        if self._panes.screen.is_current:
            self._open(about)

    def _why_not(self, reply: ElementDetails, about: ElementSummary | None) -> str:
        if not reply.found or about is None:
            return "This element is not kept any more, so it cannot be edited."
        if about.size > EDIT_BYTES:
            return f"The payload has {size(about.size)}: up to {size(EDIT_BYTES)} can be edited."
        if not reply.payload and len(self._read) < about.size:
            return "The payload could not be read to its end."
        return ""

    def _open(self, about: ElementSummary) -> None:
        before = Payload(self._read, excerpt(about.content_type, TYPE_CHARACTERS))
        self._read = b""
        words = line(
            (f" #{about.sequence}", StyleRole.STRONG), (f" from {about.source}", StyleRole.TEXT)
        )

        def save(after: Payload | None) -> None:
            if after is None:
                return
            if after == before:
                self._panes.show_notice("Nothing was changed.")
                return
            other_type = after.content_type != before.content_type
            content_type = after.content_type if other_type else None
            self._send(EditElement(about.element_id, after.data, content_type))

        self._push("Edit the payload", (*words, *self._fork_words()), before, save)

    # ---- injecting

    def inject(self) -> None:
        """Open the editor for a new element."""
        edge, flow = self._panes.context.edge, self._panes.view.flow
        if edge is None or flow is None:
            return
        about = line((" to ", StyleRole.DIM), (flow.edges[edge].label, StyleRole.STRONG))

        def save(made: Payload | None) -> None:
            if made is not None:
                self._send(InjectElement(edge, made.data, made.content_type))

        self._push("A new element", (*about, *self._fork_words()), Payload(), save)

    def _push(
        self, title: str, about: Line, payload: Payload, save: Callable[[Payload | None], None]
    ) -> None:
        self._panes.app.push_screen(PayloadScreen(title, about, payload), save)

    def _fork_words(self) -> Line:
        if not self._panes.view.past:
            return ()
        return line(("   Y saving forks: another branch begins here", StyleRole.PAST))
