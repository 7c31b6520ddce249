"""The header: name and state of the flow, what is not as it should be, counts."""

from __future__ import annotations

from runtime.model.events import FlowState
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.updates import Health
from workbench.actions.labels import pace_name
from workbench.bars.refused import refused_words
from workbench.text.build_words import build_words
from workbench.text.figures import count, flow_time
from workbench.text.lines import Line, Span, StyleRole, fit, line, width_of
from workbench.timeline import place_words as timeline_words
from workbench.timeline.recording_status import recording_flag, ring_words
from workbench.view import View

GAP = Span("  ")


def state_words(view: View) -> tuple[str, str, StyleRole]:
    """Sign, word and role of what the session does as a whole."""
    match view.health:
        case Health.STARTING:
            return "-", "STARTING", StyleRole.ACCENT
        case Health.INVALID:
            return "x", "INVALID", StyleRole.BAD
        case Health.DEAD:
            return "x", "DEAD", StyleRole.BAD
        case Health.READY:
            pass
    elsewhere = timeline_words.state_words(view.timeline, running=view.running)
    if elsewhere is not None:
        return elsewhere
    if view.running:
        return ">", "RUNNING", StyleRole.GOOD
    match view.snapshot.state if view.snapshot is not None else FlowState.CREATED:
        case FlowState.COMPLETED:
            return "=", "COMPLETED", StyleRole.GOOD
        case FlowState.FAILED:
            return "x", "FAILED", StyleRole.BAD
        case FlowState.CANCELLED:
            return "=", "CANCELLED", StyleRole.WARN
        case _:
            return "||", "PAUSED", StyleRole.NEXT


def header(view: View, title: str, pace: float | None, cells: int) -> Line:
    """Name, state and counts; the last counts go when there is no room."""
    sign, word, role = state_words(view)
    name = view.flow.name if view.flow is not None else title
    state = f" {sign} {word} " if role is StyleRole.PAST_FLAG else f" {sign} {word}"
    made = line(
        (" torvyn-studio ", StyleRole.DIM),
        (f" {fit(name, 24)} ", StyleRole.STRONG),
        " ",
        (state, role),
    )
    parts = [timeline_words.replay_flag(view.timeline), *_flags(view)]
    if view.snapshot is not None:
        parts += _counts(view, view.snapshot, pace)
    for part in filter(None, parts):
        if width_of(made) + len(GAP.text) + width_of(part) >= cells:
            break
        made = (*made, GAP, *part)
    return made


def _flags(view: View) -> list[Line]:
    """What is not as it should be, and what is being built."""
    parts = [recording_flag(view.recording)]
    if view.build.busy:
        parts.append(line((f"> {build_words(view.build)}", StyleRole.ACCENT)))
    refused, _ = refused_words(view)
    if refused:
        parts.append(line((f"x {refused}", StyleRole.BAD)))
    failed = [outcome.component for outcome in view.failed_builds]
    if len(failed) > 1:
        parts.append(line((f"x {len(failed)} builds failed", StyleRole.BAD)))
    elif failed or view.build.refused:
        parts.append(line((f"x build failed {''.join(failed)}".rstrip(), StyleRole.BAD)))
    return parts


def _counts(view: View, snapshot: FlowSnapshot, pace: float | None) -> list[Line]:
    def figure(name: str, value: str, role: StyleRole = StyleRole.TEXT) -> Line:
        return line((f"{name} ", StyleRole.DIM), (value, role))

    return [
        figure("calls", count(snapshot.calls)) if not view.past else (),
        figure("pace", pace_name(pace), StyleRole.ACCENT) if pace is not None else (),
        figure("t", flow_time(snapshot.at_ns)),
        figure("queued", count(snapshot.queued)),
        figure(
            "dropped",
            count(snapshot.dropped),
            StyleRole.WARN if snapshot.dropped else StyleRole.TEXT,
        ),
        figure(
            "errors", count(snapshot.errors), StyleRole.BAD if snapshot.errors else StyleRole.TEXT
        ),
        ring_words(view.recording),
        figure("in", count(snapshot.pulled)),
        figure("out", count(snapshot.delivered)),
    ]
