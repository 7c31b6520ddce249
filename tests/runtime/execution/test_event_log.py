"""What a session keeps is bounded, and what it cannot keep is counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtime.execution.event_log import EventLog
from runtime.execution.output_buffer import OutputBuffer
from runtime.execution.recent_elements import RecentElements
from runtime.execution.wording import EventWording
from runtime.hotreload.recent_inputs import RecentInputs
from runtime.model.call import Answer, Call, Export, Failed, Failure, FailureKind, Ports
from runtime.model.codes import Code
from runtime.model.element import Buffer, Element, Hop
from runtime.model.events import CallFinished, Delivery, Event, NodeDone, NodeFailed
from runtime.recording.ring.sizes import CALL_BYTES, bytes_of_calls
from tests.support.engine.fakes import READY, linear


def write(keeper: OutputBuffer, node: str, data: bytes, call: int = 1) -> None:
    keeper.printed(node, call, "stdout", data, granted=True)


def element(number: int, size: int) -> Element:
    return Element(number, number, "source", number, 0, "", Buffer(bytes(size)))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 300)), max_size=60))
def test_printed_bytes_are_kept_or_counted_as_lost(writes: list[tuple[str, int]]) -> None:
    keeper = OutputBuffer(limit=500)
    for node, size in writes:
        write(keeper, node, b"x" * size)
    kept, lost = keeper.take()
    for node in "ab":
        written = sum(size for name, size in writes if name == node)
        kept_bytes = sum(len(item.data) for item in kept if item.node == node)
        assert kept_bytes + dict(lost).get(node, 0) == written
        assert kept_bytes <= 500
    assert keeper.take() == ((), ())


def test_a_chunk_larger_than_the_limit_keeps_its_end() -> None:
    keeper = OutputBuffer(limit=4)
    write(keeper, "a", b"0123456789")
    kept, lost = keeper.take()
    assert [item.data for item in kept] == [b"6789"]
    assert lost == (("a", 6),)


def test_only_the_chunks_of_the_calls_that_are_named_are_linked_to_their_elements() -> None:
    keeper = OutputBuffer()
    for call in (1, 2, 2, 3, 4):
        write(keeper, "a", b"x", call)
    keeper.link({2: 7, 4: 9})
    kept, _ = keeper.take()
    assert [(item.sequence, item.data) for item in kept] == [
        (None, b"x"),
        (7, b"xx"),
        (None, b"x"),
        (9, b"x"),
    ]


def test_the_log_numbers_events_and_counts_what_it_leaves_out() -> None:
    log = EventLog(limit=10)
    log.extend(NodeDone(number, "a") for number in range(25))
    newest, left_out = log.since(0, limit=4)
    assert [number for number, _ in newest] == [22, 23, 24, 25]
    assert left_out == 21
    assert log.since(25, limit=4) == ([], 0)
    newest, left_out = log.since(20, limit=100)
    assert [number for number, _ in newest] == [21, 22, 23, 24, 25]
    assert left_out == 0


def pushed(number: int, size: int, sequence: int = 0) -> CallFinished:
    """A call that was given an element and put it out."""
    one = element(number, size)._replace(sequence=sequence)
    return CallFinished(Call(number, "sink", Export.PUSH, one), Answer(READY), 0, (one,))


def keep(recent: RecentElements, calls: list[CallFinished]) -> None:
    recent.add_calls(calls, bytes_of_calls(calls))


def test_the_log_is_bounded_by_the_memory_of_its_calls_as_well() -> None:
    log = EventLog(limit=10, most_bytes=4_000)
    for number in range(1, 31):
        call = [pushed(number, 1_000)]
        log.extend([*call, NodeDone(number, "a")], size=1_000)
        numbers = [kept for kept, _ in log.since(0, limit=100)[0]]
        assert numbers == list(range(max(1, 2 * number - 7), 2 * number + 1)), "four calls"
    log.extend(NodeDone(number, "b") for number in range(9))
    assert len(log.last(100)) == 10, "what takes no memory is bounded by number alone"
    log.extend([pushed(31, 9_000)], size=9_000)
    assert log.call_numbered(31) is not None, "what came last is kept, whatever its size"
    log.extend([pushed(32, 10)], size=10)
    assert log.call_numbered(31) is None
    assert [kept for kept, _ in log.since(0, limit=100)[0]] == [log.count]
    log.clear()
    log.extend([pushed(33, 3_999)], size=3_999)
    log.extend([pushed(34, 1)], size=1)
    assert len(log.last(100)) == 2


def test_inputs_of_nodes_are_bounded_by_memory_and_the_last_is_kept() -> None:
    inputs = RecentInputs(limit=1_000)
    for number in range(1, 51):
        inputs.by_node["small"].append(element(number, 1))
        inputs.by_node["large"].append(element(number, 300))
        inputs.made(301)
    assert [one.id for one in inputs.of("large")] == [50], "a share of 500 bytes"
    assert len(inputs.of("small")) == 50
    inputs.by_node["large"].append(element(51, 2_000))
    inputs.made(2_000)
    assert [one.id for one in inputs.of("large")] == [51]


def test_recent_elements_are_bounded_by_bytes_and_the_oldest_go() -> None:
    recent = RecentElements(limit=32 * (100 + CALL_BYTES))
    for number in range(1, 81):
        keep(recent, [pushed(number, 100)])
        assert len(recent) <= 32
        kept = range(max(1, number - 24), number + 1)
        assert all(recent.get(known) is not None for known in kept), "nearly all of the bound"
    assert recent.get(40) is None


def test_an_element_that_is_seen_again_is_kept_as_it_was_last_seen() -> None:
    recent = RecentElements(limit=32 * (100 + CALL_BYTES))
    keep(recent, [pushed(1, 100)])
    assert len(recent) == 1
    for number in range(2, 7):
        keep(recent, [pushed(number, 100)])
    again = pushed(1, 100, sequence=99)
    keep(recent, [again])
    assert recent.get(1) is again.call.element
    assert [one.id for one in recent].count(1) == 1
    assert len(recent) == 6


def test_what_is_looked_for_while_calls_come_is_found_as_it_was_delivered() -> None:
    recent = RecentElements()
    (old,), path = pushed(1, 3).outputs, (Hop("router", "route", 7, 0, 1),)
    routed = old._replace(path=path)
    call = Call(7, "router", Export.ROUTE, old)
    for _ in range(2):
        keep(recent, [pushed(1, 3)])
        assert recent.get(1) == old
        keep(recent, [CallFinished(call, Answer(READY), 0, (), (Delivery(0, routed, 1),))])
        assert recent.get(1) is routed
    held = element(2, 3)
    keep(recent, [CallFinished(Call(8, "source", Export.PULL), Answer(READY), 0, (held,))])
    assert recent.get(2) is held, "an output that is not delivered yet"
    recent.clear()
    assert recent.get(1) is None


def test_one_element_larger_than_the_bound_is_still_kept() -> None:
    recent = RecentElements(limit=10)
    keep(recent, [pushed(1, 1000)])
    assert recent.get(1) is not None
    keep(recent, [pushed(2, 1000)])
    assert recent.get(2) is not None


def failed_call(number: int, attempt: int = 1) -> list[Event]:
    failure = Failure.of(FailureKind.TRAP, "no", Code.TRAP, "", crashed=True)
    call = Call(number, "a", Export.PROCESS, element(number, 3))
    return [
        CallFinished(call, Answer(Failed(failure)), number),
        NodeFailed(number, "a", number, call.element, failure, attempt, call.export),
    ]


def test_a_failed_call_is_one_line_and_further_tries_say_which() -> None:
    log = EventLog()
    log.extend(failed_call(1))
    assert [type(event) for _, event in log.since(0, 9)[0]] == [CallFinished]
    again = failed_call(2, attempt=2)
    log.extend(again)
    assert [type(event) for _, event in log.since(1, 9)[0]] == [CallFinished]
    wording = EventWording(linear())
    logged = log.since(0, 9)[0]
    texts = [wording.line(number, event, log.attempt(event)).text for number, event in logged]
    said = "failed: Trap [E0804]: no"
    assert texts == [f"process(#1) {said}", f"process(#2) {said} (attempt 2)"]
    few = EventLog(limit=2)
    for number in range(1, 5):
        few.extend(failed_call(number, attempt=number))
    assert [few.attempt(event) for _, event in few.since(0, 9)[0]] == [3, 4]


def test_a_failure_without_a_failed_call_is_a_line_of_its_own() -> None:
    """E.g. a router that named a port without an edge: its call succeeded."""
    log = EventLog()
    call, failed = failed_call(3)
    assert isinstance(call, CallFinished)
    log.extend([call._replace(answer=Answer(Ports(("x",)))), failed])
    assert [type(event) for _, event in log.since(0, 9)[0]] == [CallFinished, NodeFailed]
