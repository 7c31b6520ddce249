"""The child process: it owns wasmtime and the engine, and serves the workbench over a pipe.

One thread makes every call. A second one reads the pipe, so that closing can interrupt a
call that does not return, and so that a workbench that died takes its child with it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import queue
import sys
import threading
from dataclasses import replace
from multiprocessing.connection import Connection

from runtime.child.gc_tuning import RunCollector, settle_collector
from runtime.child.pipe_messages import Close, Opener, Poll
from runtime.child.trust_desk import TrustDesk
from runtime.child.update_sender import UpdateSender
from runtime.hotreload.reopening import Reopening
from runtime.model.call import CallInProgress
from runtime.model.errors import Diagnostic, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.measures.time_units import NS_PER_S
from runtime.protocol.builds.build_requests import CancelBuild, StartBuild
from runtime.protocol.requests import (
    AnswerTrust,
    Continue,
    Request,
    Restart,
    StepCall,
    StepElement,
    StopCall,
)
from runtime.protocol.updates import Health, ShownParts, Update, invalid_update
from runtime.session.session import FlowSession

SLICE_NS = 5_000_000
"""How long calls are made before the pipe is looked at again."""
LOOK_SECONDS = 0.1
"""How often the reader's thread looks at the call in progress while an update is waited for."""
LONG_CALL_NS = 200_000_000
"""A call that takes this long is told of before it ends."""
CLOSE_SECONDS = 6.0
"""How long teardown may take when the workbench closes; then the process ends anyway."""


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
        target=_read, args=(connection, inbox, server), daemon=True, name="pipe reader"
    )
    reader.start()
    server.run()


def _read(connection: Connection, inbox: queue.SimpleQueue[Incoming], server: _Server) -> None:
    message: Incoming = Poll()
    while not isinstance(message, Close):
        try:
            while not connection.poll(LOOK_SECONDS if server.asked else None):
                server.tell_of_long_call()
            message = connection.recv()
        except (EOFError, OSError):
            message = Close()
        if isinstance(message, Poll):
            server.note_poll()
        elif isinstance(message, StopCall):
            _drop_steps(inbox)
        inbox.put(message)
        if isinstance(message, Close | Restart | StopCall):
            server.interrupt()
    deadline = threading.Timer(CLOSE_SECONDS, os._exit, args=(0,))
    deadline.daemon = True
    deadline.start()


def _drop_steps(inbox: queue.SimpleQueue[Incoming]) -> None:
    """Forget the calls that were asked for while another one was made."""
    kept: list[Incoming] = []
    with contextlib.suppress(queue.Empty):
        while True:
            kept.append(inbox.get_nowait())
    for message in kept:
        if not isinstance(message, StepCall | StepElement | Continue):
            inbox.put(message)


class _Server:
    def __init__(
        self,
        connection: Connection,
        inbox: queue.SimpleQueue[Incoming],
        opener: Opener,
    ) -> None:
        self._connection = connection
        self._sender = UpdateSender(connection, lambda: inbox.put(Close()))
        self._inbox = inbox
        self._opener = opener
        self._builds = opener.builds()
        self._trust = TrustDesk(opener.trust())
        self._reopening: Reopening | None = None
        self._session: FlowSession | None = None
        self._collector = RunCollector()
        self._invalid: Update | None = None
        self._answering = threading.Lock()
        self.asked = False
        """True while the workbench waits for an update."""
        self._looked_at: CallInProgress | None = None

    # ---- for the reader's thread

    def note_poll(self) -> None:
        """The workbench waits for an update."""
        with self._answering:
            self.asked = True

    def tell_of_long_call(self) -> None:
        """Answer for the thread that is in a call, if it is one that takes long."""
        session, before = self._session, self._looked_at
        call = self._looked_at = None if session is None else session.in_progress()
        if session is None or call is None or before is None or call.elapsed_ns < LONG_CALL_NS:
            return
        if (call.node, call.number) != (before.node, before.number):
            return
        with self._answering:
            if self.asked:
                self.asked = False
                self._sender.send(session.update_in_call(call))

    def interrupt(self) -> None:
        """End the call that is being made, if there is one."""
        session = self._session
        if session is not None:
            session.interrupt()

    # ---- for the thread that makes the calls

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
            wait_ns = None if self._session is None else self._work(self._session)

    def _work(self, session: FlowSession) -> int | None:
        wait_ns = session.work(SLICE_NS)
        if session.running and session.live is session.execution:
            self._collector.tend(session.live)
        return wait_ns

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
                self._answer(message.shown)
            case Wake():
                self._wake_up()
            case StartBuild():
                self._build(message)
            case CancelBuild():
                self._builds.handle(message)
            case AnswerTrust():
                self._take_answer(message)
            case Restart():
                self._close_session()
                self._open()
            case _ if self._session is not None:
                self._session.handle(message)

    def _build(self, request: StartBuild) -> None:
        allowed = self._trust.may_build(request)
        if isinstance(allowed, Diagnostic):
            self._builds.refuse(allowed)
        elif allowed:
            self._builds.handle(request)

    def _take_answer(self, answer: AnswerTrust) -> None:
        again = self._trust.take(answer)
        for request in self._trust.released():
            self._build(request)
        if again:
            self._close_session()
            self._open()

    def _wake_up(self) -> None:
        if self._session is None:
            self._open()
        else:
            self._session.take_reloads()

    def _answer(self, shown: ShownParts) -> None:
        """Send an update, unless the poll was answered while a call was made."""
        with self._answering:
            if self.asked:
                self.asked = False
                self._send_update(shown)

    def _send_update(self, shown: ShownParts) -> None:
        if self._session is not None:
            update = self._session.update(shown)
        else:
            update = self._invalid or Update(health=Health.INVALID)
        news = self._builds.poll()
        self._trust.look_at(None if self._session is None else self._session.flow)
        update = replace(
            update,
            build=news.status,
            build_lines=news.lines,
            build_lines_lost=news.lines_lost,
            question=self._trust.question,
        )
        self._sender.send(update)

    def _open(self) -> None:
        self._stop_reopening()
        try:
            self._session = self._opener.open(self._wake, self._compiling)
            self._invalid = None
        except StudioError as error:
            self._session = None
            self._invalid = invalid_update(error)
            self._reopening = self._opener.reopening(self._wake)

    def _compiling(self, component: str, position: int, total: int) -> None:
        """Tell the workbench unasked: it asks in vain until the flow is open."""
        detail = f"compiling {component}, {position} of {total}"
        self._sender.send(Update(health=Health.STARTING, health_detail=detail))

    def _wake(self) -> None:
        self._inbox.put(Wake())

    def _close_session(self) -> None:
        self._stop_reopening()
        if self._session is not None:
            self._session.close()
            self._session = None
            self._collector.let_go()

    def _stop_reopening(self) -> None:
        if self._reopening is not None:
            self._reopening.stop()
            self._reopening = None
