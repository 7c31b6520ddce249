"""What every execution of one session is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runtime.engine.options import EngineOptions
from runtime.extension.installed import find_extension
from runtime.hotreload.builds import ComponentBuild, KnownBuilds
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.recording.replay.input_feed import Feed
from runtime.wasm.call_layer import Compiled
from runtime.wasm.host import Host

OpenFeeds = Callable[[], Mapping[str, Feed]]
"""Opens what is given in place of sources, from the start; by the source's name."""


class LostBuildError(Exception):
    """A build that calls of the past were made with is not kept any more."""


@dataclass(frozen=True)
class SessionResources:
    """What every execution of one session is made of."""

    host: Host
    options: EngineOptions
    manifest_text: bytes
    known: KnownBuilds
    compiled: Mapping[str, Compiled]
    """By digest: the builds the session began with."""
    feeds: OpenFeeds | None = None
    """What is given in place of sources; None leaves every source to its component."""

    @property
    def layer(self) -> str:
        """What calls the components, "direct" or "native"."""
        return self.host.layer.name

    @property
    def native_problem(self) -> str:
        """Why the native layer that is installed is not used; see `NativeState.problem`."""
        return "" if self.layer == "native" else find_extension().problem

    def open_feeds(self) -> Mapping[str, Feed]:
        """What is given in place of sources. Raises `StudioError` when it cannot be opened."""
        return {} if self.feeds is None else self.feeds()

    def compiled_for(self, flow: LinkedFlow) -> dict[str, Compiled]:
        """The builds of a flow, by digest. Raises `LostBuildError`."""
        found = {**self.compiled, **self.known.compiled(flow)}
        for node in flow.nodes:
            if node.digest not in found:
                raise LostBuildError(f"build {node.digest[:12]} of {node.name} is not kept")
        return found

    def build(self, node: str, digest: str) -> ComponentBuild:
        """A build that a node had in this session. Raises `LostBuildError`."""
        build = self.known.find(node, digest)
        if build is None:
            raise LostBuildError(f"build {digest[:12]} of {node} is not kept any more")
        return build
