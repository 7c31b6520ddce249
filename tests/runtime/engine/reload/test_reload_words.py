"""How changes to a running flow read in the event log."""

from __future__ import annotations

from runtime.execution.wording import EventWording
from runtime.model.commands import Edit, Inject, Relink, SetQueue, Step, Swap
from runtime.model.events import Event
from runtime.model.linked import QueuePolicy
from runtime.protocol.logs.event_lines import CallMark
from tests.support.engine.reloads import running, three, with_branch, with_node


def worded(wording: EventWording, events: list[Event], after: int = 0) -> list[str]:
    """The texts of the events, which are numbered from `after` on."""
    return [
        wording.line(number, event).text for number, event in enumerate(events, start=after + 1)
    ]


def test_a_swap_names_both_builds() -> None:
    _, engine = running(three())
    line = EventWording(engine.flow).line(1, engine.apply(Swap("middle", "ab" * 32))[0])
    assert (line.mark, line.node) == (CallMark.RELOAD, "middle")
    assert line.text == "build abababababab in place of 000000000000"


def test_a_changed_queue_names_what_is_different() -> None:
    _, engine = running(three())
    wording = EventWording(engine.flow)
    assert worded(wording, engine.apply(SetQueue(1, 8, QueuePolicy.DROP_OLDEST))) == [
        "middle -> sink: capacity 64 to 8, policy block-producer to drop-oldest"
    ]
    assert worded(wording, engine.apply(SetQueue(1, 8, QueuePolicy.RATE_LIMIT, 0.25, 5.0))) == [
        "middle -> sink: policy drop-oldest to rate-limit, low watermark ratio 0.5 to 0.25, "
        "elements a second any to 5.0"
    ]


def test_another_graph_names_what_came_went_and_began_anew() -> None:
    _, engine = running(with_branch())
    wording = EventWording(engine.flow)
    changed = with_node(three(), "sink", config="[1]")
    assert worded(wording, engine.apply(Relink(changed))) == [
        "another graph; removed: other; start over: sink; edges removed: source -> other"
    ]
    assert worded(wording, engine.apply(Relink(changed))) == [
        "the graph is the same; nothing starts over"
    ]


def test_events_before_and_after_another_graph_name_the_edges_of_their_own() -> None:
    _, engine = running(with_branch())
    wording = EventWording(engine.flow)
    events = engine.apply(Step(node="source"))
    events += engine.apply(Relink(three()))
    wording.relinked(len(events), engine.flow)
    for _ in range(2):
        events += engine.step()
    texts = worded(wording, events)
    assert texts[0] == "pull gave an element -> other [1], middle [1]"
    assert texts[1] == "#0 lost at source -> other: removed with its edge"
    assert texts[-1] == "process(#0) emitted 1 -> sink [1]"


def test_an_edge_that_is_not_in_the_graph_is_named_by_its_number() -> None:
    _, engine = running(with_branch())
    events = engine.apply(Step(node="source"))
    events += engine.apply(Step(node="middle"))
    assert worded(EventWording(three()), events)[1].endswith("edge 2 of a former graph [1]")


def test_an_element_from_outside_is_named_with_its_queue() -> None:
    _, engine = running(three(), "source")
    wording = EventWording(engine.flow)
    events = engine.apply(Inject(0, b"new"))
    line = wording.line(1, events[0])
    assert line.text == "#0 injected into source -> middle [2]"
    assert (line.mark, line.node, line.edge) == (CallMark.STATE, None, 0)
    assert (line.element_id, line.lineage) == (2, 2)
    assert worded(wording, engine.apply(Inject(9, b"new"))) == [
        "stopped: user (the flow has no edge 9: it has 2)"
    ]


def test_an_edited_element_is_named_with_every_queue_it_waits_in() -> None:
    _, engine = running(with_branch(), "source", "source")
    line = EventWording(engine.flow).line(1, engine.apply(Edit(2, b"other"))[0])
    assert line.text == "#1 edited in source -> other, source -> middle"
    assert (line.mark, line.edge, line.element_id) == (CallMark.STATE, 0, 2)
