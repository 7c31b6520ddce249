"""What a component may do with handles, and what its types and imports must be."""

from __future__ import annotations

import pytest

from runtime.model.call import Accepted, Emitted, Export, Failed, FailureKind, Finished, Signal
from runtime.model.linked import Role
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import ECHO, ELEMENT, FILTER, ROUTER, SINK, component


def processor(host: Host, body: str) -> OneNode:
    node = OneNode(
        host,
        component(f'(func (export "process") {ELEMENT} (local $m i32) {body})', Role.PROCESSOR),
        Role.PROCESSOR,
    )
    assert node.start().outcome == Finished()
    return node


@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        pytest.param(
            """(call $drop_context (local.get $context))
            (call $emit (local.get $payload) (i32.const 0) (i32.const 0))""",
            "E0303",
            "BorrowsOutstanding",
            id="hands the lent payload back",
        ),
        pytest.param(
            """(call $release (local.get $payload) (local.get $context))
            (local.set $m (call $made (i32.const 1000) (i32.const 4)))
            (call $drop_buffer (local.get $m))
            (call $emit (local.get $m) (i32.const 0) (i32.const 0))""",
            "E0300",
            "StaleHandle",
            id="hands a dropped buffer back",
        ),
        pytest.param(
            """(call $release (local.get $payload) (local.get $context))
            (call $emit (i32.const 99) (i32.const 0) (i32.const 0))""",
            "E0300",
            "StaleHandle",
            id="hands a number back that is no handle",
        ),
        pytest.param(
            """(call $release (local.get $payload) (local.get $context))
            (call $emit (call $new (i64.const 1)) (i32.const 0) (i32.const 0))""",
            "E0807",
            "TypeMismatch",
            id="hands a mutable buffer back",
        ),
        pytest.param(
            """(call $drop_context (local.get $context)) (call $nothing (i32.const 1))""",
            "E0303",
            "BorrowsOutstanding",
            id="keeps the lent payload",
        ),
        pytest.param(
            """(local.set $m (call $new (i64.const 1)))
            (drop (call $freeze (local.get $m)))
            (call $append (local.get $m) (i32.const 0) (i32.const 0) (i32.const 96))
            (i32.const 0)""",
            "E0300",
            "StaleHandle",
            id="appends after freeze",
        ),
        pytest.param(
            """(local.set $m (call $new (i64.const 1)))
            (drop (call $freeze (local.get $m)))
            (drop (call $mutable_size (local.get $m)))
            (i32.const 0)""",
            "E0300",
            "StaleHandle",
            id="asks for the size after freeze",
        ),
        pytest.param(
            """(local.set $m (call $new (i64.const 1)))
            (drop (call $freeze (local.get $m)))
            (drop (call $freeze (local.get $m)))
            (i32.const 0)""",
            "E0300",
            "StaleHandle",
            id="freezes twice",
        ),
    ],
)
def test_a_broken_rule_of_ownership_is_named(host: Host, body: str, code: str, name: str) -> None:
    with processor(host, body) as node:
        failure = node.failure(data=b"data")
        assert (failure.kind, failure.code, failure.name) == (FailureKind.CONTRACT, code, name)
        assert failure.crashed
        assert failure.help


def test_what_a_component_keeps_shows_as_live_handles(host: Host) -> None:
    body = """
      (drop (call $new (i64.const 1)))
      (drop (call $made (i32.const 1000) (i32.const 4)))
      (call $release (local.get $payload) (local.get $context))
      (call $nothing (i32.const 1))"""
    with processor(host, body) as node:
        for calls in range(1, 4):
            node.call(data=b"x")
            assert node.invoker.live_handles("node") == 2 * calls
        node.start()
        assert node.invoker.live_handles("node") == 0


def test_what_a_component_may_own_is_bounded(host: Host) -> None:
    # 64 MiB at tier capacity: 64 buffers of 1 MiB, asked for with one byte over 64 KiB.
    body = """
      (local $n i32)
      (block $full (loop $more
        (call $allocate (i64.const 65537) (i32.const 80))
        (br_if $full (i32.load8_u (i32.const 80)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $more)))
      (call $release (local.get $payload) (local.get $context))
      (call $err8 (i32.const 2) (i32.const 1000) (local.get $n))"""
    core = f'(func (export "process") {ELEMENT} {body})'
    core += '(data (i32.const 1010) "' + "." * 90 + '")'
    with OneNode(host, component(core, Role.PROCESSOR), Role.PROCESSOR) as node:
        node.start()
        assert len(node.failure(data=b"x").message) == 64
        assert len(node.failure(data=b"x").message or "deadline exceeded") != 64


def test_several_live_buffers_are_told_apart(host: Host) -> None:
    body = """
      (local $a i32) (local $b i32) (local $o i32)
      (local.set $a (call $made (i32.const 1000) (i32.const 4)))
      (local.set $b (call $made (i32.const 1004) (i32.const 6)))
      (local.set $m (call $new (i64.const 1)))
      (local.set $o (call $new (i64.const 5000)))
      (call $read_all (local.get $b) (i32.const 64))
      (call $append (local.get $m) (i32.load (i32.const 64)) (i32.load (i32.const 68))
        (i32.const 96))
      (call $read_all (local.get $payload) (i32.const 64))
      (call $append (local.get $m) (i32.load (i32.const 64)) (i32.load (i32.const 68))
        (i32.const 96))
      (call $read_all (local.get $a) (i32.const 64))
      (call $append (local.get $m) (i32.load (i32.const 64)) (i32.load (i32.const 68))
        (i32.const 96))
      (if (i64.ne (call $capacity (local.get $o)) (i64.const 65536)) (then unreachable))
      (call $drop_buffer (local.get $a)) (call $drop_buffer (local.get $b))
      (local.set $a (call $freeze (local.get $m)))
      (call $drop_mutable (local.get $m)) (call $drop_mutable (local.get $o))
      (call $release (local.get $payload) (local.get $context))
      (call $emit (local.get $a) (i32.const 1000) (i32.const 0))"""
    core = f'(func (export "process") {ELEMENT} (local $m i32) {body})'
    with OneNode(host, component(core, Role.PROCESSOR), Role.PROCESSOR) as node:
        node.start()
        for data in (b"-one-", b"-two-"):
            outcome = node.call(data=data).outcome
            assert isinstance(outcome, Emitted)
            assert outcome.outputs[0].payload.data == b"/plain" + data + b"text"
        assert node.invoker.live_handles("node") == 0


def test_any_version_0_1_is_bound_and_others_are_not(host: Host) -> None:
    newer = component(SINK, Role.SINK, version="0.1.7")
    with OneNode(host, newer, Role.SINK, version="0.1.7") as node:
        assert node.start().outcome == Finished()
        assert node.call(data=b"x").outcome == Accepted(Signal.READY)
    with OneNode(host, component(SINK, Role.SINK, version="0.2.0"), Role.SINK) as node:
        failure = node.failure(Export.INIT)
        assert failure.code == "E0803"
        assert "torvyn:streaming/types@0.2.0" in failure.message


def test_an_unknown_import_is_named(host: Host) -> None:
    for name, advice in (("wasi:http/types@0.2.3", "wasi:http"), ("acme:db/store@1.0.0", "WASI")):
        imports = f'(import "{name}" (instance (export "get" (func))))'
        data = component(SINK, Role.SINK, imports=imports)
        with OneNode(host, data, Role.SINK) as node:
            failure = node.failure(Export.INIT)
            assert (failure.code, failure.name) == ("E0803", "UnresolvedImport")
            assert name in failure.message
            assert advice in failure.help


def test_other_types_than_the_contracts_are_refused_before_anything_runs(host: Host) -> None:
    text = component(SINK, Role.SINK, read_all="string")
    with OneNode(host, text, Role.SINK) as node:
        failure = node.failure(Export.INIT)
        assert (failure.code, failure.name) == ("E0807", "TypeMismatch")
        assert "[method]buffer.read-all" in failure.message
    other = '(param "element" $stream-element) (result (result u8 (error $process-error)))'
    verdict = component(FILTER, Role.FILTER, types={Export.EVALUATE: other})
    with OneNode(host, verdict, Role.FILTER) as node:
        failure = node.failure(Export.INIT)
        assert failure.code == "E0807"
        assert "evaluate" in failure.message


def test_a_node_of_another_role_than_its_component_is_refused(host: Host) -> None:
    with OneNode(host, component(ROUTER, Role.ROUTER), Role.FILTER) as node:
        failure = node.failure(Export.INIT)
        assert (failure.code, failure.name) == ("E0808", "ExportMissing")
        assert "torvyn:filtering/filter@0.1.0" in failure.message


def test_prepare_leaves_the_old_instance_in_use_until_swap(host: Host) -> None:
    old = component(ECHO, Role.PROCESSOR)
    core = ECHO.replace("(local.get $ct) (local.get $ctn)", "(i32.const 1000) (i32.const 4)")
    new = component(core, Role.PROCESSOR)
    with OneNode(host, old, Role.PROCESSOR) as node:
        node.start()
        compiled = host.compile(new)
        prepared = node.invoker.prepare(node.node, compiled)
        assert prepared.ready
        before = node.call(data=b"x").outcome
        assert isinstance(before, Emitted)
        assert before.outputs[0].content_type == "text/plain"
        assert node.invoker.digest("node") == node.compiled.digest
        assert node.invoker.swap(prepared).outcome == Finished()
        assert node.invoker.digest("node") == compiled.digest
        after = node.call(data=b"x").outcome
        assert isinstance(after, Emitted)
        assert after.outputs[0].content_type == "text"


def test_an_instance_that_can_not_be_prepared_changes_nothing(host: Host) -> None:
    with OneNode(host, component(SINK, Role.SINK), Role.SINK) as node:
        node.start()
        broken = host.compile(component(SINK, Role.SINK, version="0.2.0"))
        prepared = node.invoker.prepare(node.node, broken)
        assert not prepared.ready
        assert isinstance(prepared.answer.outcome, Failed)
        with pytest.raises(ValueError, match="could not be prepared"):
            node.invoker.swap(prepared)
        assert node.call(data=b"x").outcome == Accepted(Signal.READY)
