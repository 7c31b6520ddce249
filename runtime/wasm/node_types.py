"""What a node's component must import and export, held against what it does, for every layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runtime.model.call import Export
from runtime.model.component.contract import same_type
from runtime.model.component.surface import Surface
from runtime.model.linked import LIFECYCLE_INTERFACE, LinkedNode, contract_name
from runtime.wasm import traps
from runtime.wasm.call_layer import InstanceError
from runtime.wasm.host_functions import boundary


def check_types(node: LinkedNode, surface: Surface) -> None:
    """Compare the component's types with those the calls rely on. Raises InstanceError."""
    for interface in surface.imports:
        name, version = boundary.split_version(interface.name)
        known = boundary.IMPORTS.get(name, {})
        if name.startswith("torvyn:") and (not known or not boundary.is_torvyn_version(version)):
            raise InstanceError(traps.unresolved_import(interface.name))
        for function in interface.functions:
            if known and function.name not in known:
                raise InstanceError(traps.unresolved_import(f"{interface.name}.{function.name}"))
            _compare(interface.name, function.name, function.type, known)
    exported = {item.name: item for item in surface.exports}
    for export, (interface_name, wanted) in boundary.EXPORTS.items():
        found = exported.get(_exported_name(node, interface_name) or "")
        for function in found.functions if found is not None else ():
            if function.name == export:
                _compare(interface_name, export, function.type, {export: wanted})


def called_exports(node: LinkedNode) -> Iterator[tuple[Export, str]]:
    """The exports of the node's role and lifecycle, each with its interface as exported."""
    for export, (interface, _) in boundary.EXPORTS.items():
        name = _exported_name(node, interface)
        if name is not None:
            yield export, name


def _compare(interface: str, name: str, found: str, known: Mapping[str, str]) -> None:
    wanted = known.get(name)
    if wanted is not None and not same_type(found, wanted):
        raise InstanceError(traps.type_mismatch(f"{interface}.{name}", found, wanted))


def _exported_name(node: LinkedNode, interface: str) -> str | None:
    """The interface as this node's component exports it, if the node uses it."""
    if interface == LIFECYCLE_INTERFACE:
        return node.lifecycle
    return node.interface if contract_name(node.interface) == interface else None
