"""The files behind stdout and stderr: bounds, descriptors, and what is seen of a long call."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from runtime.model.call import PRINTED_KEPT_BYTES, Answer, Call, Export, Failed, FailureKind
from runtime.model.element import Buffer, Element
from runtime.model.linked import Limits, Role
from runtime.wasm.direct import instance
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
from runtime.wasm.host_functions import printed_output
from runtime.wasm.host_functions.printed_output import PRINT_LIMIT_BYTES
from tests.support.wasm.flows import OneNode, by_stream
from tests.support.wasm.guests import ELEMENT, PRINT_AND_HANG, SINK, component, printer
from tests.support.wasm.layers import largest_file

NO_LIMIT = Limits(fuel=0, call_timeout_ms=60_000)
PRINT_UNTIL_REFUSED = f"""
  ;; writes its payload to stdout until that fails, and accepts the element
  (func (export "push") {ELEMENT} (local $out i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $out (call $stdout))
    (loop $again
      (call $put (local.get $out) (i32.load (i32.const 64)) (i32.load (i32.const 68))
        (i32.const 96))
      (br_if $again (i32.eqz (i32.load8_u (i32.const 96)))))
    (call $close (local.get $out))
    (i32.store8 (i32.const 4) (i32.const 0))
    (call $ok))
  (func (export "complete") (result i32) (call $ok))
"""

PRINT_ONCE = PRINT_UNTIL_REFUSED.replace("(br_if $again", "(drop")


def push(node: OneNode, data: bytes, times: int) -> Answer:
    node.number += 1
    element = Element(1, 1, "source", times, 1, "", Buffer(data))
    return node.invoker.invoke(Call(node.number, "node", Export.PUSH, element))


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def printed_pages() -> int:
    """Kilobytes of files in memory that this process maps."""
    text = Path("/proc/self/smaps").read_text().split("/memfd:printed")[1:]
    return sum(int(part.split("Rss:")[1].split()[0]) for part in text)


def test_a_component_has_one_descriptor_for_each_stream_and_gives_it_back(
    direct_host: Host,
) -> None:
    host = direct_host
    with OneNode(host, printer(), Role.SINK) as node:
        # The first print of a process makes wasmtime's own runtime.
        node.start()
        push(node, b"x", 1)
    before = descriptors()
    with OneNode(host, printer(), Role.SINK) as node:
        node.start()
        assert descriptors() - before == 2
        push(node, b"x", 1)
        node.start()
        assert descriptors() - before == 2
    assert descriptors() == before
    with OneNode(host, component(SINK, Role.SINK), Role.SINK) as node:
        node.start()
        assert descriptors() == before


def test_what_two_components_print_is_never_mixed(host: Host) -> None:
    with ExitStack() as stack:
        nodes = [stack.enter_context(OneNode(host, printer(), Role.SINK)) for _ in range(3)]
        for node in nodes:
            node.start()
        for round_ in range(20):
            for index, node in enumerate(nodes):
                text = b"%d of %d\n" % (round_, index)
                answer = push(node, text, round_ % 3)
                assert [item.data for item in by_stream(answer)] == [text * (round_ % 3 + 1), text]


def test_no_bytes_of_an_earlier_longer_output_come_back(host: Host) -> None:
    with OneNode(host, printer(), Role.SINK) as node:
        node.start()
        push(node, b"a long line of text\n", 9)
        answer = push(node, b"ab", 0)
        assert [item.data for item in by_stream(answer)] == [b"ab", b"ab"]


def test_both_streams_of_a_call_that_prints_much_keep_a_part(host: Host) -> None:
    with OneNode(host, printer(), Role.SINK, limits=NO_LIMIT) as node:
        node.start()
        answer = push(node, b"x" * 4000, 40)
        assert sum(len(item.data) for item in answer.printed) == PRINTED_KEPT_BYTES
        assert by_stream(answer)[1].data == b"x" * 4000
        assert answer.printed_bytes == 42 * 4000


def test_only_a_layer_that_does_not_keep_the_order_of_the_streams_says_so(host: Host) -> None:
    chunks: list[tuple[object, ...]] = []
    with OneNode(host, printer(), Role.SINK, on_print=lambda *chunk: chunks.append(chunk)) as node:
        node.start()
        push(node, b"a", 1)
    assert {chunk[2] for chunk in chunks} == {"stdout", "stderr"}
    known = not isinstance(host.layer, DirectLayer)
    assert {all(chunk[5:]) for chunk in chunks} == {known}


def test_a_call_that_prints_on_one_stream_has_an_order(direct_host: Host) -> None:
    chunks: list[tuple[object, ...]] = []
    with OneNode(
        direct_host,
        printer(body=PRINT_ONCE),
        Role.SINK,
        on_print=lambda *chunk: chunks.append(chunk),
    ) as node:
        node.start()
        push(node, b"a", 1)
    assert [chunk[2:] for chunk in chunks] == [("stdout", b"a", False)]


@pytest.mark.parametrize(
    ("body", "looked_at"), [(SINK, 0), (PRINT_ONCE, 1), (None, 2)], ids=["none", "stdout", "both"]
)
def test_only_streams_that_a_component_asked_for_are_looked_at(
    direct_host: Host, monkeypatch: pytest.MonkeyPatch, body: str | None, looked_at: int
) -> None:
    seen: list[int] = []

    def lseek(descriptor: int, place: int, whence: int) -> int:
        seen.append(descriptor)
        return os.lseek(descriptor, place, whence)

    with OneNode(direct_host, printer(body=body), Role.SINK) as node:
        node.start()
        push(node, b"a", 1)
        monkeypatch.setattr(instance, "_lseek", lseek)
        answer = push(node, b"ab", 1)
    assert len(seen) == looked_at
    assert len(answer.printed) == looked_at


@pytest.mark.skipif(sys.platform != "linux", reason="files in memory")
def test_a_long_output_gives_its_memory_back(direct_host: Host) -> None:
    host = direct_host
    with OneNode(host, printer(), Role.SINK, limits=NO_LIMIT) as node:
        node.start()
        push(node, b"x", 1)
        before = printed_pages()
        assert push(node, b"x" * 4096, 2000).printed_bytes == 2002 * 4096
        assert printed_pages() <= before + 8
        assert [item.data for item in push(node, b"y", 0).printed] == [b"y", b"y"]


@pytest.mark.skipif(sys.platform != "linux", reason="only there a file is kept from growing")
def test_a_call_that_prints_without_end_fails_and_says_so(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 4 * 1024 * 1024
    monkeypatch.setattr(printed_output, "PRINT_LIMIT_BYTES", limit)
    seen: list[bytes] = []
    options = {"limits": NO_LIMIT, "on_print": lambda *chunk: seen.append(chunk[3])}
    body = PRINT_UNTIL_REFUSED
    with OneNode(host, printer(body=body), Role.SINK, **options) as node:
        node.start()
        answer = push(node, b"x" * 4096, 0)
        assert isinstance(answer.outcome, Failed)
        failure = answer.outcome.failure
        assert (failure.kind, failure.name) == (FailureKind.LIMIT, "CapacityExceeded")
        assert f"{limit:,} bytes or more" in failure.message
        assert answer.printed_bytes == limit
        assert sum(map(len, seen)) == limit
        assert max(map(len, seen)) <= 1024 * 1024
        assert node.failure(data=b"x").crashed
        node.start()
        seen.clear()
        assert isinstance(push(node, b"x" * 4096, 0).outcome, Failed)
        assert sum(map(len, seen)) == limit


@pytest.mark.skipif(sys.platform != "linux", reason="only there a file is kept from growing")
def test_where_files_may_not_be_large_a_call_may_print_as_much(direct_host: Host) -> None:
    host = direct_host
    with largest_file(10_000), OneNode(host, printer(), Role.SINK) as node:
        node.start()
        for _ in range(5):
            assert push(node, b"x" * 900, 8).printed_bytes == 9000
        failure = push(node, b"x" * 1000, 20).outcome
        assert isinstance(failure, Failed)
        assert "10,000 bytes or more" in failure.failure.message


def test_what_a_long_call_prints_is_seen_while_it_runs(host: Host) -> None:
    seen = threading.Event()
    chunks: list[tuple[object, ...]] = []

    def show(*chunk: object) -> None:
        chunks.append(chunk)
        seen.set()

    options = {"limits": NO_LIMIT, "on_print": show, "grants": ("stdio:stdout",)}
    with OneNode(host, printer(body=PRINT_AND_HANG), Role.SINK, **options) as node:
        node.start()
        interrupted: list[bool] = []

        def end() -> None:
            interrupted.append(seen.wait(50))
            node.invoker.interrupt()

        thread = threading.Thread(target=end)
        thread.start()
        answer = push(node, b"alive\n", 0)
        thread.join()
    assert interrupted == [True]
    assert isinstance(answer.outcome, Failed)
    # Once while it ran, and not again after it; the answer has all of it.
    assert chunks == [("node", 2, "stdout", b"alive\n", True)]
    assert [item.data for item in answer.printed] == [b"alive\n"]


def test_a_key_that_interrupts_a_listener_ends_that_call_alone(host: Host) -> None:
    keys = [KeyboardInterrupt()]

    def show(*_chunk: object) -> None:
        if keys:
            raise keys.pop()

    with OneNode(host, printer(), Role.SINK, on_print=show) as node:
        node.start()
        with pytest.raises(KeyboardInterrupt):
            push(node, b"x", 1)
        assert not isinstance(push(node, b"y", 1).outcome, Failed)


def test_too_few_open_files_end_in_words() -> None:
    program = """
import resource, sys
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import printer
from runtime.model.call import Failed
from runtime.model.linked import Role
from runtime.wasm.direct import instance
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
host, data = Host(None, DirectLayer()), printer()
nodes = [OneNode(host, data, Role.SINK) for _ in range(40)]
nodes[0].start()
resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
for node in nodes[1:]:
    outcome = node.start().outcome
    if isinstance(outcome, Failed):
        print(outcome.failure.code, outcome.failure.message, outcome.failure.help)
        break
nodes[0].start()
sys.exit(7)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 7, done.stderr
    assert "E0001 there is no file for what the component prints: " in done.stdout
    assert "ulimit -n" in done.stdout
    assert not done.stderr


@contextmanager
def a_limit_of_files(count: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_two_hundred_components_print_within_five_hundred_descriptors(host: Host) -> None:
    with a_limit_of_files(descriptors() + 440), ExitStack() as stack:
        data = printer()
        for number in range(200):
            node = stack.enter_context(OneNode(host, data, Role.SINK))
            node.start()
            text = b"%d" % number
            assert [item.data for item in by_stream(push(node, text, 0))] == [text, text]


def test_a_platform_without_files_in_memory_uses_temporary_ones(
    direct_host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host = direct_host
    monkeypatch.setattr(printed_output, "_memory_file", lambda: None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with OneNode(host, printer(), Role.SINK, limits=NO_LIMIT) as node:
        node.start()
        assert not list(tmp_path.iterdir())
        linked = [
            str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()
        ]
        assert sum(target.startswith(str(tmp_path)) for target in linked) == 2
        for number in range(3):
            text = b"%d\n" % number
            answer = push(node, text * 1000, 600)
            assert answer.printed_bytes == 602 * len(text) * 1000
            assert answer.printed[0].data.startswith(text)
    assert PRINT_LIMIT_BYTES > PRINTED_KEPT_BYTES
