"""What ends a native call before it ends by itself, and both layers in one process."""

from __future__ import annotations

import os
import signal
import threading
import time
import weakref
from typing import Any

import pytest

from runtime.model.call import CallInProgress, Export, Failed, FailureKind
from runtime.model.linked import Limits, Role
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import ELEMENT, LOOP, SINK, asker, component
from tests.support.wasm.layers import make_layer, needs_native

pytestmark = needs_native
LONG = Limits(fuel=0, call_timeout_ms=60_000)
TRAPS = f"""
  ;; traps as its payload's first byte says: overflows the stack, reads outside, or unreachable
  (func $deep (param i32) (result i32)
    (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))
  (func (export "push") {ELEMENT}
    (call $load (local.get $payload))
    (if (i32.eq (call $first) (i32.const 100)) (then (drop (call $deep (i32.const 0)))))
    (if (i32.eq (call $first) (i32.const 111)) (then (drop (i32.load (i32.const -5)))))
    unreachable)
  (func (export "complete") (result i32) call $ok)
"""


@pytest.fixture(scope="module")
def native() -> Host:
    return Host(None, make_layer("native"))


def test_a_sleep_ends_when_it_is_interrupted(native: Host) -> None:
    with OneNode(native, asker(), Role.SOURCE, lifecycle=True, limits=LONG) as node:
        node.start("x" * 50_000)
        timer = threading.Timer(0.05, node.invoker.interrupt)
        timer.start()
        began = time.monotonic()
        failure = node.failure()
        assert time.monotonic() - began < 30
        assert (failure.kind, failure.code) == (FailureKind.LIMIT, "E0811")
        assert "interrupted" in failure.message


def test_the_running_call_is_told_to_other_threads(native: Host) -> None:
    component_bytes = component(LOOP, Role.SINK)
    with OneNode(native, component_bytes, Role.SINK, limits=LONG) as node:
        node.start()
        assert node.invoker.in_progress() is None
        seen: list[CallInProgress | None] = []

        def look() -> None:
            while not seen or seen[-1] is None:
                seen.append(node.invoker.in_progress())
            node.invoker.interrupt()

        thread = threading.Thread(target=look)
        thread.start()
        node.failure(data=b"x")
        thread.join()
    told = seen[-1]
    assert told is not None
    assert (told.number, told.node, told.export, told.sequence) == (2, "node", Export.PUSH, 0)
    assert told.limit_ns == 60_000_000_000
    assert told.elapsed_ns < told.limit_ns


def test_a_key_that_interrupts_leaves_the_call_as_what_it_is(native: Host) -> None:
    with OneNode(native, component(LOOP, Role.SINK), Role.SINK, limits=LONG) as node:
        node.start()
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            node.call(data=b"x")
        timer.join()
        node.start()
        assert not isinstance(node.call(Export.COMPLETE).outcome, Failed)


def test_a_closed_instance_is_given_back_whole(native: Host) -> None:
    with OneNode(native, component(SINK, Role.SINK), Role.SINK) as node:
        node.start()
        seen = weakref.ref(node.invoker._instances["node"])
        node.start()
        assert seen() is None
        seen = weakref.ref(node.invoker._instances["node"])
    assert seen() is None


def test_both_layers_trap_at_once_in_one_process(native: Host) -> None:
    data = component(TRAPS, Role.SINK)
    found: dict[str, list[Any]] = {"direct": [], "native": []}

    def work(name: str, host: Host) -> None:
        with OneNode(host, data, Role.SINK) as node:
            for number in range(30):
                node.start()
                failure = node.failure(data=(b"deep", b"outside", b"trap")[number % 3])
                found[name].append((failure.code, failure.message, failure.frames))

    threads = [
        threading.Thread(target=work, args=("native", native)),
        threading.Thread(target=work, args=("direct", Host(None, DirectLayer()))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found["native"]) == 30
    assert found["native"] == found["direct"]
    assert {item[0] for item in found["native"]} == {"E0804"}
    assert len({item[1] for item in found["native"]}) == 3


def test_the_thread_that_ends_calls_sleeps_without_calls(native: Host) -> None:
    with OneNode(native, component(SINK, Role.SINK), Role.SINK, limits=LONG) as node:
        node.start()
        engine: Any = native.layer
        deadline = time.monotonic() + 30
        while not engine.engine.asleep and time.monotonic() < deadline:
            time.sleep(0.02)
        assert engine.engine.asleep
        assert not isinstance(node.call(data=b"x").outcome, Failed)
        limits = Limits(fuel=0, call_timeout_ms=50)
        with OneNode(native, component(LOOP, Role.SINK), Role.SINK, limits=limits) as hanging:
            hanging.start()
            assert hanging.failure(data=b"x").code == "E0811"
