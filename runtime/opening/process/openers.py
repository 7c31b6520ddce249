"""The opener that a specification means."""

from __future__ import annotations

from runtime.child.pipe_messages import Opener
from runtime.opening.open import FlowOpener, SessionOptions
from runtime.opening.process.specification import SessionSpecification
from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.opening.recorded.restore import RestoringOpener, branches_saved_with
from runtime.recording.encoding import RecordingOptions
from runtime.recording.redaction import Redaction
from runtime.session.recording_file import RecordingSettings


def opener_of(given: SessionSpecification) -> Opener:
    """What opens the session. Raises `StudioError` for a rule of redaction that is none."""
    options = options_of(given)
    if given.replay is not None:
        return ReplayOpener(
            given.replay, given.manifest, given.flow, options, given.inputs, given.force
        )
    fresh = FlowOpener(given.manifest, given.flow, options, given.inputs)
    if given.restore is None:
        return fresh
    last = ReplayOpener(
        given.restore, given.manifest, given.flow, options, others=branches_saved_with
    )
    return RestoringOpener(last, fresh)


def options_of(given: SessionSpecification) -> SessionOptions:
    """How the session behaves. Raises `StudioError` as `opener_of`."""
    return SessionOptions(
        watch=given.watch,
        poll_only=given.poll_only,
        trusted=given.trusted,
        retry_on_reload=given.retry_on_reload,
        guest_debug=given.guest_debug,
        recording=RecordingSettings(
            path=given.record,
            ring_bytes=given.ring_bytes,
            options=RecordingOptions(
                redactor=Redaction(given.redactions) if given.redactions else None
            ),
        ),
        on_error=given.on_error,
    )
