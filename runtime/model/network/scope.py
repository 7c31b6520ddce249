"""The scope of a network grant: `hosts[:ports]` (docs/torvyn-facts.md#capabilities)."""

from __future__ import annotations

import re

from runtime.model.lazy.dataclass import dataclass

_MAX_PORT = 65_535
_PORTS = re.compile(r"[0-9*,-]+")
_NAME = re.compile(r"(?:\*\.)?[^\s:/@*\[\],.]+(?:\.[^\s:/@*\[\],.]+)*")


class ScopeError(Exception):
    """A text is no scope; says why."""


@dataclass(frozen=True, slots=True)
class NetworkScope:
    """Hosts and ports."""

    hosts: tuple[str, ...] = ()
    """Addresses, names in lower case, and `*.domain` for all names below a domain; empty is any."""
    ports: tuple[tuple[int, int], ...] = ()
    """First and last port of each range; empty is any."""

    def covers(self, other: NetworkScope) -> bool:
        """True when it reaches whatever the other one does."""
        hosts = not self.hosts or (bool(other.hosts) and all(map(self._has_host, other.hosts)))
        ports = not self.ports or (bool(other.ports) and all(map(self._has_ports, other.ports)))
        return hosts and ports

    def _has_host(self, host: str) -> bool:
        return any(
            host == own or (own.startswith("*.") and host.endswith(own[1:])) for own in self.hosts
        )

    def _has_ports(self, ports: tuple[int, int]) -> bool:
        return any(first <= ports[0] and ports[1] <= last for first, last in self.ports)


def read_scope(text: str) -> NetworkScope:
    """What a scope says; an empty one reaches all. Raises `ScopeError`."""
    lowered = text.lower()
    if _is_address(lowered):
        return NetworkScope((lowered,))
    hosts, colon, ports = lowered.rpartition(":")
    if not colon or lowered.endswith("]"):
        return NetworkScope(_hosts(lowered))
    if not _PORTS.fullmatch(ports):
        raise ScopeError(f"'{ports}' is no port, and no range of ports")
    return NetworkScope(_hosts(hosts), _ports(ports))


def scope_of(grant: str) -> NetworkScope:
    """The scope of a whole grant, e.g. "network:udp:example.org:53". Raises `ScopeError`."""
    return read_scope("".join(grant.split(":", 2)[2:]))


def _hosts(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    found = []
    for item in text.split(","):
        bracketed = item.startswith("[") and item.endswith("]")
        host = item[1:-1] if bracketed else item
        named = item == "*" or (not bracketed and _NAME.fullmatch(item))
        if not named and not _is_address(host):
            advice = "; put an IPv6 address in brackets" if ":" in item else ""
            raise ScopeError(f"'{item}' is no address, no name and no '*.domain'{advice}")
        found.append(host)
    return () if "*" in found else tuple(found)


def _is_address(text: str) -> bool:
    # Imported when a scope is read: most flows have none.
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _ports(text: str) -> tuple[tuple[int, int], ...]:
    found = []
    for item in text.split(","):
        if item == "*":
            return ()
        first, dash, last = item.partition("-")
        if not (first.isdigit() and (last.isdigit() if dash else not last)):
            raise ScopeError(f"'{item}' is no port, and no range of ports")
        begin, end = int(first), int(last or first)
        if not 0 < begin <= end <= _MAX_PORT:
            raise ScopeError(f"'{item}' is no range of ports within 1-{_MAX_PORT}")
        found.append((begin, end))
    return tuple(found)
