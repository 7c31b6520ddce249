"""Runs one command in a process group of its own, so that nothing of it outlives the build.

Pipes only: a command that inherited the terminal would break the screen. POSIX only.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

KILL_AFTER_S = 2.0
"""After a polite end (SIGTERM) the group has so long before it is killed."""

_TICK_S = 0.05
_DRAIN_S = 0.3
"""How long output may stay away after the command ended, while a descendant holds the pipe."""

_CHUNK = 65_536

_running: set[subprocess.Popen[bytes]] = set()
"""Commands whose groups end with this process; a set's `add` and `discard` are atomic."""


def run_command(
    argv: tuple[str, ...],
    directory: Path,
    environment: Mapping[str, str],
    on_output: Callable[[bytes], None],
    cancel: threading.Event,
    kill_after_s: float = KILL_AFTER_S,
) -> int:
    """Run a command to its end and return its exit code, negative for a signal.

    `on_output` gets stdout and stderr together, in order, on the calling thread. Setting
    `cancel` from any thread ends the whole group. When this returns, the group is gone.
    Raises OSError when the command cannot be started.
    """
    process = subprocess.Popen(
        argv,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    _running.add(process)
    with process:
        try:
            _follow(process, on_output, cancel, kill_after_s)
        finally:
            # Before the leader is reaped: until then its number cannot be another group's.
            _signal_group(process, signal.SIGKILL)
            _running.discard(process)
    return process.returncode


@atexit.register
def _end_all() -> None:
    """A group of its own gets no Ctrl-C from the terminal, so it is ended here."""
    for process in tuple(_running):
        _signal_group(process, signal.SIGKILL)


def _follow(
    process: subprocess.Popen[bytes],
    on_output: Callable[[bytes], None],
    cancel: threading.Event,
    kill_after_s: float,
) -> None:
    """Pass output on until the command has ended and nothing more comes."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    kill_at: float | None = None
    quiet_since = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            if cancel.is_set() and kill_at is None:
                _signal_group(process, signal.SIGTERM)
                kill_at = now + kill_after_s
            if kill_at is not None and now >= kill_at:
                return
            if not selector.get_map():
                if _has_ended(process):
                    return
                time.sleep(_TICK_S)
                continue
            if selector.select(_TICK_S):
                data = os.read(pipe, _CHUNK)
                if data:
                    quiet_since = time.monotonic()
                    on_output(data)
                else:
                    selector.unregister(pipe)
            elif kill_at is None and now - quiet_since > _DRAIN_S and _has_ended(process):
                return


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the command has ended, without reaping it where the system can tell."""
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    if process.returncode is not None:
        return True
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, flags) is not None


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
