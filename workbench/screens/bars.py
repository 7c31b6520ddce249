"""The lines above and below the panes: header, status, footer, banner."""

from __future__ import annotations

from runtime.model.call import Failure, NextCall
from runtime.model.events import FlowState, StopReason
from runtime.model.snapshot import FlowSnapshot, NodeState
from runtime.protocol.updates import EventLine, Health
from workbench.actions.labels import footer_actions, key_name, label, pace_name
from workbench.actions.table import BY_ID
from workbench.actions.target import Context
from workbench.graph.graph_diff import FlowChange
from workbench.inspection.build_rows import comparison_words
from workbench.text.build_words import build_words
from workbench.text.figures import count, duration, flow_time
from workbench.text.glyphs import MARK_SIGNS, NEXT, NODE_SIGNS, RELOADED
from workbench.text.lines import Line, Span, StyleRole, fit, line, width_of, wrap_words
from workbench.text.printable import harmless
from workbench.text.recording_words import recording_flag, ring_words
from workbench.text.refused_words import refused_words
from workbench.timeline import place_words as timeline_words
from workbench.view import News, View

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
    if view.health is Health.STARTING:
        return line((" - ", StyleRole.ACCENT), "Compiling the components…")
    if view.health is Health.INVALID:
        return line(
            (" x ", StyleRole.BAD),
            ("6", StyleRole.KEY),
            (" shows what is wrong, ", StyleRole.BAD),
            ("ctrl+r", StyleRole.KEY),
            (" builds the components", StyleRole.DIM),
        )
    if view.health is not Health.READY or snapshot is None:
        return line(
            (" x ", StyleRole.BAD), ("what is shown is the last that was heard", StyleRole.BAD)
        )
    if view.timeline is not None and view.timeline.seeking is not None:
        return line(
            (" .. on the way through the past  ", StyleRole.PAST),
            ("space", StyleRole.KEY),
            (" or ", StyleRole.DIM),
            ("esc", StyleRole.KEY),
            (" cancels", StyleRole.DIM),
        )
    if view.running:
        what = "running through the past  " if view.past else "running  "
        return line(
            (" > ", StyleRole.GOOD),
            (what, StyleRole.PAST if view.past else StyleRole.GOOD),
            ("space", StyleRole.KEY),
            (" pauses", StyleRole.DIM),
        )
    upcoming = _upcoming(snapshot)
    if view.past:
        unlike = snapshot.stop is StopReason.DIVERGENCE
        return line(*timeline_words.past_words(cells - width_of(upcoming), unlike), *upcoming)
    if snapshot.state.ended:
        detail = f"  {harmless(snapshot.stop_detail, 160)}" if snapshot.stop_detail else ""
        role = StyleRole.BAD if snapshot.state is FlowState.FAILED else StyleRole.GOOD
        return line(
            (f" = the flow is {snapshot.state.value}", role),
            (detail, StyleRole.TEXT),
            ("   A", StyleRole.KEY),
            (" begins again", StyleRole.DIM),
        )
    made: list[Span | tuple[str, StyleRole]] = []
    if snapshot.stop is not None:
        detail = f" ({harmless(snapshot.stop_detail, 120)})" if snapshot.stop_detail else ""
        made += [(f" || stopped: {snapshot.stop.value}", StyleRole.NEXT), (detail, StyleRole.DIM)]
    elif not snapshot.calls:
        made.append((" || paused before the first call", StyleRole.NEXT))
    else:
        made.append((" || paused", StyleRole.NEXT))
    return line(*made, *upcoming)


def _upcoming(snapshot: FlowSnapshot) -> Line:
    if snapshot.next_call is None:
        return ()
    return line(
        (f"   {NEXT} next: ", StyleRole.DIM), (next_words(snapshot.next_call), StyleRole.NEXT)
    )


def _below(view: View, last: EventLine | None, notice: str, cells: int) -> Line:
    if notice:
        return line((" ! ", StyleRole.WARN), (notice, StyleRole.WARN))
    waits = timeline_words.waiting_words(view.timeline) if view.timeline is not None else ()
    if waits:
        return waits
    failed = view.failed_node if view.ready and not view.running else None
    if failed is not None and failed.failure is not None:
        return _failure(failed.name, failed.failure, past=view.past, cells=cells)
    refused, why = refused_words(view)
    if refused:
        keys = line(("  6", StyleRole.KEY), (" shows", StyleRole.DIM))
        head = f" x {refused}: "
        room = cells - len(head) - width_of(keys)
        return line((head, StyleRole.BAD), fit(why, max(room, 8)), *keys)
    if view.news:
        return _news(view.news, cells)
    if last is not None and not view.running:
        sign, role = MARK_SIGNS[last.mark]
        node = f"{last.node} " if last.node else ""
        return line((f" {sign} ", role), (node, StyleRole.ACCENT), harmless(last.text, 400))
    return ()


def _failure(name: str, failure: Failure, *, past: bool, cells: int) -> Line:
    retry = () if past else line(("  r", StyleRole.KEY), (" retries", StyleRole.DIM))
    keys = (
        *retry,
        *line((" " if retry else "  "), ("x", StyleRole.KEY), (" skips", StyleRole.DIM)),
    )
    head = f" x {name}: {failure.name} [{failure.code}] "
    room = cells - len(head) - width_of(keys)
    return line((head, StyleRole.BAD), fit(harmless(failure.message, 400), max(room, 8)), *keys)


def _news(news: tuple[News, ...], cells: int) -> Line:
    latest = news[-1]
    if isinstance(latest, FlowChange):
        text = f"another graph: {latest.words}" + (" (A begins with it)" if latest.waits else "")
    else:
        text = comparison_words(latest)
    more = f" (and {len(news) - 1} more)" if len(news) > 1 else ""
    keys = line(("  D", StyleRole.KEY), (" shows", StyleRole.DIM))
    room = cells - 3 - len(more) - width_of(keys)
    return line(
        (f" {RELOADED} ", StyleRole.ACCENT), (fit(text, max(room, 8)) + more, StyleRole.WARN), *keys
    )


def footer(context: Context, cells: int) -> tuple[Line, list[str]]:
    """The keys that act now, and the action of each span (empty for gaps)."""
    spans: list[Span] = []
    ids: list[str] = []
    for action in footer_actions(context):
        key = f" {key_name(action.keys[0])}"
        text = f" {label(action, context)} "
        if sum(len(span.text) for span in spans) + len(key) + len(text) > cells:
            continue
        spans += [Span(key, StyleRole.KEY), Span(text, StyleRole.DIM)]
        ids += [action.id, action.id]
    return tuple(spans), ids


BANNER_ROWS = 3


def banner(view: View, cells: int) -> tuple[Line, ...]:
    """What keeps the flow from running, and the key that helps; empty when nothing does."""
    rows = wrap_words(_banner_words(view), max(cells - 4, 1))
    if len(rows) > BANNER_ROWS:
        rows = [*rows[: BANNER_ROWS - 1], fit(" ".join(rows[BANNER_ROWS - 1 :]), cells - 4)]
    heads = (" x ", *["   "] * BANNER_ROWS)
    return tuple(
        line((head + row, StyleRole.ALERT)) for head, row in zip(heads, rows, strict=False) if row
    )


def _banner_words(view: View) -> str:
    key = BY_ID["restart"].keys[0]
    if view.health is Health.DEAD:
        why = harmless(view.detail, 300).rstrip(".") or "its process ended"
        return f"The runtime is gone; {key} starts it again. {why[0].upper()}{why[1:]}."
    if view.health is Health.INVALID:
        number = len(view.problems)
        what = f"{number} problem{'s' * (number != 1)}" if number else "A problem"
        keeps = "keep" if number > 1 else "keeps"
        return f"{what} {keeps} the flow from opening.  Mend, then {key} reads it again."
    return ""


def why_not(view: View, node: str | None) -> str:
    """Why a step made no call."""
    snapshot = view.snapshot
    if snapshot is None:
        return "No call was made: the flow is not ready."
    chosen = view.node(node) if node is not None else None
    if chosen is not None and chosen.state is not NodeState.READY:
        words = {NodeState.BLOCKED: "is held by a full queue", NodeState.IDLE: "has nothing to do"}
        reason = words.get(chosen.state, f"is {NODE_SIGNS[chosen.state][1]}")
        return f"No call was made: {node} {reason}."
    if snapshot.next_call is None:
        return "No call was made: there is none to make."
    if snapshot.next_call.waits_ns:
        return f"No call was made: {next_words(snapshot.next_call)}."
    return f"No call was made. {harmless(snapshot.stop_detail, 200)}".rstrip()
