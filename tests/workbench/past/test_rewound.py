"""What begins again when the flow stands at another place of its past."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.protocol.replies import NodeCalls, QueueListing
from runtime.protocol.requests import (
    ListNode,
    ListQueue,
    ReadElement,
    Request,
)
from runtime.protocol.updates import Health, Update
from tests.support.workbench.changed_graphs import without_log_branch
from tests.support.workbench.fakes import (
    PAST,
    TWO_BRANCHES,
    FakeLink,
    branch_of_calls,
    busy_update,
    call_line,
    details,
    element_line,
    inspected,
    on_branch,
    opened,
    panes_of,
    printed,
    show,
    snapshot,
    text_of,
)
from workbench.view import EdgeRef, ElementRef, NodeRef, Selection
from workbench.widgets.panes.inspected_subject import Reply

# ---- what begins again


def rewound(link: FakeLink, calls: int, **changes: object) -> Update:
    """The flow stands after so many calls, with the lines up to there."""
    events = tuple(call_line(n, "router", f"route(#{n})", n) for n in range(1, calls + 1))
    made = Update(
        Health.READY,
        rewound=True,
        timeline=branch_of_calls(60, calls),
        snapshot=snapshot(link.flow, calls=calls),
        events=events,
        printed=(printed("log-sink", "".join(f"line {n}\n" for n in range(calls))),),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_events_and_output_begin_again_and_follow_their_end() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        log, view = panes_of(app).event_log, panes_of(app).outputs._views["log-sink"]
        log.following = view.following = False
        await show(app, pilot, link, rewound(link, 50))
        assert len(log.entries) == 50
        assert len(view.entries) == 50
        assert len(panes_of(app).outputs._views["metric-sink"].entries) == 0
        assert log.following
        assert view.following
        assert "line 49" in text_of(app)
        assert "slow disk" not in text_of(app)
        assert "route(#50)" in text_of(app).split("\n")[-2]
        await show(app, pilot, link, rewound(link, 49))
        assert "line 49" not in text_of(app)
        more = call_line(50, "router", "route(#50)", 50)
        await show(app, pilot, link, Update(Health.READY, events=(more,)))
        assert len(log.entries) == 50


async def test_much_output_is_shown_whole_each_time_it_begins_again() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        much = printed("log-sink", "".join(f"line {n}\n" for n in range(2_000)))
        for _ in range(3):
            await show(app, pilot, link, rewound(link, 9, printed=(much,)))
            assert len(panes_of(app).outputs._views["log-sink"].entries) == 2_000


async def test_old_output_behind_a_tab_is_no_news() -> None:
    link = FakeLink()
    async with opened(link, (60, 24)) as (app, pilot):
        await show(app, pilot, link, rewound(link, 9))
        assert "log-sink*" not in text_of(app)
        chunk = printed("log-sink", "more\n")
        await show(app, pilot, link, Update(Health.READY, printed=(chunk,)))
        assert "log-sink*" in text_of(app)


def listing(payload: bytes) -> QueueListing:
    return QueueListing(2, 0, 1, (element_line(31, payload),))


def calls_of_router(text: str) -> NodeCalls:
    return NodeCalls("router", (call_line(3, "router", text, 3),))


@pytest.mark.parametrize(
    ("selection", "question", "before", "after"),
    [
        (EdgeRef(2), ListQueue(2), listing(b"what was"), listing(b"what is")),
        (
            NodeRef("router"),
            ListNode("router", 12),
            calls_of_router("what was"),
            calls_of_router("what is"),
        ),
        (ElementRef(7, 7), ReadElement(7), details(7, b"what was"), details(7, b"what is")),
    ],
)
async def test_the_selection_stays_and_is_asked_for_again_once(
    selection: Selection, question: Request, before: Reply, after: Reply
) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes_of(app).selection = selection
        await show(app, pilot, link, Update(Health.READY, replies=(before,)))
        assert "what was" in inspected(app)
        link.sent.clear()
        await show(app, pilot, link, rewound(link, 5))
        assert panes_of(app).selection == selection
        assert link.sent.count(question) == 1
        await show(app, pilot, link, Update(Health.READY, replies=(after,)))
        assert "what is" in inspected(app)
        assert "what was" not in inspected(app)


async def test_the_same_snapshot_at_another_place_is_asked_about_too() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes_of(app).selection = ElementRef(7, 7)
        await show(app, pilot, link, Update(Health.READY, replies=(details(7),)))
        link.sent.clear()
        await show(app, pilot, link, Update(Health.READY, rewound=True))
        assert link.sent == [ReadElement(7)]
        assert panes_of(app).inspector.element == ElementRef(7, 7)


async def test_an_element_that_is_not_there_yet_says_so_and_comes_back() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes_of(app).selection = ElementRef(7, 7)
        missing = replace(details(7), found=False, summary=None)
        await show(app, pilot, link, replace(rewound(link, 5), replies=(missing,)))
        assert "not in the flow at this place of the past" in inspected(app)
        await show(app, pilot, link, replace(rewound(link, 9), replies=(details(7),)))
        assert "disk usage above 80%" in text_of(app)


async def test_another_graph_of_the_past_is_no_news_and_a_lost_selection_goes() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        old = without_log_branch(link.flow)
        panes_of(app).selection = NodeRef("log-sink")
        picture = snapshot(old, calls=5, depths=[0] * len(old.edges))
        there = rewound(link, 5, flow=old, snapshot=picture, printed=())
        await show(app, pilot, link, there)
        assert panes_of(app).view.flow == old
        assert panes_of(app).selection is None
        assert panes_of(app).view.news == ()
        assert "log-sink" not in panes_of(app).outputs._views
        assert len(panes_of(app).event_log.entries) == 5
        back = rewound(link, 9, flow=link.flow)
        await show(app, pilot, link, back)
        assert "log-sink" in panes_of(app).outputs._views
        assert panes_of(app).view.news == ()


async def test_the_line_is_known_again_after_a_restart() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(replace(PAST, branches=TWO_BRANCHES)))
        await pilot.press("D")
        assert "Comparing…" in text_of(app)
        await show(app, pilot, link, replace(link.opened(), timeline=branch_of_calls(0)))
        assert "0 calls" in text_of(app)
        assert "Comparing…" not in text_of(app)
        assert panes_of(app).selection is None
