"""A session in a child process, as the workbench uses it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from runtime.child.server import Close, Opener, Poll
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.requests import Request, Restart
from runtime.protocol.updates import Health, Update

BUSY_AFTER_SECONDS = 0.4
"""An answer that takes longer is shown on screen: a call is in progress."""
CLOSE_SECONDS = 7.0
DEATH_SECONDS = 1.0
CHILD = "runtime.child.__main__"
LAST_WORDS_BYTES = 600


class ProcessClient:
    """A `SessionClient` to a child process; neither `send` nor `poll` ever waits for it.

    A crash in native code ends the child alone: `poll` then says `Health.DEAD` with the
    reason, and `Restart` begins a new child.
    """

    def __init__(self, opener: Opener) -> None:
        """`opener` is pickled and used in the child."""
        self._opener = opener
        self._folder = tempfile.TemporaryDirectory(prefix="torvyn-studio-")
        self._log_path = Path(self._folder.name) / "runtime.log"
        self._asked_at: float | None = None
        self._last_snapshot: FlowSnapshot | None = None
        self._dead: Update | None = None
        self._health = Health.STARTING
        self._running = False
        self._closed = False
        self._start()

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
                self._discard_process()
                self._start()
            return
        self._write(request)

    def poll(self) -> Update:
        """The child's latest update, if it has come."""
        if self._dead is not None:
            return self._dead
        if self._closed:
            return Update(health=Health.DEAD, health_detail="closed")
        update = self._receive()
        if self._dead is not None:
            return self._dead
        if self._asked_at is None:
            self._write(Poll())
            self._asked_at = time.monotonic()
        return update or self._nothing_yet()

    def close(self) -> None:
        """End the child: politely, then with SIGKILL. Idempotent."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            self._connection.send(Close())
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(CLOSE_SECONDS)
        self._discard_process()
        self._folder.cleanup()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs, self._log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", CHILD, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env=os.environ | {"PYTHONPATH": _import_path()},
            )
        self._connection: Connection = Connection(ours.detach())
        self._dead = None
        self._health = Health.STARTING
        self._running = False
        self._asked_at = None
        self._last_snapshot = None
        self._write(self._opener)

    def _write(self, message: Request | Poll | Opener) -> None:
        try:
            self._connection.send(message)
        except OSError:
            self._note_death()

    def _receive(self) -> Update | None:
        try:
            if not self._connection.poll():
                return None
            update: Update = self._connection.recv()
        except (EOFError, OSError):
            self._note_death()
            return None
        self._asked_at = None
        self._health = update.health
        self._running = update.running
        self._last_snapshot = update.snapshot or self._last_snapshot
        return update

    def _nothing_yet(self) -> Update:
        if self._health is Health.STARTING:
            return Update(health=Health.STARTING, health_detail="loading and compiling components")
        waited = time.monotonic() - (self._asked_at or time.monotonic())
        detail = f"in a call for {waited:.1f} s" if waited > BUSY_AFTER_SECONDS else ""
        return Update(health=self._health, health_detail=detail, running=self._running)

    def _note_death(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(DEATH_SECONDS)
        detail = f"The runtime process ended: {_exit_text(self._process.returncode)}."
        detail += _lost_words(self._last_snapshot)
        words = self._last_words()
        if words:
            detail += f" Its last words: {words}"
        self._dead = Update(health=Health.DEAD, health_detail=detail)

    def _last_words(self) -> str:
        """What native code said when it died: the reason stands first, then stacks."""
        try:
            data = self._log_path.read_bytes()[:LAST_WORDS_BYTES]
        except OSError:
            return ""
        return data.decode("utf-8", "replace").strip()

    def _discard_process(self) -> None:
        self._process.kill()
        self._process.wait()
        self._connection.close()


def _import_path() -> str:
    """Where the child finds our packages first; with -P it looks in no folder of the user's."""
    ours = str(Path(__file__).parent.parent.parent)
    others = os.environ.get("PYTHONPATH")
    return ours + os.pathsep + others if others else ours


def _lost_words(snapshot: FlowSnapshot | None) -> str:
    """What ended with the process, as far as its last snapshot says."""
    if snapshot is None or not snapshot.calls:
        return " The flow had made no call."
    waiting = snapshot.queued + sum(node.in_hand for node in snapshot.nodes)
    return (
        f" Lost with it, as of call {snapshot.calls:,}: the state of {len(snapshot.nodes)} "
        f"instances and {waiting:,} waiting elements; {snapshot.delivered:,} of "
        f"{snapshot.pulled:,} had reached their sinks."
    )


def _exit_text(exit_code: int | None) -> str:
    if exit_code is None:
        return "it does not answer"
    if exit_code < 0:
        try:
            return f"killed by {signal.Signals(-exit_code).name}"
        except ValueError:
            return f"killed by signal {-exit_code}"
    return f"exit code {exit_code}"
