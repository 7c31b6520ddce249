"""Memory that kept calls and commands take, in bytes: close, not exact."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from runtime.extension.call_passes import native_passes
from runtime.model.call import PRINTED_KEPT_BYTES
from runtime.model.commands import Command, Edit, Inject, Relink
from runtime.model.events import CallFinished

CALL_BYTES = 800
"""Memory of one kept call without payloads, in bytes; tests/runtime/recording/test_ring.py
measures it."""

HOST_BYTES = 200
"""Memory of one kept host input, in bytes."""

COMMAND_BYTES = 150
"""Memory of one kept command, in bytes."""

LINKED_NODE_BYTES = 1500
"""Memory of one node of a flow with its edges, in bytes."""


_ANSWER, _OUTPUTS, _DATA = attrgetter("answer"), attrgetter("outputs"), attrgetter("data")
_PAYLOAD = attrgetter("payload")
_PRINTED_BYTES, _HOST = attrgetter("printed_bytes"), attrgetter("host")


class SizedCalls(NamedTuple):
    """Calls that were made one after the other."""

    calls: list[CallFinished]
    size: int
    """`bytes_of_calls`."""


def bytes_of_calls(calls: Sequence[CallFinished]) -> int:
    """Memory of calls. Payloads count once, at the call that put them out."""
    passes = native_passes()
    sums = None if passes is None else passes.sums_of_calls(calls, PRINTED_KEPT_BYTES)
    payloads, printed, inputs = _sums(calls) if sums is None else sums
    return CALL_BYTES * len(calls) + payloads + printed + HOST_BYTES * inputs


def _sums(calls: Sequence[CallFinished]) -> tuple[int, int, int]:
    """See `CallPasses.sums_of_calls`."""
    payloads = map(_PAYLOAD, chain.from_iterable(map(_OUTPUTS, calls)))
    answers = list(map(_ANSWER, calls))
    printed = list(map(_PRINTED_BYTES, answers))
    if any(printed) and max(printed) > PRINTED_KEPT_BYTES:
        printed = [min(count, PRINTED_KEPT_BYTES) for count in printed]
    return sum(map(len, map(_DATA, payloads))), sum(printed), sum(map(len, map(_HOST, answers)))


def bytes_of_command(command: Command) -> int:
    """Memory of one command, with the payload or the flow it carries."""
    if isinstance(command, Inject | Edit):
        return COMMAND_BYTES + len(command.payload)
    if isinstance(command, Relink):
        return COMMAND_BYTES + LINKED_NODE_BYTES * len(command.flow.nodes)
    return COMMAND_BYTES
