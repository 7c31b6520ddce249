"""What components wrote, as it crosses the pipe."""

from __future__ import annotations

from typing import Any, NamedTuple


class PrintedChunk(NamedTuple):
    """What a component wrote, not yet cut into lines."""

    node: str
    stream: str
    data: bytes
    call: int
    sequence: int | None
    """Sequence of the element of that call, or None."""
    granted: bool
    order_known: bool = True
    """False where the call wrote to both streams and nobody knows in which order."""


class PrintedChunks(tuple[PrintedChunk, ...]):
    """Chunks that cross a pipe column by column, at a third of what each by itself would cost."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, tuple[tuple[Any, ...], ...]]:
        """See `object.__reduce__`."""
        return _printed_chunks, tuple(zip(*self, strict=True))


def _printed_chunks(*columns: tuple[Any, ...]) -> PrintedChunks:
    return PrintedChunks(map(PrintedChunk, *columns)) if columns else PrintedChunks()
