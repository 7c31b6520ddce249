from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.flow.grants import ACTIONS, ALLOW_ALL, check_capability, grants_of
from runtime.flow.manifest.tables import Grant, Manifest, Security


@pytest.mark.parametrize(
    "text",
    [
        "filesystem:read:/data",
        "filesystem:write:/a:b",
        "network:tcp-connect",
        "network:tcp-connect:*.example.com:80,443",
        "network:tcp-listen:*",
        "network:udp",
        "network:udp:",
        "network:udp::53",
        "network:udp:*:*",
        "network:udp:::1",
        "network:udp:[::1],10.0.0.1,*.a.b:1-9,53",
        "network:http-outgoing:example.com",
        "torvyn:resource-allocate",
        "torvyn:resource-allocate:large",
        "torvyn:pool-access:large",
        "torvyn:emit-backpressure",
        *ALLOW_ALL,
    ],
)
def test_capabilities_of_the_grammar_are_accepted(text: str) -> None:
    assert check_capability(text) is None


@pytest.mark.parametrize(
    ("text", "code", "help_"),
    [
        ("", "E0510", "a capability begins with one of"),
        ("stdio", "E0510", "it has stdio:stdout, stdio:stderr"),
        ("stdio:", "E0510", "stdio:stderr"),
        (":stdout", "E0510", "a capability begins with"),
        ("stdio:stdout:x", "E0510", "write 'stdio:stdout'"),
        ("?stdio:stdout", "E0510", "write 'stdio:stdout'"),
        ("filesystem:read", "E0511", "'filesystem:read:/data'"),
        ("filesystem:write:", "E0511", "'filesystem:write:/data'"),
        ("torvyn:pool-access", "E0511", "'torvyn:pool-access:large'"),
        ("stdio:stdin", "E0512", "stdio:stdout, stdio:stderr"),
        ("stdio:stdot", "E0512", "did you mean 'stdio:stdout'?"),
        ("stdo:stdout", "E0512", "did you mean 'stdio:stdout'?"),
        ("wasi:filesystem/read:/x", "E0512", "write 'filesystem:read:/x'"),
        ("wasi:filesystem/write", "E0512", "write 'filesystem:write:/path'"),
        ("wasi:clocks/wall-clock", "E0512", "write 'clock:wall'"),
        ("wasi:clocks/monotonic-clock@0.2.0", "E0512", "write 'clock:monotonic'"),
        ("wasi:random/random", "E0512", "write 'random:crypto'"),
        ("wasi:cli/stdout", "E0512", "write 'stdio:stdout'"),
        ("wasi:http/outgoing-handler", "E0512", "write 'network:http-outgoing'"),
        ("network:udp:example.org:80x", "E0511", "'network:udp:*.example.org:443,8000-8010'"),
        ("network:tcp-listen:a:0", "E0511", "8000-8010"),
        ("network:tcp-listen:a:9-8", "E0511", "8000-8010"),
        ("network:tcp-connect:a..b", "E0511", "8000-8010"),
        ("network:tcp-connect:*.*:1", "E0511", "8000-8010"),
        ("network:tcp-connect:::1,::2", "E0511", "8000-8010"),
        ("network:egress:*", "E0512", "write 'network:tcp-connect'"),
        ("network:ingress:*", "E0512", "write 'network:tcp-listen'"),
        ("teleport:now", "E0512", "a capability begins with one of"),
    ],
)
def test_malformed_capabilities_are_refused_with_what_to_write(
    text: str, code: str, help_: str
) -> None:
    fault = check_capability(text)
    assert fault is not None
    assert fault.code.number == code
    assert help_ in fault.help


@given(st.text(max_size=30) | st.from_regex(r"[a-z]+:[a-z-]+(:.*)?"))
def test_any_text_is_either_a_capability_or_explained(text: str) -> None:
    fault = check_capability(text)
    if fault is None:
        domain, action = text.split(":", 2)[:2]
        assert action in ACTIONS[domain]
    else:
        assert fault.message
        assert fault.help


def manifest(policy: str, **tables: tuple[str, ...]) -> Manifest:
    grants = {name: Grant(capabilities) for name, capabilities in tables.items()}
    return Manifest(security=Security(policy, grants))


def test_the_node_comes_before_its_component() -> None:
    found = manifest("deny-all", node=("clock:wall",), part=("stdio:stdout",))
    assert grants_of(found, "node", "part") == ("clock:wall",)
    assert grants_of(found, "other", "part") == ("stdio:stdout",)
    assert grants_of(found, "other", "else") == ()


def test_allow_all_grants_neither_files_nor_network() -> None:
    granted = grants_of(
        manifest("allow-all", node=("filesystem:read:/x", "clock:wall")), "node", ""
    )
    assert granted == (
        "filesystem:read:/x",
        "clock:wall",
        *(g for g in ALLOW_ALL if g != "clock:wall"),
    )
    assert not any(grant.startswith(("filesystem", "network")) for grant in ALLOW_ALL)
