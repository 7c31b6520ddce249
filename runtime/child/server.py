"""The child process: it owns wasmtime and the engine, and serves the workbench over a pipe.

One thread makes every call. A second one reads the pipe, so that closing can interrupt a
call that does not return, and so that a workbench that died takes its child with it.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Protocol

from runtime.build.session_builds import SessionBuilds
from runtime.child.gc_tuning import settle_collector
from runtime.hotreload.reopening import Reopening
from runtime.model.errors import StudioError
from runtime.model.time_units import NS_PER_S
from runtime.protocol.requests import CancelBuild, Request, Restart, StartBuild
from runtime.protocol.updates import Health, Update, invalid_update
from runtime.session.session import FlowSession

SLICE_NS = 5_000_000
"""How long calls are made before the pipe is looked at again."""
CLOSE_SECONDS = 6.0
"""How long teardown may take when the workbench closes; then the process ends anyway."""


class Opener(Protocol):
    """What sessions are opened from: a manifest, a flow's name, options. It can be pickled."""

    def open(self, wake: Callable[[], None]) -> FlowSession:
        """A session, paused before the first call.

        `wake` is called from another thread when `FlowSession.take_reloads` has something.
        Raises `StudioError` with every problem of the manifest and its components.
        """
        ...

    def reopening(self, changed: Callable[[], None]) -> Reopening | None:
        """Waits for files that may let a failed `open` succeed; None when none are watched."""
        ...

    def builds(self) -> SessionBuilds:
        """Builds the manifest's components on request."""
        ...


@dataclass(frozen=True, slots=True)
class Poll:
    """The workbench wants an update."""


@dataclass(frozen=True, slots=True)
class Close:
    """The workbench is done."""


@dataclass(frozen=True, slots=True)
class Wake:
    """There is something to do that was not asked for."""


Incoming = Request | Poll | Close | Wake


def serve(connection: Connection) -> None:
    """The child's whole life. The first message is its `Opener`."""
    faulthandler.enable(file=sys.stderr)
    settle_collector()
    opener: Opener = connection.recv()
    inbox: queue.SimpleQueue[Incoming] = queue.SimpleQueue()
    server = _Server(connection, inbox, opener)
    reader = threading.Thread(
        target=_read, args=(connection, inbox, server.interrupt), daemon=True, name="pipe reader"
    )
    reader.start()
    server.run()


def _read(
    connection: Connection, inbox: queue.SimpleQueue[Incoming], interrupt: Callable[[], None]
) -> None:
    message: Incoming = Poll()
    while not isinstance(message, Close):
        try:
            message = connection.recv()
        except (EOFError, OSError):
            message = Close()
        inbox.put(message)
        if isinstance(message, Close | Restart):
            interrupt()
    deadline = threading.Timer(CLOSE_SECONDS, os._exit, args=(0,))
    deadline.daemon = True
    deadline.start()


class _Server:
    def __init__(
        self,
        connection: Connection,
        inbox: queue.SimpleQueue[Incoming],
        opener: Opener,
    ) -> None:
        self._connection = connection
        self._inbox = inbox
        self._opener = opener
        self._builds = opener.builds()
        self._reopening: Reopening | None = None
        self._session: FlowSession | None = None
        self._invalid: Update | None = None

    def interrupt(self) -> None:
        """End the call that is being made, if there is one. For the reader's thread."""
        session = self._session
        if session is not None:
            session.interrupt()

    def run(self) -> None:
        self._open()
        wait_ns: int | None = None
        while True:
            message = self._next_message(wait_ns)
            while message is not None:
                if isinstance(message, Close):
                    self._builds.close()
                    self._close_session()
                    self._connection.close()
                    return
                self._take(message)
                message = self._next_message(0)
            wait_ns = None if self._session is None else self._session.work(SLICE_NS)

    def _next_message(self, wait_ns: int | None) -> Incoming | None:
        timeout = None if wait_ns is None else wait_ns / NS_PER_S
        try:
            return self._inbox.get(block=timeout != 0, timeout=timeout)
        except queue.Empty:
            return None

    def _take(self, message: Request | Poll | Wake) -> None:
        """Do what is the owner's to do; all other requests are the session's."""
        match message:
            case Poll():
                self._answer()
            case Wake():
                self._wake_up()
            case StartBuild() | CancelBuild():
                self._builds.handle(message)
            case Restart():
                self._close_session()
                self._open()
            case _ if self._session is not None:
                self._session.handle(message)

    def _wake_up(self) -> None:
        if self._session is None:
            self._open()
        else:
            self._session.take_reloads()

    def _answer(self) -> None:
        if self._session is not None:
            update = self._session.update()
        else:
            update = self._invalid or Update(health=Health.INVALID)
        news = self._builds.poll()
        update = replace(
            update, build=news.status, build_lines=news.lines, build_lines_lost=news.lines_lost
        )
        try:
            self._connection.send(update)
        except OSError:
            self._inbox.put(Close())

    def _open(self) -> None:
        self._stop_reopening()
        try:
            self._session = self._opener.open(self._wake)
            self._invalid = None
        except StudioError as error:
            self._session = None
            self._invalid = invalid_update(error)
            self._reopening = self._opener.reopening(self._wake)

    def _wake(self) -> None:
        self._inbox.put(Wake())

    def _close_session(self) -> None:
        self._stop_reopening()
        if self._session is not None:
            self._session.close()
            self._session = None

    def _stop_reopening(self) -> None:
        if self._reopening is not None:
            self._reopening.stop()
            self._reopening = None
