"""Links a flow: manifest, graph, files and contracts, with every problem found on the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import field, replace
from pathlib import Path

from runtime.flow.flow_outline import outline_flow
from runtime.flow.grants import check_grants, check_network, check_policy, grants_of
from runtime.flow.manifest.manifest_file import (
    NO_FLOW_HELP,
    LoadedManifest,
    choose_flow,
    load_manifest,
)
from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.source_text import KeyPath
from runtime.flow.manifest.tables import Flow, Manifest, Node
from runtime.flow.needs import needs_of
from runtime.flow.queue_settings import check_rates, linked_edge
from runtime.flow.reach import real_folders
from runtime.flow.resolve import BUILD_DIR, Resolver
from runtime.flow.surface_check import Binding, SurfaceCheck
from runtime.flow.topology import Topology, check_topology
from runtime.model.access import Need
from runtime.model.codes import Code
from runtime.model.component.surface import Surface
from runtime.model.errors import Diagnostic, StudioError
from runtime.model.files.input_file import read_bounded
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import (
    DEFAULT_LIMITS,
    INTERPRETER_LIMITS,
    Limits,
    LinkedFlow,
    LinkedNode,
    Role,
    SchedulePolicy,
)
from runtime.model.outline import FlowOutline

Inspect = Callable[[bytes], Surface]
"""Reads a component's bytes; raises `StudioError` when they are not a component."""

Opening = Callable[[str, int, int], None]
"""Hears which component is opened next: its name, the how manieth it is, and of how many."""

Read = Callable[[Path], bytes]
"""Gives an artifact's bytes; raises `OSError` when there are none."""

DEFAULT_CONFIG = "{}"
"""What `init` receives when a node has no config (docs/torvyn-facts.md#lifecycle)."""


@dataclass(frozen=True, slots=True)
class ManifestCheck:
    """What is known of a manifest before any component is opened."""

    manifest: Manifest | None
    """None when the file cannot be read at all."""
    flow: str | None
    """The chosen flow's name; None when there is no such flow."""
    diagnostics: tuple[Diagnostic, ...]
    outline: FlowOutline | None = None
    """The chosen flow's graph, as far as it can be drawn."""


@dataclass(frozen=True, slots=True)
class LinkResult:
    """The flows that were linked, and everything that is to be said about the manifest."""

    flows: tuple[LinkedFlow, ...]
    """Empty when any diagnostic is an error."""
    diagnostics: tuple[Diagnostic, ...]
    """In the order of the manifest's text."""
    outline: FlowOutline | None = None
    """The graph of the first flow that was asked for; None when there is no such flow."""

    @property
    def flow(self) -> LinkedFlow | None:
        """The one that was asked for, or the alphabetically first; None after any error."""
        return self.flows[0] if self.flows else None


def check_manifest(manifest_path: Path, flow_name: str | None = None) -> ManifestCheck:
    """The cheap first half of `link_flow`: keys and the flow's graph, opening no component.

    Problems are returned, never raised.
    """
    try:
        loaded = load_manifest(manifest_path)
    except StudioError as error:
        return ManifestCheck(None, None, error.diagnostics)
    chosen = choose_flow(loaded, flow_name)
    if chosen is not None:
        _check_graph(loaded, chosen[0])
    _check_security(loaded)
    name = chosen[0] if chosen else None
    diagnostics = loaded.problems.diagnostics()
    outline = outline_flow(loaded, name) if name is not None else None
    return ManifestCheck(loaded.manifest, name, diagnostics, outline)


def link_flow(
    manifest_path: Path,
    flow_name: str | None = None,
    *,
    inspect: Inspect,
    read: Read = read_bounded,
    text: bytes | None = None,
    opening: Opening | None = None,
    gives_network: bool = False,
) -> LinkResult:
    """Links one flow, by default the alphabetically first.

    Problems are returned, never raised; `file://` counts from the working directory. `read`
    gives the artifacts' bytes and `text` stands for the manifest's: hot reload holds both to
    what it accepted. `gives_network` says whether the call layer can give a component the network.
    """
    try:
        loaded = load_manifest(manifest_path, text)
    except StudioError as error:
        return LinkResult((), error.diagnostics)
    chosen = choose_flow(loaded, flow_name)
    artifacts = _Artifacts(inspect, read, opening, gives_network)
    return _link(loaded, [chosen[0]] if chosen else [], artifacts)


def link_flows(manifest_path: Path, *, inspect: Inspect, gives_network: bool = False) -> LinkResult:
    """Links every flow of the manifest, in alphabetical order; otherwise as `link_flow`.

    A manifest without any is no error: components can be built and checked without one.
    """
    try:
        loaded = load_manifest(manifest_path)
    except StudioError as error:
        return LinkResult((), error.diagnostics)
    if not loaded.manifest.flow:
        # A project of components alone passes Torvyn's check too (docs/torvyn-facts.md#manifest).
        message = "the manifest has no flow, so there is nothing to run"
        loaded.problems.warning(Code.FLOW_NOT_FOUND, (), message, NO_FLOW_HELP)
    artifacts = _Artifacts(inspect, read_bounded, gives_network=gives_network)
    return _link(loaded, sorted(loaded.manifest.flow), artifacts)


def _link(loaded: LoadedManifest, names: list[str], artifacts: _Artifacts) -> LinkResult:
    _check_security(loaded)
    flows = [_FlowLinker(loaded, name, artifacts).link() for name in names]
    linked = tuple(flow for flow in flows if flow is not None)
    diagnostics = loaded.problems.diagnostics()
    outline = outline_flow(loaded, names[0], diagnostics) if names else None
    return LinkResult(() if loaded.problems.has_errors else linked, diagnostics, outline)


def _check_security(loaded: LoadedManifest) -> None:
    check_grants(loaded.manifest, loaded.problems)
    check_policy(loaded.manifest, loaded.problems)


def _check_graph(loaded: LoadedManifest, name: str) -> Topology:
    flow = loaded.manifest.flow[name]
    check_rates(name, flow, loaded.manifest.runtime, loaded.problems)
    return check_topology(name, flow, loaded.problems)


@dataclass(slots=True)
class _Artifacts:
    """Files opened so far; each is read once, and each content inspected once."""

    inspect: Inspect
    read: Read
    opening: Opening | None = None
    gives_network: bool = False
    digests: dict[Path, str] = field(default_factory=dict)
    surfaces: dict[str, Surface | StudioError] = field(default_factory=dict)

    def open(self, path: Path) -> tuple[str, Surface]:
        """Digest and surface; raises `StudioError` or `OSError`."""
        if path not in self.digests:
            # Imported with the first component: an outline opens none.
            from hashlib import sha256

            data = self.read(path)
            digest = sha256(data).hexdigest()
            if digest not in self.surfaces:
                self.surfaces[digest] = self._inspected(data)
            self.digests[path] = digest
        digest = self.digests[path]
        surface = self.surfaces[digest]
        if isinstance(surface, StudioError):
            raise surface
        return digest, surface

    def _inspected(self, data: bytes) -> Surface | StudioError:
        try:
            return self.inspect(data)
        except StudioError as error:
            return error


@dataclass(frozen=True, slots=True)
class _Opened:
    """A node's component, found and checked."""

    artifact: Path
    digest: str
    binding: Binding
    interpreter: str
    needs: tuple[Need, ...]


class _FlowLinker:
    def __init__(self, loaded: LoadedManifest, name: str, artifacts: _Artifacts) -> None:
        self._loaded = loaded
        self._manifest = loaded.manifest
        self._problems: Problems = loaded.problems
        self._name = name
        self._flow: Flow = loaded.manifest.flow[name]
        self._artifacts = artifacts
        self._names: list[str] = []
        """The components of the flow, each once."""
        self._components = {item.name: item for item in self._manifest.component if item.name}
        self._resolver = Resolver(
            directory=loaded.directory,
            components=self._components,
            build=self._manifest.build,
            working_directory=Path.cwd(),
            environment=os.environ,
        )

    def link(self) -> LinkedFlow | None:
        """The flow, or None after an error that leaves nothing to put together."""
        topology = _check_graph(self._loaded, self._name)
        opened: dict[str, _Opened] = {}
        self._names = list(dict.fromkeys(node.component for node in self._flow.nodes.values()))
        for name, node in self._flow.nodes.items():
            found = self._open(name, node, topology.roles.get(name))
            if found is not None:
                opened[name] = found
        if self._problems.has_errors:
            return None
        nodes = tuple(
            self._linked_node(name, topology.roles[name], opened[name]) for name in topology.order
        )
        scheduling = self._manifest.runtime.scheduling
        given = self._flow.scheduling_policy or scheduling.given_policy
        return LinkedFlow(
            name=self._name,
            manifest=str(self._loaded.path),
            nodes=nodes,
            edges=tuple(
                linked_edge(edge, edge.index, self._flow, self._manifest.runtime)
                for edge in self._flow.edges
            ),
            schedule=SchedulePolicy(given or scheduling.policy),
            schedule_given=given is not None,
            sink_pause_ms=self._manifest.runtime.backpressure.sink_pause_ms,
            build_dir=str(self._loaded.directory / BUILD_DIR),
        )

    def _open(self, name: str, node: Node, role: Role | None) -> _Opened | None:
        if not node.component:
            return None
        at: KeyPath = ("flow", self._name, "nodes", name)
        path = self._resolver.resolve(node.component, (*at, "component"), self._problems)
        if path is None:
            return None
        if self._artifacts.opening is not None:
            position = self._names.index(node.component) + 1
            self._artifacts.opening(node.component, position, len(self._names))
        try:
            digest, surface = self._artifacts.open(path)
        except StudioError as error:
            told = (replace(one, message=f"{path}: {one.message}") for one in error.diagnostics)
            self._problems.adopt(told, (*at, "component"))
            return None
        except OSError as error:
            self._problems.error(
                Code.IO,
                (*at, "component"),
                f"{path} cannot be read: {error.strerror or error}",
                "make the file readable, or build the component again",
                value=True,
            )
            return None
        if role is None:
            return None
        binding = SurfaceCheck(
            surface, role, node.interface, at, self._problems, artifact=str(path)
        ).check()
        if binding is None:
            return None
        check_network(
            self._manifest,
            name,
            node.component,
            surface,
            self._problems,
            gives_network=self._artifacts.gives_network,
        )
        return _Opened(path, digest, binding, surface.interpreter, needs_of(surface))

    def _linked_node(self, name: str, role: Role, opened: _Opened) -> LinkedNode:
        node = self._flow.nodes[name]
        runtime = self._manifest.runtime
        edges = self._flow.edges
        grants = grants_of(self._manifest, name, node.component)
        return LinkedNode(
            name=name,
            role=role,
            interface=opened.binding.interface,
            component=node.component,
            artifact=str(opened.artifact),
            digest=opened.digest,
            lifecycle=opened.binding.lifecycle,
            config=self._config(name, node),
            limits=self._limits(node, opened.interpreter),
            interpreter=opened.interpreter,
            priority=_given(node.priority, runtime.scheduling.default_priority),
            grants=grants,
            folders=real_folders(grants),
            needs=opened.needs,
            inputs=tuple(edge.index for edge in edges if edge.target.node == name),
            outputs=tuple(edge.index for edge in edges if edge.source.node == name),
        )

    def _limits(self, node: Node, interpreter: str) -> Limits:
        """The manifest's, the node's first; else those that such a component needs."""
        runtime = self._manifest.runtime
        usual = INTERPRETER_LIMITS if interpreter else DEFAULT_LIMITS
        fuel = _given(runtime.default_fuel_per_invocation, usual.fuel)
        memory_bytes = _given(runtime.max_memory_per_component, usual.memory_bytes)
        return Limits(
            fuel=_given(node.fuel_budget, fuel),
            memory_bytes=_given(node.max_memory, memory_bytes),
            call_timeout_ms=runtime.call_timeout_ms,
        )

    def _config(self, name: str, node: Node) -> str:
        if node.config is not None:
            return node.config
        component = self._components.get(node.component)
        if component is None or component.config is None:
            return DEFAULT_CONFIG
        index = self._manifest.component.index(component)
        self._problems.warning(
            Code.SEMANTIC,
            ("component", index, "config"),
            f"node '{name}' has no config and gets this one; Torvyn ignores it here",
            f"write 'config' in [flow.{self._name}.nodes.{name}]",
        )
        return component.config


def _given(own: int | None, default: int) -> int:
    return default if own is None else own
