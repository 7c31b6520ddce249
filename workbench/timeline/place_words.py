"""What is said of the place on the branch: in the header, next to the track, below the panes."""

from __future__ import annotations

from pathlib import PurePath

from runtime.model.text.plurals import counted
from runtime.protocol.timeline import ReplayInfo, SeekProgress, Timeline
from workbench.text.excerpt import excerpt
from workbench.text.keys import shown_key
from workbench.text.lines import Line, StyleRole, fit, line, width_of

FILE_CELLS = 28

PAST_CELLS = 64
"""From here on there is room for whole words about the past."""


def share(seeking: SeekProgress) -> str:
    """`40 %` of the way."""
    way = max(seeking.target - seeking.begun, 1)
    return f"{100 * min(seeking.done - seeking.begun, way) // way} %"


def position_words(timeline: Timeline) -> str:
    """`1,842/1,850`: calls made, and calls of the branch."""
    return f"{timeline.position:,}/{timeline.calls:,}"


def state_words(timeline: Timeline | None, *, running: bool) -> tuple[str, str, StyleRole] | None:
    """Sign, word and role of the header for what is not the present; None in the present."""
    if timeline is None:
        return None
    if timeline.seeking is not None:
        word = "SEARCHING" if timeline.seeking.searching else "SEEKING"
        return "..", f"{word} {share(timeline.seeking)}", StyleRole.PAST_FLAG
    if timeline.past:
        word = "RECORDED" if timeline.ahead else "PAST"
        return ">" if running else "<<", f"{word} {position_words(timeline)}", StyleRole.PAST_FLAG
    return None


def replay_flag(timeline: Timeline | None) -> Line:
    """`REPLAY`, at its end `REPLAY as recorded`, off its way `REPLAY inputs only`; else empty.

    At the end of calls that were only shown, `REPLAY at its end`, and behind it nothing.
    """
    replay = timeline.replay if timeline is not None else None
    if timeline is None or replay is None:
        return ()
    if replay.finished:
        return line(("REPLAY as recorded", StyleRole.GOOD))
    if replay.exact and replay.calls is not None and timeline.position >= replay.calls:
        ended = timeline.position == replay.calls
        return line(("REPLAY at its end", StyleRole.GOOD)) if ended else ()
    return (
        line(("REPLAY", StyleRole.GOOD))
        if replay.exact
        else line(("REPLAY inputs only", StyleRole.WARN))
    )


def file_name(path: str, cells: int = FILE_CELLS) -> str:
    """The last part of a path."""
    return fit(excerpt(PurePath(path).name, 200), cells)


def _replay_words(replay: ReplayInfo) -> str:
    name = file_name(replay.file)
    return f"replay {name}" if replay.exact or replay.finished else f"inputs of {name}"


def place_words(timeline: Timeline, room: int) -> Line:
    """Where the flow stands, which branch, what is replayed; the last ones go without room."""
    if timeline.seeking is not None:
        return _seeking_words(timeline.seeking, room)
    if timeline.past:
        since = timeline.changes_since
        also = f" and {counted(since, 'change')}" if since else ""
        parts = [(f"<< {position_words(timeline)}{also}", StyleRole.PAST)]
    elif timeline.position < timeline.calls:
        parts = [(position_words(timeline), StyleRole.STRONG)]
    else:
        parts = [(counted(timeline.calls, "call"), StyleRole.STRONG)]
    if timeline.earliest:
        parts.append((f"kept from {timeline.earliest:,}", StyleRole.WARN))
    if timeline.marks and timeline.position in timeline.marks:
        parts.append(("marked", StyleRole.STRONG))
    if len(timeline.branches) > 1 or timeline.branch > 1:
        parts.append((f"branch {timeline.branch}", StyleRole.ACCENT))
    if timeline.replay is not None:
        parts.append((_replay_words(timeline.replay), StyleRole.DIM))
    made: Line = ()
    for text, role in parts:
        if len(text) + sum(len(span.text) + 2 for span in made) > room:
            break
        made = (*made, *line(("  " if made else "", role), (text, role)))
    return made


def _seeking_words(seeking: SeekProgress, room: int) -> Line:
    keys = line(
        (f"  {shown_key('run-pause', 'space')}", StyleRole.KEY), (" cancels", StyleRole.DIM)
    )
    what = "looking back from" if seeking.searching else "going to"
    text = f"{what} call {seeking.target:,}  {share(seeking)}"
    return line(
        (text if len(text) + width_of(keys) <= room else share(seeking), StyleRole.PAST), *keys
    )


def past_words(cells: int, unlike: bool = False, *, ahead: bool = False) -> Line:
    """That the past is looked at, and what can be done there.

    `unlike` when a call did not give again what it gave once, so that this is not the past; `ahead`
    when it is a place of the recording that the replay has not come to.
    """
    roomy = cells >= PAST_CELLS
    what_is_seen = "the recording" if ahead else "the past"
    head = f"you look at {what_is_seen}" if roomy else what_is_seen
    does = ("goes on", "to the end", "forks here") if roomy else ("on", "end", "fork")
    made = line(
        (f" << {head}", StyleRole.PAST), ("  x divergence" if unlike else "", StyleRole.BAD)
    )
    keys = (("step-forward", "]"), ("branch-end", "E"), ("fork", "F"))
    for key, what in zip((shown_key(*one) for one in keys), does, strict=True):
        made += line((f"  {key}", StyleRole.KEY), (f" {what}", StyleRole.DIM))
    return made


def waiting_words(timeline: Timeline) -> Line:
    """Which nodes have another build that is not taken here; empty when none has."""
    if not timeline.waiting:
        return ()
    first, *others = timeline.waiting
    more = f" and {len(others)} more" if others else ""
    waits = "waits" if not others else "wait"
    what = "a new build of" if not others else "new builds of"
    return line(
        (f" r {what} {excerpt(first, 60)}{more} {waits}: ", StyleRole.WARN),
        (shown_key("fork", "F"), StyleRole.KEY), (" takes it here, ", StyleRole.DIM),
        (shown_key("branch-end", "E"), StyleRole.KEY), (" at the end of the branch", StyleRole.DIM),
    )  # fmt: skip
