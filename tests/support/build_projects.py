"""Projects whose components are built by small Python scripts, for the tests of builds."""

from __future__ import annotations

import os
import re
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.flow_manifests import PROJECT

PATIENCE_SECONDS = 60.0
COMPONENT = b"\0asm\x0d\0\1\0\0\x05\x04note"
"""The smallest file that counts as a whole component."""
MAKES_IT = f"open('out.wasm', 'wb').write({COMPONENT!r})\n"

FAMILY = """
import os, signal, subprocess, sys, time
child = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);" \\
    " os.write(1, b'<%d>\\\\n' % os.getpid()); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", child])
os.write(1, b"<%d>\\n" % os.getpid())
time.sleep(600)
"""
"""Tells its own process id and that of a child that ignores SIGTERM, and stays."""


def meets(name: str, *others: str) -> str:
    """A part of a script that goes on once those of the other components have come to theirs.

    Run one after the other they would wait in vain, and the build would fail.
    """
    return (
        "import os, time\n"
        f"open('../{name}.met', 'w').close()\n"
        f"end = time.monotonic() + {PATIENCE_SECONDS}\n"
        f"while not all(os.path.exists('../' + one + '.met') for one in {others!r}):\n"
        "    assert time.monotonic() < end, 'nobody came'\n"
        "    time.sleep(0.01)\n"
    )


def project(folder: Path, scripts: dict[str, str], more: str = "") -> Path:
    """A manifest with a component for each script, which is run in the component's folder."""
    text = PROJECT
    for name, script in scripts.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "build.py").write_text(textwrap.dedent(script))
        command = f"{sys.executable} build.py"
        text += f'[[component]]\nname = "{name}"\npath = "{name}"\nbuild_command = "{command}"\n'
    manifest = folder / "Torvyn.toml"
    manifest.write_text(text + more)
    return manifest


def artifact(manifest: Path, component: str) -> Path:
    return manifest.parent / ".torvyn" / "build" / f"{component}.wasm"


def told_processes(text: str) -> list[int]:
    """Process ids that a `FAMILY` told."""
    return [int(number) for number in re.findall(r"<(\d+)>", text)]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # A zombie whom nobody reaps is dead all the same.
    state = Path(f"/proc/{process}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")
