"""Recording into a file that is asked for."""

from __future__ import annotations

from collections.abc import Callable

from runtime.protocol.requests import Request, StartRecording, StopRecording
from workbench.dialogs.ask import AskScreen, Hint
from workbench.screens.panes import Panes

DEFAULT_NAME = "a name from the flow and the time, next to the manifest"
FILE_HINT = "A new file. It gets what was done so far, and all that follows."
LOST_HINT = "A new file. It begins late: the ring has lost the start of this run."


class RecordingDialog:
    """Begins and ends the recording into a file."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send

    def record(self) -> None:
        """Ask for a file and record into it; end that when it is being done."""
        status = self._panes.view.recording
        if status is not None and status.writing:
            self._send(StopRecording())
            return
        hint = Hint(FILE_HINT if status is None or status.whole else LOST_HINT, True)
        ask = AskScreen("Record to a file", DEFAULT_NAME, lambda text: hint)
        self._panes.app.push_screen(ask, self._record)

    def _record(self, text: str | None) -> None:
        if text is not None:
            self._send(StartRecording(text.strip() or None))
