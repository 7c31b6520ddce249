"""What nodes tried that they are not granted: which interfaces are replaced, and what is told."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import PurePosixPath

from runtime.model.access import WRITING_METHODS, DeniedUse, base_of, is_of
from runtime.model.component.surface import InterfaceSurface
from runtime.wasm.host_functions import boundary
from runtime.wasm.host_functions.capabilities import Grants

ENVIRONMENT = "wasi:cli/environment"
PREOPENS = "wasi:filesystem/preopens"
FILES = "wasi:filesystem/types"
TCP = "wasi:sockets/tcp-create-socket"
UDP = "wasi:sockets/udp-create-socket"
LOOKUP = "wasi:sockets/ip-name-lookup"

OnDenied = Callable[[DeniedUse, int], None]
"""Hears of each use, on the thread that makes calls, and how often the node used that so far.

Of a print it hears what the instance's first one to that stream was, and how many there were. What
an interpreter did by itself when it started comes with 0: it is nobody's use.
"""

_NETWORK_USES = {
    TCP: {"tcp-connect", "tcp-listen"},
    UDP: {"udp"},
    LOOKUP: {"tcp-connect", "udp"},
}
"""Actions of the domain `network`, by the interfaces of which nothing works without one."""
_SOCKET_USES = {
    "start-connect": ("tcp-connect", "connect to"),
    "start-bind": ("tcp-listen", "take the address"),
    "start-listen": ("tcp-listen", "listen on"),
}
_OPEN_TO_WRITE = frozenset({"create", "exclusive", "truncate", "write", "mutate-directory"})
_SHOWN_CHARACTERS = 200
"""Characters of a component's text that are kept."""


class DeniedUses:
    """Counts what the nodes of one flow tried and were denied."""

    def __init__(self, on_denied: OnDenied | None) -> None:
        self._on_denied = on_denied
        self._counts: Counter[tuple[str, str]] = Counter()

    def note(self, use: DeniedUse) -> None:
        """Count a use."""
        if self._on_denied is None:
            return
        if use.interpreter:
            self._on_denied(use, 0)
            return
        kind = use.node, base_of(use.capability)
        count = self._counts[kind] = self._counts[kind] + 1
        self._on_denied(use, count)


class NodeDenials:
    """Tells what one node tried."""

    def __init__(
        self,
        node: str,
        uses: DeniedUses,
        grants: tuple[str, ...],
        withheld: tuple[str, ...],
        *,
        interpreter: str = "",
        made_for: int = 0,
        gives_network: bool = False,
    ) -> None:
        """`withheld` are grants that the user did not agree to; `interpreter` is the language whose
        interpreter starts in call number `made_for`, the instance's first; `gives_network` says
        whether the call layer could give the network."""
        self._node = node
        self._uses = uses
        self._grants = grants
        self._withheld = withheld
        self._gives_network = gives_network
        self._interpreter = interpreter
        self._made_for = made_for
        self._printed: dict[str, DeniedUse] = {}
        """The first print without a grant, by stream: most sinks print in every call."""

    def note(self, call: int, imported: str, capability: str, what: str) -> None:
        """The node did `what` in call number `call` through the function `imported`."""
        use = self._use(call, imported, capability, what)
        if self._interpreter and capability == "environment:read":
            # Interpreters copy the environment once, before any code of the component's author
            # runs. What that code asks is answered from the copy, and what asks again is that code.
            if call == self._made_for:
                use = use._replace(interpreter=self._interpreter)
            self._interpreter = ""
        self._uses.note(use)

    def _use(self, call: int, imported: str, capability: str, what: str) -> DeniedUse:
        withheld = any(is_of(grant, base_of(capability)) for grant in self._withheld)
        closed = capability.startswith("network:") and not self._gives_network
        return DeniedUse(
            self._node, call, imported, capability, what, self._grants, withheld, closed
        )

    def note_printed(self, call: int, stream: str) -> None:
        """It printed to "stdout" or "stderr" without a grant."""
        use = self._printed.get(stream)
        if use is None:
            imported = f"wasi:cli/{stream} get-{stream}"
            use = self._use(call, imported, f"stdio:{stream}", f"print to {stream}")
            self._printed[stream] = use
        self._uses.note(use)

    def note_call(
        self,
        call: int,
        imported: str,
        interface: str,
        function: str,
        text: str | None,
        flags: Collection[str],
    ) -> None:
        """It called a function of a replaced interface (name without version).

        `text` is the first text among its arguments, `flags` are all that are set.
        """
        capability, what = _use(interface, function, text, flags)
        self.note(call, imported, capability, what)


def replaces(interface: InterfaceSurface, grants: Grants, *, gives_network: bool = False) -> bool:
    """True when a node with these grants has none for what the interface is for.

    `gives_network` says whether the call layer can give the network at all.
    """
    name, version = boundary.split_version(interface.name)
    if not boundary.is_wasi_version(version):
        return False
    if name in (PREOPENS, FILES):
        # Also when only its types are imported: they must be those of the other.
        return not grants.directories
    if not interface.functions:
        return False
    if name == ENVIRONMENT:
        return not grants.environment and not grants.variables
    actions = _NETWORK_USES.get(name)
    if actions is None:
        return False
    return not gives_network or actions.isdisjoint(item.action for item in grants.network)


def _use(
    interface: str, function: str, text: str | None, flags: Collection[str]
) -> tuple[str, str]:
    """The capability that was missing, and what was tried."""
    match interface:
        case _ if interface == ENVIRONMENT:
            return "environment:read", "read the environment"
        case _ if interface == LOOKUP:
            return "network:tcp-connect", f"look up the host {(text or '')[:_SHOWN_CHARACTERS]}"
        case _ if interface == FILES:
            method = function.partition(".")[2]
            path = "/" if text is None else asked_path(text[:_SHOWN_CHARACTERS])
            action = "write" if _writes(method, flags) else "read"
            return f"filesystem:{action}:{PurePosixPath(path).parent}", f"{action} {path}"
    if text is not None:
        method = function.partition(".")[2]
        action, words = _SOCKET_USES.get(method, ("udp", "send to"))
        if "udp" in interface:
            action, words = "udp", "take the address" if method == "start-bind" else "send to"
        return f"network:{action}:{text}", f"{words} {text}"
    return "network:udp" if interface == UDP else "network:tcp-connect", "make a socket"


def asked_path(text: str) -> str:
    """The path that a component most likely asked for, of its path in the folder `/`.

    Its library makes "data/x" of "/data/x" too: it counts from the working directory when only
    there is such a folder.
    """
    path = text.lstrip("/")
    first = path.partition("/")[0]
    relative = first not in ("", ".", "..") and os.path.lexists(first)
    return path if relative and not os.path.lexists(f"/{first}") else f"/{path}"


def _writes(method: str, flags: Collection[str]) -> bool:
    if method != "open-at":
        return method in WRITING_METHODS
    return not _OPEN_TO_WRITE.isdisjoint(flags)
