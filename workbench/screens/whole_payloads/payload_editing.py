"""Editing a waiting element and making new ones: reads payloads, opens the editor, sends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runtime.protocol.element_summary import ElementSummary
from runtime.protocol.replies import WholePayload
from runtime.protocol.requests import EditElement, InjectElement, Request
from workbench.dialogs.payload_editor import Payload, PayloadScreen
from workbench.payloads.limits import EDIT_BYTES
from workbench.screens.panes import Panes
from workbench.screens.whole_payloads.payload_reading import PayloadReading
from workbench.text.excerpt import excerpt
from workbench.text.figures import size
from workbench.text.lines import Line, StyleRole, line

TYPE_CHARACTERS = 400


class PayloadEditing:
    """Reads the whole payload of an element before it is edited."""

    def __init__(
        self, panes: Panes, reading: PayloadReading, send: Callable[[Request], None]
    ) -> None:
        self._panes = panes
        self._reading = reading
        self._send = send

    # ---- editing

    def edit(self) -> None:
        """Read the element that is meant; the editor opens when that is done."""
        element_id = self._panes.context.editable
        if element_id is not None:
            self._reading.read(element_id, EDIT_BYTES, self._take)

    def _take(self, whole: WholePayload) -> None:
        about = whole.summary
        if about is None:
            self._panes.show_notice("This element is not kept any more, so it cannot be edited.")
        elif whole.data is None:
            self._panes.show_notice(
                f"The payload has {size(about.size)}: up to {size(EDIT_BYTES)} can be edited."
            )
        elif self._panes.screen.is_current:
            self._open(about, whole.data)

    def _open(self, about: ElementSummary, data: bytes) -> None:
        before = Payload(data, excerpt(about.content_type, TYPE_CHARACTERS))
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
        place = self._panes.context.place
        where = "" if place is None else f", in place {place + 1}"
        about = line(
            (" to ", StyleRole.DIM),
            (flow.edges[edge].label, StyleRole.STRONG),
            (where, StyleRole.DIM),
        )

        def save(made: Payload | None) -> None:
            if made is not None:
                self._send(InjectElement(edge, made.data, made.content_type, place))

        self._push("A new element", (*about, *self._fork_words()), Payload(), save)

    def _push(
        self, title: str, about: Line, payload: Payload, save: Callable[[Payload | None], None]
    ) -> None:
        flow = self._panes.view.flow
        project = None if flow is None else Path(flow.manifest).parent
        self._panes.app.push_screen(PayloadScreen(title, about, payload, project), save)

    def _fork_words(self) -> Line:
        if not self._panes.view.past:
            return ()
        return line(("   Y saving forks: another branch begins here", StyleRole.PAST))
