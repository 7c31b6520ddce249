"""What the extension does to many finished calls at once, in place of Python.

Each pass declines what is not as it usually is (a number of more than 64 bits, half a surrogate
pair): whoever asks for it then does it in Python, whose errors are those of both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Protocol, cast

from runtime.extension.installed import MODULE, REFUSED_VARIABLE, find_extension
from runtime.model.call import Answer, Export, Outcome
from runtime.model.element import Element
from runtime.model.events import CallFinished

TimesCounted = tuple[dict[int, int], int, int, int]
"""Counts by the buckets of a `Histogram`, how many they are, their total and the largest."""
NodeCounted = tuple[str, int, TimesCounted | None, list[tuple[str, TimesCounted | None]]]
"""Of a node: its name, fuel, durations of calls, and waits by producer."""


class NativeTimes(Protocol):
    """Gathers the times of calls until somebody asks for them."""

    def add_all(self, calls: Sequence[CallFinished], /) -> bool:
        """Take a list of calls. False when it declines: then it takes none of them."""
        ...

    def take(self) -> tuple[list[NodeCounted], TimesCounted | None, int]:
        """What was gathered since this was asked last.

        By node, of elements from end to end, and the time that those were in calls.
        """
        ...


class CallPasses(Protocol):
    """The passes. Calls are given as a list."""

    def sums_of_calls(
        self, calls: Sequence[CallFinished], printed_kept: int, /
    ) -> tuple[int, int, int] | None:
        """Bytes put out, bytes printed with at most `printed_kept` a call, and host inputs."""
        ...

    def inputs_of_calls(
        self, calls: Sequence[CallFinished], pull: Export, /
    ) -> tuple[dict[str, list[Element]], dict[int, int], dict[str, int]] | None:
        """What `execution.call_inputs.CallInputs` has; calls of `pull` are counted."""
        ...

    def columns_of_calls(
        self,
        calls: Sequence[CallFinished],
        kinds: dict[tuple[str, str, str, str | None, int | None], int],
        outcomes: tuple[type[Outcome], ...],
        /,
    ) -> tuple[list[bytes], list[list[Answer]]] | None:
        """What `ring.compact_columns.ChunkColumns` has, of at least one call, in narrower types.

        `kinds` numbers what it has not got; `outcomes` are the types in the order of their codes.
        """
        ...

    def compressed(self, data: bytes, /) -> bytes | None:
        """Data in zlib's format."""
        ...

    def CallTimes(self, failed: type, accepted: type, /) -> NativeTimes:  # noqa: N802
        """`failed` and `accepted` are the outcomes of these names."""
        ...


def native_passes() -> CallPasses | None:
    """The passes, where the extension is installed and not refused."""
    return _passes(os.environ.get(REFUSED_VARIABLE), sys.modules.get(MODULE))


@cache
def _passes(refused: str | None, loaded: ModuleType | None) -> CallPasses | None:
    # This is asked for every few hundred calls, and to find it takes longer than they do.
    return cast("CallPasses | None", find_extension().extension)
