"""Output, clocks, random numbers and grants of components."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest

from runtime.model.call import (
    PRINTED_KEPT_BYTES,
    Answer,
    Call,
    Emitted,
    Export,
    Finished,
    HostInput,
    Printed,
)
from runtime.model.element import Buffer, Element
from runtime.model.linked import Limits, Role
from runtime.model.network.scope import NetworkScope
from runtime.wasm.host import Host
from runtime.wasm.host_functions.capabilities import Grants, NetworkGrant, read_grants
from tests.support.wasm.flows import OneNode, by_stream
from tests.support.wasm.guests import SINK, asker, component, printer

NO_LIMIT = Limits(fuel=0)


def push(node: OneNode, data: bytes, times: int) -> Answer:
    node.number += 1
    element = Element(1, 1, "source", times, 1, "", Buffer(data))
    return node.invoker.invoke(Call(node.number, "node", Export.PUSH, element))


@pytest.mark.parametrize(
    ("grants", "out", "err"),
    [
        ((), False, False),
        (("stdio:stdout",), True, False),
        (("stdio:stderr", "clock:wall"), False, True),
    ],
)
def test_output_is_kept_by_stream_and_marked_when_it_is_not_granted(
    host: Host, grants: tuple[str, ...], out: bool, err: bool
) -> None:
    with OneNode(host, printer(), Role.SINK, grants=grants) as node:
        node.start()
        answer = push(node, b"line \x1b[31m\x00\xff\n", 3)
        text = b"line \x1b[31m\x00\xff\n"
        assert by_stream(answer) == (
            Printed("stdout", text * 4, out),
            Printed("stderr", text, err),
        )
        assert answer.printed_bytes == 5 * len(text)
        assert push(node, b"x", 0).printed[0].data == b"x"


def test_output_is_told_after_the_call_stdout_first(direct_host: Host) -> None:
    seen: list[tuple[str, int, str, bytes, bool, bool]] = []
    options = {"grants": ("stdio:stdout",), "on_print": lambda *chunk: seen.append(chunk)}
    with OneNode(direct_host, printer(), Role.SINK, **options) as node:
        node.start()
        push(node, b"hello\n", 2)
    assert seen == [
        ("node", 2, "stdout", b"hello\n" * 3, True, False),
        ("node", 2, "stderr", b"hello\n", False, False),
    ]


def test_a_million_lines_are_counted_and_few_are_kept(host: Host) -> None:
    with OneNode(host, printer(), Role.SINK, limits=NO_LIMIT) as node:
        node.start()
        answer = push(node, b"x\n" * 2_000, 500)
        assert answer.printed_bytes == 2_000 * 2 * 502
        assert sum(len(chunk.data) for chunk in answer.printed) == PRINTED_KEPT_BYTES
        again = push(node, b"y\n", 1)
        assert again.printed_bytes == 6


def test_nothing_printed_is_lost_or_doubled_however_often_it_is_asked_for(host: Host) -> None:
    seen: list[bytes] = []
    options = {"on_print": lambda *chunk: seen.append(chunk[3])}
    with OneNode(host, printer(), Role.SINK, limits=NO_LIMIT, **options) as node:
        node.start()
        answers = [push(node, b"%03d" % number, number % 5) for number in range(200)]
    kept = [b"".join(chunk.data for chunk in answer.printed) for answer in answers]
    assert kept == [b"%03d" % number * (number % 5 + 2) for number in range(200)]
    assert b"".join(seen) == b"".join(kept)


def test_a_listener_that_fails_is_a_bug_of_the_host_not_of_the_component(host: Host) -> None:
    def broken(*_chunk: object) -> None:
        raise KeyError("listener")

    with OneNode(host, printer(), Role.SINK, on_print=broken) as node:
        node.start()
        failure = node.failure(data=b"x")
        assert failure.code == "E0809"
        assert "listener" in failure.message


class Scripted:
    """Host inputs as a replay gives them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, str, str, int]] = []
        self.waits: list[int] = []

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        self.asked.append((node, call, interface, function, size))
        if function.endswith("-bytes"):
            return b"abcdefgh"
        if function == "insecure-seed":
            return bytes(range(16))
        return {
            "wasi:clocks/wall-clock": 1_700_000_000_123_456_789,
            "wasi:clocks/monotonic-clock": 42,
        }.get(interface, 0xFFFF_FFFF_FFFF_FFFF)

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        self.waits.append(requested_ns)
        return 0


@pytest.mark.parametrize("version", ["0.2.0", "0.2.3", "0.2.12"])
def test_time_and_chance_come_from_the_host_inputs_at_any_version(host: Host, version: str) -> None:
    script = Scripted()
    with OneNode(host, asker(version), Role.SOURCE, lifecycle=True, host_inputs=script) as node:
        node.start("ten bytes!")
        answer = node.call()
    assert isinstance(answer.outcome, Emitted)
    content = struct.unpack("<QQQQ8sQ", answer.outcome.outputs[0].payload.data)
    assert content == (
        1_700_000_000,
        123_456_789,
        42,
        0xFFFF_FFFF_FFFF_FFFF,
        b"abcdefgh",
        int.from_bytes(bytes(range(8, 16)), "little"),
    )
    assert answer.host == (
        HostInput("wasi:clocks/wall-clock", "now", 1_700_000_000_123_456_789),
        HostInput("wasi:clocks/monotonic-clock", "now", 42),
        HostInput("wasi:random/random", "get-random-u64", 0xFFFF_FFFF_FFFF_FFFF),
        HostInput("wasi:random/random", "get-random-bytes", b"abcdefgh"),
        HostInput("wasi:random/insecure-seed", "insecure-seed", bytes(range(16))),
        HostInput("wasi:clocks/monotonic-clock", "subscribe-instant", 42),
    )
    assert script.waits == [10_000_000, 1]
    assert {item[:2] for item in script.asked} == {("node", 2)}


def test_live_answers_are_the_machines(host: Host) -> None:
    with OneNode(host, asker(), Role.SOURCE, lifecycle=True) as node:
        node.start("x" * 20)
        before = time.time_ns()
        first, second = node.call(), node.call()
        after = time.time_ns()
    walls = [answer.host[0].value for answer in (first, second)]
    assert all(isinstance(wall, int) and before <= wall <= after for wall in walls)
    assert first.host[2].value != second.host[2].value
    assert first.duration_ns >= 20_000_000


def test_a_sleep_ends_with_the_time_of_the_call(host: Host) -> None:
    limits = Limits(call_timeout_ms=100)
    with OneNode(host, asker(), Role.SOURCE, lifecycle=True, limits=limits) as node:
        node.start("x" * 60_000)
        failure = node.failure()
        assert failure.code == "E0811"


def test_answers_of_the_wrong_kind_end_the_call(host: Host) -> None:
    class Broken(Scripted):
        def answer(self, *_question: object) -> int | bytes:
            return b"short"

    with OneNode(host, asker(), Role.SOURCE, lifecycle=True, host_inputs=Broken()) as node:
        node.start("")
        failure = node.failure()
        assert failure.code == "E0809"
        assert "not a number" in failure.message


def test_a_directory_that_is_not_there_is_said_at_init(host: Host, tmp_path: Path) -> None:
    data = component(SINK, Role.SINK)
    there = (f"filesystem:read:{tmp_path}", "environment:read", "network:tcp-connect")
    with OneNode(host, data, Role.SINK, grants=there) as node:
        assert node.start().outcome == Finished()
    gone = (f"filesystem:write:{tmp_path / 'gone'}",)
    with OneNode(host, data, Role.SINK, grants=gone) as node:
        failure = node.failure(Export.INIT)
        assert (failure.code, failure.name) == ("E0810", "WasiConfigError")
        assert "gone" in failure.message


def test_grants_are_read_by_the_manifests_grammar() -> None:
    grants = read_grants(
        (
            "stdio:stdout",
            "filesystem:read:/data/",
            "filesystem:write:/data",
            "filesystem:read:/etc",
            "environment:read:HOME",
            "environment:read:PATH",
            "network:tcp-connect:example.org:443",
        )
    )
    assert grants == Grants(
        stdout=True,
        variables=frozenset({"HOME", "PATH"}),
        directories=(("/data", True), ("/etc", False)),
        network=(NetworkGrant("tcp-connect", NetworkScope(("example.org",), ((443, 443),))),),
        texts=grants.texts,
    )
    assert grants.allows("stdio:stdout")
    assert not grants.allows("stdio:stderr")
    assert grants.allows("filesystem:read:/data/sub")
    assert not grants.allows("filesystem:read:/database")
    assert not grants.allows("filesystem:write:/etc/passwd")
    assert read_grants(("network:udp:*",)).allows("network:udp:example.org")
    names = read_grants(("network:udp:*.example.org,[::1]:53,8000-8010",))
    assert names.allows("network:udp:a.example.org:8001-8002,53")
    assert names.allows("network:udp:[::1]:53")
    for narrower in ("example.org:53", "a.example.org", "a.example.org:54", "*:53", ":x"):
        assert not names.allows(f"network:udp:{narrower}"), narrower
    assert not names.allows("network:tcp-connect:a.example.org:53")
    assert read_grants(("network:udp:a:x",)).network == ()
    assert read_grants(("torvyn:resource-allocate",)).allows("torvyn:resource-allocate:large")
