"""Memory that kept calls and commands take, in bytes: close, not exact."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.model.call import PRINTED_KEPT_BYTES
from runtime.model.commands import Command, Edit, Inject, Relink
from runtime.model.events import CallFinished

CALL_BYTES = 800
"""Memory of one kept call without payloads, in bytes; measured in tests/test_recording_ring.py."""

HOST_BYTES = 200
"""Memory of one kept host answer, in bytes."""

COMMAND_BYTES = 150
"""Memory of one kept command, in bytes."""

LINKED_NODE_BYTES = 1500
"""Memory of one node of a flow with its edges, in bytes."""


def bytes_of_calls(calls: Sequence[CallFinished]) -> int:
    """Memory of calls. Payloads count once, at the call that put them out."""
    size = CALL_BYTES * len(calls)
    size += sum([len(element[6][0]) for event in calls for element in event[3]])
    answers = [event[1] for event in calls]
    printed = [answer[4] for answer in answers]
    if any(printed):
        size += sum([min(count, PRINTED_KEPT_BYTES) for count in printed])
    return size + HOST_BYTES * sum([len(answer[5]) for answer in answers])


def bytes_of_command(command: Command) -> int:
    """Memory of one command, with the payload or the flow it carries."""
    if isinstance(command, Inject | Edit):
        return COMMAND_BYTES + len(command.payload)
    if isinstance(command, Relink):
        return COMMAND_BYTES + LINKED_NODE_BYTES * len(command.flow.nodes)
    return COMMAND_BYTES
