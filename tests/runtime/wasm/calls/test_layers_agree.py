"""Native, direct and stock calls do the same: a random program in a component, called each way.

The component is a small machine whose payload is its program: each step calls a host function, or
does what a component must not do. Its handles outlive its calls. Whatever an answer holds is
compared, fuel and texts of errors included. Only where a call exhausts its stack, fuel may differ:
one way has room for a few frames more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import wat2wasm
from wasmtime.component import Component

from runtime.model.call import Answer, Call, Export, Failed, HostInput, Printed
from runtime.model.element import Buffer, Element
from runtime.model.linked import Limits, Role
from runtime.wasm.call_layer import Compiled
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.host import Host
from runtime.wasm.stock.stock_host import StockHost
from tests.support.examples import examples
from tests.support.wasm.flows import OneNode, by_stream
from tests.support.wasm.guests import ELEMENT, LIFECYCLE, asker, component, printer
from tests.support.wasm.layers import make_layer, needs_native

pytestmark = needs_native

STEPS = (
    # Each has $a and $b, two bytes of the program, and ends with a number that is kept.
    "(call $allocate (i64.shl (local.get $a64) (i64.and (local.get $b64) (i64.const 24)))"
    " (i32.const 80)) (if (i32.eqz (i32.load8_u (i32.const 80)))"
    " (then (global.set $m (i32.load (i32.const 84))))) (i64.load8_u (i32.const 80))",
    "(call $append (global.get $m) (i32.const 1000) (local.get $b) (i32.const 96))"
    " (i64.load16_u (i32.const 96))",
    "(call $write (global.get $m) (i64.shl (local.get $a64) (local.get $b64)) (i32.const 1100)"
    " (local.get $b) (i32.const 96)) (i64.load16_u (i32.const 96))",
    "(call $mutable_size (global.get $m))",
    "(call $capacity (global.get $m))",
    "(call $set_type (global.get $m) (i32.const 1100) (local.get $a)) (i64.const 0)",
    "(global.set $f (call $freeze (global.get $m))) (i64.const 1)",
    "(call $drop_mutable (global.get $m))"
    " (if (i32.and (local.get $a) (i32.const 3)) (then (global.set $m (i32.const 0))))"
    " (i64.const 2)",
    "(call $drop_buffer (global.get $f)) (i64.const 3)",
    "(call $size (global.get $f))",
    "(call $read (global.get $f) (local.get $a64) (local.get $b64) (i32.const 64))"
    " (i64.load32_u (i32.const 68))",
    "(call $read (local.get $payload) (local.get $a64) (local.get $b64) (i32.const 64))"
    " (i64.load32_u (i32.const 68))",
    "(call $clone (local.get $payload) (i32.const 80))"
    " (if (i32.eqz (i32.load8_u (i32.const 80)))"
    " (then (global.set $m (i32.load (i32.const 84))))) (i64.load8_u (i32.const 80))",
    "(call $clone (global.get $f) (i32.const 80)) (i64.load8_u (i32.const 80))",
    "(call $content_type (global.get $f) (i32.const 64)) (i64.load32_u (i32.const 68))",
    "(call $content_type (local.get $payload) (i32.const 64)) (i64.load32_u (i32.const 68))",
    "(i64.extend_i32_s (memory.grow (local.get $a)))",
    "(if (i32.gt_u (local.get $a) (i32.const 200)) (then unreachable)) (i64.const 4)",
    "(loop $again (local.set $n (i32.add (local.get $n) (i32.const 1)))"
    " (br_if $again (i32.lt_u (local.get $n) (i32.mul (local.get $a) (local.get $b)))))"
    " (i64.extend_i32_u (local.get $n))",
    "(call $deadline (local.get $context)) (drop) (call $flow_id (local.get $context)"
    " (i32.const 64)) (i64.load32_u (i32.const 68))",
    "(call $read_all (local.get $payload) (i32.const 64)) (i64.load32_u (i32.const 68))",
    "(i64.extend_i32_u (i32.div_u (i32.const 9) (i32.and (local.get $a) (i32.const 31))))",
    "(i64.load (i32.shl (local.get $a) (i32.and (local.get $b) (i32.const 31))))",
    "(if (i32.gt_u (local.get $a) (i32.const 240)) (then (drop (call $deep (local.get $a)))))"
    " (i64.const 5)",
    "(if (i32.gt_u (local.get $a) (i32.const 128)) (then"
    " (call $release (local.get $payload) (local.get $context))"
    " (return (call $err8 (i32.rem_u (local.get $b) (i32.const 5)) (i32.const 1100)"
    " (local.get $b))))) (i64.const 6)",
    "(if (i32.gt_u (local.get $a) (i32.const 128)) (then"
    " (call $release (local.get $payload) (local.get $context))"
    " (return (call $emit (global.get $f) (i32.const 1000) (i32.const 10))))) (i64.const 7)",
    "(if (i32.gt_u (local.get $a) (i32.const 220)) (then"
    " (call $drop_buffer (local.get $payload)))) (i64.const 8)",
)
_CASES = "\n".join(
    f"(if (i32.eq (local.get $op) (i32.const {number})) (then (local.set $said (block"
    f" (result i64) {body}))))"
    for number, body in enumerate(STEPS)
)
MACHINE = f"""
  (global $m (mut i32) (i32.const 0)) (global $f (mut i32) (i32.const 0))
  (func $deep (param i32) (result i32)
    (i32.add (i32.const 1) (call $deep (i32.add (local.get 0) (i32.const 1)))))
  (func (export "process") {ELEMENT} (local $op i32) (local $a i32) (local $b i32)
      (local $a64 i64) (local $b64 i64) (local $n i32) (local $at i32) (local $end i32)
      (local $out i32) (local $said i64)
    (call $load (local.get $payload))
    (local.set $at (i32.load (i32.const 64)))
    (local.set $end (i32.add (local.get $at) (i32.load (i32.const 68))))
    (local.set $out (i32.const 70000))
    (block $done (loop $next
      (br_if $done (i32.gt_u (i32.add (local.get $at) (i32.const 3)) (local.get $end)))
      (local.set $op (i32.load8_u (local.get $at)))
      (local.set $a (i32.load8_u offset=1 (local.get $at)))
      (local.set $b (i32.load8_u offset=2 (local.get $at)))
      (local.set $a64 (i64.extend_i32_u (local.get $a)))
      (local.set $b64 (i64.extend_i32_u (local.get $b)))
      (local.set $n (i32.const 0))
      (if (i32.eqz (global.get $m)) (then (global.set $m (call $new (i64.const 100)))))
      {_CASES}
      (i64.store (local.get $out) (local.get $said))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (local.set $at (i32.add (local.get $at) (i32.const 3)))
      (br $next)))
    (call $release (local.get $payload) (local.get $context))
    (call $emit
      (call $made (i32.const 70000) (i32.sub (local.get $out) (i32.const 70000)))
      (i32.const 1000) (i32.const 10)))
  (data (i32.const 1100) "type/ü1234567890123456789012345678901234567890123456789ü0123456789ü")
"""

programs = st.lists(
    st.tuples(st.integers(0, len(STEPS) - 1), st.integers(0, 255), st.integers(0, 255)).map(bytes),
    max_size=12,
).map(b"".join)
texts = st.text(max_size=20) | st.sampled_from(["application/json", "", "\ud800"])


MEMORY = 4 << 20


@dataclass(frozen=True, repr=False)
class Machine:
    """The compiled machine."""

    data: bytes
    code: Component


class Several:
    """One component, called by each of several hosts."""

    def __init__(self, hosts: Sequence[Host], data: bytes, role: Role, **options: Any) -> None:
        self.nodes = [OneNode(host, data, role, **options) for host in hosts]

    def call(self, export: Export, element: Element | None = None, argument: str = "") -> Answer:
        """Call all; everything in their answers is the same."""
        answers = []
        for node in self.nodes:
            node.number += 1
            call = Call(node.number, "node", export, element, argument)
            answers.append(node.invoker.invoke(call))
        first, *others = map(comparable, answers)
        assert others == [first] * len(others)
        first_live, *other_live = [node.invoker.live_handles("node") for node in self.nodes]
        assert other_live == [first_live] * len(other_live)
        return answers[0]

    def close(self) -> None:
        for node in self.nodes:
            node.invoker.close()


def comparable(answer: Answer) -> tuple[object, ...]:
    """All of an answer but how long it took, and what only one layer can know."""
    return (
        answer.outcome,
        answer.copies,
        by_stream(answer),
        answer.printed_bytes,
        answer.host,
        None if exhausted_its_stack(answer) else answer.fuel,
    )


def exhausted_its_stack(answer: Answer) -> bool:
    return (
        isinstance(answer.outcome, Failed)
        and "call stack exhausted" in answer.outcome.failure.message
    )


@pytest.fixture(scope="module")
def direct() -> DirectLayer:
    return DirectLayer()


@pytest.fixture(scope="module")
def hosts(direct: DirectLayer) -> tuple[Host, Host]:
    return Host(None, direct), Host(None, make_layer("native"))


@pytest.fixture(scope="module")
def readable() -> Host:
    """Native calls of code whose memory can be read."""
    return Host(None, make_layer("native", GuestDebug.COMPILED))


@pytest.fixture(scope="module")
def machine(direct: DirectLayer) -> Machine:
    data = component(MACHINE + LIFECYCLE, Role.PROCESSOR, lifecycle=True)
    return Machine(data, Component(direct.engine, data))


def an_element(number: int, data: bytes, kind: str) -> Element:
    return Element(1, 1, "source", number, number, kind, Buffer(data, kind[:60]))


@examples(200)
@given(
    st.lists(st.tuples(programs, texts, st.integers(0, 2**64 - 1)), max_size=5),
    st.sampled_from([0, 1_000_000, 20_000, 3_000]),
)
def test_a_random_program_does_the_same_four_ways(
    direct: DirectLayer,
    hosts: tuple[Host, Host],
    readable: Host,
    machine: Machine,
    script: list[tuple[bytes, str, int]],
    fuel: int,
) -> None:
    limits = Limits(fuel=fuel, call_timeout_ms=0, memory_bytes=MEMORY)
    all_hosts = (*hosts, readable)
    several = Several(all_hosts, machine.data, Role.PROCESSOR, lifecycle=True, limits=limits)
    stock = Stock(direct, machine.code)
    try:
        several.call(Export.INIT, argument="{}")
        stock.call(Export.INIT, None, "{}")
        for program, kind, number in script:
            element = an_element(number, program, kind)
            answer = several.call(Export.PROCESS, element)
            stock.compare(answer, element)
            if isinstance(answer.outcome, Failed) and answer.outcome.failure.crashed:
                several.call(Export.PROCESS, element)
                several.call(Export.INIT, argument=kind)
    finally:
        several.close()
        stock.host.store.close()


class Stock:
    """The oracle, which has no limits and no words for what goes wrong: until then."""

    def __init__(self, direct: DirectLayer, compiled: Component) -> None:
        names = ("torvyn:streaming/processor@0.1.0", "torvyn:streaming/lifecycle@0.1.0")
        self.host = StockHost(direct.engine, compiled, *names)
        self.host.store.set_limits(memory_size=MEMORY)
        self.works = True

    def call(self, export: Export, element: Element | None, argument: str = "") -> tuple[Any, int]:
        before = self.host.store.get_fuel()
        outcome = self.host.call(export, element, argument)
        return outcome, before - self.host.store.get_fuel()

    def compare(self, answer: Answer, element: Element) -> None:
        failed = answer.outcome.failure if isinstance(answer.outcome, Failed) else None
        replaced = element.content_type.encode("utf-8", "replace").decode()
        if (failed is not None and failed.crashed) or replaced != element.content_type:
            self.works = False
        if not self.works:
            return
        outcome, fuel = self.call(Export.PROCESS, element)
        if failed is not None:
            assert outcome == (failed.kind, failed.message) or outcome[1] is None
        else:
            assert outcome == answer.outcome
        assert (self.host.take_copies(), fuel) == (answer.copies, answer.fuel)


class Scripted:
    """Host inputs that are drawn; asked in the same order they are the same."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.asked = 0

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        self.asked += 1
        text = f"{self.seed} {self.asked} {node} {call} {interface} {function}".encode()
        drawn = hashlib.sha256(text).digest()
        if function.endswith("-bytes") or function == "insecure-seed":
            # Now and then one that is too short.
            return drawn[: size - (drawn[0] == 0)]
        return int.from_bytes(drawn[:8], "little") >> (16 if function == "now" else 0)

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        return requested_ns % 1000


@examples(40)
@given(st.integers(0, 2**32), st.integers(0, 5), st.sampled_from(["0.2.0", "0.2.3", "0.2.6"]))
def test_the_same_is_asked_of_the_host_and_taken(
    hosts: tuple[Host, Host], seed: int, sleep: int, version: str
) -> None:
    nodes = []
    for host in hosts:
        compiled = ask_once(host, version)
        node = OneNode(host, compiled, Role.SOURCE, lifecycle=True, host_inputs=Scripted(seed))
        nodes.append(node)
    first, second = nodes
    for node in nodes:
        node.start("x" * sleep)
    for _ in range(3):
        answers = [comparable(node.call()) for node in nodes]
        assert answers[0] == answers[1]
    for node in nodes:
        node.invoker.close()
    assert first.number == second.number


ASKERS: dict[str, bytes] = {}


def ask_once(_host: Host, version: str) -> bytes:
    return ASKERS.setdefault(version, asker(version))


@pytest.fixture(scope="module")
def printing() -> bytes:
    return printer()


@examples(40)
@given(st.lists(st.tuples(st.binary(max_size=300), st.integers(0, 6)), max_size=5))
def test_what_is_printed_is_the_same_and_native_keeps_its_order(
    hosts: tuple[Host, Host], printing: bytes, script: list[tuple[bytes, int]]
) -> None:
    several = Several(hosts, printing, Role.SINK, grants=("stdio:stdout",))
    direct, native = several.nodes
    several.call(Export.INIT)
    for data, times in script:
        element = Element(1, 1, "source", times, 1, "", Buffer(data))
        several.call(Export.PUSH, element)
        call = Call(9, "node", Export.PUSH, element)
        printed = native.invoker.invoke(call).printed
        in_order = [
            Printed("stdout", data * times, True),
            Printed("stderr", data, False),
            Printed("stdout", data, True),
        ]
        assert list(printed) == [item for item in in_order if item.data]
        direct.invoker.invoke(call)
    several.close()


numbers = st.sampled_from(["s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64"])
primitives = numbers | st.sampled_from(["bool", "char", "string", "(own $r)", "(borrow $r)"])


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        inner.map(lambda item: f"(list {item})"),
        inner.map(lambda item: f"(option {item})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: f"(tuple {' '.join(items)})"),
        st.tuples(inner, inner).map(lambda pair: f"(result {pair[0]} (error {pair[1]}))"),
        inner.map(lambda item: f"(result (error {item}))"),
        st.just("(result)"),
    )


values = st.recursive(primitives, compound, max_leaves=4)


@examples(100)
@given(st.lists(st.tuples(st.lists(values, max_size=3), st.none() | values), max_size=4))
def test_random_signatures_are_read_the_same(
    hosts: tuple[Host, Host], functions: list[tuple[list[str], str | None]]
) -> None:
    lines = []
    for number, (given_types, result) in enumerate(functions):
        params = " ".join(f'(param "p{i}" {kind})' for i, kind in enumerate(given_types))
        # A borrow cannot be given back.
        returned = "" if result is None else f"(result {result.replace('borrow', 'own')})"
        lines.append(f'(export "f{number}" (func {params} {returned}))')
    text = f"""(component (import "a:b/c@1.2.3" (instance
      (export "r" (type $r (sub resource))) {" ".join(lines)})))"""
    data = bytes(wat2wasm(text))
    assert hosts[0].inspect(data) == hosts[1].inspect(data)


def test_live_inputs_are_the_machines_and_told(hosts: tuple[Host, Host]) -> None:
    compiled: Compiled = hosts[1].compile(asker())
    assert compiled.surface == hosts[0].compile(asker()).surface
    with OneNode(hosts[1], asker(), Role.SOURCE, lifecycle=True) as node:
        node.start("")
        first, second = node.call(), node.call()
    for answer in (first, second):
        assert [item.function for item in answer.host][:3] == ["now", "now", "get-random-u64"]
        assert all(isinstance(item, HostInput) for item in answer.host)
    assert first.host[1].value <= second.host[1].value  # type: ignore[operator]


@pytest.fixture
def panicking(hosts: tuple[Host, Host], machine: Machine) -> Iterator[OneNode]:
    with OneNode(hosts[1], machine.data, Role.PROCESSOR, lifecycle=True) as node:
        node.start()
        yield node


def test_a_panic_is_an_error_of_the_call_and_the_next_instance_works(
    panicking: OneNode, capfd: pytest.CaptureFixture[str]
) -> None:
    node = panicking
    instance: Any = node.invoker._instances["node"]
    instance._opened.panic_next()
    failure = node.failure(data=bytes([0, 9, 0]))
    assert failure.code == "E0809"
    assert "a host function was told to panic" in failure.message
    assert "torvyn.rs" in failure.message
    assert failure.crashed
    assert "crashed before" in node.failure(data=b"").message
    node.start()
    assert not isinstance(node.call(data=b"").outcome, Failed)
    assert capfd.readouterr().err == ""
