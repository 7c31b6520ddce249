"""The variables of a node's component by name, with what they hold now."""

from __future__ import annotations

import hashlib
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedNode
from runtime.protocol.components.memory_report import (
    TOLD_VARIABLES,
    NamedVariable,
    NamedVariables,
)
from runtime.wasm.dwarf.guest_values import value_text
from runtime.wasm.guest_memory import GuestImage, GuestMemory, NotAvailable

if TYPE_CHECKING:
    from runtime.wasm.dwarf.variables import GuestVariables

_KEPT_BUILDS = 16
_MOST_VALUE_BYTES = 4096
"""Of a variable; what lies behind is not read."""


@dataclass(slots=True)
class VariableReader:
    """Reads the debug information of each build once, when its memory is looked at first."""

    _known: dict[str, GuestVariables | NotAvailable] = field(default_factory=dict)

    def of(self, node: LinkedNode, digest: str | None) -> GuestVariables | NotAvailable:
        """The variables of the build that runs for a node, by the digest of its artifact."""
        key = digest or ""
        known = self._known.get(key)
        if known is None:
            known = _read(node, digest)
            if len(self._known) >= _KEPT_BUILDS:
                del self._known[next(iter(self._known))]
            self._known[key] = known
        return known


def _read(node: LinkedNode, digest: str | None) -> GuestVariables | NotAvailable:
    try:
        data = Path(node.artifact).read_bytes()
    except OSError as error:
        why = error.strerror or "unreadable"
        return NotAvailable(f"{node.artifact} cannot be read again: {why}")
    if hashlib.sha256(data).hexdigest() != digest:
        return NotAvailable(f"{node.artifact} is another build by now than the one that runs")
    # Imported when a memory is looked at first: no flow waits for it.
    from runtime.wasm.dwarf.variables import read_variables

    return read_variables(data)


def changed_variables(
    variables: GuestVariables | NotAvailable, image: GuestImage, earlier: GuestImage
) -> frozenset[int]:
    """Numbers of the variables whose bytes are unlike in two images."""
    if isinstance(variables, NotAvailable) or len(image.sizes) != 1 or len(earlier.sizes) != 1:
        return frozenset()
    return frozenset(
        number
        for number in _inside(variables, min(image.sizes[0], earlier.sizes[0]))
        if _content(variables, number, image) != _content(variables, number, earlier)
    )


def _inside(variables: GuestVariables, size: int) -> list[int]:
    """Numbers of those that lie in a memory of so many bytes: the information may be wrong."""
    return [
        number
        for number, variable in enumerate(variables.variables)
        if variable.address + variable.type.size <= size
    ]


def _content(variables: GuestVariables, number: int, image: GuestImage) -> bytes:
    variable = variables.variables[number]
    return image.read(0, variable.address, variable.type.size)


def named_variables(
    variables: GuestVariables | NotAvailable, memory: GuestMemory, changed: frozenset[int]
) -> NamedVariables:
    """What is told of them; those that changed come into the answer before those that did not."""
    if isinstance(variables, NotAvailable):
        return NamedVariables(why=variables.why)
    sizes = memory.sizes()
    if len(sizes) != 1:
        return NamedVariables(why="the component has several memories, or none")
    inside = _inside(variables, sizes[0])
    told = sorted(sorted(inside, key=lambda number: number not in changed)[:TOLD_VARIABLES])
    named: list[NamedVariable] = []
    for number in told:
        variable = variables.variables[number]
        data = memory.read(0, variable.address, min(variable.type.size, _MOST_VALUE_BYTES))
        named.append(
            NamedVariable(
                variable.name,
                variable.type.name,
                0,
                variable.address,
                variable.type.size,
                value_text(variable.type, data),
                number in changed,
                variable.library,
            )
        )
    return NamedVariables(tuple(named), len(inside), variables.cut)
