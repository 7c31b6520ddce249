"""Which builds a session runs, and which earlier ones it can go back to."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path

from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, LinkedNode
from runtime.protocol.builds.build_updates import NodeBuild
from runtime.wasm.call_layer import Compiled

KEPT_BUILDS = 5
"""Earlier builds of a node that can be put in use again."""
KNOWN_BUILDS = 32
"""Builds of a node with which calls of the past can be made again."""


@dataclass(frozen=True, slots=True)
class ComponentBuild:
    """One build of one node."""

    node: LinkedNode
    compiled: Compiled
    built_ns: int
    """When the artifact was written, nanoseconds since the Unix epoch."""


class KnownBuilds:
    """The builds a session had in use, the latest of each node, for going back to their calls."""

    def __init__(self, limit: int = KNOWN_BUILDS) -> None:
        self._limit = limit
        self._builds: dict[str, dict[str, ComponentBuild]] = {}

    def add(self, build: ComponentBuild) -> None:
        """Keep a build that comes into use; the node's oldest makes room."""
        of_node = self._builds.setdefault(build.node.name, {})
        of_node.pop(build.node.digest, None)
        of_node[build.node.digest] = build
        if len(of_node) > self._limit:
            del of_node[next(iter(of_node))]

    def find(self, node: str, digest: str) -> ComponentBuild | None:
        """A node's build by digest, or None when it is not kept."""
        return self._builds.get(node, {}).get(digest)

    def of(self, node: str) -> tuple[ComponentBuild, ...]:
        """The builds of a node that are kept, the latest first."""
        return tuple(reversed(self._builds.get(node, {}).values()))

    def compiled(self, flow: LinkedFlow) -> dict[str, Compiled]:
        """By digest: the builds of a flow, as far as they are kept."""
        found = (self.find(node.name, node.digest) for node in flow.nodes)
        return {build.node.digest: build.compiled for build in found if build is not None}


@dataclass(slots=True)
class _Live:
    build: ComponentBuild
    shown: NodeBuild
    earlier: deque[ComponentBuild] = field(default_factory=lambda: deque(maxlen=KEPT_BUILDS))


class LiveBuilds:
    """The builds in use, by node."""

    def __init__(
        self, flow: LinkedFlow, compiled: Mapping[str, Compiled], known: KnownBuilds, now_ns: int
    ) -> None:
        """Every build that comes into use goes into `known`; `now_ns` is Unix time in ns."""
        self._known = known
        self._live: dict[str, _Live] = {}
        self.use_flow(flow, compiled, now_ns)

    def use_flow(self, flow: LinkedFlow, compiled: Mapping[str, Compiled], now_ns: int) -> None:
        """Take the nodes of a flow; those that are known by the same digest stay as they are."""
        live: dict[str, _Live] = {}
        for node in flow.nodes:
            known = self._live.get(node.name)
            if known is not None and known.build.node.digest == node.digest:
                known.build = replace(known.build, node=node)
                self._known.add(known.build)
                live[node.name] = known
                continue
            before = self._known.find(node.name, node.digest)
            built_ns = _modified_ns(node.artifact, now_ns) if before is None else before.built_ns
            build = ComponentBuild(node, compiled[node.digest], built_ns)
            self._known.add(build)
            shown = NodeBuild(node.name, node.digest, build.built_ns, now_ns)
            live[node.name] = _Live(build, shown)
        self._live = live

    def current(self, node: str) -> ComponentBuild:
        """The node's build in use."""
        return self._live[node].build

    def earlier(self, node: str, digest: str | None) -> ComponentBuild | None:
        """The build to go back to, by digest or the newest one; None when there is none."""
        live = self._live.get(node)
        if live is None:
            return None
        for build in live.earlier:
            if digest is None or build.node.digest == digest:
                return build
        return None

    def swapped(
        self,
        build: ComponentBuild,
        now_ns: int,
        *,
        swap_ns: int | None = None,
        rolled_back: bool = False,
    ) -> None:
        """Another build of a node is in use."""
        live = self._live[build.node.name]
        kept = [old for old in live.earlier if old.node.digest != build.node.digest]
        if live.build.node.digest != build.node.digest:
            kept.insert(0, live.build)
        live.earlier = deque(kept[:KEPT_BUILDS], maxlen=KEPT_BUILDS)
        live.build = build
        self._known.add(build)
        live.shown = NodeBuild(
            node=build.node.name,
            digest=build.node.digest,
            built_ns=build.built_ns,
            live_since_ns=now_ns,
            reloads=live.shown.reloads + 1,
            earlier=tuple(old.node.digest for old in live.earlier),
            swap_ns=swap_ns,
            rolled_back=rolled_back,
        )

    def offer_known(self) -> None:
        """Let every node go to any build that is known, also to one from its future."""
        for name, live in self._live.items():
            kept = [b for b in self._known.of(name) if b.node.digest != live.build.node.digest]
            live.earlier = deque(kept[:KEPT_BUILDS], maxlen=KEPT_BUILDS)
            earlier = tuple(build.node.digest for build in live.earlier)
            live.shown = replace(live.shown, earlier=earlier)

    def stand_as(self, shown: tuple[NodeBuild, ...]) -> None:
        """Tell of the builds what was told of them once, when they were in use."""
        for build in shown:
            live = self._live[build.node]
            live.shown = build
            earlier = (self._known.find(build.node, digest) for digest in build.earlier)
            live.earlier = deque((one for one in earlier if one), maxlen=KEPT_BUILDS)

    def shown(self) -> tuple[NodeBuild, ...]:
        """What the screen shows, in the order of the flow."""
        return tuple(live.shown for live in self._live.values())


def _modified_ns(artifact: str, otherwise_ns: int) -> int:
    try:
        return Path(artifact).stat().st_mtime_ns
    except OSError:
        return otherwise_ns
