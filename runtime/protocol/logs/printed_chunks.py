"""What components wrote, as it crosses the pipe."""

from __future__ import annotations

from typing import Any

from runtime.protocol.updates import PrintedChunk


class PrintedChunks(tuple[PrintedChunk, ...]):
    """Chunks that cross a pipe column by column, at a third of what each by itself would cost."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, tuple[tuple[Any, ...], ...]]:
        """See `object.__reduce__`."""
        return _printed_chunks, tuple(zip(*self, strict=True))


def _printed_chunks(*columns: tuple[Any, ...]) -> PrintedChunks:
    return PrintedChunks(map(PrintedChunk, *columns)) if columns else PrintedChunks()
