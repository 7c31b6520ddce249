"""Which capabilities a component's imports can make use of."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.access import WRITING_METHODS, Need
from runtime.model.component.surface import InterfaceSurface, Surface

_BY_INTERFACE: dict[str, str] = {
    "wasi:cli/environment": "environment:read",
    "wasi:cli/stdout": "stdio:stdout",
    "wasi:cli/stderr": "stdio:stderr",
    "wasi:clocks/wall-clock": "clock:wall",
    "wasi:clocks/monotonic-clock": "clock:monotonic",
    "wasi:random/random": "random:crypto",
    "wasi:random/insecure": "random:insecure",
    "wasi:random/insecure-seed": "random:insecure",
    "wasi:sockets/udp": "network:udp",
    "wasi:sockets/udp-create-socket": "network:udp",
    "wasi:sockets/ip-name-lookup": "network:tcp-connect",
    "wasi:http/outgoing-handler": "network:http-outgoing",
}
_TCP = ("wasi:sockets/tcp", "wasi:sockets/tcp-create-socket")
_FILES = ("wasi:filesystem/types", "wasi:filesystem/preopens")
_ORDER = (
    "filesystem:read",
    "filesystem:write",
    "network:tcp-connect",
    "network:tcp-listen",
    "network:udp",
    "network:http-outgoing",
    "environment:read",
    "stdio:stdout",
    "stdio:stderr",
    "clock:wall",
    "clock:monotonic",
    "random:crypto",
    "random:insecure",
)


def needs_of(surface: Surface) -> tuple[Need, ...]:
    """What the component can make use of, files and network first.

    An import is no proof that it is used: the libraries of a language import more than they call.
    An interface of which no function is imported is no need.
    """
    found: dict[str, list[str]] = {}
    for interface in surface.imports:
        if interface.functions:
            for capability in _needs_of(interface):
                found.setdefault(capability, []).append(interface.name)
    return tuple(
        Need(capability, tuple(found[capability])) for capability in _ORDER if capability in found
    )


def _needs_of(interface: InterfaceSurface) -> Iterator[str]:
    name = interface.name.partition("@")[0]
    functions = {function.name.partition(".")[2] for function in interface.functions}
    if name in _FILES:
        yield "filesystem:read"
        if not functions.isdisjoint(WRITING_METHODS):
            yield "filesystem:write"
    elif name in _TCP:
        listens = "start-listen" in functions
        if listens:
            yield "network:tcp-listen"
        if not listens or "start-connect" in functions:
            yield "network:tcp-connect"
    elif name in _BY_INTERFACE:
        yield _BY_INTERFACE[name]
