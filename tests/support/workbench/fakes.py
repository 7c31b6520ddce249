"""A scripted session for the workbench's tests: a fan-out flow of six nodes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from weakref import WeakSet

from textual._context import visible_screen_stack
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from runtime.model.call import CopyCount, Export, Failure, FailureKind, NextCall
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.events import FlowState, StopReason
from runtime.model.linked import LinkedFlow, LinkedNode, Role, SchedulePolicy
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeSnapshot, NodeState
from runtime.protocol.builds.build_updates import NodeBuild
from runtime.protocol.call_report import ReadCall
from runtime.protocol.element_summary import ElementSummary
from runtime.protocol.logs.event_lines import CallMark, EventLine
from runtime.protocol.logs.printed_chunks import PrintedChunk
from runtime.protocol.replies import ElementDetails, HopLine, WholePayload
from runtime.protocol.requests import (
    ListNode,
    ListQueue,
    ReadElement,
    ReadPayload,
    Request,
    SetComparing,
)
from runtime.protocol.timeline import BranchInfo, RecordingStatus, Timeline, TimelineMark
from runtime.protocol.updates import ALL_SHOWN, Health, ShownParts, Update
from tests.support.engine.fakes import edge
from tests.support.engine.fakes import flow as linked
from workbench.app import StudioApp
from workbench.screens.main import MainScreen
from workbench.screens.panes import Panes
from workbench.text.lines import plain
from workbench.view import NodeRef
from workbench.widgets.line_view import LineView
from workbench.widgets.panes.inspector import RENDERING

ROLES = {
    "source": Role.SOURCE,
    "router": Role.ROUTER,
    "metric-proc": Role.PROCESSOR,
    "log-proc": Role.PROCESSOR,
    "metric-sink": Role.SINK,
    "log-sink": Role.SINK,
}
EDGES = (
    edge("source", "router", 16),
    edge("router", "metric-proc", port="metrics"),
    edge("router", "log-proc", port="logs"),
    edge("metric-proc", "metric-sink"),
    edge("log-proc", "log-sink", 16),
)
PAYLOAD = b'{"type":"log","level":"warn","message":"disk usage above 80%"}'
FIRST_CALL = NextCall("source", Export.PULL, None, None)
NANO = 1_000_000_000
BUILT_NS = 1_767_225_600 * NANO
"""When the components of the fan-out were built."""


def fan_out() -> LinkedFlow:
    """The flow: source, router, and two branches with a processor and a sink each."""
    return linked(ROLES, EDGES, name="fan-out", manifest="Torvyn.toml", node=_built)


def _built(node: LinkedNode) -> LinkedNode:
    return replace(
        node,
        artifact=f"components/{node.name}.wasm",
        digest="9f3a7bc1d2e4" + "0" * 52,
        grants=("stdio:stdout",) if node.role is Role.SINK else (),
    )


def builds(flow: LinkedFlow, **changed: NodeBuild) -> tuple[NodeBuild, ...]:
    """The first build of every node; `changed` by node, `_` for `-`."""
    first = [NodeBuild(node.name, node.digest, BUILT_NS, BUILT_NS) for node in flow.nodes]
    return tuple(changed.get(build.node.replace("-", "_"), build) for build in first)


def reloaded(flow: LinkedFlow, node: str, digest: str, number: int) -> Update:
    """Another build of a node is in use: what the session says then, event `number` of its log."""
    old = flow.by_name[node].digest
    new = digest + "0" * (64 - len(digest))
    nodes = tuple(replace(one, digest=new) if one.name == node else one for one in flow.nodes)
    flow = replace(flow, nodes=nodes)
    build = NodeBuild(
        node, new, BUILT_NS + 60 * NANO, BUILT_NS + 61 * NANO, 1, (old,), swap_ns=212_000_000
    )
    line = EventLine(number, CallMark.RELOAD, 0, node, f"build {digest} in place of {old[:12]}")
    return Update(
        Health.READY,
        flow=flow,
        snapshot=snapshot(flow, calls=9),
        events=(line,),
        builds=builds(flow, **{node.replace("-", "_"): build}),
    )


def snapshot(
    flow: LinkedFlow,
    *,
    calls: int = 0,
    depths: Iterable[int] = (0, 0, 0, 0, 0),
    states: dict[str, NodeState] | None = None,
    next_call: NextCall | None = FIRST_CALL,
    **changes: object,
) -> FlowSnapshot:
    """The flow at some moment; the counts are what they might be."""
    found = states or {}
    nodes = tuple(
        NodeSnapshot(
            node.name,
            node.role,
            found.get(node.name, NodeState.IDLE if calls else NodeState.NEW),
            calls=calls // 3 if calls else 0,
            elements_in=calls // 4,
            elements_out=calls // 4,
            busy_ns=calls * 9_400,
            last_call_ns=12_300 if calls else 0,
            copies=CopyCount(calls, calls * 48, calls // 2, calls * 30),
            memory_bytes=1_114_112 if calls else 0,
            fuel_last=2_120 if calls else 0,
        )
        for node in flow.nodes
    )
    edges = tuple(
        EdgeSnapshot(
            edge.index,
            edge.label,
            depth,
            edge.capacity,
            edge.low_mark,
            edge.policy,
            peak=depth,
            enqueued=calls // 4 + depth,
            dequeued=calls // 4,
            full=depth >= edge.capacity,
            episodes=int(depth >= edge.capacity),
            episodes_blocked_ns=4_100_000 if depth >= edge.capacity else 0,
        )
        for edge, depth in zip(flow.edges, depths, strict=True)
    )
    made = FlowSnapshot(
        flow=flow.name,
        state=FlowState.RUNNING if calls else FlowState.CREATED,
        nodes=nodes,
        edges=edges,
        calls=calls,
        at_ns=calls * 76_000,
        schedule=SchedulePolicy.CONSUMER_FIRST,
        next_call=next_call,
        pulled=calls // 4,
        delivered=calls // 5,
        copies=CopyCount(calls, calls * 48, calls // 2, calls * 30),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def fail_node(picture: FlowSnapshot, name: str) -> FlowSnapshot:
    """The picture with a node whose call trapped."""
    failure = Failure(
        FailureKind.TRAP,
        "wasm trap: integer divide by zero in [red]log[/red] at \x1b[31mline 3",
        "E0804",
        "Trap",
        "Mend the component, or skip the element.",
        True,
    )
    nodes = tuple(
        replace(node, state=NodeState.CRASHED, failure=failure, errors=1)
        if node.name == name
        else node
        for node in picture.nodes
    )
    return replace(
        picture,
        nodes=nodes,
        errors=1,
        stop=StopReason.TRAP,
        stop_detail=f"{name} trapped",
        next_call=NextCall(name, Export.PROCESS, 7, 3),
    )


def element_line(
    element_id: int, payload: bytes = PAYLOAD, size: int | None = None
) -> ElementSummary:
    """An element of the source."""
    return ElementSummary(
        element_id,
        element_id,
        "source",
        element_id - 1,
        1_767_225_600 * NANO + 123_456_000,
        "application/json",
        len(payload) if size is None else size,
        payload[:160],
    )


def details(
    element_id: int, payload: bytes = PAYLOAD, *, size: int | None = None, offset: int = 0
) -> ElementDetails:
    """An element with its path and a part of its payload."""
    return ElementDetails(
        element_id,
        True,
        element_line(element_id, payload, size),
        "application/json",
        (
            HopLine("source", "pull", 4, 0, 2_100),
            HopLine("router", "route", 6, 1_200_000, 12_400),
        ),
        offset,
        payload,
    )


def call_line(number: int, node: str, text: str, call: int, element: int | None = 7) -> EventLine:
    """A line of the event log."""
    return EventLine(
        number, CallMark.CALL, number * 76_000, node, text, call, None, element, element, 12_300
    )


def printed(node: str, text: str | bytes, **changes: Any) -> PrintedChunk:
    """What a node wrote to stdout in one call."""
    data = text.encode() if isinstance(text, str) else text
    chunk = PrintedChunk(node, "stdout", data, 9, 3, True)
    return chunk._replace(**changes)


PROBLEMS = (
    Diagnostic(
        Severity.ERROR,
        Code.UNKNOWN_KEY,
        "unknown key `capcity` in an edge",
        "Write `capacity`.",
        "Torvyn.toml",
        12,
        5,
        "flow.main.edges[1].capcity",
    ),
    Diagnostic(
        Severity.WARNING,
        Code.FAN_LIMIT,
        "port [metrics] of `router` has no edge",
        "Add an edge from it, or let the router not name it.",
        "Torvyn.toml",
        20,
    ),
)


class FakeLink:
    """An `SessionClient` whose updates are scripted; it keeps what was asked."""

    def __init__(self, *updates: Update) -> None:
        self.flow = fan_out()
        self.sent: list[Request] = []
        self.asked = ALL_SHOWN
        """What the last poll asked for."""
        self.closed = False
        self._waiting = list(updates) or [self.opened()]
        self._latest = Update(Health.READY)

    def opened(self) -> Update:
        """The first update of a session: flow and snapshot."""
        return Update(
            Health.READY,
            flow=self.flow,
            snapshot=snapshot(self.flow),
            problems=(),
            builds=builds(self.flow),
        )

    @property
    def has_said_all(self) -> bool:
        """Whether no update waits for a poll."""
        return not self._waiting

    def push(self, update: Update) -> None:
        """Give this with the next poll."""
        self._waiting.append(update)

    def send(self, request: Request) -> None:
        """Keep the request."""
        self.sent.append(request)

    def poll(self, shown: ShownParts = ALL_SHOWN) -> Update:
        """The next scripted update, else that nothing happened."""
        self.asked = shown
        if self._waiting:
            update = self._waiting.pop(0)
            self._latest = Update(
                update.health,
                health_detail=update.health_detail,
                running=update.running,
                call=update.call,
            )
            return update
        return self._latest

    def take(self) -> Update | None:
        """Nothing: a poll has its answer at once."""
        return None

    def close(self) -> None:
        """Keep that it was closed."""
        self.closed = True


class ReadingLink(FakeLink):
    """A `FakeLink` that answers `ReadElement` and `ReadPayload` with a payload."""

    def __init__(self, payload: bytes = PAYLOAD) -> None:
        super().__init__()
        self.payload = payload

    def send(self, request: Request) -> None:
        """Keep the request, and answer it when it is one to read."""
        super().send(request)
        if isinstance(request, ReadElement):
            part = self.payload[request.offset : request.offset + request.length]
            about = element_line(request.element_id, self.payload)
            reply = replace(details(request.element_id, part, offset=request.offset), summary=about)
            self.push(replace(self._latest, replies=(reply,)))
        elif isinstance(request, ReadPayload):
            about = element_line(request.element_id, self.payload)
            data = self.payload if len(self.payload) <= request.most_bytes else None
            whole = WholePayload(request, about, "application/json", data)
            self.push(replace(self._latest, replies=(whole,)))


RING = RecordingStatus(3_250_000, 67_108_864, True)
"""A ring that holds a run from its start."""

TWO_BRANCHES = (BranchInfo(1, 1_850), BranchInfo(2, 1_500, 1, 1_200))

HAPPENED = (
    (0.08, TimelineMark.RELOAD),
    (0.2, TimelineMark.STOP),
    (0.33, TimelineMark.DROP),
    (0.45, TimelineMark.CHANGE),
    (0.6, TimelineMark.ERROR | TimelineMark.STOP),
    (0.8, TimelineMark.FORK),
    (0.999, TimelineMark.STOP),
)
"""What happened on the fakes' branches, by its place as a part of the line."""


def branch_of_calls(calls: int, position: int | None = None, **changes: object) -> Timeline:
    """A line on which much happened; at its end, or in the past at a `position`."""
    cells = [0] * min(calls, 240)
    for place, marks in HAPPENED:
        if cells:
            cells[int(place * len(cells))] |= marks
    at = calls if position is None else position
    made = Timeline(at, calls, past=at < calls, cells=tuple(cells))
    return replace(made, **changes)  # type: ignore[arg-type]


PRESENT = branch_of_calls(1_850)
PAST = branch_of_calls(1_850, 1_842)


def on_branch(timeline: Timeline, *, running: bool = False) -> Update:
    """The flow stands somewhere on a line."""
    return Update(Health.READY, running=running, timeline=timeline, recording=RING)


def busy_update(flow: LinkedFlow) -> Update:
    """A flow in the middle of its work, with full queues, a failure, output and events."""
    states = {
        "source": NodeState.BLOCKED,
        "router": NodeState.READY,
        "metric-proc": NodeState.READY,
        "log-proc": NodeState.BLOCKED,
        "log-sink": NodeState.PAUSED,
    }
    picture = snapshot(flow, calls=1842, depths=(12, 3, 64, 0, 16), states=states)
    picture = replace(picture, dropped=3, next_call=NextCall("router", Export.ROUTE, 7, 6))
    edges = list(picture.edges)
    edges[2] = replace(edges[2], dropped=3)
    picture = replace(picture, edges=tuple(edges))
    texts = (
        ("source", "pull gave an element -> router [12]"),
        ("router", "route(#5) to logs -> log-proc [64]"),
        ("log-proc", "process(#2) emitted 1 -> log-sink [16]"),
        ("log-sink", "push(#1) accepted, asks for a pause"),
        ("metric-proc", "process(#4) emitted 1 -> metric-sink [1]"),
        ("metric-sink", "push(#4) accepted"),
    )
    events = [call_line(n + 1, node, text, 1837 + n) for n, (node, text) in enumerate(texts)]
    events.insert(
        3, EventLine(30, CallMark.BACKPRESSURE, 9, None, "router:logs -> log-proc is full", edge=2)
    )
    metrics = "".join(
        f'[metric-sink] Received metric: {{"name":"cpu_usage","value":{70 + n}.5}}\n'
        for n in range(4)
    )
    logs = "".join(
        f'[log-sink] Received log: {{"level":"info","message":"user {n}"}}\n' for n in range(4)
    )
    return Update(
        Health.READY,
        snapshot=picture,
        events=tuple(events),
        printed=(
            printed("metric-sink", metrics),
            printed("log-sink", logs),
            printed("log-sink", "slow disk\n", stream="stderr", granted=False),
        ),
        replies=(details(7),),
    )


SIZES = ((120, 36), (80, 24))
"""Columns and rows of the terminals in which what is drawn is looked at."""


@asynccontextmanager
async def opened(
    link: FakeLink, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[StudioApp, Pilot[None]]]:
    """The workbench on a scripted session, after its first poll."""
    app = StudioApp(lambda: link, title="fan-out")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await settle(app, pilot)
        yield app, pilot
        if app not in _looked_at:
            text_of(app)  # that it can be drawn is part of every test


async def settle(app: StudioApp, pilot: Pilot[None]) -> None:
    """Poll until nothing is waiting, and let the screen draw it."""
    for rounds in range(3):
        app.poll_link()
        await pilot.pause()
        rendering = [worker for worker in app.workers if worker.group == RENDERING]
        if rendering:
            await app.workers.wait_for_complete(rendering)
            await pilot.pause()
        elif rounds and isinstance(app._link, FakeLink) and app._link.has_said_all:
            break


async def show(app: StudioApp, pilot: Pilot[None], link: FakeLink, update: Update) -> None:
    """Let the session say something."""
    link.push(update)
    await settle(app, pilot)


QUESTIONS = (ReadElement, ReadPayload, ReadCall, ListNode, ListQueue, SetComparing)


def asked(link: FakeLink) -> list[Request]:
    """What was asked of the flow, questions of the inspector left out."""
    return [request for request in link.sent if not isinstance(request, QUESTIONS)]


def inspected(app: App[Any]) -> str:
    """The rows of the inspector as one text."""
    return " ".join(" ".join(plain(row.spans) for row in panes_of(app).inspector.rows).split())


LOOKS = 1_500
LOOK_S = 0.02


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait for a real session, at most half a minute."""
    for _ in range(LOOKS):
        if holds():
            return
        await pilot.pause(LOOK_S)
    raise AssertionError(text_of(pilot.app))


async def choose(app: App[Any], pilot: Pilot[None], node: str) -> None:
    """Select a node."""
    panes_of(app).selection = NodeRef(node)
    await pilot.pause()


async def move_to(pilot: Pilot[None], target: object) -> None:
    """Press `j` in the pane that has the keys until its cursor is on a row that stands for this."""
    view = pilot.app.focused
    assert isinstance(view, LineView)
    for _ in range(len(view.rows) + 1):
        if view.cursor is not None and view.target_at(view.cursor) == target:
            return
        await pilot.press("j")
    raise AssertionError(f"no row stands for {target}:\n{text_of(pilot.app)}")


def panes_of(app: App[Any]) -> Panes:
    """The panes of the main screen, whichever screen is in front."""
    return next(screen for screen in app.screen_stack if isinstance(screen, MainScreen)).panes


_looked_at: WeakSet[App[Any]] = WeakSet()
"""Apps that were drawn for a test."""


def text_of(app: App[Any]) -> str:
    """What stands on the screen."""
    _looked_at.add(app)
    visible_screen_stack.set(app._background_screens)
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join(strip.text for strip in strips)


async def type_line(app: StudioApp, pilot: Pilot[None], text: str, *keys: str) -> str:
    """Type a command; the last line of the screen."""
    if not isinstance(app.focused, Input):
        await pilot.press("colon")
    app.screen.query_one(Input).value = text
    await pilot.pause()
    await pilot.press(*(keys or ("enter",)))
    return text_of(app).splitlines()[-1]
