"""Capabilities granted to a node, in the manifest's grammar (docs/torvyn-facts.md#capabilities)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import PurePath

from runtime.model.access import SOCKET_ACTIONS
from runtime.model.lazy.dataclass import dataclass
from runtime.model.network.scope import NetworkScope, ScopeError, scope_of

_VARIABLE = "environment:read:"


@dataclass(frozen=True, slots=True)
class NetworkGrant:
    """A grant of sockets."""

    action: str
    """One of `SOCKET_ACTIONS`."""
    scope: NetworkScope


@dataclass(frozen=True, slots=True)
class Grants:
    """What the grants of one node amount to."""

    stdout: bool = False
    stderr: bool = False
    environment: bool = False
    """True for every variable."""
    variables: frozenset[str] = frozenset()
    """Variables of the environment that are granted by name."""
    directories: tuple[tuple[str, bool], ...] = ()
    """Path and whether it may be written to; the guest sees the same path."""
    network: tuple[NetworkGrant, ...] = ()
    texts: tuple[str, ...] = ()

    def allows(self, capability: str) -> bool:
        """True when `capability` was granted, or a broader one."""
        return any(_covers(grant, capability) for grant in self.texts)


def read_grants(texts: tuple[str, ...]) -> Grants:
    """Read grant strings; the link step has refused those that are malformed."""
    directories: dict[str, bool] = {}
    for text in texts:
        domain, _, rest = text.partition(":")
        action, _, scope = rest.partition(":")
        if domain == "filesystem" and scope:
            path = scope.rstrip("/") or "/"
            directories[path] = directories.get(path, False) or action == "write"
    network = []
    for text in texts:
        domain, _, action = text.partition(":")
        action = action.partition(":")[0]
        if domain == "network" and action in SOCKET_ACTIONS:
            # One that cannot be read comes from a recording, and gives nothing.
            with suppress(ScopeError):
                network.append(NetworkGrant(action, scope_of(text)))
    return Grants(
        stdout="stdio:stdout" in texts,
        stderr="stdio:stderr" in texts,
        environment="environment:read" in texts,
        variables=frozenset(
            text.removeprefix(_VARIABLE) for text in texts if text.startswith(_VARIABLE)
        ),
        directories=tuple(directories.items()),
        network=tuple(network),
        texts=texts,
    )


def granted_environment(grants: Grants) -> list[tuple[str, str]]:
    """The variables of this process that are granted."""
    return [
        item for item in os.environ.items() if grants.environment or item[0] in grants.variables
    ]


def _covers(grant: str, capability: str) -> bool:
    if grant == capability or capability.startswith(grant + ":"):
        return True
    granted = grant.split(":", 2)
    wanted = capability.split(":", 2)
    if granted[:2] != wanted[:2] or len(granted) < 3 or len(wanted) < 3:
        return False
    if granted[0] == "filesystem":
        return PurePath(wanted[2]).is_relative_to(granted[2])
    if granted[0] != "network":
        return False
    try:
        return scope_of(grant).covers(scope_of(capability))
    except ScopeError:
        return False
