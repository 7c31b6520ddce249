"""What is known of the call that the inspector shows, while it is made and after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from runtime.model.call import CallInProgress
from runtime.protocol.call_report import CallReport
from runtime.protocol.element_summary import INPUT_BYTES, CallElement
from runtime.protocol.logs.printed_chunks import PrintedChunk
from runtime.protocol.replies import ElementDetails
from workbench.inspection.calls.call_rows import call_rows, call_title
from workbench.inspection.calls.running_call import running_rows
from workbench.text.call_words import call_words
from workbench.text.lines import Row
from workbench.view import CallRef, ElementRef, Selection, View

PRINTED_CHUNKS = 200
"""Chunks of output kept for the call that is being made."""


class InspectedCall:
    """A report that came, or what is heard of a call before it ends."""

    def __init__(self) -> None:
        self.report: CallReport | None = None
        self._printed: deque[PrintedChunk] = deque(maxlen=PRINTED_CHUNKS)

    def take_printed(self, chunks: Sequence[PrintedChunk]) -> None:
        """What components wrote: some of it may be of the call that is being made."""
        self._printed.extend(chunks)

    @staticmethod
    def in_progress(view: View, subject: Selection | None) -> CallInProgress | None:
        """The call that is meant, if it has not come back yet."""
        call = view.call
        same = call is not None and isinstance(subject, CallRef) and subject.call == call.number
        return call if same else None

    def words(self, view: View, subject: Selection | None) -> str:
        """What the pane's title says of a call that is shown; empty for all else."""
        call = self.in_progress(view, subject)
        if call is not None:
            return f"Call: {call_words(call)}"
        if isinstance(subject, CallRef) and self.report is not None:
            return f"Call: {call_title(self.report)}"
        return ""

    def element(self) -> ElementRef | None:
        """What came out of the call, else what went in."""
        run = self.report.run if self.report is not None else None
        if run is None:
            return None
        shown = run.outputs[0] if run.outputs else run.given
        return None if shown is None else ElementRef(shown.about.element_id, shown.about.lineage)

    def rows(
        self, view: View, subject: CallRef, before: ElementDetails | None, cells: int
    ) -> list[Row] | None:
        """Its rows; None while nothing is known. `before` is what was shown before the call."""
        call, flow = self.in_progress(view, subject), view.flow
        if flow is None:
            return None
        if call is not None:
            node, given = view.node(call.node), _given(call, view, before)
            return running_rows(call, flow, node, given, self._printed, cells)
        return None if self.report is None else call_rows(self.report, flow, cells)


def _given(call: CallInProgress, view: View, before: ElementDetails | None) -> CallElement | None:
    """What the call was given, where that was shown before it began."""
    upcoming = view.snapshot.next_call if view.snapshot is not None else None
    if before is None or before.summary is None or upcoming is None or before.offset:
        return None
    if (upcoming.node, upcoming.element_id) != (call.node, before.summary.element_id):
        return None
    return CallElement(call.number, before.summary, before.payload[:INPUT_BYTES])
