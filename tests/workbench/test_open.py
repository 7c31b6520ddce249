"""The verb that opens the workbench: its options, and the exit code of a flow left invalid."""

from __future__ import annotations

import io
import os
import pty
import shutil
import sys
from pathlib import Path

import click
import pytest

from runtime.flow.error_rules import GivenRule
from runtime.flow.studio_settings import SETTINGS_FILE
from runtime.model.linked import ErrorPolicy, ErrorRule
from runtime.opening.open import SessionOptions
from runtime.opening.process.openers import options_of
from runtime.opening.process.specification import SessionSpecification
from runtime.wasm.guest_memory import GuestDebug
from tests.support.session_driver import opened
from tests.support.terminal import in_terminal
from workbench.app import StudioApp
from workbench.terminal import keyboard
from workbench.verbs.opening import open as verb
from workbench.verbs.opening import open_workbench

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_flows" / "fan-out"
RECORDING = SAMPLE / "four-events.rec"

SKIP = ErrorRule(ErrorPolicy.SKIP)
RETRY = ErrorRule(ErrorPolicy.RETRY, 2, 5)


def run_in_terminal(folder: Path, awaited: bytes, keys: bytes) -> tuple[int, bytes]:
    """Open the workbench in a terminal, type when something is shown; exit code and output."""
    with in_terminal(folder=folder) as terminal:
        terminal.wait_for(awaited)
        terminal.type(keys)
        return terminal.exit_code(), terminal.shown


@pytest.mark.parametrize(
    ("built", "awaited", "code"), [(False, b"INVALID", 2), (True, b"PAUSED", 0)]
)
def test_leaving_a_flow_that_does_not_open_is_an_error(
    tmp_path: Path, built: bool, awaited: bytes, code: int
) -> None:
    folder = tmp_path / "fan-out"
    shutil.copytree(SAMPLE, folder)
    if not built:
        (folder / ".torvyn" / "build" / "metric-sink.wasm").unlink()
    exit_code, shown = run_in_terminal(folder, awaited, b"Q")
    assert exit_code == code, shown[-2_000:]
    assert b"Traceback" not in shown


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ([], SessionOptions()),
        (["--no-watch"], SessionOptions(watch=False)),
        (["--poll"], SessionOptions(poll_only=True)),
        (["--guest-debug", "all"], SessionOptions(guest_debug=GuestDebug.ALL)),
        (["--retry-on-reload"], SessionOptions(retry_on_reload=True)),
        (
            ["--on-error", "skip", "--on-error", "router=retry(2, 5ms)"],
            SessionOptions(on_error=(GivenRule(None, SKIP), GivenRule("router", RETRY))),
        ),
    ],
)
def test_options_reach_the_session(
    monkeypatch: pytest.MonkeyPatch, given: list[str], options: SessionOptions
) -> None:
    asked: list[SessionSpecification] = []
    monkeypatch.setattr(verb, "start_process", lambda: None)
    monkeypatch.setattr(
        open_workbench, "session_client", lambda specification, _: asked.append(specification)
    )
    monkeypatch.setattr(StudioApp, "run", lambda self, mouse: None)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    manifest = str(SAMPLE / "Torvyn.toml")
    assert verb.command.main([manifest, *given], standalone_mode=False) == 0
    assert [options_of(specification) for specification in asked] == [options]


def test_a_given_error_policy_counts_more_than_the_settings_of_the_project(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "fan-out"
    shutil.copytree(SAMPLE, folder)
    settings = folder / SETTINGS_FILE
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[flow.main.on_error]\nrouter = "fail"\nsource = "fail"\n')
    given = (GivenRule(None, SKIP), GivenRule("router", RETRY))
    driver = opened(folder / "Torvyn.toml", on_error=given)
    rules = {node.name: node.error_rule for node in driver.snapshot.nodes}
    driver.session.close()
    assert rules.pop("router") == RETRY
    assert rules.pop("source").policy is ErrorPolicy.FAIL
    assert {rule.policy for rule in rules.values()} == {ErrorPolicy.SKIP}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--on-error", "ruter=skip"], "no node 'ruter'; its nodes are source, router"),
        (["--on-error", "skip", "--replay", str(RECORDING)], "error policies of its recording"),
    ],
)
def test_an_error_policy_that_cannot_be_is_a_usage_error(given: list[str], words: str) -> None:
    manifest = str(SAMPLE / "Torvyn.toml")
    with pytest.raises(click.UsageError, match=words):
        verb.command.main([manifest, *given], standalone_mode=False)


def test_a_recording_comes_through_a_pipe_and_the_keys_from_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(SAMPLE)
    kept, put = os.pipe()
    terminal, keys = pty.openpty()
    with os.fdopen(kept, "rb") as stream, os.fdopen(put, "wb") as pipe:
        pipe.write(RECORDING.read_bytes())
        pipe.close()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        monkeypatch.setattr(keyboard, "STDIN", kept)
        monkeypatch.setattr(keyboard, "TERMINAL", os.ttyname(keys))
        with pytest.raises(click.UsageError, match="the workbench needs a terminal; use"):
            # Standard output is none; what was opened is closed with the command.
            verb.command.main(["--replay", "-"], standalone_mode=False)
        assert os.isatty(kept)
        with pytest.raises(click.UsageError, match="standard input is the terminal"):
            verb.command.main(["--replay", "-"], standalone_mode=False)
    os.close(terminal)
    os.close(keys)


class Terminal:
    """Something that is a terminal as far as it is asked."""

    def isatty(self) -> bool:
        return True
