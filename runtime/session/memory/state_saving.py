"""Saving what a node's component remembers as a component: a reproducer to try, call and send."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from runtime.model.files.output_file import free_path
from runtime.model.linked import LinkedNode
from runtime.protocol.components.saved_component import SaveComponent, SavedComponent
from runtime.protocol.logs.event_lines import CallMark
from runtime.session.request_table import RequestTable
from runtime.timetravel.time_travel import TimeTravel
from runtime.wasm.guest_memory import NotAvailable
from runtime.wasm.guest_states import GuestState

_NO_FILE_NAME = re.compile(r"[^\w.-]+")


class StateSaving:
    """Writes a component in the state of a node's, as it is at the call that is shown.

    In the past, and in a recording, no component is called: what is saved there is what the last
    checkpoint before holds.
    """

    def __init__(self, time: TimeTravel) -> None:
        self._time = time

    def register(self, requests: RequestTable, reply: Callable[[SavedComponent], None]) -> None:
        """Take its request from the table."""
        requests.on(SaveComponent, lambda asked: reply(self._save(asked)))

    def _save(self, asked: SaveComponent) -> SavedComponent:
        made = self._made(asked)
        if isinstance(made, NotAvailable):
            words = f"{asked.node} cannot be saved as a component: {made.why}"
            saved = SavedComponent(asked.node, None, words)
        else:
            saved = SavedComponent(asked.node, *made)
        self._time.note(CallMark.NOTE, asked.node, saved.words)
        return saved

    def _made(self, asked: SaveComponent) -> tuple[str, str] | NotAvailable:
        shown = self._time.shown
        node = shown.flow.by_name.get(asked.node)
        if node is None:
            return NotAvailable("the flow has no such node")
        answered = shown.kind is not None and shown.kind.answers_all and shown.replayer is not None
        calls, state = shown.calls, None
        if answered:
            found = self._checkpoint(asked.node)
            if isinstance(found, NotAvailable):
                return found
            calls, state = found
        digest = shown.invoker.digest(asked.node) if state is None else state.digest
        data = _artifact(node, digest)
        if isinstance(data, NotAvailable):
            return data
        saved = shown.invoker.saved_component(node, state, data)
        if isinstance(saved, NotAvailable):
            return saved
        path = Path(asked.path) if asked.path else self._free(node, calls)
        try:
            with path.open("xb") as file:
                file.write(saved)
        except OSError as error:
            return NotAvailable(f"{path} cannot be written: {error.strerror or error}")
        return str(path), _words(node, path, calls, restored=state is not None)

    def _checkpoint(self, name: str) -> tuple[int, GuestState] | NotAvailable:
        guests = self._time.branch.checkpoints.guests
        at = guests.before(self._time.shown.calls)
        state = None if at is None else at.guests.by_node.get(name)
        if at is None or state is None:
            why = guests.why_none or "no checkpoint before this call holds what it remembered"
            return NotAvailable(
                f"no component is called in the past, and {why}; F goes on from here"
            )
        return at.calls, state

    def _free(self, node: LinkedNode, calls: int) -> Path:
        name = _NO_FILE_NAME.sub("_", node.name)
        return free_path(Path(self._time.shown.flow.manifest).parent / f"{name}-at-{calls}.wasm")


def _words(node: LinkedNode, path: Path, calls: int, *, restored: bool) -> str:
    from_past = "the last checkpoint before this place" if restored else "what it remembers"
    left_out = (
        " Its init and teardown are left out, so that nobody begins it again."
        if node.lifecycle is not None
        else ""
    )
    return f"{node.name} is saved as {path}: {from_past}, after call {calls:,}.{left_out}"


def _artifact(node: LinkedNode, digest: str | None) -> bytes | NotAvailable:
    """The bytes of the build that runs."""
    if digest is None:
        return NotAvailable("it has no instance")
    try:
        data = Path(node.artifact).read_bytes()
    except OSError as error:
        return NotAvailable(f"{node.artifact} cannot be read: {error.strerror or error}")
    if hashlib.sha256(data).hexdigest() != digest:
        return NotAvailable(f"{node.artifact} is another build by now than the one that runs")
    return data
