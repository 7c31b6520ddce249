"""Copying what the active pane offers: marked text, a whole payload, a line."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from runtime.model.text.plurals import counted
from runtime.protocol.replies import WholePayload
from workbench.payloads.limits import COPY_BYTES
from workbench.payloads.viewer import PayloadPart, payload_text
from workbench.screens.panes import Panes
from workbench.screens.whole_payloads.payload_reading import PayloadReading
from workbench.terminal.clipboard_copy import put_on_clipboard
from workbench.text.figures import size
from workbench.widgets.line_view import LineView
from workbench.widgets.panes.inspector import Inspector


class Copying:
    """Puts text on the clipboard, and says what it was and how it went there."""

    def __init__(self, panes: Panes, reading: PayloadReading) -> None:
        self._panes = panes
        self._reading = reading

    def copy(self) -> None:
        """Copy the marked text, else what the active pane offers.

        Of a payload of which the pane has a part, the whole is read first, up to `COPY_BYTES`.
        """
        marked = self._panes.screen.get_selected_text()
        if marked:
            self._start(marked)
            return
        target = self._panes.target
        about = target.partly_read if isinstance(target, Inspector) else None
        if about is None or about.size > COPY_BYTES:
            self._copy_shown()
        else:
            self._reading.read(about.element_id, COPY_BYTES, self._copy_payload)

    def _copy_payload(self, whole: WholePayload) -> None:
        if whole.data is None:
            self._copy_shown()
        else:
            self._run(self._copy_whole(whole.data))

    def _copy_shown(self) -> None:
        """Copy what the pane has, which may be a part: that is said."""
        target = self._panes.target
        text = target.copy_text() if target is not None else None
        part = target.copied_part if isinstance(target, LineView) else ""
        if not text:
            self._panes.show_notice(
                "Nothing to copy: put the cursor on a line, or mark with the mouse."
            )
        elif part:
            self._start(text, f": {part}, since up to {size(COPY_BYTES)} are copied whole,")
        else:
            self._start(text)

    def _start(self, text: str, part: str = "") -> None:
        self._run(self._copy(text, part))

    def _run(self, copying: Coroutine[None, None, None]) -> None:
        self._panes.run_worker(copying, group="copy", exclusive=True)

    async def _copy_whole(self, data: bytes) -> None:
        await self._copy(await asyncio.to_thread(payload_text, PayloadPart(data)))

    async def _copy(self, text: str, part: str = "") -> None:
        way = await put_on_clipboard(self._panes.app, text)
        self._panes.show_notice(f"Copied {counted(len(text), 'character')}{part} {way}.")
