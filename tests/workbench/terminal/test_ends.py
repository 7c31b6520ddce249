"""However the program ends, it ends in good order: signals, a terminal that goes away, `fg`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.model.linked import Role
from tests.support.command_server import studio_process
from tests.support.examples import all_are_tried
from tests.support.studio_projects import ROOT, Project, row, sink, studio
from tests.support.terminal import PATIENCE_S, in_terminal
from tests.support.wasm.guests import ECHO, SOURCE, component

SAMPLE = str(ROOT / "sample_flows" / "fan-out" / "Torvyn.toml")
TAKEN = (b"\x1b[?1049h", b"\x1b[?1000h", b"\x1b[?2004h")
GIVEN_BACK = (b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?2004l", b"\x1b[?25h", b"\x1b[?7h")
FIRST = "(if (i32.eq (global.get $n) (i32.const 3))"
"""Where the source decides that it is done."""
INTERRUPTED_IMPORT = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, *_more):
        if name == "workbench.cli":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
import workbench.__main__
"""
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def test_an_interrupt_while_the_program_is_imported_ends_it_without_a_traceback() -> None:
    command = [sys.executable, "-c", INTERRUPTED_IMPORT]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (130, b"")


def child_of(pid: int) -> int:
    """The process that owns the engine."""
    for _ in range(int(PATIENCE_S * 20)):
        threads = Path(f"/proc/{pid}/task").iterdir()
        children = [child for one in threads for child in (one / "children").read_text().split()]
        if children:
            return int(children[0])
        time.sleep(0.05)
    raise AssertionError("no child")


def ended(pid: int) -> bool:
    """True when it is gone, or about to be."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until_ended(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ended(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def wait_for_work(pid: int, seconds: float) -> None:
    """Until the process has used so much processor time: more than it needs to begin a call."""
    ticks = os.sysconf("SC_CLK_TCK")
    deadline = time.monotonic() + PATIENCE_S
    while True:
        used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        if int(used[11]) + int(used[12]) >= seconds * ticks:
            return
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [*SIGNALS, signal.SIGQUIT])
def test_a_signal_ends_the_workbench_and_gives_the_terminal_back(number: signal.Signals) -> None:
    with in_terminal(SAMPLE) as terminal:
        before = terminal.modes()
        terminal.wait_for(b"PAUSED")
        child = child_of(terminal.pid)
        assert all(mode in terminal.shown for mode in TAKEN)
        terminal.send(number)
        assert terminal.exit_code() == 128 + number
        for mode in GIVEN_BACK:
            assert mode in terminal.shown
        assert terminal.shown.rindex(GIVEN_BACK[0]) > terminal.shown.rindex(TAKEN[0])
        assert terminal.modes() == before
        assert b"Traceback" not in terminal.shown
    wait_until_ended(child)


def test_a_terminal_that_goes_away_takes_both_processes_with_it() -> None:
    with in_terminal(SAMPLE) as terminal:
        terminal.wait_for(b"PAUSED")
        child = child_of(terminal.pid)
        terminal.close()
        assert terminal.exit_code() == 129
    wait_until_ended(child)


def test_the_whole_screen_is_drawn_after_a_pause_of_the_job() -> None:
    with in_terminal(SAMPLE) as terminal:
        terminal.wait_for(b"PAUSED")
        time.sleep(0.3)
        terminal.send(signal.SIGTSTP)
        deadline = time.monotonic() + PATIENCE_S
        while b"\x1b[?1049l" not in terminal.shown and time.monotonic() < deadline:
            terminal.read(0.05)
        since = len(terminal.shown)
        time.sleep(0.2)
        terminal.send(signal.SIGCONT)
        for text in (b"PAUSED", b"router", b"metric-sink", b"Queues", b"Events", b"quit"):
            terminal.wait_for(text, since)
        terminal.type(b"Q")
        assert terminal.exit_code() == 0


# ---- without a screen


def started(*arguments: str | Path, ready: bytes) -> subprocess.Popen[bytes]:
    """The command line, once it has written a line that holds `ready`."""
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    process = studio_process(*arguments, **pipes)
    assert process.stdout is not None
    assert not ready or ready in process.stdout.readline()
    return process


@pytest.mark.parametrize("number", SIGNALS)
def test_a_call_that_does_not_return_is_ended_at_once(
    tmp_path: Path, number: signal.Signals
) -> None:
    looping = component(SOURCE.replace(FIRST, f"(loop $l (br $l))\n{FIRST}"), Role.SOURCE)
    manifest = Project(
        tmp_path,
        {"source": (Role.SOURCE, looping), "sink": (Role.SINK, sink())},
        node_keys={"source": "fuel_budget = 0"},
    ).write()
    with started("run", manifest, ready=b"Running flow") as process:
        time.sleep(0.3)
        process.send_signal(number)
        out, talk = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 128 + number, talk
    assert b"Flow 'main' cancelled" in out
    assert b"Flow state      cancelled" in talk
    assert b"interrupted: the call was ended while it ran" in talk
    assert b"Traceback" not in talk


@pytest.mark.parametrize("number", SIGNALS)
def test_a_recorded_run_that_is_ended_has_its_end(tmp_path: Path, number: signal.Signals) -> None:
    endless = component(SOURCE.replace(FIRST, FIRST.replace("const 3", "const -1")), Role.SOURCE)
    nodes = {"source": (Role.SOURCE, endless), "sink": (Role.SINK, sink())}
    manifest = Project(tmp_path, nodes).write()
    recording = tmp_path / "x.rec"
    with started("record", manifest, "-o", recording, ready=b"Running flow") as process:
        process.send_signal(number)
        _, talk = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 128 + number, talk
    assert b"Stopped because interrupted" in talk
    assert json.loads(recording.read_text().splitlines()[-1])["type"] == "end"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_test_whose_call_does_not_return_is_no_difference(
    tmp_path: Path, number: signal.Signals
) -> None:
    manifest = row(tmp_path, Role.PROCESSOR, component(ECHO, Role.PROCESSOR), mid="fuel_budget = 0")
    recording = tmp_path / "x.rec"
    assert studio("record", str(manifest), "-o", str(recording)).returncode == 0
    looping = ECHO.replace("(call $load ", "(loop $l (br $l)) (call $load ", 1)
    assert looping != ECHO
    artifact = tmp_path / ".torvyn" / "build" / "mid.wasm"
    artifact.write_bytes(component(looping, Role.PROCESSOR))
    with started("replay", "--expect", recording, ready=b"") as process:
        wait_for_work(process.pid, 1.5 if all_are_tried() else 0.4)
        process.send_signal(number)
        out, talk = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 128 + number, talk
    assert out == b""
    assert b"Traceback" not in talk
