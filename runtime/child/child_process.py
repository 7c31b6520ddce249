"""The child's process: how it is started, what became of it, and its last words."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar

from runtime.model.files.temporary_folder import new_temporary_folder

DEATH_SECONDS = 1.0
PROGRAM = "runtime.child.__main__"
LAST_WORDS_BYTES = 600


class ChildProcess:
    """A process that serves sessions, as soon as it has an `Opener` through `connection`."""

    popen: ClassVar[type[subprocess.Popen[Any]]] = subprocess.Popen
    """Starts the process."""

    def __init__(self, program: str = PROGRAM) -> None:
        """`program` is the module that runs in it.

        Raises OSError where there can be no further process, and `StudioError` where it has no
        place for what it says (E0001).
        """
        self.program = program
        self._folder = new_temporary_folder()
        ours, theirs = socket.socketpair()
        self._log_path = Path(self._folder.name) / "runtime.log"
        with theirs, self._log_path.open("wb") as log:
            self._process = self.popen(
                [sys.executable, "-P", "-m", program, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env=os.environ | {"PYTHONPATH": _import_path()},
            )
        self.connection: Connection = Connection(ours.detach())

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait(self, seconds: float) -> None:
        """Give it time to end by itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def is_stopped(self) -> bool:
        """Whether a signal (SIGSTOP) keeps it from running."""
        flags = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        try:
            state = os.waitid(os.P_PID, self._process.pid, flags)
        except (ChildProcessError, AttributeError):  # AttributeError: macOS before Python 3.13
            return False
        return state is not None and state.si_code in (os.CLD_STOPPED, os.CLD_TRAPPED)

    def end_text(self) -> str:
        """How a process that ended did so."""
        self.wait(DEATH_SECONDS)
        return _exit_text(self._process.returncode)

    def last_words(self) -> str:
        """What native code said when it died: the reason stands first, then stacks."""
        try:
            data = self._log_path.read_bytes()[:LAST_WORDS_BYTES]
        except OSError:
            return ""
        return data.decode("utf-8", "replace").strip()

    def discard(self) -> None:
        """End it with SIGKILL when it has not ended, and let go of all of it. Idempotent."""
        self._process.kill()
        self._process.wait()
        self.connection.close()
        self._folder.cleanup()


def _import_path() -> str:
    """Where the child finds our packages first; with -P it looks in no folder of the user's."""
    ours = str(Path(__file__).parent.parent.parent)
    others = os.environ.get("PYTHONPATH")
    return ours + os.pathsep + others if others else ours


def _exit_text(exit_code: int | None) -> str:
    if exit_code is None:
        return "it does not answer"
    if exit_code < 0:
        try:
            return f"killed by {signal.Signals(-exit_code).name}"
        except ValueError:
            return f"killed by signal {-exit_code}"
    return f"exit code {exit_code}"
