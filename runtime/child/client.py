"""A session in a child process, as the workbench uses it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

from runtime.child.child_process import ChildProcess
from runtime.child.pipe_messages import Close, Opener, Poll
from runtime.model.call import CallInProgress
from runtime.model.errors import StudioError
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.snapshot import FlowSnapshot
from runtime.model.text.plurals import counted
from runtime.protocol.requests import Request, Restart
from runtime.protocol.updates import ALL_SHOWN, Health, ShownParts, Update

SILENT_AFTER_SECONDS = 1.0
"""A child that does not answer for longer, also not of a call in progress, is said to be busy."""
SHOWN_NS = 100_000_000
"""Durations of calls in progress are whole multiples: what is shown changes no more often."""
CLOSE_SECONDS = 7.0


class ProcessClient:
    """A `SessionClient` to a child process; neither `send` nor `poll` ever waits for it.

    A crash in native code ends the child alone: `poll` then says `Health.DEAD` with the
    reason, and `Restart` begins a new child.
    """

    def __init__(self, opener: Opener, process: ChildProcess | None = None) -> None:
        """`opener` is pickled and used in the child: in `process`, when that was started before."""
        self._opener = opener
        self._asked_at: float | None = None
        self._call: CallInProgress | None = None
        self._call_heard_at = 0.0
        self._last_snapshot: FlowSnapshot | None = None
        self._dead: Update | None = None
        self._health = Health.STARTING
        self._starting = "loading the components"
        self._running = False
        self._closed = False
        self._start(process or ChildProcess())

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def send(self, request: Request) -> None:
        """Ask the child; when it is dead, `Restart` begins a new one."""
        if self._closed:
            return
        if self._dead is not None:
            if isinstance(request, Restart):
                self._restart()
            return
        self._write(request)

    def poll(self, shown: ShownParts = ALL_SHOWN) -> Update:
        """The child's latest update, if it has come; the next one is asked for `shown`."""
        if self._dead is not None:
            return self._dead
        if self._closed:
            return Update(health=Health.DEAD, health_detail="closed")
        update = self._receive()
        if self._dead is not None:
            return self._dead
        if self._asked_at is None:
            self._write(Poll(shown))
            self._asked_at = time.monotonic()
        return update or self._nothing_yet()

    def take(self) -> Update | None:
        """See `SessionClient`."""
        return None if self._dead is not None or self._closed else self._receive()

    def close(self) -> None:
        """End the child: politely, then with SIGKILL. Idempotent."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            self._process.connection.send(Close())
        self._process.wait(CLOSE_SECONDS)
        self._process.discard()

    def _restart(self) -> None:
        """Begin another child; where the system has no place for one, that is what is told."""
        assert self._dead is not None
        try:
            process = ChildProcess(self._process.program)
        except StudioError as error:
            self._dead = replace(self._dead, health_detail=error.diagnostics[0].message)
        except OSError as error:
            detail = f"it cannot be started again: {error.strerror}"
            self._dead = replace(self._dead, health_detail=detail)
        else:
            self._process.discard()
            self._start(process)

    def _start(self, process: ChildProcess) -> None:
        self._process = process
        self._dead = None
        self._health = Health.STARTING
        self._running = False
        self._asked_at = None
        self._call = None
        self._last_snapshot = None
        self._write(self._opener)

    def _write(self, message: Request | Poll | Opener) -> None:
        try:
            self._process.connection.send(message)
        except OSError:
            self._note_death()

    def _receive(self) -> Update | None:
        try:
            if not self._process.connection.poll():
                return None
            update: Update = self._process.connection.recv()
        except (EOFError, OSError):
            self._note_death()
            return None
        if update.health is Health.STARTING:
            # Told unasked while the flow is opened: the answer still comes.
            self._starting = update.health_detail
            return update
        self._asked_at = None
        self._health = update.health
        self._running = update.running
        self._call, self._call_heard_at = update.call, time.monotonic()
        self._last_snapshot = update.snapshot or self._last_snapshot
        return update if update.call is None else replace(update, call=self._call_by_now())

    def _nothing_yet(self) -> Update:
        if self._health is Health.STARTING:
            return Update(health=Health.STARTING, health_detail=self._starting)
        return Update(
            self._health, self._silence(), running=self._running, call=self._call_by_now()
        )

    def _call_by_now(self) -> CallInProgress | None:
        """The call that was told of, as long as nothing newer was heard."""
        if self._call is None:
            return None
        since_ns = int((time.monotonic() - self._call_heard_at) * NS_PER_S)
        elapsed_ns = self._call.elapsed_ns + since_ns
        return replace(self._call, elapsed_ns=elapsed_ns - elapsed_ns % SHOWN_NS)

    def _silence(self) -> str:
        """Why the child does not answer; empty while it takes no longer than usual."""
        now = time.monotonic()
        waited = now - (now if self._asked_at is None else self._asked_at)
        if waited < SILENT_AFTER_SECONDS:
            return ""
        if self._process.is_stopped():
            pid = self._process.pid
            return f"the runtime process {pid} is stopped by a signal: kill -CONT {pid} wakes it"
        return f"the runtime process is busy for {waited:.0f} s"

    def _note_death(self) -> None:
        detail = f"The runtime process ended: {self._process.end_text()}."
        detail += _lost_words(self._last_snapshot)
        words = self._process.last_words()
        if words:
            detail += f" Its last words: {words}"
        self._dead = Update(health=Health.DEAD, health_detail=detail)


def _lost_words(snapshot: FlowSnapshot | None) -> str:
    """What ended with the process, as far as its last snapshot says."""
    if snapshot is None or not snapshot.calls:
        return " The flow had made no call."
    waiting = snapshot.queued + sum(node.pending for node in snapshot.nodes)
    return (
        f" Lost with it, as of call {snapshot.calls:,}: the state of "
        f"{counted(len(snapshot.nodes), 'instance')} and {counted(waiting, 'waiting element')}; "
        f"{counted(snapshot.pulled, 'element')} had come in, {snapshot.delivered:,} had reached "
        "a sink."
    )
