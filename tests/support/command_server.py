"""The command line in processes of its own, forked from one that has imported it.

The import is most of what a short run of the command line costs. `Program` is a `Popen` whose
process is a fork of a server that has imported all of the product; where all examples of random
tests are tried, and where there is no Linux, it is a new interpreter.

Run as a module this is the server: it takes jobs from a socket, and forks.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import fcntl
import gc
import importlib
import io
import json
import os
import pkgutil
import resource
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import traceback
from functools import cache
from pathlib import Path
from typing import Any

from runtime.model.lazy import class_parts

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 120
COMMAND_LINE = (sys.executable, "-m", "workbench")
"""Before the arguments of `torvyn-studio`, for `Program`."""
JOB_BYTES = 1_000_000
MOST_STREAMS = 16
HIGH = 500
"""From here on are the file numbers that no job asks for."""
FORKED = "TORVYN_STUDIO_TEST_FORKED"
"""Stands in the environment of what the server forked."""
PR_SET_CHILD_SUBREAPER = 36
PR_SET_PDEATHSIG = 1


@cache
def _server() -> str:
    """Where the server listens; it is started when first asked for."""
    folder = tempfile.mkdtemp(prefix="torvyn-studio-server-")
    address = f"{folder}/socket"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(address)
    listener.listen()
    with listener:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.command_server", str(listener.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    def close() -> None:
        process.kill()
        process.wait()
        shutil.rmtree(folder)

    atexit.register(close)
    return address


def _all_are_fresh() -> bool:
    """Whether each process is to be a new interpreter."""
    if sys.platform != "linux":
        return True
    if FORKED in os.environ:
        return False
    from tests.support.examples import all_are_tried

    return all_are_tried()


class Program(subprocess.Popen[Any]):
    """A `Popen` of this interpreter with `-m MODULE` or `-c CODE`, forked where that can be.

    The streams in `closed` (0, 1, 2) are closed in it; with `terminal` its standard input
    becomes its controlling terminal, as a login shell has one; `files` limits its open files.
    """

    def __init__(
        self,
        arguments: list[str | bytes] | tuple[str | bytes, ...],
        *,
        closed: tuple[int, ...] = (),
        terminal: bool = False,
        files: int | None = None,
        **options: Any,
    ) -> None:
        self._closed_streams = closed
        self._terminal = terminal
        self._files = files
        self._fresh = _all_are_fresh()
        if self._fresh:
            options["preexec_fn"] = self._before_exec
        if terminal:
            options["start_new_session"] = True
        super().__init__(arguments, **options)

    def _before_exec(self) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        if self._terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        for stream in self._closed_streams:
            os.close(stream)
        _limit_files(self._files)

    def _execute_child(self, args: Any, executable: Any, *rest: Any) -> None:
        # What `Popen` gives this is the same in Python 3.11 to 3.14.
        if self._fresh:
            super()._execute_child(args, executable, *rest)  # type: ignore[misc]
            return
        _, _, pass_fds, cwd, env, _, _, _, *pipes = rest[:14]
        assert args[0] == sys.executable
        stdin, _, _, stdout, _, stderr = pipes
        streams = [
            own if own >= 0 else number for number, own in enumerate((stdin, stdout, stderr))
        ]
        job = {
            "argv": [os.fsdecode(word) for word in args[1:]],
            "cwd": os.fsdecode(cwd or Path.cwd()),
            "environment": dict(os.environ if env is None else env),
            "session": rest[-2],
            "terminal": self._terminal,
            "closed": self._closed_streams,
            "files": self._files,
            "numbers": [0, 1, 2, *pass_fds],
        }
        self.pid = _forked(job, [*streams, *pass_fds])
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def _limit_files(count: int | None) -> None:
    if count is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def _forked(job: dict[str, object], streams: list[int]) -> int:
    """The process id of a child of this process that does the job."""
    if FORKED in os.environ:  # this process is such a job, and not above the server
        child = os.fork()
        if not child:
            atexit._clear()
            _become(job, streams)
        return child
    libc = ctypes.CDLL(None, use_errno=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(_server())
        # Whose parent is gone becomes a child of this process, for that moment.
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        try:
            socket.send_fds(server, [json.dumps(job).encode()], streams)
            return int(server.recv(64))
        finally:
            libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def studio_process(*arguments: str | bytes | Path, **options: Any) -> Program:
    """`torvyn-studio` with these arguments, in a process of its own."""
    options.setdefault("cwd", ROOT)
    options["env"] = dict(options.get("env") or os.environ) | {"PYTHONPATH": str(ROOT)}
    words = [word if isinstance(word, bytes) else str(word) for word in arguments]
    return Program((*COMMAND_LINE, *words), **options)


def run(
    arguments: tuple[str | bytes | Path, ...], cwd: Path = ROOT, data: bytes = b"", **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run `torvyn-studio` with these arguments and this input in a process of its own.

    Raises `subprocess.TimeoutExpired` after `TIMEOUT_SECONDS`.
    """
    options.setdefault("stdin", subprocess.PIPE if data else subprocess.DEVNULL)
    for name in ("stdout", "stderr"):
        options.setdefault(name, subprocess.PIPE)
    with studio_process(*arguments, cwd=cwd, **options) as process:
        try:
            out, err = process.communicate(data or None, timeout=TIMEOUT_SECONDS)
        except BaseException:
            process.kill()
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def fork_runtime_processes() -> None:
    """Let the processes that own an engine be forked too, in this process."""
    from runtime.child.child_process import ChildProcess

    ChildProcess.popen = Program


# ---- in the server


def _make_classes_whole() -> None:
    """Make now what of dataclasses waits for its use: each fork would make it again."""
    for made in tuple(class_parts._plans):
        for name, part in tuple(vars(made).items()):
            if isinstance(part, class_parts._Later):
                getattr(made, name)


def _serve(listener: socket.socket) -> None:
    for package in map(importlib.import_module, ("runtime", "workbench")):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    _make_classes_whole()
    gc.collect()
    gc.freeze()
    while True:
        asking, _ = listener.accept()
        with asking:
            data, received, _, _ = socket.recv_fds(asking, JOB_BYTES, MOST_STREAMS)
            if not data:
                continue
            answer, told = os.pipe()
            between = os.fork()
            if not between:
                # This one ends, and then who asked is the nearest to become the parent.
                job = os.fork()
                if not job:
                    listener.detach()
                    asking.detach()
                    _become(json.loads(data), received)
                os.write(told, str(job).encode())
                os._exit(0)
            os.waitpid(between, 0)
            asking.send(os.read(answer, 64))
            for number in (*received, answer, told):
                os.close(number)


def _become(job: dict[str, Any], received: list[int]) -> None:
    """Become a run of the program; does not return."""
    try:
        if job["session"]:
            os.setsid()
        held = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, HIGH) for number in received]
        for stream in Path("/proc/self/fd").iterdir():
            if int(stream.name) not in held:
                with contextlib.suppress(OSError):
                    os.close(int(stream.name))
        for number, wanted in zip(held, job["numbers"], strict=True):
            os.dup2(number, wanted, inheritable=True)
            os.close(number)
        if job["terminal"]:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        for number in job["closed"]:
            os.close(number)
        _limit_files(job["files"])
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(job["environment"])
        os.environ[FORKED] = "1"
        os.chdir(job["cwd"])
        _open_standard_streams()
    except BaseException:
        traceback.print_exc()
        os._exit(99)
    _execute(job["argv"])
    sys.exit(0)


def _execute(arguments: list[str]) -> None:
    """What the interpreter does with its arguments."""
    while arguments[0] not in ("-m", "-c"):
        assert arguments[0] == "-P", arguments
        del arguments[0]
    kind, what, *words = arguments
    fork_runtime_processes()
    sys.argv = [what if kind == "-m" else "-c", *words]
    if kind == "-c":
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
    elif what in ("workbench", "workbench.cli"):
        importlib.import_module("workbench.cli").main()
    else:
        runpy.run_module(what, run_name="__main__", alter_sys=True)


def _open_standard_streams() -> None:
    """As the interpreter does when it starts: what is closed is None."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            stream = None
        else:
            binary = open(number, "rb" if number == 0 else "wb", closefd=False)  # noqa: SIM115
            stream = io.TextIOWrapper(
                binary,
                encoding="utf-8",
                errors="backslashreplace" if number == 2 else "strict",
                line_buffering=number == 2 or binary.isatty(),
            )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


if __name__ == "__main__":
    # Also where the tests are killed.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        _serve(listening)
