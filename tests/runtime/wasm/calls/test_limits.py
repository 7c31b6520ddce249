"""Components that trap, never end, want too much, or are told to stop."""

from __future__ import annotations

import threading
import time

import pytest

from runtime.model.call import (
    NO_COPIES,
    Accepted,
    Call,
    Export,
    Failed,
    FailureKind,
    Finished,
    Signal,
    Verdict,
)
from runtime.model.element import MAX_BUFFER_BYTES
from runtime.model.linked import Limits, LinkedFlow, Role
from runtime.wasm.host import Host
from runtime.wasm.wasm_invoker import WasmInvoker
from tests.support.wasm.flows import OneNode, an_element
from tests.support.wasm.guests import ELEMENT, LIFECYCLE, LOOP, SINK, component
from tests.support.wasm.layers import LAYERS, largest_file, make_layer

TRAP = f"""(func $boom_here (export "push") {ELEMENT} unreachable)
  (func (export "complete") (result i32) call $ok)"""
GROW = f"""
  ;; takes a page at a time as long as there is one; answers pause, and traps on a payload
  (func (export "push") {ELEMENT}
    (block $full (loop $more
      (br_if $full (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))
      (br $more)))
    (if (i64.ne (call $size (local.get $payload)) (i64.const 0)) (then unreachable))
    (call $release (local.get $payload) (local.get $context))
    (i32.store8 (i32.const 4) (i32.const 1))
    (call $ok))
  (func (export "complete") (result i32)
    (i32.store (i32.const 0) (memory.size))
    (if (i32.gt_u (memory.size) (i32.const 256)) (then unreachable))
    (call $ok))
"""
RECURSE = f"""
  (func $deep (param i32) (result i32)
    (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))
  (func (export "push") {ELEMENT} (call $deep (i32.const 0)))
  (func (export "complete") (result i32) call $ok)
"""


def sink(host: Host, core: str, **options: object) -> OneNode:
    node = OneNode(host, component(core, Role.SINK), Role.SINK, **options)
    assert node.start().outcome == Finished()
    return node


def test_a_trap_says_what_and_where_and_the_node_answers_nothing_but_init(host: Host) -> None:
    with sink(host, TRAP) as node:
        failure = node.failure(data=b"x")
        assert (failure.kind, failure.code, failure.name) == (FailureKind.TRAP, "E0804", "Trap")
        assert "unreachable" in failure.message
        assert "boom_here" in failure.message
        assert failure.crashed
        again = node.failure(data=b"x")
        assert again.crashed
        assert "crashed before" in again.message
        assert node.failure(Export.COMPLETE).crashed
        assert node.start().outcome == Finished()
        assert node.call(Export.COMPLETE).outcome == Finished()


def test_teardown_after_a_trap_is_skipped_and_ends_the_instance(host: Host) -> None:
    with sink(host, TRAP) as node:
        node.failure(data=b"x")
        assert node.call(Export.TEARDOWN).outcome == Finished()
        assert "not been initialised" in node.failure(data=b"x").message


def test_fuel_ends_an_endless_loop_and_is_full_again_for_the_next_call(host: Host) -> None:
    with sink(host, LOOP, limits=Limits(fuel=50_000)) as node:
        answer = node.call(data=b"x")
        assert isinstance(answer.outcome, Failed)
        failure = answer.outcome.failure
        assert (failure.kind, failure.code) == (FailureKind.LIMIT, "E0805")
        assert "50,000" in failure.message
        assert failure.crashed
        assert answer.fuel == 50_000
    with sink(host, SINK, limits=Limits(fuel=1_000)) as node:
        used = [node.call(data=b"x").fuel for _ in range(20)]
        assert len(set(used[1:])) == 1
        assert sum(used) > 1_000


def test_unlimited_fuel_is_still_counted(host: Host) -> None:
    with sink(host, SINK, limits=Limits(fuel=0)) as node:
        assert 0 < node.call(data=b"x").fuel < 10_000


def test_time_ends_an_endless_loop(host: Host) -> None:
    with sink(host, LOOP, limits=Limits(fuel=0, call_timeout_ms=50)) as node:
        answer = node.call(data=b"x")
        assert isinstance(answer.outcome, Failed)
        failure = answer.outcome.failure
        assert (failure.kind, failure.code) == (FailureKind.LIMIT, "E0811")
        assert "50 ms" in failure.message
        assert answer.duration_ns >= 50_000_000
        # The clock starts over with every call, also after an idle while.
        node.start()
        assert node.call(Export.COMPLETE).outcome == Finished()


def test_another_thread_ends_the_running_call(host: Host) -> None:
    with sink(host, LOOP, limits=Limits(fuel=0, call_timeout_ms=60_000)) as node:
        timer = threading.Timer(0.1, node.invoker.interrupt)
        timer.start()
        began = time.perf_counter()
        failure = node.failure(data=b"x")
        timer.join()
        assert time.perf_counter() - began < 30
        assert failure.kind is FailureKind.LIMIT
        assert "interrupted" in failure.message
        assert failure.crashed


def test_an_interrupt_between_calls_harms_nothing(host: Host) -> None:
    with sink(host, SINK) as node:
        for _ in range(50):
            node.invoker.interrupt()
            assert node.call(data=b"x").outcome == Accepted(Signal.READY)


def test_memory_does_not_grow_beyond_its_limit(host: Host) -> None:
    with sink(host, GROW) as node:
        assert node.call(data=b"").outcome == Accepted(Signal.PAUSE)
        assert node.call(Export.COMPLETE).outcome == Finished()
        assert node.failure(data=b"more").crashed


def test_a_component_that_begins_too_large_is_not_instantiated(host: Host) -> None:
    data = component(SINK, Role.SINK, pages=257)
    with OneNode(host, data, Role.SINK) as node:
        failure = node.failure(Export.INIT)
        assert (failure.kind, failure.code) == (FailureKind.LIMIT, "E0806")
        assert "16,777,216" in failure.message
    with OneNode(host, data, Role.SINK, limits=Limits(memory_bytes=32 << 20)) as node:
        assert node.start().outcome == Finished()


def test_endless_recursion_is_a_trap(host: Host) -> None:
    with sink(host, RECURSE) as node:
        failure = node.failure(data=b"x")
        assert failure.kind is FailureKind.TRAP
        assert "stack" in failure.message


ALLOCATE_AND_APPEND = f"""
  ;; hands over as many zeros at once as its payload says, a 32-bit number, to a small buffer
  (func (export "process") {ELEMENT} (local $m i32) (local $n i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $n (i32.load (i32.load (i32.const 64))))
    (drop (memory.grow (i32.const 260)))
    (local.set $m (call $new (i64.const 1)))
    (call $append (local.get $m) (i32.const 65536) (local.get $n) (i32.const 96))
    (call $drop_mutable (local.get $m))
    (call $nothing (i32.const 1)))
"""


def test_too_much_handed_over_at_once_is_said_so(host: Host) -> None:
    data = component(ALLOCATE_AND_APPEND, Role.PROCESSOR)
    with OneNode(
        host, data, Role.PROCESSOR, limits=Limits(fuel=0, memory_bytes=32 << 20, call_timeout_ms=0)
    ) as node:
        node.start()
        most = host.layer.max_taken_bytes
        size = most.to_bytes(4, "little")
        assert not isinstance(node.call(data=size).outcome, Failed)
        failure = node.failure(data=(most + 1).to_bytes(4, "little"))
        assert (failure.kind, failure.code) == (FailureKind.LIMIT, "E0308")
        assert "several pieces" in failure.help


READ_ALL = f"""
  ;; reads all of its payload at once
  (func (export "process") {ELEMENT}
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (call $nothing (i32.const 1)))
"""


def test_too_much_asked_for_at_once_is_said_so_and_not_counted_as_a_copy(host: Host) -> None:
    limits = Limits(fuel=0, memory_bytes=64 << 20, call_timeout_ms=0)
    with OneNode(host, component(READ_ALL, Role.PROCESSOR), Role.PROCESSOR, limits=limits) as node:
        node.start()
        most = host.layer.max_given_bytes
        good = node.call(data=bytes(most))
        assert not isinstance(good.outcome, Failed)
        assert good.copies.read_bytes == most
        answer = node.call(data=bytes(most + 1))
        assert isinstance(answer.outcome, Failed)
        failure = answer.outcome.failure
        assert (failure.kind, failure.code) == (FailureKind.LIMIT, "E0308")
        assert f"asked for {most + 1:,} bytes at once" in failure.message
        assert "several pieces" in failure.help
        assert ("make native" in failure.help) is (host.layer.name == "direct")
        assert answer.copies == NO_COPIES


def test_the_largest_payload_is_passed_on_without_a_byte_of_it_read(host: Host) -> None:
    core = f"""
      ;; lets through what is of an odd size, and reads nothing of it
      (func (export "evaluate") {ELEMENT}
        (i32.store8 (i32.const 4) (i32.and (i32.const 1)
          (i32.wrap_i64 (call $size (local.get $payload)))))
        (call $release (local.get $payload) (local.get $context))
        (call $ok))"""
    with OneNode(host, component(core, Role.FILTER), Role.FILTER) as node:
        node.start()
        for size in (MAX_BUFFER_BYTES, MAX_BUFFER_BYTES - 1):
            answer = node.call(data=bytes(size))
            assert answer.outcome == Verdict(bool(size % 2))
            assert answer.copies == NO_COPIES


def test_a_configuration_that_is_too_long_is_said_so(host: Host) -> None:
    data = component(SINK + LIFECYCLE, Role.SINK, lifecycle=True)
    limits = Limits(fuel=0, memory_bytes=64 << 20)
    with OneNode(host, data, Role.SINK, lifecycle=True, limits=limits) as node:
        most = host.layer.max_given_bytes
        assert node.start(" " * most).outcome == Finished()
        for text in (" " * (most + 1), "\u20ac" * (most // 3 + 1)):
            failure = node.failure(Export.INIT, argument=text)
            assert (failure.kind, failure.code) == (FailureKind.LIMIT, "E0308")
            assert f"{len(text.encode()):,} bytes" in failure.message


def test_a_failing_init_leaves_no_instance_and_a_failing_start_says_why(host: Host) -> None:
    data = component(SINK + LIFECYCLE, Role.SINK, lifecycle=True)
    with OneNode(host, data, Role.SINK, lifecycle=True) as node:
        failure = node.failure(Export.INIT, argument="Invalid config")
        assert (failure.code, failure.message) == ("E0942", "Invalid config")
        assert "not been initialised" in node.failure(data=b"x").message
        node.start()
        assert node.call(data=b"x").outcome == Accepted(Signal.READY)
    start = component("(func $start unreachable) (start $start)" + SINK, Role.SINK)
    with OneNode(host, start, Role.SINK) as node:
        failure = node.failure(Export.INIT)
        assert failure.code == "E0802"
        assert "unreachable" in failure.message
    spin = component("(func $start (loop $l (br $l))) (start $start)" + SINK, Role.SINK)
    with OneNode(host, spin, Role.SINK, limits=Limits(call_timeout_ms=50)) as node:
        assert node.failure(Export.INIT).code in ("E0805", "E0811")


def test_no_call_raises_whatever_it_is(host: Host) -> None:
    with sink(host, SINK) as node:
        for call in (
            Call(1, "nobody", Export.PUSH, an_element()),
            Call(2, "node", Export.PUSH),
            Call(3, "node", Export.ROUTE, an_element()),
            Call(4, "nobody", Export.TEARDOWN),
        ):
            outcome = node.invoker.invoke(call).outcome
            assert isinstance(outcome, Failed)
            assert outcome.failure.message
    closed = WasmInvoker(LinkedFlow("main", "", (), ()), host)
    closed.close()
    closed.close()
    assert isinstance(closed.invoke(Call(1, "node", Export.INIT)).outcome, Failed)


def test_the_watching_thread_sleeps_and_wakes(
    direct_host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.wasm.sandbox.TICK_SECONDS", 0.001)
    monkeypatch.setattr("runtime.wasm.sandbox._QUIET_TICKS", 2)
    with sink(direct_host, LOOP, limits=Limits(fuel=0, call_timeout_ms=20)) as node:
        watch = node.invoker._calls.watch  # type: ignore[attr-defined]
        for _ in range(3):
            deadline = time.monotonic() + 20
            while not watch.idle and time.monotonic() < deadline:
                time.sleep(0.002)
            assert watch.idle
            node.start()
            assert node.failure(data=b"x").code == "E0811"


@pytest.mark.parametrize("name", LAYERS)
def test_where_files_may_not_be_large_a_component_with_data_starts(name: str) -> None:
    own = '(core module $own (memory 1) (data (i32.const 0) "data"))'
    data = component(SINK, Role.SINK, lowered=f"{own} (core instance (instantiate $own))")
    with largest_file(1000):
        host = Host(None, make_layer(name))
        with OneNode(host, data, Role.SINK) as node:
            assert node.start().outcome == Finished()
    assert host.layer.settings != make_layer(name).settings, "its code is cached apart"
