"""A queue that is shown, operated on with keys; nodes and branches that are held."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from runtime.model.commands import INJECTED
from runtime.model.events import StopReason
from runtime.model.linked import LinkedEdge, QueuePolicy
from runtime.model.snapshot import FlowSnapshot, NodeState
from runtime.protocol.element_summary import ElementSummary
from runtime.protocol.replies import QueueListing
from runtime.protocol.requests import (
    ChangeQueue,
    DropElement,
    DuplicateElement,
    EmptyQueue,
    HoldNodes,
    InjectElement,
    ListQueue,
    MoveElement,
    RunElement,
)
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    FakeLink,
    asked,
    opened,
    panes_of,
    settle,
    show,
    snapshot,
    text_of,
)
from workbench.actions.context import PaneName
from workbench.payloads.saved_payloads import load, save, saved_names
from workbench.text.typed_queue import settings_text, typed_settings
from workbench.view import EdgeRef, ElementRef, NodeRef

EDGE = 0


def listing(*ids: int) -> QueueListing:
    """A queue in which these wait; from 100 on they were put in by hand."""
    waiting = tuple(
        ElementSummary(number, number, INJECTED if number >= 100 else "source", number % 100, 0,
                       "text/plain", 5, b"value")
        for number in ids
    )  # fmt: skip
    return QueueListing(EDGE, 0, len(waiting), waiting)


def filled(link: FakeLink) -> FlowSnapshot:
    made = snapshot(link.flow, calls=5)
    first, *others = made.edges
    return replace(made, edges=(replace(first, depth=3, enqueued=3), *others))


async def test_keys_operate_on_the_element_under_the_cursor() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes = panes_of(app)
        panes.selection = EdgeRef(EDGE)
        panes.focus_pane(PaneName.INSPECTOR)
        await show(app, pilot, link, Update(Health.READY, snapshot=filled(link)))
        await show(app, pilot, link, Update(Health.READY, replies=(listing(7, 8, 109),)))
        inspector = panes.inspector
        assert inspector.rows[inspector.cursor or 0].target == ElementRef(7, 7)
        inspector.set_cursor([row.target for row in inspector.rows].index(ElementRef(7, 7)))
        await pilot.press("j")
        await settle(app, pilot)
        assert "+9" in text_of(app)
        assert "d drop  * double  K up" in text_of(app)
        await pilot.press("d", "asterisk", "K", "J", "P", "t", "i")
        await pilot.pause()
        await pilot.press("x", "ctrl+s")
        assert asked(link)[-7:] == [
            DropElement(EDGE, 8),
            DuplicateElement(EDGE, 8),
            MoveElement(EDGE, 8, 0),
            MoveElement(EDGE, 8, 2),
            MoveElement(EDGE, 8, 0),
            RunElement(EDGE, 8),
            InjectElement(EDGE, b"x", "", 1),
        ]
        # A move leaves the queue as deep as it was: the order is asked for again all the same.
        moved = link.sent.index(MoveElement(EDGE, 8, 2))
        assert ListQueue(EDGE) in link.sent[moved:]
        for now, under in ((listing(8, 7, 109), 8), (listing(7, 109), 7)):
            await show(app, pilot, link, Update(Health.READY, replies=(now,)))
            assert inspector.element == ElementRef(under, under)
        await pilot.press("X")
        await pilot.pause()
        assert f"Drop all 3 elements of {link.flow.edges[EDGE].label}?" in text_of(app)
        await pilot.press("y")
        assert asked(link)[-1] == EmptyQueue(EDGE)
        await pilot.press("a")
        await pilot.pause()
        assert settings_text(link.flow.edges[EDGE]) in text_of(app)
        app.screen.query_one(Input).value = "capacity 8 policy drop-oldest"
        await pilot.press("enter")
        assert asked(link)[-1] == ChangeQueue(EDGE, 8, QueuePolicy.DROP_OLDEST)
        panes.selection = EdgeRef(1)
        empty = QueueListing(1, 0, 0, ())
        await show(app, pilot, link, Update(Health.READY, replies=(empty,)))
        assert inspector.cursor is None
        await pilot.press("enter")
        assert inspector.rows[inspector.cursor or 0].target == NodeRef(link.flow.edges[1].source)
        await pilot.press("enter")
        await settle(app, pilot)
        assert panes.selection == NodeRef(link.flow.edges[1].source)


async def test_a_node_or_the_branch_behind_a_queue_is_held_and_let_go() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes = panes_of(app)
        panes.selection = NodeRef("router")
        await pilot.press("H")
        assert asked(link)[-1] == HoldNodes(("router",))
        branch = next(edge for edge in link.flow.edges if edge.target == "log-proc")
        panes.selection = EdgeRef(branch.index)
        await pilot.press("H")
        assert asked(link)[-1] == HoldNodes(("log-proc", "log-sink"))
        made = filled(link)
        held = tuple(
            replace(node, on_hold=True, state=NodeState.HELD) if node.name == "router" else node
            for node in made.nodes
        )
        update = Update(Health.READY, snapshot=replace(made, nodes=held), running=True)
        await show(app, pilot, link, update)
        assert "H router is on hold, 3 wait for it" in text_of(app)
        assert "H hold" in text_of(app)
        panes.selection = NodeRef("router")
        await pilot.press("H")
        assert asked(link)[-1] == HoldNodes(("router",), on=False)
        stood = replace(made, stop=StopReason.USER, stop_detail="router is on hold, 9 wait for it")
        for nodes, said in (
            (held, "|| paused   H router is on hold, 3 wait for it"),  # as it is by now
            (made.nodes, "|| router is on hold, 9 wait for it"),
        ):
            update = Update(Health.READY, snapshot=replace(stood, nodes=nodes))
            await show(app, pilot, link, update)
            assert said in text_of(app)
            assert "stopped: user" not in text_of(app)


# ---- what is typed


EDGES = LinkedEdge(0, "a", "output", "b", "input", 64)
PACED = replace(EDGES, policy=QueuePolicy.RATE_LIMIT, rate=20.0)


@pytest.mark.parametrize(
    ("text", "edge", "found"),
    [
        ("", EDGES, (64, QueuePolicy.BLOCK_PRODUCER, None)),
        ("capacity 8", PACED, (8, QueuePolicy.RATE_LIMIT, 20.0)),
        ("policy block pace -", PACED, (64, QueuePolicy.BLOCK_PRODUCER, None)),
        ("policy rate-limit, pace 0.5", EDGES, (64, QueuePolicy.RATE_LIMIT, 0.5)),
        ("capacity 8 policy error", PACED, (8, QueuePolicy.ERROR, None)),
        (settings_text(PACED), PACED, (64, QueuePolicy.RATE_LIMIT, 20.0)),
    ],
)
def test_settings_are_typed_in_one_line(
    text: str, edge: LinkedEdge, found: tuple[int, QueuePolicy, float | None]
) -> None:
    made = typed_settings(text, edge)
    assert (made.capacity, made.policy, made.rate) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("capacity", "write pairs"),
        ("capacity 0", "from 1 to 10,000,000"),
        ("capacity ٣", "from 1 to"),
        ("policy no", "there is no policy 'no': block-producer, "),
        ("policy rate-limit", "needs a pace"),
        ("pace 5", "needs the policy rate-limit"),
        ("policy rate-limit pace nan", "above 0"),
        ("depth 5", "there is no 'depth'"),
    ],
)
def test_settings_that_are_none_say_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        typed_settings(text, EDGES)


def test_payloads_are_kept_by_name_and_read_from_files(tmp_path: Path) -> None:
    save(tmp_path, "one", b'{"a":1}', "application/json")
    path = save(tmp_path, "two", b"\xff", "x/y")
    assert saved_names(tmp_path) == ["one", "two"]
    assert load(tmp_path, "one") == (b'{"a":1}', "application/json")
    assert load(tmp_path, "two") == (b"\xff", "x/y")
    assert json.loads(path.read_text()) == {"base64": "/w==", "content_type": "x/y"}
    plain = tmp_path / "plain.txt"
    plain.write_bytes(b"text")
    assert load(tmp_path, str(plain)) == (b"text", None)
    path.write_text("[]")
    for text, why in (("two", "is no saved element"), (str(tmp_path / "no"), "there is no file")):
        with pytest.raises(ValueError, match=why):
            load(tmp_path, text)
