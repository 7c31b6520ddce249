"""The header: name and state of the flow, what is not as it should be, counts."""

from __future__ import annotations

from runtime.model.events import FlowState
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import word_for
from runtime.protocol.updates import Health
from workbench.actions.labels import pace_name
from workbench.bars.refused import refused_words
from workbench.text.build_words import build_words
from workbench.text.call_words import progress_words
from workbench.text.excerpt import excerpt
from workbench.text.figures import count
from workbench.text.glyphs import BREAK_ON, DENIED, IN_CALL
from workbench.text.lines import Line, Span, StyleRole, line, width_of
from workbench.text.short_names import shorten
from workbench.timeline import place_words as timeline_words
from workbench.timeline.recording_status import recording_flag, ring_words
from workbench.view import View

GAP = Span("  ")

PROGRAM = " torvyn-studio "
NATIVE, COMPILED = "native", "compiled engine"
"""Said next to the program's name: calls go through the native layer, and what the engine is."""

LEAST_NAME = 8
"""Cells that the flow's name is never cut below."""

MOST_NAME = 32

FLAGS = {
    StyleRole.ACCENT: StyleRole.ACCENT_FLAG,
    StyleRole.NEXT: StyleRole.NEXT_FLAG,
    StyleRole.GOOD: StyleRole.GOOD_FLAG,
    StyleRole.WARN: StyleRole.WARN_FLAG,
    StyleRole.BAD: StyleRole.BAD_FLAG,
}
"""How the state of each role is filled: the one thing on screen that is."""

ORDER = ("ring", "t", "pace", "calls", "in", "out", "queued", "lost", "errors")
"""Figures from left to right."""


def state_words(view: View) -> tuple[str, str, StyleRole]:
    """Sign, word and role of what the session does as a whole."""
    match view.health:
        case Health.STARTING:
            return "-", "STARTING", StyleRole.ACCENT
        case Health.INVALID:
            return "x", "INVALID", StyleRole.BAD
        case Health.DEAD:
            return "x", "LOST", StyleRole.BAD
        case Health.READY:
            pass
    if view.call is not None:
        return IN_CALL, progress_words(view.call), StyleRole.ACCENT
    elsewhere = timeline_words.state_words(view.timeline, running=view.running)
    if elsewhere is not None:
        return elsewhere
    if view.running:
        return ">", "RUNNING", StyleRole.GOOD
    if view.failed_node is not None and not _ended(view):
        return "x", "ERROR", StyleRole.BAD
    if view.break_hit is not None:
        return BREAK_ON, f"BREAK {view.break_hit.breakpoint.number}", StyleRole.NEXT
    match view.snapshot.state if view.snapshot is not None else FlowState.CREATED:
        case FlowState.COMPLETED:
            return "=", "COMPLETED", StyleRole.GOOD
        case FlowState.FAILED:
            return "x", "FAILED", StyleRole.BAD
        case FlowState.CANCELLED:
            return "=", "CANCELLED", StyleRole.WARN
        case _:
            return "||", "PAUSED", StyleRole.NEXT


def _ended(view: View) -> bool:
    return view.snapshot is not None and view.snapshot.state.ended


def header(view: View, title: str, pace: float | None, cells: int) -> Line:
    """Name and state at the left, figures at the right; the state and what is wrong never go.

    With fewer cells go, the first before the others: the program's and the project's name, the
    ring, the pace, flow time, in, out, queued.
    """
    sign, word, role = state_words(view)
    state = Span(f" {sign} {word} ", FLAGS.get(role, role))
    if cells < width_of((state,)) + LEAST_NAME + 2:
        return (state,)
    name = view.graph.name if view.graph is not None else title
    kept, optional = _figures(view, pace)
    alerts = [part for part in (timeline_words.replay_flag(view.timeline), *_flags(view)) if part]
    room = cells - width_of((state,)) - LEAST_NAME - 2 - sum(map(_part_cells, kept.values()))
    shown = dict(kept)
    flags: list[Line] = []
    for alert in alerts:
        if _part_cells(alert) <= room:
            flags.append(alert)
            room -= _part_cells(alert)
    name_cells = min(LEAST_NAME + max(room, 0), MOST_NAME, width_of(line(name)))
    room -= max(name_cells - LEAST_NAME, 0)
    for key, part in optional.items():
        if _part_cells(part) <= room:
            shown[key] = part
            room -= _part_cells(part)
    whole = f"{title}/{name}"
    project = view.flow is not None and title != name and name_cells >= width_of(line(name))
    if project and width_of(line(whole)) - name_cells <= room - 1:
        room -= width_of(line(whole)) - name_cells
        name, name_cells = whole, width_of(line(whole))
    program = _program(view)
    if len(program) > room - 1:
        program = ""
    left: Line = (
        *line((program, StyleRole.DIM)),
        *line((f" {shorten((name,), name_cells)[name]} ", StyleRole.STRONG)),
        state,
        *(span for flag in flags for span in (GAP, *flag)),
    )
    right = tuple(span for key in ORDER if key in shown for span in (GAP, *shown[key]))
    gap = " " * max(cells - width_of(left) - width_of(right) - 1, 0)
    return (*left, *line(gap), *right)


def _program(view: View) -> str:
    """The program's name, and what of it is quicker than its Python code."""
    quicker = [NATIVE] * (view.layer == "native") + [COMPILED] * (view.engine == "compiled")
    return f"{PROGRAM}{', '.join(quicker)} " if quicker else PROGRAM


def _part_cells(part: Line) -> int:
    return len(GAP.text) + width_of(part)


def _flags(view: View) -> list[Line]:
    """What is not as it should be, and what is being built."""
    parts = [recording_flag(view.recording)]
    withheld = [node.name for node in view.flow.nodes if node.withheld] if view.flow else []
    if withheld:
        whose = withheld[0] if len(withheld) == 1 else f"{len(withheld)} nodes"
        parts.append(line((f"{DENIED} grants denied to {excerpt(whose, 40)}", StyleRole.WARN)))
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
    if view.native_problem:
        parts.append(line((f"! native layer {view.native_problem}", StyleRole.WARN)))
    return parts


def _figures(view: View, pace: float | None) -> tuple[dict[str, Line], dict[str, Line]]:
    """Those that are always shown, and the others, the last to go first."""
    snapshot = view.snapshot
    if snapshot is None:
        return {}, {}
    lost = StyleRole.WARN if snapshot.dropped else StyleRole.TEXT
    failed = StyleRole.BAD if snapshot.errors else StyleRole.TEXT
    kept = {
        "calls": _figure(snapshot.calls, word_for(snapshot.calls, "call")) if not view.past else (),
        "lost": _figure(snapshot.dropped, "lost", lost),
        "errors": _figure(snapshot.errors, word_for(snapshot.errors, "error"), failed),
    }
    optional = {
        "queued": _figure(snapshot.queued, "queued"),
        "out": _figure(snapshot.delivered, "out"),
        "in": _figure(snapshot.pulled, "in"),
        "pace": line(("pace ", StyleRole.DIM), (pace_name(pace), StyleRole.ACCENT))
        if pace is not None
        else (),
        "t": line(("t ", StyleRole.DIM), spaced_duration(snapshot.at_ns)),
        "ring": ring_words(view.recording),
    }
    return (
        {key: part for key, part in kept.items() if part},
        {key: part for key, part in optional.items() if part},
    )


def _figure(number: int, words: str, role: StyleRole = StyleRole.TEXT) -> Line:
    return line((f"{count(number)} ", role), (words, StyleRole.DIM))
