"""What the grants of a flow reach, inside the project's folder or beyond it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePath

from runtime.model.access import SOCKET_ACTIONS
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow

_NETWORK = {
    "tcp-connect": "connect to",
    "tcp-listen": "listen on",
    "udp": "exchange datagrams with",
}


@dataclass(frozen=True, slots=True)
class Reach:
    """One grant of a node, and what it comes to on this machine."""

    node: str
    grant: str
    """As the manifest writes it."""
    target: str
    """The absolute path of a folder, links followed; else the grant's scope."""
    beyond: bool
    """True when it is outside of the project's folder: a project's user has to agree."""

    @property
    def sentence(self) -> str:
        """What the node gets, e.g. "sink may write /" or "source gets the whole environment"."""
        domain, action = self.grant.split(":", 2)[:2]
        if domain == "filesystem":
            return f"{self.node} may {action} {self.target}"
        if domain == "environment":
            what = f"{self.target} of the" if self.target else "the whole"
            return f"{self.node} gets {what} environment"
        if not self.beyond:
            return f"{self.node} is granted the network ({self.grant}), which it does not get"
        words = _NETWORK[action]
        return f"{self.node} may {words} {self.target or 'any host'}"


def real_folders(grants: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Each granted path as written, and the absolute path it stands for now, links followed.

    A relative path counts from the working directory, as in Torvyn.
    """
    found: dict[str, str] = {}
    for grant in grants:
        domain, _, rest = grant.partition(":")
        path = rest.partition(":")[2].rstrip("/") or "/"
        if domain == "filesystem" and rest.partition(":")[2]:
            found[path] = real_path(path)
    return tuple(found.items())


def real_path(path: str) -> str:
    """The absolute path, links followed as far as there are any; the text itself if it is none."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return path


def project_folder(manifest: str | Path) -> str:
    """The absolute path, links followed, of the folder that the manifest lies in.

    A manifest that is itself a link does not move its project.
    """
    return real_path(os.path.dirname(os.path.abspath(manifest)))  # noqa: PTH100, PTH120


def _hosts(scope: str) -> str:
    return "" if scope in ("*", "*:*") else scope


def reaches_of(flow: LinkedFlow) -> tuple[Reach, ...]:
    """What the nodes' grants of files, environment and network reach, in the order of nodes."""
    folder = project_folder(flow.manifest)
    reaches = []
    for node in flow.nodes:
        real = dict(node.folders)
        for grant in (*node.grants, *node.withheld):
            domain, _, rest = grant.partition(":")
            scope = rest.partition(":")[2]
            if domain == "filesystem":
                path = scope.rstrip("/") or "/"
                target = real.get(path) or real_path(path)
                inside = PurePath(target).is_relative_to(folder)
                reaches.append(Reach(node.name, grant, target, not inside))
            elif domain == "environment":
                reaches.append(Reach(node.name, grant, scope, beyond=True))
            elif domain == "network":
                action = rest.partition(":")[0]
                given = node.can_use_network and action in SOCKET_ACTIONS
                reaches.append(Reach(node.name, grant, _hosts(scope), beyond=given))
    return tuple(dict.fromkeys(reaches))
