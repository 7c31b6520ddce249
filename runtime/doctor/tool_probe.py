"""Asks a tool for its version, and tells in which way it cannot be used."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from runtime.build.toolchain import Toolchain
from runtime.doctor.findings import Finding, FindingState
from runtime.doctor.tool_table import KnownTool, Version
from runtime.model.text.printable import printable

PROBE_SECONDS = 10.0
"""A tool that has said nothing after so long is told as one that hangs."""
_MOST_READ = 4096
"""Bytes of its output that are looked at."""
_VERSION = re.compile(r"(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?")


def probe_tool(
    topic: str,
    tool: KnownTool,
    tools: Toolchain,
    *,
    words: Sequence[str] | None = None,
    timeout_s: float = PROBE_SECONDS,
) -> Finding:
    """Where a tool is and which version it has, or what is wrong with it and the cure.

    `words` start it; without them it is looked for on the path. Raises nothing.
    """
    names = tool.programs or (tool.name,)
    if words is None:
        found = next((place for name in names if (place := tools.find(name))), None)
        words = None if found is None else (found,)
    if words is None:
        return _not_found(topic, tool, names, tools)
    place = words[0]
    try:
        exit_code, output = _answer((*words, *tool.question), tools, timeout_s)
    except subprocess.TimeoutExpired:
        why = f"gives no answer within {timeout_s:g} s"
        return _broken(topic, tool, place, why, _reinstall(tool, place))
    except OSError as error:
        return _broken(topic, tool, place, _start_failure(place, error), _reinstall(tool, place))
    return _judged(topic, tool, place, exit_code, output)


def _judged(topic: str, tool: KnownTool, place: str, exit_code: int, output: str) -> Finding:
    """What the tool's answer says of it."""
    if exit_code:
        last = (output.strip().splitlines() or [""])[-1]
        how = f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
        why = f"ends with {how}" + (f": {printable(last)[:120]}" if last else "")
        return _broken(topic, tool, place, why, _reinstall(tool, place))
    version = _VERSION.search(output)
    if version is None:
        said = printable(output.strip().split("\n")[0])[:60]
        why = f"tells no version, but: {said}" if said else "tells no version"
        return _broken(topic, tool, place, why, _reinstall(tool, place))
    numbers: Version = tuple(int(part) for part in version.groups() if part is not None)
    if numbers < tool.least:
        least = ".".join(map(str, tool.least))
        why = f"version {version[0]} is too old: {least} or newer is needed"
        return _broken(topic, tool, place, why, tool.update or tool.install)
    return Finding(topic, tool.name, FindingState.GOOD, version[0], place)


def _answer(words: Sequence[str], tools: Toolchain, timeout_s: float) -> tuple[int, str]:
    """Exit code and the beginning of all output; a file keeps a flood out of memory."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            list(words),
            env=tools.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            exit_code = process.wait(timeout_s)
        except BaseException:
            # With what it has started: a wrapper script hangs in its child. Ctrl-C does not reach
            # them, so they would outlive the program.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        output.seek(0)
        return exit_code, output.read(_MOST_READ).decode("utf-8", "replace")


def _not_found(topic: str, tool: KnownTool, names: Sequence[str], tools: Toolchain) -> Finding:
    for folder in tools.environment()["PATH"].split(os.pathsep):
        for name in names:
            path = Path(folder or ".") / name
            if path.is_symlink() and not path.exists():
                why = f"is a link to a file that is not there: {path.readlink()}"
                return _broken(topic, tool, str(path), why, _reinstall(tool, str(path)))
            if path.is_file():
                why = "is a file that may not be run"
                return _broken(topic, tool, str(path), why, f"chmod +x {path}")
    return Finding(
        topic,
        tool.name,
        FindingState.MISSING,
        "not installed",
        cure=tool.install or tool.from_registry or tool.otherwise,
        other_cure=tool.from_registry,
    )


def _broken(topic: str, tool: KnownTool, place: str, why: str, cure: str | None) -> Finding:
    return Finding(topic, tool.name, FindingState.BROKEN, why, place, cure, tool.from_registry)


def _start_failure(place: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and Path(place).exists():
        return "cannot be started: the interpreter that its first line names is not there"
    return f"cannot be started: {error.strerror or error}"


def _reinstall(tool: KnownTool, place: str) -> str:
    install = tool.install or tool.from_registry
    return f"remove {place}" + (f", then {install}" if install else ", and install it again")
