"""What the process with the screen has imported when it paints for the first time."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest

from tests.support.command_server import ROOT

SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
PROGRAM = """
import json, sys
from pathlib import Path
from runtime.child.child_process import ChildProcess
from workbench import cli
from workbench.verbs.opening import open as verb

loaded = {}
start = ChildProcess.__init__

def started(process, *arguments):
    loaded["child started"] = sorted(sys.modules)
    start(process, *arguments)
    with verb._without_tls():
        from workbench.app import StudioApp
    StudioApp._begin = painted

def painted(app):
    loaded["first paint"] = sorted(name for name, module in sys.modules.items() if module)
    Path("loaded.json").write_text(json.dumps(loaded))
    app.exit()

ChildProcess.__init__ = started
cli.main()
"""
OF_THE_OTHER_PROCESS = {"wasmtime", "msgspec", "jsonpath", "watchfiles", "ssl", "_ssl"}
ROOMS = {"child", "expression", "extension", "flow", "model", "opening", "protocol", "wasm"}
"""What of `runtime` the screen's process may import before it paints; and in those rooms:"""
MODULES = {
    "runtime.child.child_process",
    "runtime.child.client",
    "runtime.child.leaving",
    "runtime.child.pipe_messages",
    "runtime.expression.expression_error",
    "runtime.expression.value_types",
    "runtime.expression.vocabulary",
    "runtime.opening.check_manifest_file",
    "runtime.opening.process",
    "runtime.opening.process.early_process",
    "runtime.opening.process.specification",
    "runtime.wasm.guest_memory",
    "runtime.extension.installed",
}

OPENED_LATER = (
    "workbench.commands.",
    "workbench.comparison.",
    "workbench.dialogs.",
    "workbench.lineage.lineage_screen",
    "workbench.palette",
    "workbench.screens.main_controller",
    "workbench.screens.session_controller",
    "workbench.screens.breaking.",
    "workbench.screens.session_dialogs.",
    "workbench.screens.whole_payloads.",
    "workbench.payload_view.screen",
    "workbench.payloads.documents.",
    "workbench.payloads.registry",
    "workbench.search.query",
    "workbench.terminal.editor",
    "workbench.tour.",
)
"""What of the workbench is imported when it is opened first."""


MOST_MODULES = 175
"""Of the workbench, at the first paint: each takes a quarter of a millisecond."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Modules when the child is started, and at the first paint, of a new interpreter."""
    folder = tmp_path_factory.mktemp("start")
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, SAMPLE],
        stdin=end,
        stdout=end,
        stderr=end,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
    ) as process:
        os.close(end)
        shown = b""
        while process.poll() is None:
            try:
                shown += os.read(terminal, 65_536)
            except OSError:
                break
    os.close(terminal)
    assert (folder / "loaded.json").is_file(), shown[-2_000:]
    found: dict[str, list[str]] = json.loads((folder / "loaded.json").read_text())
    return found


def packages(modules: list[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_the_first_paint_needs_nothing_that_makes_calls_records_or_encrypts(
    loaded: dict[str, list[str]],
) -> None:
    modules = loaded["first paint"]
    assert not packages(modules) & OF_THE_OTHER_PROCESS
    ours = [name.split(".") for name in modules if name.startswith("runtime.")]
    assert {words[1] for words in ours} <= ROOMS
    narrow = {
        ".".join(words)
        for words in ours
        if len(words) > 2 and words[1] in ("child", "expression", "extension", "opening", "wasm")
    }
    assert narrow == MODULES
    assert "textual" in packages(modules)


def test_the_first_paint_waits_for_nothing_that_is_opened_later(
    loaded: dict[str, list[str]],
) -> None:
    modules = loaded["first paint"]
    assert "workbench.screens.main" in modules
    assert [name for name in modules if name.startswith(OPENED_LATER)] == []
    assert len([name for name in modules if name.startswith("workbench.")]) < MOST_MODULES


def test_the_process_that_opens_the_flow_is_started_before_the_screen_is_imported(
    loaded: dict[str, list[str]],
) -> None:
    modules = loaded["child started"]
    assert not packages(modules) & {"textual", "rich", "asyncio", "pygments"}
    ours = {name for name in modules if name.startswith(("runtime.protocol.", "runtime.flow."))}
    assert ours == set()
