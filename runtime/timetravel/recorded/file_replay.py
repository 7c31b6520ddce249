"""The recording that a session repeats: what is told of its end, and what comes after it."""

from __future__ import annotations

from runtime.execution.execution import Execution, StopNote
from runtime.model.events import StopReason
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.timeline import TimelineMark
from runtime.recording.replay.divergence import Divergence
from runtime.timetravel.branches import Branch
from runtime.timetravel.recorded.recorded_past import RecordedPast
from runtime.timetravel.recorded.replay_source import ReplaySource
from runtime.timetravel.seeking.seek import divergence_words


class FileReplay:
    """What a session has of a recording while it repeats it, and what it says of that."""

    def __init__(self, source: ReplaySource | None, past: RecordedPast | None) -> None:
        self.source = source
        self.finished = False
        """True once every call of the source was made as it was recorded."""
        self.past = past
        """What it tells of calls that were not made again; None once the session has left it."""

    def part_with(self, target: int, branch: Branch) -> RecordedPast | None:
        """What shows a place that the branch has not come to, or that its ring has lost.

        None when the branch itself shows it, or the recording does not hold enough for that.
        """
        past = self.past
        if past is None or (past.why_no_more and target > past.calls):
            return None
        if target > branch.calls:
            length = past.length
            return past if length is None or length > branch.calls else None
        return past if target < branch.earliest else None

    def ended(self, shown: Execution, branch: Branch) -> None:
        """Every call was made as it was recorded."""
        self.finished = True
        for item in () if self.source is None else self.source.warnings:
            shown.note(CallMark.ERROR, None, f"{item.message} {item.help}")
        if not shown.engine.state.ended:
            text = "what follows is the flow's own; its sources give nothing more"
            shown.stop_note = StopNote(StopReason.END_OF_REPLAY, text)
            branch.places.add(TimelineMark.STOP, shown.calls)

    def seen_to_its_end(self, shown: Execution, branch: Branch) -> None:
        """The last recorded call was shown, and not made."""
        text = (
            f"the recording ends here; no call after call {branch.calls:,} was made again: "
            "F makes them, and goes on"
        )
        shown.stop_note = StopNote(StopReason.END_OF_REPLAY, text)

    def diverged(self, shown: Execution, divergence: Divergence, *, own_past: bool) -> None:
        """A call was not made as it was recorded; `own_past` when not the source recorded it."""
        words = divergence_words(divergence, None if own_past else self.source)
        shown.stop_note = StopNote(StopReason.DIVERGENCE, words)
        shown.note(CallMark.ERROR, divergence.node, words)

    def leave(self) -> None:
        """The session goes its own way."""
        past, self.past = self.past, None
        if past is not None:
            past.close()
