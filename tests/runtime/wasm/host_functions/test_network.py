"""The network on the native layer: a node reaches what it is granted, and no more."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from runtime.model.access import DeniedUse
from runtime.model.call import Emitted, Failed
from runtime.model.linked import Limits, Role
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.layers import make_layer, needs_native
from tests.support.wasm.network_guest import (
    ACCESS_DENIED,
    CONNECTION_REFUSED,
    STEPS,
    network_guest,
    request,
)
from tests.support.wasm.upper_case_server import HERE, UpperCaseServer

pytestmark = needs_native


@pytest.fixture(scope="module")
def host() -> Host:
    return Host(None, make_layer("native"))


@pytest.fixture(scope="module")
def guest() -> bytes:
    return network_guest()


@pytest.fixture(scope="module")
def server() -> Iterator[UpperCaseServer]:
    made = UpperCaseServer()
    yield made
    made.close()


def asked(host: Host, guest: bytes, grants: tuple[str, ...], *payloads: bytes) -> list[Any]:
    """What a fresh node with these grants says to each payload, then what it was denied."""
    told: list[DeniedUse] = []
    options: dict[str, Any] = {"on_denied": lambda use, _: told.append(use)}
    with OneNode(host, guest, Role.PROCESSOR, grants=grants, **options) as node:
        node.start()
        found: list[Any] = []
        for payload in payloads:
            outcome = node.call(data=payload).outcome
            assert isinstance(outcome, Emitted), outcome
            data = outcome.outputs[0].payload.data
            found.append(data[1:] if not data[0] else (STEPS[data[0]], data[1]))
    return [*found, told]


def test_a_granted_address_is_reached_and_others_are_denied_and_named(
    host: Host, guest: bytes, server: UpperCaseServer
) -> None:
    port = server.port
    grants = (f"network:tcp-connect:{HERE}:{port}",)
    before = server.accepted
    talked, elsewhere, other_port, listening, datagrams, told = asked(
        host,
        guest,
        grants,
        request("C", HERE, port, b"hello"),
        request("C", "127.0.0.2", port, b"hello"),
        request("C", HERE, port % 60_000 + 1, b"hello"),
        request("L", HERE, 40_000),
        request("U", HERE, port),
    )
    assert talked == b"HELLO"
    assert server.accepted == before + 1
    assert (elsewhere, other_port) == (("finish", ACCESS_DENIED),) * 2
    assert (listening, datagrams) == (("bind", ACCESS_DENIED), ("create", ACCESS_DENIED))
    assert [(use.capability, use.what) for use in told] == [
        (f"network:tcp-connect:127.0.0.2:{port}", f"connect to 127.0.0.2:{port}"),
        (
            f"network:tcp-connect:{HERE}:{port % 60_000 + 1}",
            f"connect to {HERE}:{port % 60_000 + 1}",
        ),
        (f"network:tcp-listen:{HERE}:40000", f"take the address {HERE}:40000"),
        ("network:udp", "make a socket"),
    ]
    assert told[0].imported == "wasi:sockets/tcp@0.2.3 [method]tcp-socket.start-connect"
    assert told[0].paste.endswith(
        f'capabilities = ["{grants[0]}", "network:tcp-connect:127.0.0.2:{port}"]'
    )


def test_hosts_names_and_ports_of_a_grant_are_followed(
    host: Host, guest: bytes, server: UpperCaseServer
) -> None:
    port = server.port
    by_name = request("N", "", port, b"localhost\0hello")
    by_address = request("C", HERE, port, b"hello")
    for scope, answer in [
        ("", b"HELLO"),
        (":*", b"HELLO"),
        (f":*:{port - 1}-{port}", b"HELLO"),
        (f":*:{port + 1},1-9", ("finish", ACCESS_DENIED)),
        (f":LOCALHOST:{port}", b"HELLO"),
        (f":example.org,localhost:{port}", b"HELLO"),
    ]:
        grants = (f"network:tcp-connect{scope}",)
        assert asked(host, guest, grants, by_name, by_address)[:2] == [answer, answer], scope
    for scope in (":*.localhost", f":example.org:{port}"):
        name, address, told = asked(
            host, guest, (f"network:tcp-connect{scope}",), by_name, by_address
        )
        assert (name, address) == (("look up", ACCESS_DENIED), ("finish", ACCESS_DENIED))
        assert [use.what for use in told] == [
            "look up the host localhost",
            f"connect to {HERE}:{port}",
        ]
    (literal, _) = asked(
        host,
        guest,
        (f"network:tcp-connect:{HERE}",),
        request("N", "", port, f"{HERE}\0hello".encode()),
    )
    assert literal == b"HELLO"


def test_listening_and_datagrams_have_grants_of_their_own(host: Host, guest: bytes) -> None:
    listen, datagrams = request("L", HERE, 40_123), request("U", HERE, 40_123)
    found = asked(host, guest, (f"network:tcp-listen:{HERE}:40123",), listen, datagrams)
    assert found[:2] == [b"\0", ("create", ACCESS_DENIED)]
    found = asked(host, guest, (f"network:udp:{HERE}:40123",), datagrams, listen)
    assert found[:2] == [b"\0", ("create", ACCESS_DENIED)]
    found = asked(host, guest, ("network:udp:127.0.0.2",), datagrams)
    assert found[0] == ("stream", ACCESS_DENIED)
    assert [use.capability for use in found[1]] == [f"network:udp:{HERE}:40123"]


def test_without_a_grant_nothing_is_made_and_a_refused_connection_is_no_denial(
    host: Host, guest: bytes
) -> None:
    with socket.create_server((HERE, 0)) as closed:
        port = closed.getsockname()[1]
    payload = request("C", HERE, port, b"hello")
    found, told = asked(host, guest, (), payload)
    assert found == ("create", ACCESS_DENIED)
    assert [use.capability for use in told] == ["network:tcp-connect"]
    assert asked(host, guest, ("network:tcp-connect",), payload) == [
        ("finish", CONNECTION_REFUSED),
        [],
    ]


def test_a_wait_for_the_network_ends_with_its_call(
    host: Host, guest: bytes, server: UpperCaseServer
) -> None:
    grants = (f"network:tcp-connect:{HERE}",)
    waiting = request("W", HERE, server.port)
    limits = Limits(call_timeout_ms=50)
    with OneNode(host, guest, Role.PROCESSOR, grants=grants, limits=limits) as node:
        node.start()
        outcome = node.call(data=waiting).outcome
        assert isinstance(outcome, Failed)
        assert outcome.failure.code == "E0811", outcome.failure
    with OneNode(host, guest, Role.PROCESSOR, grants=grants) as node:
        node.start()
        seen = server.accepted
        stop = threading.Event()

        def interrupt() -> None:
            while server.accepted == seen and not stop.wait(0.001):
                pass
            while not stop.wait(0.001):
                node.invoker.interrupt()

        thread = threading.Thread(target=interrupt)
        thread.start()
        outcome = node.call(data=waiting).outcome
        stop.set()
        thread.join()
        assert isinstance(outcome, Failed)
        assert "interrupted" in outcome.failure.message
