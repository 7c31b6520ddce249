"""Sessions that replay a recording on screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import partial
from pathlib import Path

from runtime.build.session_builds import SessionBuilds
from runtime.child.pipe_messages import Compiling
from runtime.hotreload.reopening import Reopening
from runtime.model.errors import Diagnostic
from runtime.model.lazy.dataclass import dataclass
from runtime.opening.open import SCREEN_OPTIONS, SessionOptions, open_session, reopening_of
from runtime.opening.recorded.recordings import (
    RecordedFlow,
    open_recording,
    recorded_steps,
    recorded_steps_from,
    why_it_may_differ,
)
from runtime.opening.trust.trust import ProjectTrust, project_trust
from runtime.recording.file.reader import end_of_recording
from runtime.recording.replay.input_feed import Feed, text_inputs
from runtime.recording.replay.partial import source_feeds
from runtime.session.session import FlowSession
from runtime.timetravel.recorded.replay_source import ReplaySource, RestorableBranches


@dataclass(frozen=True, slots=True)
class ReplayOpener:
    """Opens sessions that replay a recording; see `Opener`.

    With another graph, which `force` lets pass, and with `inputs`, only the sources are answered
    for: calls are made in the flow's own order, and nothing is compared.
    """

    recording: Path
    manifest: Path
    flow: str | None = None
    options: SessionOptions = field(default_factory=SessionOptions)
    inputs: tuple[str, ...] = ()
    """Files in place of what sources gave, as `text_inputs` takes them."""
    force: bool = False
    others: Callable[[RecordedFlow], RestorableBranches] | None = None
    """Finds the branches that come back with the recorded one."""

    def open(self, wake: Callable[[], None], compiling: Compiling | None = None) -> FlowSession:
        """See `Opener.open`."""
        trust = self.trust()
        recorded = open_recording(
            self.recording,
            self.manifest,
            self.flow,
            force=self.force,
            admit=trust.withhold,
            compiling=compiling,
            guest_debug=self.options.guest_debug,
        )
        exact = recorded.same_structure and not self.inputs
        return open_session(
            recorded.opened,
            recorded.engine_options if exact else SCREEN_OPTIONS,
            self.options,
            wake,
            feeds=partial(_feeds, recorded, self.inputs),
            replay=self._repeated(recorded) if exact else None,
            notes=recorded.notes[len(recorded.opened.warnings) :] + trust.take_problem(),
        )

    def _repeated(self, recorded: RecordedFlow) -> ReplaySource:
        found = replay_source(recorded)
        return found if self.others is None else replace(found, others=self.others(recorded))

    def reopening(self, changed: Callable[[], None]) -> Reopening | None:
        """See `Opener.reopening`."""
        return reopening_of(self.manifest, self.options, changed)

    def builds(self) -> SessionBuilds:
        """See `Opener.builds`."""
        return SessionBuilds(self.manifest)

    def trust(self) -> ProjectTrust:
        """See `Opener.trust`."""
        return project_trust(self.manifest, trusted=self.options.trusted)


def _feeds(recorded: RecordedFlow, inputs: tuple[str, ...]) -> Mapping[str, Feed]:
    texts = text_inputs(inputs, recorded.flow.sources) if inputs else {}
    return {**source_feeds(recorded.path, recorded.flow), **texts}


def replay_source(recorded: RecordedFlow) -> ReplaySource:
    """What repeats a recording that was opened."""
    end = end_of_recording(recorded.path)
    warnings: list[Diagnostic] = []
    return ReplaySource(
        recorded.path,
        None if end is None else end.last_call,
        partial(recorded_steps, recorded, warnings.extend),
        partial(recorded_steps_from, recorded),
        partial(why_it_may_differ, recorded),
        warnings,
    )
