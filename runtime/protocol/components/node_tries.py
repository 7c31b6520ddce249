"""A node's component tried on the side of its flow: what is asked, and what it answers."""

from __future__ import annotations

from runtime.model.call import Answer, Export, Printed
from runtime.model.lazy.dataclass import dataclass

TRIED_BYTES = 64 * 1024
"""Bytes of each payload, and of what each call prints, that cross the pipe."""


@dataclass(frozen=True, slots=True)
class ReadNodeInput:
    """Ask for what a node's component can be tried on, see `NodeInput`."""

    node: str


@dataclass(frozen=True, slots=True)
class TryNode:
    """Give an instance of the node's component, next to the flow, an element; or pull a source.

    The instance is kept for the next try of the same build of the node.
    """

    node: str
    payload: bytes = b""
    content_type: str = ""
    fresh: bool = False
    """Make a new instance first."""


@dataclass(frozen=True, slots=True)
class NodeInput:
    """Answer to `ReadNodeInput`: what the node's component can be tried on."""

    node: str
    payload: bytes = b""
    content_type: str = ""
    sequence: int | None = None
    """Of the element that waits for the node's next call, else of the one it had last; None when
    there is neither, or it is too large to be edited."""


@dataclass(frozen=True, slots=True)
class TriedExport:
    """One call of the instance that is tried."""

    export: Export
    answer: Answer
    """Payloads cut after `TRIED_BYTES`."""
    sizes: tuple[int, ...] = ()
    """Bytes of each output, whole."""
    printed: tuple[Printed, ...] = ()
    """The first `TRIED_BYTES` of the `printed_bytes` of its answer."""
    order_known: bool = True
    """False where it wrote to both streams and nobody knows in which order."""


@dataclass(frozen=True, slots=True)
class NodeTry:
    """Answer to `TryNode`: the calls that were made, and what came back."""

    node: str
    digest: str
    """Of the build that was tried, SHA-256 in hexadecimal: the one the flow runs."""
    calls: tuple[TriedExport, ...] = ()
    elements: int = 0
    """Elements that the instance was given since it was made, this one included."""
    refused: str = ""
    """Why nothing was called; empty otherwise."""
