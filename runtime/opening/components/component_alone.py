"""A component file opened to be called by itself, as a node would have it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.source_text import SourceText
from runtime.flow.needs import needs_of
from runtime.flow.reach import real_folders
from runtime.flow.surface_check import SurfaceCheck
from runtime.model.codes import Code
from runtime.model.component.surface import Surface
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.input_file import read_input
from runtime.model.host_inputs import HostInputs
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import (
    DEFAULT_LIMITS,
    INTERPRETER_LIMITS,
    ROLE_INTERFACES,
    LinkedFlow,
    LinkedNode,
    Role,
    contract_name,
)
from runtime.opening.cache_folder import compiled_cache
from runtime.opening.open import open_flow
from runtime.opening.trust.trust import Admit, require_trust
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.recorded_flow import recorded_flow
from runtime.wasm.call_layer import Compiled
from runtime.wasm.host import Host
from runtime.wasm.host_functions.denied_uses import OnDenied
from runtime.wasm.host_functions.printing import OnPrint
from runtime.wasm.wasm_invoker import WasmInvoker


@dataclass(frozen=True)
class OpenedComponent:
    """A compiled component in a node's place, without a flow around it."""

    node: LinkedNode
    """Without edges."""
    flow: LinkedFlow
    """The node alone."""
    compiled: Compiled
    host: Host

    def invoker(
        self,
        host_inputs: HostInputs | None = None,
        on_print: OnPrint | None = None,
        on_denied: OnDenied | None = None,
    ) -> WasmInvoker:
        """Makes its calls; the caller closes it."""
        return WasmInvoker(
            self.flow,
            self.host,
            compiled={self.compiled.digest: self.compiled},
            host_inputs=host_inputs,
            on_print=on_print,
            on_denied=on_denied,
        )

    def with_node(self, node: LinkedNode) -> OpenedComponent:
        """The same with another configuration, limits or grants of the node."""
        return _opened(node, self.flow, self.compiled, self.host)


def open_in_place_of(node: LinkedNode, flow: LinkedFlow, path: Path) -> OpenedComponent:
    """The component of a file in the place of a node. Raises `StudioError` as the two below."""
    host = Host(compiled_cache())
    return in_place_of(node, flow, path, compile_file(host, path), host)


def open_component(path: Path, role: Role | None = None) -> OpenedComponent:
    """The component of a file, in the first of its roles or in `role`, granted nothing.

    Raises:
        StudioError: the file cannot be read (E0001), is no component (E0800), or cannot have
            the role.
    """
    host = Host(compiled_cache())
    compiled = compile_file(host, path)
    surface = compiled.surface
    found = role or _role_of(path, surface)
    node = LinkedNode(
        name=path.stem,
        role=found,
        interface=ROLE_INTERFACES[found],
        component=path.stem,
        artifact=str(path),
        digest=compiled.digest,
        lifecycle=None,
        limits=INTERPRETER_LIMITS if surface.interpreter else DEFAULT_LIMITS,
        interpreter=surface.interpreter,
        needs=needs_of(surface),
    )
    flow = LinkedFlow(path.stem, str(path), (node,), ())
    return in_place_of(node, flow, path, compiled, host)


def open_node(
    manifest: Path, name: str, flow_name: str | None = None, *, admit: Admit = require_trust
) -> OpenedComponent | None:
    """The component of a node, with the node's configuration, limits and grants.

    None when the flow has no node of that name.

    Raises:
        StudioError: the flow cannot be opened, see `open_flow`.
    """
    opened = open_flow(manifest, flow_name, admit=admit)
    node = opened.flow.by_name.get(name)
    if node is None:
        return None
    linking = opened.linking
    return _opened(node, opened.flow, linking.compiled[node.digest], linking.host)


def recorded_node(
    recording: Path, name: str, *, admit: Admit = require_trust
) -> tuple[LinkedFlow, LinkedNode]:
    """The flow of a recording, and a node of it with its grants, which `admit` decides about.

    Raises:
        StudioError: the file cannot be read, lost its beginning, or has no such node.
    """
    with RecordingReader(recording) as reader:
        reader.require_beginning()
        flow = recorded_flow(reader.header, str(recording))
    node = flow.by_name.get(name)
    if node is None:
        names = ", ".join(item.name for item in flow.nodes)
        raise StudioError(
            [
                Diagnostic(
                    Severity.ERROR,
                    Code.UNKNOWN_NODE,
                    f"the recording has no node '{name}'",
                    f"Name one of {names}.",
                    file=str(recording),
                    line=1,
                )
            ]
        )
    node = replace(node, folders=real_folders(node.grants))
    (node,) = admit(replace(flow, nodes=(node,), edges=())).nodes
    return flow, node


def in_place_of(
    node: LinkedNode, flow: LinkedFlow, path: Path, compiled: Compiled, host: Host
) -> OpenedComponent:
    """A compiled file in the place of a node, with all else that the node has.

    Raises:
        StudioError: the file does not export what the node's role needs.
    """
    problems = Problems(str(path), SourceText(""))
    binding = SurfaceCheck(
        compiled.surface, node.role, node.interface, (node.name,), problems
    ).check()
    if binding is None or problems.has_errors:
        raise StudioError(
            [replace(item, line=None, column=None, key=None) for item in problems.diagnostics()]
        )
    alone = replace(
        node,
        artifact=str(path),
        digest=compiled.digest,
        interface=binding.interface,
        lifecycle=binding.lifecycle,
    )
    return _opened(alone, flow, compiled, host)


def compile_file(host: Host, path: Path) -> Compiled:
    """The component of a file.

    Raises:
        StudioError: it cannot be read (E0700, E0001) or is no component (E0800).
    """
    data = read_input(path, "the component", "Name a .wasm file, or a component of the manifest.")
    try:
        return host.compile(data)
    except StudioError as error:
        raise StudioError([replace(item, file=str(path)) for item in error.diagnostics]) from None


def roles_of(surface: Surface) -> tuple[Role, ...]:
    """The roles whose interface a component exports; mostly one."""
    exported = {contract_name(item.name) for item in surface.exports}
    return tuple(role for role, interface in ROLE_INTERFACES.items() if interface in exported)


def _role_of(path: Path, surface: Surface) -> Role:
    roles = roles_of(surface)
    if roles:
        return roles[0]
    raise StudioError(
        [
            Diagnostic(
                Severity.ERROR,
                Code.INTERFACE_MISMATCH,
                "the component exports no interface of a role, so no node can have it",
                "Build it for one of the worlds that `torvyn-studio wit` prints.",
                file=str(path),
            )
        ]
    )


def _opened(node: LinkedNode, flow: LinkedFlow, compiled: Compiled, host: Host) -> OpenedComponent:
    node = replace(node, inputs=(), outputs=())
    return OpenedComponent(node, replace(flow, nodes=(node,), edges=()), compiled, host)
