"""Capabilities: their grammar (docs/torvyn-facts.md#capabilities), and what a node is granted."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.source_text import KeyPath
from runtime.flow.manifest.tables import Manifest
from runtime.model.access import SOCKET_ACTIONS
from runtime.model.codes import Code
from runtime.model.component.surface import Surface
from runtime.model.lazy.dataclass import dataclass
from runtime.model.network.scope import ScopeError, read_scope
from runtime.model.text.nearest import did_you_mean, nearest

ALLOW_ALL = (
    "stdio:stdout",
    "stdio:stderr",
    "clock:wall",
    "clock:monotonic",
    "random:crypto",
    "random:insecure",
    "environment:read",
)
"""What the policy `allow-all` grants here: nothing that reaches files or the network."""

ACTIONS: dict[str, tuple[str, ...]] = {
    "filesystem": ("read", "write"),
    "network": ("tcp-connect", "tcp-listen", "udp", "http-outgoing"),
    "clock": ("wall", "monotonic"),
    "random": ("crypto", "insecure"),
    "environment": ("read",),
    "stdio": ("stdout", "stderr"),
    "torvyn": (
        "resource-allocate",
        "pool-access",
        "emit-backpressure",
        "inspect-flow-meta",
        "runtime-inspect",
        "custom-metrics",
    ),
}
_NETWORK_PACKAGES = ("wasi:sockets/", "wasi:http/")
SCOPE_REQUIRED = {"filesystem:read", "filesystem:write", "torvyn:pool-access"}
SCOPE_ALLOWED = {
    *SCOPE_REQUIRED,
    "torvyn:resource-allocate",
    "environment:read",
    *(f"network:{action}" for action in ACTIONS["network"]),
}
_VARIABLE = re.compile(r"[^=\0]+")

_TRANSLATIONS: tuple[tuple[str, str], ...] = (
    (r"wasi:filesystem/read(?::(?P<scope>.+))?", "filesystem:read:{scope}"),
    (r"wasi:filesystem/write(?::(?P<scope>.+))?", "filesystem:write:{scope}"),
    (r"wasi:filesystem\b.*", "filesystem:read:/path"),
    (r"wasi:clocks/wall-clock\b.*", "clock:wall"),
    (r"wasi:clocks/monotonic-clock\b.*", "clock:monotonic"),
    (r"wasi:random/insecure\b.*", "random:insecure"),
    (r"wasi:random/random\b.*", "random:crypto"),
    (r"wasi:cli/stdout\b.*", "stdio:stdout"),
    (r"wasi:cli/stderr\b.*", "stdio:stderr"),
    (r"wasi:cli/environment\b.*", "environment:read"),
    (r"wasi:http\b.*", "network:http-outgoing"),
    (r"wasi:sockets/udp\b.*", "network:udp"),
    (r"(?:wasi:sockets|network:egress)\b.*", "network:tcp-connect"),
    (r"network:ingress\b.*", "network:tcp-listen"),
    (r"(?:fs|file):(?P<scope>read|write)\b.*", "filesystem:{scope}:/path"),
    (r"clocks?:.*", "clock:wall"),
    (r"env(?:ironment)?\b.*", "environment:read"),
)
"""What the documentation and habit write, and the capability that is meant."""


@dataclass(frozen=True, slots=True)
class GrantFault:
    """Why a text is not a capability."""

    code: Code
    message: str
    help: str


def check_capability(text: str) -> GrantFault | None:
    """None when the text is a capability in Torvyn's grammar."""
    if text.startswith("?"):
        message = f"'{text}' marks a capability as optional, which a grant cannot be"
        return GrantFault(Code.GRANT_FORMAT, message, f"write '{text[1:]}'")
    parts = text.split(":", 2)
    if len(parts) < 2 or not all(parts[:2]):
        message = f"'{text}' is not of the form domain:action[:scope]"
        return GrantFault(Code.GRANT_FORMAT, message, _translated(text))
    domain, action = parts[:2]
    if domain not in ACTIONS or action not in ACTIONS[domain]:
        return GrantFault(Code.GRANT_UNKNOWN, f"there is no capability '{text}'", _translated(text))
    return _check_scope(text, f"{domain}:{action}", parts[2] if len(parts) > 2 else None)


def _check_scope(text: str, capability: str, scope: str | None) -> GrantFault | None:
    if not scope and capability in SCOPE_REQUIRED:
        what = "a pool" if capability == "torvyn:pool-access" else "a path"
        example = "large" if capability == "torvyn:pool-access" else "/data"
        message = f"'{text}' does not say which: {what} must follow"
        return GrantFault(Code.GRANT_SCOPE, message, f"write e.g. '{capability}:{example}'")
    if scope is not None and capability not in SCOPE_ALLOWED:
        message = f"'{capability}' takes nothing after it, found ':{scope}'"
        return GrantFault(Code.GRANT_FORMAT, message, f"write '{capability}'")
    if capability == "environment:read" and scope is not None and not _VARIABLE.fullmatch(scope):
        message = f"'{text}' does not name a variable of the environment"
        return GrantFault(Code.GRANT_SCOPE, message, "write e.g. 'environment:read:HOME'")
    if capability.startswith("network:"):
        return _check_network_scope(text, capability, scope or "")
    return None


def _check_network_scope(text: str, capability: str, scope: str) -> GrantFault | None:
    try:
        read_scope(scope)
    except ScopeError as error:
        # Torvyn drops what it cannot read of a list of ports, and grants every port then.
        message = f"'{text}' does not say which hosts and ports: {error}"
        advice = f"write e.g. '{capability}:*.example.org:443,8000-8010'"
        return GrantFault(Code.GRANT_SCOPE, message, advice)
    return None


def _translated(text: str) -> str:
    for pattern, meant in _TRANSLATIONS:
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found is not None:
            scope = found.groupdict().get("scope") or "/path"
            return f"write '{meant.format(scope=scope)}'"
    domain, _, rest = text.partition(":")
    if domain in ACTIONS:
        near = nearest(rest, ACTIONS[domain])
        if near is not None:
            return f"did you mean '{domain}:{near}'?"
        return f"it has {', '.join(f'{domain}:{action}' for action in ACTIONS[domain])}"
    near = nearest(domain, ACTIONS)
    if near is not None:
        return f"did you mean '{near}:{rest or ACTIONS[near][0]}'?"
    return f"a capability begins with one of {', '.join(ACTIONS)}"


def check_grants(manifest: Manifest, problems: Problems) -> None:
    """Notes every malformed grant, and every table that belongs to nothing."""
    components = {component.name for component in manifest.component}
    nodes = {
        name: node.component for flow in manifest.flow.values() for name, node in flow.nodes.items()
    }
    for name, grant in manifest.security.grants.items():
        at: KeyPath = ("security", "grants", name)
        for index, text in enumerate(grant.capabilities):
            fault = check_capability(text)
            if fault is not None:
                where = (*at, "capabilities", index)
                problems.error(fault.code, where, fault.message, fault.help, value=True)
            elif text.startswith("environment:read:"):
                _note_variable(text, (*at, "capabilities", index), problems)
        if name not in nodes:
            _note_owner(name, at, components, nodes, problems)


def _note_variable(text: str, at: KeyPath, problems: Problems) -> None:
    problems.warning(
        Code.POLICY,
        at,
        f"'{text}' names a variable, which torvyn-studio understands and Torvyn refuses",
        "write 'environment:read' for Torvyn; it gives every variable",
        value=True,
    )


def check_network(
    manifest: Manifest,
    node: str,
    component: str,
    surface: Surface,
    problems: Problems,
    *,
    gives_network: bool,
) -> None:
    """Refuses network grants that a component would use and the call layer cannot give.

    wasmtime's interface for C, which its Python package calls, can allow addresses and name
    lookups, but has no function that allows TCP or UDP: a socket is never made. Grants that no
    component makes use of have no effect.
    """
    owner = node if manifest.security.grants.get(node) else component
    table = manifest.security.grants.get(owner)
    uses = [item.name for item in surface.imports if item.name.startswith(_NETWORK_PACKAGES)]
    for index, text in enumerate(table.capabilities if table is not None else ()):
        if not text.startswith("network:"):
            continue
        at = ("security", "grants", owner, "capabilities", index)
        if text.split(":")[1] not in SOCKET_ACTIONS:
            problems.warning(
                Code.POLICY,
                at,
                f"'{text}' has no effect: neither Torvyn nor torvyn-studio gives a component "
                "wasi:http",
                "take the grant away; with sockets (wasi:sockets) grant network:tcp-connect",
                value=True,
            )
        elif uses and gives_network:
            continue
        elif uses:
            problems.error(
                Code.POLICY,
                at,
                f"'{text}' cannot be given to node '{node}': components are called through "
                "wasmtime's C library here, which lets none make a socket",
                "use the native call layer, which gives it (in a checkout of torvyn-studio: "
                "make native; without --no-native); or take the grant away, and the component's "
                "attempts fail with access-denied",
                value=True,
            )
        else:
            problems.warning(
                Code.POLICY,
                at,
                f"'{text}' has no effect: the component of node '{node}' imports no network",
                "take the grant away",
                value=True,
            )


def _note_owner(
    name: str, at: KeyPath, components: set[str], nodes: Mapping[str, str], problems: Problems
) -> None:
    users = [node for node, component in nodes.items() if component == name]
    if name in components or users:
        problems.warning(
            Code.POLICY,
            at,
            f"'{name}' is a component; Torvyn looks grants up by node",
            f"write [security.grants.{users[0] if users else 'NODE'}]",
        )
        return
    problems.warning(
        Code.POLICY,
        at,
        f"no flow has a node '{name}', so the grant has no effect",
        lambda: did_you_mean(name, nodes, "nodes"),
    )


def check_policy(manifest: Manifest, problems: Problems) -> None:
    """Explains what `allow-all` means here."""
    if manifest.security.default_capability_policy == "allow-all":
        problems.warning(
            Code.POLICY,
            ("security", "default_capability_policy"),
            "Torvyn ignores 'allow-all'; torvyn-studio grants every node stdio, clocks, random "
            "numbers and the environment, but no files and no network",
            "grant what each node needs in [security.grants.NODE]",
            value=True,
        )


def grants_of(manifest: Manifest, node: str, component: str) -> tuple[str, ...]:
    """Everything a node is granted: its own table, else its component's, and the policy's."""
    tables = manifest.security.grants
    table = tables.get(node) or tables.get(component)
    granted = table.capabilities if table is not None else ()
    if manifest.security.default_capability_policy == "allow-all":
        granted = (*granted, *ALLOW_ALL)
    return tuple(dict.fromkeys(granted))
