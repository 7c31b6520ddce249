"""What a node's component can ask for beyond its flow, and what it gets of that.

The capabilities are those of the manifest's grammar (docs/torvyn-facts.md#capabilities).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from runtime.model.lazy.dataclass import dataclass

OPEN_CAPABILITIES = ("clock:wall", "clock:monotonic", "random:crypto", "random:insecure")
"""What works without a grant, as it does in Torvyn."""
SOCKET_ACTIONS = ("tcp-connect", "tcp-listen", "udp")
"""Actions of the domain `network` that `wasi:sockets` is for."""
WRITING_METHODS = frozenset(
    {
        "write",
        "write-via-stream",
        "append-via-stream",
        "create-directory-at",
        "link-at",
        "remove-directory-at",
        "rename-at",
        "set-size",
        "set-times",
        "set-times-at",
        "symlink-at",
        "unlink-file-at",
    }
)
"""The methods of `wasi:filesystem/types` descriptors that change something."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Need:
    """A capability that a component's imports can make use of."""

    capability: str
    """Domain and action, e.g. "filesystem:read"."""
    imports: tuple[str, ...]
    """The interfaces, as imported, e.g. "wasi:filesystem/types@0.2.3"."""


class Access(StrEnum):
    """What becomes of a need."""

    GRANTED = "granted"
    DENIED = "denied"
    WITHHELD = "withheld"
    """The manifest grants it, and the user did not agree."""
    OPEN = "open"
    """It works without a grant."""
    UNUSED = "unused"
    """A grant that no import of the component can make use of."""


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One line of the table needed, granted, denied."""

    capability: str
    """Domain and action; of an unused grant, the whole grant."""
    access: Access
    grants: tuple[str, ...] = ()
    """The grants that meet the need, or those that are withheld."""
    imports: tuple[str, ...] = ()


def access_table(
    needs: Iterable[Need], grants: tuple[str, ...], withheld: tuple[str, ...] = ()
) -> tuple[AccessRow, ...]:
    """A line for each need, then one for each grant that meets none.

    Grants of `torvyn:…`, which no import tells of, are left out.
    """
    rows = []
    met: set[str] = set()
    for need in needs:
        given = tuple(grant for grant in grants if is_of(grant, need.capability))
        kept = tuple(grant for grant in withheld if is_of(grant, need.capability))
        met.update(given, kept)
        if given:
            access = Access.GRANTED
        elif kept:
            access = Access.WITHHELD
        elif need.capability in OPEN_CAPABILITIES:
            access = Access.OPEN
        else:
            access = Access.DENIED
        rows.append(AccessRow(need.capability, access, given or kept, need.imports))
    for grant in (*grants, *withheld):
        if grant not in met and not grant.startswith("torvyn:"):
            rows.append(AccessRow(grant, Access.UNUSED, (grant,)))
    return tuple(rows)


def is_of(grant: str, capability: str) -> bool:
    """True when the grant is of this domain and action; writing includes reading."""
    if grant == capability or grant.startswith(f"{capability}:"):
        return True
    return capability == "filesystem:read" and grant.startswith("filesystem:write:")


@lru_cache(maxsize=256)
def base_of(capability: str) -> str:
    """Domain and action of a capability, without its scope."""
    return ":".join(capability.split(":", 2)[:2])


class DeniedUse(NamedTuple):
    """A node used something that it is not granted."""

    node: str
    call: int
    """Number of the call."""
    imported: str
    """Interface and function, e.g. "wasi:cli/environment@0.2.3 get-environment"."""
    capability: str
    """The grant that would allow it, e.g. "environment:read"."""
    what: str
    """What it tried, e.g. "read the environment"; may hold text of the component."""
    grants: tuple[str, ...]
    """What the node is granted."""
    withheld: bool = False
    """True when the manifest grants it, and the user did not agree."""
    cannot_be_given: bool = False
    """True when the call layer can give it to no component."""
    interpreter: str = ""
    """The language whose interpreter did this when it started, by itself; "" where the component's
    own code did."""

    @property
    def sentence(self) -> str:
        """What happened, in one sentence."""
        if self.capability.startswith("stdio:") and not self.withheld:
            return f"{self.node} printed without a grant ({self.imported}): Torvyn discards that"
        why = "the user did not agree to its grant" if self.withheld else "it has no grant for that"
        if self.interpreter:
            started = f"{self.interpreter} tried to {self.what} when it started in {self.node}"
            return f"{started} ({self.imported}): denied, {why}"
        return f"{self.node} tried to {self.what} ({self.imported}): denied, {why}"

    @property
    def advice(self) -> str:
        """What to do, on one line."""
        if self.withheld:
            return "to allow it, open the flow again with --trust"
        if self.cannot_be_given:
            return (
                "no grant changes that here: only the native call layer gives a component the "
                "network (in a checkout of torvyn-studio: make native)"
            )
        return f"to allow it, write {' '.join(self.paste.splitlines())}"

    @property
    def paste(self) -> str:
        """The table of the manifest, in two lines, that grants it too; "" when none would do."""
        if self.withheld or self.cannot_be_given:
            return ""
        return grant_to_paste(self.node, (*self.grants, self.capability))


def grant_to_paste(node: str, capabilities: tuple[str, ...]) -> str:
    """The table of the manifest, in two lines, that grants a node these capabilities."""
    key = node if _BARE_KEY.fullmatch(node) else json.dumps(node)
    texts = ", ".join(json.dumps(text) for text in capabilities)
    return f"[security.grants.{key}]\ncapabilities = [{texts}]"
