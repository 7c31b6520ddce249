"""Reviving a component that crashed: it goes on with what it remembered before that call.

A fresh instance takes up its last checkpoint, or nothing, and makes its calls since then again, but
not the one it crashed in; each must give what it gave. Commands and calls are recorded as ever.
"""

from __future__ import annotations

from runtime.execution.call_drivers import NotRestoredError
from runtime.model.call import Export, Failed
from runtime.model.commands import Revive, Swap
from runtime.model.events import CallFinished
from runtime.model.text.plurals import counted
from runtime.protocol.logs.event_lines import CallMark
from runtime.timetravel.branches import Branch
from runtime.timetravel.time_travel import TimeTravel
from runtime.wasm.guest_memory import MadeCall
from runtime.wasm.guest_states import GuestState

MOST_CALLS = 50_000
"""Calls that are made again, at the most: some tenths of a second."""


class NotRevivedError(Exception):
    """A component cannot be revived; the text says why."""


def revive(time: TimeTravel, node: str) -> None:
    """Have a node that crashed in the last call go on, at the end of the branch."""
    try:
        if time.shown.flow.by_name[node].has_network:
            raise NotRevivedError("it has the network, and its calls are not made again")
        crashed, state, calls = _way(time.branch, node)
        time.detach()
        time.shown.restore_node(node, state, calls)
    except (NotRevivedError, NotRestoredError) as error:
        time.note(CallMark.NOTE, node, f"cannot be revived: {error}. r begins it again, empty")
        return
    time.apply(Revive(node, crashed))
    count = counted(len(calls), "call")
    since = "" if state is None else "from its last checkpoint, "
    time.note(CallMark.NOTE, node, f"revived: {since}{count} executed again. r retries, x skips")


def _way(branch: Branch, node: str) -> tuple[int, GuestState | None, list[MadeCall]]:
    """The number of the call that crashed; where to begin, and which calls to make again.

    Raises `NotRevivedError`.
    """
    entries = branch.ring.entries_backwards()
    last = next((entry for entry in entries if type(entry) is CallFinished), None)
    if last is None or last.call.node != node or not _crashed(last):
        raise NotRevivedError("other calls were made since it crashed")
    checkpoint = branch.checkpoints.guests.before(last.call.number)
    state = None if checkpoint is None else checkpoint.guests.by_node.get(node)
    from_call = 0 if checkpoint is None else checkpoint.calls
    calls: list[MadeCall] = []
    for entry in entries:
        if isinstance(entry, Swap) and entry.node == node:
            raise NotRevivedError("another build was put in use since it began")
        if type(entry) is not CallFinished:
            continue
        call = entry.call
        if state is not None and call.number <= from_call:
            return last.call.number, state, calls[::-1]
        if call.node != node or _crashed(entry):
            continue
        calls.append(MadeCall(call, entry.answer))
        if call.export is Export.INIT:
            return last.call.number, None, calls[::-1]
        if len(calls) > MOST_CALLS:
            raise NotRevivedError(f"it has made more than {MOST_CALLS:,} calls since")
    raise NotRevivedError("its calls since its last checkpoint are not kept in full any more")


def _crashed(event: CallFinished) -> bool:
    outcome = event.answer.outcome
    return type(outcome) is Failed and outcome.failure.crashed
