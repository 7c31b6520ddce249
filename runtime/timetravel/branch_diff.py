"""Two branches of a session compared, or one with the recording it replays."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import replace
from pathlib import Path

from runtime.engine.options import EngineOptions
from runtime.model.errors import StudioError
from runtime.model.events import FlowState
from runtime.model.files.temporary_folder import temporary_folder
from runtime.protocol.branch_comparison import (
    KEPT_DIFFERENCES,
    BranchComparison,
    CallsBeyond,
    ComparedCall,
    ComparedNode,
)
from runtime.recording.diff.compare import compare_recordings
from runtime.recording.diff.report import Difference, Report
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
        try:
            with temporary_folder() as folder:
                paths = [
                    item if isinstance(item, Path) else self._saved(item, folder)
                    for item in (before, after)
                ]
                report = compare_recordings(paths[0], paths[1], whole=False)
        except StudioError as error:
            text = "\n".join(item.message for item in error.diagnostics)
            self._made.put(replace(_of(before, after), failed=text))
            return
        self._made.put(_with_report(_of(before, after), report))

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


def _of(before: Branch | Path, after: Branch) -> BranchComparison:
    name = f"branch {after.number}"
    if isinstance(before, Path):
        return BranchComparison(before.name, name, None, after.number)
    left = after.parent is not None and after.parent.number == before.number
    return BranchComparison(
        f"branch {before.number}",
        name,
        before.number,
        after.number,
        after.forked_at if left else None,
    )


def _with_report(comparison: BranchComparison, report: Report) -> BranchComparison:
    return replace(
        comparison,
        nodes=tuple(
            ComparedNode(
                node=count.node,
                equal=count.compared - count.different - count.follows,
                differ=count.different + count.follows,
                missing=count.missing,
                added=count.added,
                first=None if count.equal else _call(report.firsts[count.node]),
            )
            for count in report.nodes.values()
            if count.role != "flow"
        ),
        differences=tuple(map(_call, report.differences[:KEPT_DIFFERENCES])),
        total=report.total,
        beyond=tuple(CallsBeyond(item.after, item.from_call, item.calls) for item in report.beyond),
        notes=tuple(report.notes),
    )


def _call(found: Difference) -> ComparedCall:
    return ComparedCall(
        found.node,
        found.export,
        found.element,
        found.call_before,
        found.call_after,
        found.what,
        found.before,
        found.after,
        found.lines,
        found.follows,
    )
