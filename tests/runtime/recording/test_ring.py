from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest

from runtime.model.call import Emitted
from runtime.model.commands import Advance, Edit, Inject, Relink, Start, Step
from runtime.model.events import CallFinished
from runtime.protocol.timeline import RING_BYTES
from runtime.recording.encoding import Entry, RecordingOptions
from runtime.recording.file.header import header_of
from runtime.recording.recorder import Recorder, entries_of, save
from runtime.recording.replay.expectation import end_of
from runtime.recording.replay.steps import CallStep, ReplayStep, steps_of_ring
from runtime.recording.ring.compact import CompactChunk
from runtime.recording.ring.ring import COMPACTED_BYTES, Ring
from runtime.recording.ring.ring_steps import steps_since
from runtime.recording.ring.sizes import CALL_BYTES, COMMAND_BYTES, bytes_of_calls
from tests.support.engine.fakes import WALL_NS
from tests.support.narrow import present
from tests.support.recording_flows import (
    Components,
    LiveClock,
    compact_calls,
    engine_of,
    facts_of,
    lines_of,
    linked_flow,
    run_to_end,
)


def filled(limit: int, payloads: list[bytes]) -> tuple[Ring, list[CallFinished]]:
    ring = Ring(limit)
    engine = engine_of(linked_flow(), Components(payloads))
    events = run_to_end(engine, Recorder(ring))
    return ring, [event for event in events if isinstance(event, CallFinished)]


def test_a_ring_with_room_keeps_everything_in_order() -> None:
    ring, calls = filled(RING_BYTES, [b"a", b"b"])
    entries = list(ring.entries())
    assert entries == [Start(WALL_NS), *calls]
    assert (ring.first_call, ring.last_call) == (1, len(calls))
    assert ring.calls_kept == len(calls)
    assert ring.complete


def test_a_ring_never_exceeds_its_bound_and_loses_the_oldest() -> None:
    limit = 20 * CALL_BYTES
    ring, calls = filled(limit, [b"x" * 100] * 100)
    assert ring.bytes_used <= limit
    kept = [entry for entry in ring.entries() if isinstance(entry, CallFinished)]
    assert kept == calls[-len(kept) :]
    assert ring.calls_kept == len(kept) >= 5
    assert ring.calls_kept + ring.calls_lost == len(calls)
    assert ring.calls_lost == ring.calls_gone + compact_calls(ring)
    assert ring.calls_gone
    assert not ring.repeatable
    assert ring.first_call == kept[0].call.number
    assert not ring.complete


def test_a_step_that_asked_for_a_certain_call_is_kept_before_it() -> None:
    ring = Ring()
    recorder, engine = Recorder(ring), engine_of(linked_flow(), Components([b"a", b"b", b"c"]))
    engine.apply(Start(WALL_NS))
    for _ in range(len(engine.flow.nodes)):
        engine.apply(Step())
    steps = (Step(), Step(node="source"), Step(node="upper"), Step(edge=0), Step(lineage=1))
    for step in steps:
        events = engine.apply(step)
        assert any(isinstance(event, CallFinished) for event in events)
        recorder.record(step, events)
    assert [entry for entry in ring.entries() if isinstance(entry, Step)] == list(steps[1:])


def test_payloads_count() -> None:
    small, _ = filled(RING_BYTES, [b""])
    large, _ = filled(RING_BYTES, [b"x" * 10_000])
    assert large.bytes_used - small.bytes_used >= 20_000  # what was pulled and what was made of it


def test_an_entry_above_the_bound_empties_the_ring() -> None:
    ring, _ = filled(CALL_BYTES // 2, [b"a"])
    assert list(ring.entries()) == []
    assert ring.bytes_used == 0
    assert ring.first_call is None
    assert ring.last_call is None


def test_a_lost_command_makes_a_ring_incomplete() -> None:
    ring = Ring(3 * COMMAND_BYTES)
    for number in range(4):
        ring.append(Advance(number))
    assert ring.calls_lost == 0
    assert not ring.complete
    assert ring.entries_passed == 4


def test_entries_until_a_call_end_with_it() -> None:
    ring, calls = filled(RING_BYTES, [b"a", b"b"])
    assert list(ring.entries(until=3)) == [Start(WALL_NS), *calls[:3]]
    assert list(ring.entries(until=0)) == [Start(WALL_NS)]


def test_clear_forgets() -> None:
    ring, _ = filled(10 * CALL_BYTES, [b"a"] * 9)
    ring.clear()
    assert (ring.bytes_used, ring.calls_kept, ring.calls_lost) == (0, 0, 0)
    assert ring.complete


def test_the_stated_memory_of_a_call_is_near_the_real_one() -> None:
    ring = Ring()
    engine = engine_of(linked_flow(), Components([b"x" * 20] * 500))
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        recorder = Recorder(ring)
        for command in [Start(WALL_NS), *[Step()] * 10_000]:
            recorder.record(command, engine.apply(command))
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert ring.calls_kept > 2000
    assert 0.5 < used / ring.bytes_used < 2


def test_a_step_that_asked_for_a_node_stands_before_its_call() -> None:
    engine = engine_of(linked_flow(), Components([b"a"]))
    engine.apply(Start(WALL_NS))
    asked = Step(node="source")
    events = engine.apply(asked)
    call = next(event for event in events if isinstance(event, CallFinished))
    assert entries_of(asked, events) == [asked, call]
    refused = Step(node="nobody")
    assert entries_of(refused, engine.apply(refused)) == []


@pytest.mark.parametrize("limit", [RING_BYTES, 20 * CALL_BYTES])
def test_a_saved_ring_says_where_it_begins(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "saved.rec"
    ring = Ring(limit)
    engine = engine_of(linked_flow(), Components([b"a"] * 20))
    run_to_end(engine, Recorder(ring))
    options = RecordingOptions()
    header = header_of(linked_flow(), facts_of(), options, path)
    end = end_of(engine.snapshot(), ring.calls_kept, WALL_NS)
    assert save(ring, path, header, options, end) is None
    lines = lines_of(path)
    calls = [line for line in lines if line["type"] == "call"]
    assert lines[0]["first_call"] == calls[0]["call"] == ring.first_call
    assert lines[-1]["calls"] == len(calls) == ring.calls_kept
    assert present(save(ring, path, header, options, end)).message.endswith("exists")


def test_keeping_begins_with_what_the_ring_has(tmp_path: Path) -> None:
    path = tmp_path / "kept.rec"
    options = RecordingOptions()
    recorder = Recorder(Ring())
    engine = engine_of(linked_flow(), Components([b"a"] * 3))
    for number, command in enumerate([Start(WALL_NS), *[Step()] * 12]):
        if number == 5:
            header = header_of(linked_flow(), facts_of(), options, path)
            assert recorder.keep(path, header, options) is None
        recorder.record(command, engine.apply(command))
    assert recorder.stop(None) is None
    assert recorder.writer is None
    recorder.record(Step(), engine.apply(Step()))
    calls = [line["call"] for line in lines_of(path) if line["type"] == "call"]
    assert calls == list(range(1, 13))
    assert recorder.ring.last_call == 13


def test_the_oldest_calls_are_made_compact_and_the_oldest_of_those_are_lost() -> None:
    ring = Ring(100_000)
    engine = engine_of(linked_flow(), Components([b"x" * 20] * 1_500))
    recorder = Recorder(ring)
    calls, most = 0, 0
    for command in [Start(WALL_NS), *[Step()] * 10_000]:
        events = engine.apply(command)
        calls += sum(isinstance(event, CallFinished) for event in events)
        recorder.record(command, events)
        assert ring.bytes_used <= ring.limit
        assert ring.calls_kept + ring.calls_lost == calls
        assert compact_calls(ring) == ring.calls_lost - ring.calls_gone
        if ring.repeatable:
            most = calls
            assert ring.complete is (compact_calls(ring) == 0)
    assert most > 6 * 100_000 / CALL_BYTES
    assert not ring.complete
    assert not ring.repeatable
    assert compact_calls(ring) > ring.calls_kept
    numbers = [step.number for step in steps_of_ring(ring) if isinstance(step, CallStep)]
    assert numbers == list(range(ring.calls_gone + 1, calls + 1))


def test_what_was_appended_is_given_from_any_entry_on() -> None:
    ring = Ring(60_000)
    engine = engine_of(linked_flow(), Components([b"x" * 20] * 300))
    recorder = Recorder(ring)
    run_to_end(engine, recorder)
    assert compact_calls(ring)
    whole = [without_element(step) for step in steps_of_ring(ring)]
    assert len(whole) == ring.entries_passed - ring.entries_gone
    for entry in range(ring.entries_gone, ring.entries_passed + 1, 37):
        rest = [without_element(step) for step in steps_since(ring, entry)]
        assert rest == whole[entry - ring.entries_gone :]


def without_element(step: ReplayStep) -> object:
    return (step.number, step.answer()) if isinstance(step, CallStep) else step


def test_large_answers_are_not_compressed() -> None:
    ring = Ring(2_000_000)
    engine = engine_of(linked_flow(), Components([b"x" * 30_000] * 40))
    run_to_end(engine, Recorder(ring))
    assert compact_calls(ring)
    assert ring.bytes_used <= ring.limit
    steps = [step for step in steps_of_ring(ring) if isinstance(step, CallStep)]
    pulled = [step.answer().outcome for step in steps if step.export == "pull"]
    assert all(emitted.outputs[0].payload.data == b"x" * 30_000 for emitted in pulled[:-1])


def test_a_ring_leaves_room_for_what_others_use_of_it() -> None:
    ring = Ring(100_000)
    engine = engine_of(linked_flow(), Components([b"x" * 20] * 300))
    run_to_end(engine, Recorder(ring))
    kept = ring.calls_kept
    ring.reserve(60_000)
    assert 60_000 < ring.bytes_used <= ring.limit
    assert 0 < ring.calls_kept < kept
    ring.clear()
    assert ring.repeatable
    assert compact_calls(ring) == 0


def test_calls_that_do_not_follow_one_another_can_not_be_made_compact() -> None:
    _, calls = filled(RING_BYTES, [b"x"] * 30)
    ring = Ring(10 * CALL_BYTES)
    for call in [*calls[:10], *calls[11:]]:
        ring.append(call)
    assert not ring.repeatable
    assert ring.calls_gone
    assert ring.last_call == len(calls)
    assert ring.bytes_used <= ring.limit


def test_large_payloads_after_small_ones_keep_to_the_bound() -> None:
    payloads = [b"x"] * 200 + [bytes([number]) * 40_000 for number in range(60)]
    ring = Ring(1_000_000)
    engine = engine_of(linked_flow(), Components(payloads))
    run_to_end(engine, Recorder(ring))
    assert ring.bytes_used <= ring.limit
    kept = sum(len(element.payload.data) for call in ring.calls() for element in call.outputs)
    assert kept <= ring.limit


def _payload_bytes_of(chunk: CompactChunk) -> int:
    outcomes = [call.answer.outcome for call in chunk.read()]
    made = [one for outcome in outcomes if type(outcome) is Emitted for one in outcome.outputs]
    return sum(len(one.payload.data) for one in made)


@pytest.mark.parametrize("at_once", [1, 24])
def test_large_payloads_are_counted_as_they_come_and_compacted_piece_by_piece(
    at_once: int,
) -> None:
    size, limit = COMPACTED_BYTES * 3 // 8, COMPACTED_BYTES * 8
    _, calls = filled(RING_BYTES, [b"%02d" % number + bytes(size - 2) for number in range(40)])
    ring, held, pieces = Ring(limit), [0], dict[CompactChunk, int]()
    for first in range(0, len(calls), at_once):
        if at_once == 1:
            ring.append(calls[first])
        else:
            ring.extend(calls[first : first + at_once])
        held.append(sum(map(_payload_bytes, _calls(ring.entries()))))
        for chunk in ring.compact_chunks():
            pieces[chunk] = pieces.get(chunk) or _payload_bytes_of(chunk)
    assert max(held) <= limit, "also before anybody asks for its size"
    largest = max(pieces.values())
    assert size <= largest < COMPACTED_BYTES + size, "the payload that passes the bound is the last"
    assert ring.calls_kept + compact_calls(ring) + ring.calls_gone == len(calls)
    assert ring.calls_gone


def test_calls_whose_memory_is_known_are_kept_as_if_it_was_counted() -> None:
    limit = 200_000
    _, calls = filled(RING_BYTES, [bytes(number % 90) for number in range(600)])
    known, counted = Ring(limit), Ring(limit)
    for first in range(0, len(calls), 7):
        some = calls[first : first + 7]
        known.extend(some, bytes_of_calls(some))
        counted.extend(some)
        assert known.bytes_used <= limit
        assert (known.entries_passed, known.last_call) == (first + len(some), some[-1].call.number)
    known.extend([], 0)
    assert compact_calls(known) > 100
    assert known.bytes_passed == sum(bytes_of_calls([call]) for call in calls)
    assert list(known.entries()) == calls[-known.calls_kept :]
    # Chunks end where others come in, which is all the difference.
    assert abs(known.bytes_used - counted.bytes_used) < limit // 4


def _calls(entries: Iterable[Entry]) -> list[CallFinished]:
    return [entry for entry in entries if isinstance(entry, CallFinished)]


def _payload_bytes(call: CallFinished) -> int:
    return sum(len(output.payload.data) for output in call.outputs)


def test_what_a_command_carries_counts() -> None:
    ring = Ring()
    ring.append(Inject(0, b"x" * 10_000))
    ring.append(Edit(1, b"x" * 10_000))
    assert ring.bytes_used >= 20_000
    before = ring.bytes_used
    ring.append(Relink(linked_flow()))
    assert ring.bytes_used >= before + 6 * 1_000


@pytest.mark.parametrize("stamps", [False, True])
def test_the_stated_memory_of_compact_calls_is_near_the_real_one(stamps: bool) -> None:
    limit = 600_000
    components = Components([b"x" * 20] * 3000, clock=LiveClock(), stamps=stamps, says=b"")
    engine = engine_of(linked_flow(), components)
    gc.collect()
    tracemalloc.start()
    try:
        ring = Ring(limit)
        recorder = Recorder(ring)
        recorder.record(Start(WALL_NS), engine.apply(Start(WALL_NS)))
        while compact_calls(ring) < 2000 and ring.repeatable:
            recorder.record(Step(), engine.apply(Step()))
        assert ring.repeatable
        engine = components = recorder = None
        full, compact = ring.calls_kept, compact_calls(ring)
        gc.collect()
        everything, said = tracemalloc.get_traced_memory()[0], ring.bytes_used
        ring._closed.clear()
        ring._open.clear()
        gc.collect()
        real = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert full > 100
    assert 0.5 < everything / said < 2
    assert 0.5 < real / ring._compact.bytes_used < 1.5
    assert real / compact < 60
