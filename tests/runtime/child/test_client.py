"""The child process: it serves, it dies, it is started again, and it never outlives its parent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.child.client import ProcessClient
from runtime.model.events import StopReason
from runtime.protocol.requests import Continue, ListQueue, Restart, StepCall
from runtime.protocol.updates import Health
from tests.support.process_sessions import PATIENCE_SECONDS, is_open, process_link, wait_for

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"


@pytest.fixture
def link() -> Iterator[ProcessClient]:
    opened = process_link(SAMPLE, "main")
    yield opened
    opened.close()


def test_the_child_serves_steps_and_runs(link: ProcessClient) -> None:
    wait_for(link, is_open)
    link.send(StepCall())
    wait_for(link, lambda update: update.snapshot is not None and update.snapshot.calls == 1)
    link.send(ListQueue(0))
    wait_for(link, lambda update: bool(update.replies))
    link.send(Continue())
    updates = wait_for(
        link,
        lambda update: (
            update.snapshot is not None and update.snapshot.stop is StopReason.END_OF_STREAM
        ),
    )
    text = b"".join(chunk.data for update in updates for chunk in update.printed)
    assert text.count(b"Received") == 4
    # The last poll had its answer and asked for another one, which comes once.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (answer := link.take()) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert answer is not None
    assert not answer.running
    assert link.take() is None


def test_polling_never_waits_for_the_child(link: ProcessClient) -> None:
    first = link.poll()
    assert first.health is Health.STARTING
    assert first.health_detail


def test_a_killed_child_is_shown_and_begun_anew(
    link: ProcessClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wait_for(link, is_open)
    assert link.pid is not None
    os.kill(link.pid, signal.SIGKILL)
    update = wait_for(link, lambda update: update.health is Health.DEAD)[-1]
    assert "SIGKILL" in update.health_detail
    link.send(StepCall())
    assert link.poll().health is Health.DEAD
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        link.send(Restart())
        assert "a temporary folder cannot be made" in link.poll().health_detail
    link.send(Restart())
    update = wait_for(link, is_open)[-1]
    assert update.snapshot is not None
    assert update.snapshot.calls == 0


def test_a_child_killed_in_the_middle_says_what_was_lost(link: ProcessClient) -> None:
    wait_for(link, is_open)
    for _ in range(8):
        link.send(StepCall())
    wait_for(link, lambda update: update.snapshot is not None and update.snapshot.calls == 8)
    os.kill(link.pid, signal.SIGKILL)
    update = wait_for(link, lambda update: update.health is Health.DEAD)[-1]
    assert "as of call 8" in update.health_detail
    assert "6 instances" in update.health_detail
    assert "1 element had come in, 0 had reached a sink" in update.health_detail
    assert "1 waiting element" in update.health_detail
    link.send(Restart())
    wait_for(link, is_open)
    link.send(Continue())
    updates = wait_for(
        link,
        lambda update: (
            update.snapshot is not None and update.snapshot.stop is StopReason.END_OF_STREAM
        ),
    )
    text = b"".join(chunk.data for update in updates for chunk in update.printed)
    assert text.count(b"Received") == 4


def test_a_flow_opens_by_itself_when_its_manifest_is_mended(tmp_path: Path) -> None:
    manifest = tmp_path / "Torvyn.toml"
    manifest.write_text("[torvyn]\n")
    link = process_link(manifest, None)
    wait_for(link, lambda update: update.health is Health.INVALID)
    shutil.copytree(SAMPLE.parent / ".torvyn", tmp_path / ".torvyn")
    text = SAMPLE.read_text().replace("../../components", "components")
    manifest.write_text(text)
    wait_for(link, is_open)
    link.close()


def test_the_childs_last_words_are_told(link: ProcessClient) -> None:
    wait_for(link, is_open)
    assert link.pid is not None
    os.kill(link.pid, signal.SIGSEGV)
    update = wait_for(link, lambda update: update.health is Health.DEAD)[-1]
    assert "SIGSEGV" in update.health_detail
    assert "Segmentation fault" in update.health_detail


def test_closing_ends_the_child_and_can_be_repeated(link: ProcessClient) -> None:
    wait_for(link, is_open)
    pid = link.pid
    assert pid is not None
    link.close()
    link.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert link.poll().health is Health.DEAD


def test_problems_of_the_manifest_are_told_by_the_child(tmp_path: Path) -> None:
    manifest = tmp_path / "Torvyn.toml"
    manifest.write_text("[torvyn]\n")
    link = process_link(manifest, None)
    update = wait_for(link, lambda update: update.health is Health.INVALID)[-1]
    assert update.problems
    link.close()


def test_a_child_does_not_outlive_a_killed_parent() -> None:
    program = f"""
import time
from pathlib import Path
from tests.support.process_sessions import process_link
if __name__ == "__main__":
    link = process_link(Path({str(SAMPLE)!r}), "main")
    while link.poll().flow is None:
        time.sleep(0.01)
    print(link.pid, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        if _is_zombie(child):
            return
        time.sleep(0.05)
    raise AssertionError(f"process {child} is still there")


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
