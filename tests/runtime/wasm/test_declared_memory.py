"""Memories and tables read from a component's bytes, held against what wasmtime makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import Store, WasmtimeError, wat2wasm
from wasmtime.component import Component, Linker

from runtime.model.call import Export, Failed, FailureKind, Finished
from runtime.model.linked import Limits, Role
from runtime.wasm.declared_memory import Declared, Range, limit_of_each, read_declared
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import ELEMENT, SINK, component

PAGE = 65536
SAMPLES = Path(__file__).parents[3] / "sample_flows" / "fan-out" / ".torvyn" / "build"
TWICE = """(component
  (core module $m (memory 1 4) (table 5 9 funcref) (table 2 externref))
  (core instance (instantiate $m)) (core instance (instantiate $m)))"""
NESTED = """(component
  (component $inner
    (core module $m (memory 2) (memory 3 3))
    (core instance (instantiate $m))
    (component $deep (core module $n (memory 1)) (core instance (instantiate $n)))
    (instance (instantiate $deep)))
  (instance (instantiate $inner)) (instance (instantiate $inner)))"""
OUTER = """(component
  (core module $m (memory 7))
  (component $inner (alias outer 1 $m (core module $x)) (core instance (instantiate $x)))
  (instance (instantiate $inner))
  (export $e "m" (core module $m))
  (core instance (instantiate $e)))"""
SHARED = """(component
  (core module $m (memory (export "memory") 1))
  (core module $user (import "m" "memory" (memory 1)))
  (core instance $i (instantiate $m))
  (core instance (instantiate $user (with "m" (instance $i)))))"""
UNUSED = "(component (core module $m (memory 1000)) (core module $n (func)))"
FROM_INSTANCE = """(component
  (component $giver (core module $m (memory 1)) (export "m" (core module $m)))
  (instance $given (instantiate $giver))
  (alias export $given "m" (core module $m))
  (core instance (instantiate $m)))"""
GROWER = f"""
  ;; takes a page of each memory in turn as long as there is one, then traps
  (memory $second 1) (memory $third 1)
  (func (export "push") {ELEMENT} (local $failed i32)
    (loop $more
      (local.set $failed (i32.const 0))
      (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1))
        (then (local.set $failed (i32.add (local.get $failed) (i32.const 1)))))
      (if (i32.eq (memory.grow $second (i32.const 1)) (i32.const -1))
        (then (local.set $failed (i32.add (local.get $failed) (i32.const 1)))))
      (if (i32.eq (memory.grow $third (i32.const 1)) (i32.const -1))
        (then (local.set $failed (i32.add (local.get $failed) (i32.const 1)))))
      (br_if $more (i32.lt_u (local.get $failed) (i32.const 3))))
    (call $release (local.get $payload) (local.get $context))
    (if (i32.gt_u
          (i32.add (memory.size) (i32.add (memory.size $second) (memory.size $third)))
          (i32.const 256))
      (then unreachable))
    (i32.store8 (i32.const 4) (i32.const 0))
    (call $ok))
  (func (export "complete") (result i32) call $ok)
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            TWICE,
            Declared(
                (Range(PAGE, 4 * PAGE),) * 2,
                (Range(5, 9), Range(2, None)) * 2,
            ),
        ),
        (
            NESTED,
            Declared((Range(2 * PAGE, None), Range(3 * PAGE, 3 * PAGE), Range(PAGE, None)) * 2),
        ),
        (OUTER, Declared((Range(7 * PAGE, None),) * 2)),
        (SHARED, Declared((Range(PAGE, None),))),
        (UNUSED, Declared()),
    ],
    ids=["twice", "nested", "outer", "shared", "unused"],
)
def test_every_instantiation_is_followed(text: str, expected: Declared) -> None:
    data = bytes(wat2wasm(text))
    assert read_declared(data) == expected
    assert made_memories(data) == len(expected.memories)


def made_memories(data: bytes) -> int:
    """How many memories wasmtime makes: the least limit that it is content with."""
    engine = DirectLayer().engine
    compiled = Component(engine, data)
    for count in range(200):
        with Linker(engine) as linker, Store(engine) as store:
            store.set_limits(memories=count)
            store.set_fuel(1_000_000)
            linker.add_wasip2()
            try:
                linker.instantiate(store, compiled)
            except WasmtimeError as error:
                refusal = str(error)
            else:
                return count
            assert "memory count too high" in refusal
    raise AssertionError("more than 200 memories")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.wasm")), ids=lambda path: path.stem)
def test_components_of_compilers_have_the_memory_that_is_read(host: Host, path: Path) -> None:
    compiled = host.compile(path.read_bytes())
    assert len(compiled.declared.memories) == 1
    assert compiled.declared.least_bytes > PAGE
    assert compiled.declared.tables


def test_damaged_bytes_never_raise() -> None:
    data = component(SINK, Role.SINK)
    for size in range(0, len(data), 7):
        read_declared(data[:size])
    for at in range(8, len(data), 5):
        read_declared(data[:at] + bytes([data[at] ^ 0x85]) + data[at + 1 :])


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_left(rest: bytes) -> None:
    read_declared(b"\0asm\x0d\0\x01\0" + rest)


ranges = st.lists(
    st.builds(
        lambda least, more: Range(least, None if more is None else least + more),
        st.integers(0, 50),
        st.none() | st.integers(0, 50),
    ),
    max_size=6,
)


@given(ranges, st.integers(0, 120))
def test_what_each_may_have_is_the_most_that_fits(items: list[Range], total: int) -> None:
    def together(each: int) -> int:
        return sum(each if item.most is None else min(each, item.most) for item in items)

    each = limit_of_each(items, total)
    fitting = [size for size in range(total + 1) if together(size) <= total]
    largest = max(item.least for item in items) if items else 0
    if each is None:
        assert max(fitting) < largest
    else:
        assert together(each) <= total
        assert each >= largest
        assert together(each) == together(max(fitting))


def test_three_memories_together_stay_within_the_limit(host: Host) -> None:
    with OneNode(host, component(GROWER, Role.SINK), Role.SINK) as node:
        node.start()
        answer = node.call(data=b"x")
        assert not isinstance(answer.outcome, Failed), answer.outcome
        # Where each memory has its share what they grew to is not known: what they began with is.
        everything = node.node.limits.memory_bytes
        assert answer.memory_bytes == (everything if host.layer.name == "native" else 4 * PAGE)


def test_memories_that_start_with_more_than_the_limit_are_refused(host: Host) -> None:
    data = component(f"(memory $more 200) {SINK}", Role.SINK, pages=100)
    with OneNode(host, data, Role.SINK) as node:
        failure = node.failure(Export.INIT, argument="{}")
        assert (failure.kind, failure.name) == (FailureKind.LIMIT, "MemoryLimitExceeded")
        assert "starts with 19,660,800 bytes of memory in 2 memories" in failure.message
        assert "16,777,216 bytes for all of them" in failure.message
    with OneNode(host, data, Role.SINK, limits=Limits(memory_bytes=32 << 20)) as node:
        assert node.start().outcome == Finished()


def test_memories_of_very_different_sizes_are_refused_where_shares_do_not_do(
    direct_host: Host,
) -> None:
    host = direct_host
    data = component(f"(memory $more 1) {SINK}", Role.SINK, pages=150)
    with OneNode(host, data, Role.SINK) as node:
        failure = node.failure(Export.INIT, argument="{}")
        assert "2 memories that could grow beyond it together" in failure.message
    bounded = component(f"(memory $more 1 2) {SINK}", Role.SINK, pages=150)
    with OneNode(host, bounded, Role.SINK) as node:
        assert node.start().outcome == Finished()


def test_a_memory_that_cannot_be_counted_is_refused_not_let_through() -> None:
    assert read_declared(bytes(wat2wasm(FROM_INSTANCE))) == Declared()
    assert made_memories(bytes(wat2wasm(FROM_INSTANCE))) == 1
