"""The two status lines: why the flow stands still, what comes next, what the last call did."""

from __future__ import annotations

from runtime.model.call import Failure, NextCall
from runtime.model.component.failure_report import report_of
from runtime.model.events import FlowState, StopReason
from runtime.model.snapshot import FlowSnapshot, NodeState
from runtime.model.text.plurals import counted
from runtime.protocol.logs.event_lines import EventLine
from runtime.protocol.updates import Health
from workbench.bars.refused import refused_words
from workbench.graph.graph_diff import FlowChange
from workbench.inspection.empty_calls import first_real_call
from workbench.inspection.slowness.pressure_cause import find_cause
from workbench.inspection.tables.build_rows import comparison_words
from workbench.text.call_words import call_words, progress_words
from workbench.text.excerpt import excerpt
from workbench.text.figures import duration
from workbench.text.glyphs import (
    BREAK_ON,
    CAUSE,
    HOLD,
    IN_CALL,
    MARK_SIGNS,
    NEXT,
    NODE_SIGNS,
    NOTICE,
    RELOADED,
)
from workbench.text.keys import shown_key
from workbench.text.lines import Line, Span, StyleRole, fit, line, plain, width_of
from workbench.timeline import place_words as timeline_words
from workbench.view import News, View

PAUSES_NOTICED = 10
"""After so many answers `pause` in a row, a sink is named."""


def _retry_keys() -> str:
    keys = (("retry", "r"), ("step", "s"), ("step-element", "S"))
    return " ".join(shown_key(*key) for key in keys)


def next_words(upcoming: NextCall) -> str:
    """`router route(#3)`, with the time that must pass first."""
    about = f"(#{upcoming.sequence})" if upcoming.sequence is not None else ""
    waits = f" in {duration(upcoming.waits_ns)}" if upcoming.waits_ns else ""
    return f"{upcoming.node} {upcoming.export.value}{about}{waits}"


def status(view: View, last: EventLine | None, notice: str, cells: int) -> tuple[Line, Line]:
    """Why it stands still and what comes next; below it what the last call did."""
    return _standing(view, cells), _below(view, last, notice, cells)


def _standing(view: View, cells: int) -> Line:
    snapshot = view.snapshot
    if view.health is not Health.READY or snapshot is None:
        return _not_ready(view)
    under_way = _under_way(view, snapshot, cells)
    if under_way:
        return under_way
    upcoming = _upcoming(view, snapshot)
    room = cells - width_of(upcoming)
    if view.past:
        unlike = snapshot.stop is StopReason.DIVERGENCE
        ahead = view.timeline is not None and view.timeline.ahead
        return line(*timeline_words.past_words(room, unlike, ahead=ahead), *upcoming)
    if snapshot.state.ended:
        return _ended(snapshot)
    return line(*_stopped(view, snapshot, room), *upcoming)


def _not_ready(view: View) -> Line:
    """What keeps the flow from being run."""
    if view.health is Health.STARTING:
        return line((" - ", StyleRole.ACCENT), f"{view.detail or 'Compiling the components'}…")
    if view.health is Health.INVALID:
        return line(
            (" x ", StyleRole.BAD),
            (shown_key("pane-problems", "6"), StyleRole.KEY),
            (" shows what is wrong, ", StyleRole.BAD),
            (shown_key("build", "ctrl+r"), StyleRole.KEY),
            (" builds the components", StyleRole.DIM),
        )
    return line((" x ", StyleRole.BAD), ("what is shown is the last that was heard", StyleRole.BAD))


def _under_way(view: View, snapshot: FlowSnapshot, cells: int) -> Line:
    """A long call, a way through the past, a run; or what is wrong. Empty when it stands still."""
    if view.call is not None:
        return line(
            (f" {IN_CALL} {call_words(view.call)} ", StyleRole.ACCENT),
            (f"running {progress_words(view.call)}  ", StyleRole.ACCENT),
            (shown_key("back", "esc"), StyleRole.KEY),
            (" stops it", StyleRole.DIM),
        )
    if view.detail:
        return line((" x ", StyleRole.BAD), (view.detail, StyleRole.BAD))
    if view.timeline is not None and view.timeline.seeking is not None:
        searching = view.timeline.seeking.searching
        what = "looking for it in the past" if searching else "on the way through the past"
        return line(
            (f" .. {what}  ", StyleRole.PAST),
            (shown_key("run-pause", "space"), StyleRole.KEY),
            (" or ", StyleRole.DIM),
            (shown_key("back", "esc"), StyleRole.KEY),
            (" cancels", StyleRole.DIM),
        )
    if not view.running:
        return ()
    what = "running through the past  " if view.past else "running  "
    running = line(
        (" > ", StyleRole.GOOD),
        (what, StyleRole.PAST if view.past else StyleRole.GOOD),
        (shown_key("run-pause", "space"), StyleRole.KEY),
        (" pauses", StyleRole.DIM),
    )
    room = max(cells - width_of(running), 0)
    why = _on_hold(view, snapshot) or _why_slow(view, snapshot)
    return line(*running, (fit(why, room), StyleRole.WARN))


def _ended(snapshot: FlowSnapshot) -> Line:
    detail = f"  {excerpt(snapshot.stop_detail, 160)}" if snapshot.stop_detail else ""
    role = StyleRole.BAD if snapshot.state is FlowState.FAILED else StyleRole.GOOD
    return line(
        (f" = the flow is {snapshot.state.value}", role),
        (detail, StyleRole.TEXT),
        (f"   {shown_key('restart', 'A')}", StyleRole.KEY),
        (" begins again", StyleRole.DIM),
    )


def _stopped(view: View, snapshot: FlowSnapshot, room: int) -> Line:
    """Why it stands still, in so many cells."""
    held = line((_on_hold(view, snapshot), StyleRole.WARN))
    made: list[Span | tuple[str, StyleRole]] = []
    if snapshot.stop is StopReason.BREAKPOINT:
        made.append((f" {BREAK_ON} {excerpt(snapshot.stop_detail, 200)}", StyleRole.NEXT))
    elif snapshot.stop is StopReason.USER:
        # What is on hold is said behind it, as it is by now.
        said = "" if held else excerpt(snapshot.stop_detail, 160)
        made.append((f" || {said or 'paused'}", StyleRole.NEXT))
    elif snapshot.stop is not None:
        detail = f" ({excerpt(snapshot.stop_detail, 120)})" if snapshot.stop_detail else ""
        made += [(f" || stopped: {snapshot.stop.value}", StyleRole.NEXT), (detail, StyleRole.DIM)]
    elif not snapshot.calls:
        made.append((" || paused before the first call", StyleRole.NEXT))
    else:
        made.append((" || paused", StyleRole.NEXT))
    standing = line(*made)
    if held and snapshot.stop in (None, StopReason.USER):
        standing = (*standing, *held)
    if width_of(standing) <= room:
        return standing
    sign, *rest = plain(standing).strip().split(" ", 1)
    words = fit(" ".join(rest), max(room - len(sign) - 3, 0))
    return line((f" {sign} {words}".rstrip(), StyleRole.NEXT))


def _on_hold(view: View, snapshot: FlowSnapshot) -> str:
    """Which nodes are on hold, and how much waits for them; empty when none is."""
    parts = []
    for node in snapshot.nodes:
        if not node.on_hold or view.flow is None:
            continue
        link = view.flow.by_name.get(node.name)
        waiting = 0 if link is None else sum(snapshot.edges[index].depth for index in link.inputs)
        words = f", {counted(waiting, 'waits', 'wait')} for it" if waiting else ""
        parts.append(f"{node.name} is on hold{words}")
    return f"   {HOLD} {'; '.join(parts)}" if parts else ""


def _why_slow(view: View, snapshot: FlowSnapshot) -> str:
    """Who holds the others up, while the flow runs; empty when nobody does."""
    pausing = max(snapshot.nodes, key=lambda node: node.pauses_in_row, default=None)
    if pausing is not None and pausing.pauses_in_row >= PAUSES_NOTICED:
        return f"   ! {pausing.name} answered pause to its last {pausing.pauses_in_row:,} elements"
    cause = find_cause(view.flow, snapshot) if view.flow is not None else None
    if cause is None:
        return ""
    return f"   {CAUSE} {cause.short}; {cause.wait}"


def _upcoming(view: View, snapshot: FlowSnapshot) -> Line:
    upcoming = snapshot.next_call
    if view.retried is not None:
        words = f"{view.retried} again"
        return line((f"   {NEXT} next: ", StyleRole.DIM), (words, StyleRole.NEXT))
    if upcoming is None:
        return ()
    if view.flow is not None:
        upcoming = first_real_call(view.flow, upcoming)
    return line((f"   {NEXT} next: ", StyleRole.DIM), (next_words(upcoming), StyleRole.NEXT))


def _below(view: View, last: EventLine | None, notice: str, cells: int) -> Line:
    if notice:
        return line((f" {NOTICE} ", StyleRole.ACCENT), (fit(notice, cells - 3), StyleRole.TEXT))
    waits = timeline_words.waiting_words(view.timeline) if view.timeline is not None else ()
    if waits:
        return waits
    failed = view.failed_node if view.ready and not view.running else None
    if failed is not None and failed.failure is not None:
        return _failure(failed.name, failed.failure, past=view.past, cells=cells)
    refused, why = refused_words(view)
    if refused:
        keys = line(
            (f"  {shown_key('pane-problems', '6')}", StyleRole.KEY), (" shows", StyleRole.DIM)
        )
        head = f" x {refused}: "
        room = cells - len(head) - width_of(keys)
        return line((head, StyleRole.BAD), fit(why, max(room, 8)), *keys)
    if view.news:
        return _news(view.news, cells)
    if last is not None and not view.running:
        sign, role = MARK_SIGNS[last.mark]
        node = f"{last.node} " if last.node else ""
        return line((f" {sign} ", role), (node, StyleRole.ACCENT), excerpt(last.text, 400))
    return ()


def _failure(name: str, failure: Failure, *, past: bool, cells: int) -> Line:
    retry = () if past else line((f"  {_retry_keys()}", StyleRole.KEY), (" retry", StyleRole.DIM))
    keys = (
        *retry,
        *line(
            (" " if retry else "  "),
            (shown_key("skip", "x"), StyleRole.KEY),
            (" skips", StyleRole.DIM),
        ),
    )
    head = f" x {name}: {failure.name} [{failure.code}] "
    room = cells - len(head) - width_of(keys)
    headline = excerpt(report_of(failure).headline, 400)
    return line((head, StyleRole.BAD), fit(headline, max(room, 8)), *keys)


def _news(news: tuple[News, ...], cells: int) -> Line:
    latest = news[-1]
    if isinstance(latest, FlowChange):
        text = f"another graph: {latest.words}" + (" (A begins with it)" if latest.waits else "")
    else:
        text = comparison_words(latest)
    more = f" (and {len(news) - 1} more)" if len(news) > 1 else ""
    keys = line((f"  {shown_key('difference', 'D')}", StyleRole.KEY), (" shows", StyleRole.DIM))
    room = cells - 3 - len(more) - width_of(keys)
    return line(
        (f" {RELOADED} ", StyleRole.ACCENT), (fit(text, max(room, 8)) + more, StyleRole.WARN), *keys
    )


def why_not(view: View, node: str | None) -> str:
    """Why a step made no call."""
    snapshot = view.snapshot
    if snapshot is None:
        return "No call was made: the flow is not ready."
    chosen = view.node(node) if node is not None else None
    if chosen is not None and chosen.state is not NodeState.READY:
        words = {
            NodeState.BLOCKED: "is blocked by a full queue",
            NodeState.IDLE: "has nothing to do",
        }
        reason = words.get(chosen.state, f"is {NODE_SIGNS[chosen.state][1]}")
        return f"No call was made: {node} {reason}."
    if snapshot.next_call is None:
        return "No call was made: there is none to make."
    if snapshot.next_call.waits_ns:
        return f"No call was made: {next_words(snapshot.next_call)}."
    return f"No call was made. {excerpt(snapshot.stop_detail, 200)}".rstrip()
