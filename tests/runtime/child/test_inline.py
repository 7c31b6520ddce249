"""A session on the real fan-out flow, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.child.inline import InlineClient
from runtime.model.events import FlowState, StopReason
from runtime.opening.open import FlowOpener, SessionOptions
from runtime.protocol.logs.event_lines import CallMark, EventLine
from runtime.protocol.replies import (
    CallElements,
    ElementDetails,
    NodeCalls,
    QueueListing,
    Reply,
    WholePayload,
)
from runtime.protocol.requests import (
    Continue,
    FindCall,
    ListNode,
    ListQueue,
    Pause,
    ReadElement,
    ReadPayload,
    Request,
    Restart,
    StepCall,
    StepElement,
)
from runtime.protocol.updates import Health, Update

SAMPLE = Path(__file__).parents[3] / "sample_flows" / "fan-out" / "Torvyn.toml"


@pytest.fixture
def link() -> Iterator[InlineClient]:
    opened = InlineClient(FlowOpener(SAMPLE, "main", SessionOptions(watch=False)))
    yield opened
    opened.close()


def ask(link: InlineClient, request: Request) -> tuple[Reply, ...]:
    link.send(request)
    return link.poll().replies


def run_to_the_end(link: InlineClient) -> list[Update]:
    link.send(Continue())
    updates = [link.poll()]
    while updates[-1].running:
        updates.append(link.poll())
    return updates


def printed(updates: list[Update]) -> str:
    return b"".join(chunk.data for update in updates for chunk in update.printed).decode()


def lines(updates: list[Update]) -> list[EventLine]:
    return [line for update in updates for line in update.events]


def test_a_session_starts_paused_before_the_first_call(link: InlineClient) -> None:
    update = link.poll()
    assert update.health is Health.READY
    assert update.flow is not None
    assert update.flow.name == "main"
    assert not update.running
    assert update.snapshot is not None
    assert update.snapshot.calls == 0
    assert update.snapshot.next_call is not None
    assert (update.snapshot.next_call.node, update.snapshot.next_call.export) == ("source", "init")


def test_each_step_makes_the_call_that_was_announced(link: InlineClient) -> None:
    update = link.poll()
    for count in range(1, 40):
        assert update.snapshot is not None
        announced = update.snapshot.next_call
        if announced is None:
            break
        link.send(StepCall())
        update = link.poll()
        calls = [line for line in update.events if line.mark is CallMark.CALL]
        assert [line.call for line in calls] == [count]
        assert calls[0].node == announced.node
        assert calls[0].text.startswith(announced.export)
    assert update.snapshot is not None
    assert update.snapshot.state is FlowState.COMPLETED
    assert update.snapshot.stop is StopReason.END_OF_STREAM


def test_stepping_an_element_takes_it_out_of_the_flow(link: InlineClient) -> None:
    for delivered in range(1, 5):
        link.send(StepElement())
        update = link.poll()
        while update.running:
            update = link.poll()
        assert update.snapshot is not None
        assert update.snapshot.delivered == delivered
        assert update.snapshot.queued == 0


def test_running_prints_every_line_and_stops_at_the_end(link: InlineClient) -> None:
    updates = run_to_the_end(link)
    text = printed(updates)
    assert text.count("Received") == 4
    assert text.count("Stream complete.") == 2
    chunks = [chunk for update in updates for chunk in update.printed]
    assert sorted(chunk.sequence for chunk in chunks if chunk.sequence is not None) == [0, 1, 2, 3]
    assert updates[-1].snapshot is not None
    assert updates[-1].snapshot.stop is StopReason.END_OF_STREAM


def test_a_selected_node_that_can_not_be_called_says_why(link: InlineClient) -> None:
    link.send(StepCall("log-sink"))
    update = link.poll()
    assert update.snapshot is not None
    assert update.snapshot.calls == 0
    assert update.snapshot.stop is StopReason.USER
    assert update.snapshot.stop_detail


def test_queues_and_payloads_can_be_looked_into(link: InlineClient) -> None:
    while True:
        link.send(StepCall())
        update = link.poll()
        assert update.snapshot is not None
        if update.snapshot.edges[0].depth == 1:
            break
    link.send(ListQueue(0))
    (listing,) = link.poll().replies
    assert isinstance(listing, QueueListing)
    assert listing.depth == 1
    (waiting,) = listing.elements
    assert waiting.sequence == 0
    assert waiting.content_type == "application/json"
    link.send(ReadElement(waiting.element_id, offset=2, length=6))
    (details,) = link.poll().replies
    assert isinstance(details, ElementDetails)
    assert details.found
    assert details.summary is not None
    assert details.payload == b'type":'
    assert [hop.node for hop in details.path] == ["source"]
    (whole,) = ask(link, ReadPayload(waiting.element_id, details.summary.size))
    assert isinstance(whole, WholePayload)
    assert whole.data is not None
    assert whole.data[2:8] == b'type":'
    (larger,) = ask(link, ReadPayload(waiting.element_id, details.summary.size - 1))
    assert isinstance(larger, WholePayload)
    assert larger.summary == whole.summary
    assert larger.data is None
    assert ask(link, ReadPayload(10_000, 1)) == (WholePayload(ReadPayload(10_000, 1)),)
    (made,) = ask(link, FindCall(waiting.element_id))
    assert isinstance(made, CallElements)
    assert (made.node, made.export, made.before) == ("source", "pull", None)
    assert made.after == details.summary
    assert ask(link, FindCall(10_000)) == (CallElements(FindCall(10_000)),)


def test_an_elements_path_leads_to_its_sink(link: InlineClient) -> None:
    updates = run_to_the_end(link)
    push = next(line for line in lines(updates) if line.text.startswith("push"))
    assert push.element_id is not None
    link.send(ReadElement(push.element_id))
    (details,) = link.poll().replies
    assert isinstance(details, ElementDetails)
    assert [hop.export for hop in details.path] == ["pull", "route", "process", "push"]
    link.send(ReadElement(10_000))
    (missing,) = link.poll().replies
    assert isinstance(missing, ElementDetails)
    assert not missing.found


def test_a_nodes_calls_are_listed_newest_first(link: InlineClient) -> None:
    run_to_the_end(link)
    link.send(ListNode("router", count=3))
    (answer,) = link.poll().replies
    assert isinstance(answer, NodeCalls)
    assert len(answer.calls) == 3
    assert answer.calls[0].text.startswith("teardown")
    assert "route" in answer.calls[1].text


def test_restart_begins_anew(link: InlineClient) -> None:
    first = printed(run_to_the_end(link))
    link.send(Restart())
    update = link.poll()
    assert update.flow is not None
    assert update.snapshot is not None
    assert update.snapshot.calls == 0
    again = printed(run_to_the_end(link))
    assert sorted(again.splitlines()) == sorted(first.splitlines())


def test_pause_stops_a_paced_run_before_its_next_call(link: InlineClient) -> None:
    link.send(Continue(calls_per_second=0.001))
    update = link.poll()
    assert update.running
    assert update.snapshot is not None
    assert update.snapshot.calls == 1
    link.send(Pause())
    assert not link.poll().running


def test_problems_of_a_manifest_come_as_an_update_and_restart_tries_again(tmp_path: Path) -> None:
    manifest = tmp_path / "Torvyn.toml"
    manifest.write_text("[torvyn]\nname = 3\n")
    link = InlineClient(FlowOpener(manifest))
    update = link.poll()
    assert update.health is Health.INVALID
    assert update.problems
    assert all(problem.help for problem in update.problems)
    link.send(Restart())
    assert link.poll().health is Health.INVALID
    link.close()
