"""What a session tells the screen, update by update."""

from __future__ import annotations

from runtime.hotreload.reloading import HotReload, ReloadNews
from runtime.protocol.timeline import RecordingStatus, ReplayInfo, Timeline
from runtime.protocol.updates import (
    CallMark,
    ElementDetails,
    Health,
    NodeCalls,
    QueueListing,
    Update,
)
from runtime.session.recording_file import RecordingFile
from runtime.timetravel.branch_diff import BranchComparer
from runtime.timetravel.time_travel import TimeTravel

LINES_PER_UPDATE = 300
"""Most event-log lines one update carries; what is left out is counted in the update."""
LINES_AGAIN = 2_000
"""Most lines of an update with which the log starts over."""


class UpdateBuilder:
    """Knows what the screen was told, and tells what is new."""

    def __init__(self, time: TimeTravel, file: RecordingFile, comparer: BranchComparer) -> None:
        self.reloading: HotReload | None = None
        self._time = time
        self._file = file
        self._comparer = comparer
        self.replies: list[QueueListing | ElementDetails | NodeCalls] = []
        """Answers that were asked for."""
        self._sent_events = 0
        self._flow_is_news = True
        self._rewound = False
        self._timeline: Timeline | None = None
        self._recording: RecordingStatus | None = None

    def another_flow(self) -> None:
        """The flow, or a build in it, is another one."""
        self._flow_is_news = self._time.changed = True

    def another_moment(self) -> None:
        """All that is shown is of another moment."""
        self._rewound = True
        self.another_flow()

    def update(self, running: bool) -> Update:
        """What happened since the last update."""
        if self._time.changed:
            self._look_at_the_file()
        now, rewound = self._time.now, self._rewound
        most = LINES_PER_UPDATE
        if rewound:
            self._sent_events, most = 0, LINES_AGAIN
        lines, lost = now.log.since(self._sent_events, most)
        self._sent_events = now.log.count
        printed, printed_lost = now.printed.take_all() if rewound else now.printed.take()
        replies, self.replies = tuple(self.replies), []
        news = ReloadNews() if self.reloading is None else self.reloading.news()
        flow = now.flow if self._flow_is_news else None
        changed, self._time.changed = self._time.changed, False
        self._flow_is_news = self._rewound = False
        return Update(
            health=Health.READY,
            flow=flow,
            snapshot=now.snapshot() if changed else None,
            running=running,
            events=tuple(now.inspector.lines(lines)),
            events_lost=lost,
            printed=printed,
            printed_lost=printed_lost,
            replies=replies,
            problems=news.problems,
            builds=news.builds,
            comparisons=news.comparisons,
            rewound=rewound,
            timeline=self._timeline_news() if changed else None,
            recording=self._recording_news() if changed else None,
            branch_comparison=self._comparer.take(),
        )

    def _look_at_the_file(self) -> None:
        failure = self._file.failure()
        if failure is not None:
            self._time.remark(CallMark.ERROR, None, f"the recording stopped: {failure.message}")

    def _timeline_news(self) -> Timeline | None:
        before, self._timeline = self._timeline, self._present_timeline()
        return None if self._timeline == before else self._timeline

    def _present_timeline(self) -> Timeline:
        time = self._time
        branch, file = time.branch, time.file
        waiting = () if self.reloading is None else self.reloading.waiting
        calls = branch.calls
        replay = None
        if file is not None:
            replay = ReplayInfo(file.path.name, file.calls, time.exact, time.finished)
            if time.exact and file.calls is not None:
                calls = max(calls, file.calls)
        return Timeline(
            position=time.now.calls,
            calls=calls,
            branch=branch.number,
            branches=time.branches.infos(),
            past=time.past,
            cells=branch.places.cells(calls),
            marks=tuple(branch.marks),
            seeking=time.seeking,
            refusal=time.branch.why_not_back,
            waiting=waiting,
            replay=replay,
        )

    def _recording_news(self) -> RecordingStatus | None:
        status = self._file.status(self._time.branch.recorder)
        before, self._recording = self._recording, status
        return None if status == before else status
