"""The command line in processes of its own, forked from one that has imported it.

Run as a module it is that process: it reads a job a line (JSON), forks, and answers each with the
exit code. The import is most of what a short run of the command line costs.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import runtime
import workbench.verbs

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 120


@cache
def _server() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.command_server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    atexit.register(_close, process)
    return process


def _close(process: subprocess.Popen[str]) -> None:
    with process:
        assert process.stdin is not None
        process.stdin.close()


def run(arguments: tuple[str, ...], cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run `torvyn-studio` with these arguments, and without input, in a process of its own.

    One that takes longer than `TIMEOUT_SECONDS` is killed, and its exit code is -14.
    """
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        files = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, err)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        job = {"argv": arguments, "cwd": str(cwd), "files": files, "environment": environment}
        print(json.dumps(job), file=server.stdin, flush=True)
        code = int(server.stdout.readline())
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


def _serve() -> None:
    # Verbs import what they need when they run.
    for package in (runtime, workbench.verbs):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(job: dict[str, object]) -> None:
    """Become a run of the command line; does not return."""
    import workbench.cli

    signal.alarm(TIMEOUT_SECONDS)
    os.environ.clear()
    os.environ.update(dict(job["environment"]))  # type: ignore[call-overload]
    os.chdir(str(job["cwd"]))
    files = list(job["files"])  # type: ignore[call-overload]
    for number, name in enumerate((os.devnull, *files)):
        opened = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.argv = [workbench.cli.__file__, *list(job["argv"])]  # type: ignore[call-overload]
    workbench.cli.main()
    sys.exit(0)


if __name__ == "__main__":
    _serve()
