"""A session that goes on from the calls and branches of last time, where these still fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from runtime.build.session_builds import SessionBuilds
from runtime.child.pipe_messages import Compiling
from runtime.hotreload.reopening import Reopening
from runtime.model.errors import Severity, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.opening.open import FlowOpener
from runtime.opening.recorded.open_replay import ReplayOpener, replay_source
from runtime.opening.recorded.recordings import RecordedFlow, open_recording_with
from runtime.opening.trust.trust import ProjectTrust
from runtime.session.session import FlowSession
from runtime.timetravel.recorded.branch_index import branch_file, read_index
from runtime.timetravel.recorded.replay_source import RestorableBranch, RestorableBranches


def branches_saved_with(recorded: RecordedFlow) -> RestorableBranches:
    """The branches that were saved next to a recording; each is opened when its turn comes."""
    folder = recorded.path.parent

    def opened(number: int) -> RestorableBranch:
        found = open_recording_with(branch_file(folder, number), recorded.opened_today)
        return RestorableBranch(found.flow, replay_source(found), found.lost)

    index, problem = read_index(folder)
    return RestorableBranches(index, opened, problem)


@dataclass(frozen=True, slots=True)
class RestoringOpener:
    """Repeats the recording of last time; without it, or when it does not fit, begins afresh."""

    last: ReplayOpener
    fresh: FlowOpener

    def open(self, wake: Callable[[], None], compiling: Compiling | None = None) -> FlowSession:
        """See `Opener.open`."""
        try:
            return self.last.open(wake, compiling)
        except StudioError as error:
            notes = tuple(
                replace(
                    item,
                    severity=Severity.WARNING,
                    message=f"the calls of last time are not restored: {item.message}",
                )
                for item in error.diagnostics
            )
            return self.fresh.open(wake, compiling, notes=notes)

    def reopening(self, changed: Callable[[], None]) -> Reopening | None:
        """See `Opener.reopening`."""
        return self.fresh.reopening(changed)

    def builds(self) -> SessionBuilds:
        """See `Opener.builds`."""
        return self.fresh.builds()

    def trust(self) -> ProjectTrust:
        """See `Opener.trust`."""
        return self.fresh.trust()
