"""Two branches of a session compared, or one with the recording it replays."""

from __future__ import annotations

import queue
import tempfile
import threading
import time
from pathlib import Path

from runtime.engine.options import EngineOptions
from runtime.model.errors import StudioError
from runtime.model.events import FlowState
from runtime.protocol.timeline import BranchComparison
from runtime.recording.diff.compare import compare_recordings
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import RunFacts, header_of
from runtime.recording.format import EndLine
from runtime.recording.recorder import save
from runtime.recording.run_facts import studio_release
from runtime.timetravel.branches import Branch


class BranchComparer:
    """Compares on a thread of its own: a long branch takes seconds, and the flow goes on."""

    def __init__(self, options: EngineOptions, recording: RecordingOptions) -> None:
        """`recording` says what is taken out before anything is written, even for a short time."""
        self._options = options
        self._recording = recording
        self._made: queue.SimpleQueue[BranchComparison] = queue.SimpleQueue()

    def compare(self, before: Branch | Path, after: Branch) -> None:
        """Compare a branch, or a recording, with another branch as it stands; see `take`."""
        branches = (before if isinstance(before, Path) else before.as_it_is(), after.as_it_is())
        worker = threading.Thread(
            target=self._compare, args=branches, name="branch comparison", daemon=True
        )
        worker.start()

    def take(self) -> BranchComparison | None:
        """The comparison that was finished since the last time, or None."""
        try:
            return self._made.get_nowait()
        except queue.Empty:
            return None

    def _compare(self, before: Branch | Path, after: Branch) -> None:
        names = [
            item.name if isinstance(item, Path) else f"branch {item.number}"
            for item in (before, after)
        ]
        with tempfile.TemporaryDirectory(prefix="torvyn-studio-") as folder:
            try:
                paths = [
                    item if isinstance(item, Path) else self._saved(item, Path(folder))
                    for item in (before, after)
                ]
                report = compare_recordings(paths[0], paths[1])
            except StudioError as error:
                text = "\n".join(item.message for item in error.diagnostics)
                self._made.put(
                    BranchComparison(names[0], names[1], 0, 0, f"They cannot be compared: {text}")
                )
                return
        compared = sum(count.compared for count in report.nodes.values())
        text = "" if report.equal else _how_far(before, after) + report.render()
        self._made.put(BranchComparison(names[0], names[1], compared, report.total, text))

    def _saved(self, branch: Branch, folder: Path) -> Path:
        path = folder / f"branch-{branch.number}.rec"
        facts = RunFacts(studio_release(), time.time_ns(), self._options)
        options = self._recording
        ended = branch.ended
        state, detail = (FlowState.RUNNING, "") if ended is None else (ended.state, ended.detail)
        end = EndLine(
            state=state.value, detail=detail, calls=branch.ring.calls_kept, last_call=branch.calls
        )
        failed = save(branch.ring, path, header_of(branch.flow, facts, options, path), options, end)
        if failed is not None:
            raise StudioError([failed])
        return path


def _how_far(before: Branch | Path, after: Branch) -> str:
    """What to know of branches that went on to different places; empty when they did not."""
    if after.ended is not None and (isinstance(before, Path) or before.ended is not None):
        return ""
    far = "a recording" if isinstance(before, Path) else f"{before.calls:,} calls"
    return (
        f"compared: {far} with {after.calls:,} calls of branch {after.number}; calls that only one "
        "of them made count as missing or added\n"
    )
