"""Settings of all tests."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from runtime.child.gc_tuning import settle_collector
from tests.support.command_server import fork_runtime_processes
from tests.support.examples import register_profiles
from tests.support.workbench.headless_textual import draw_at_each_change, make_cheaper

# The gate tries the same examples every time; at a desk each run tries others.
register_profiles(derandomize=bool(os.environ.get("CI")))
settings.load_profile("gate")

# A fresh interpreter costs half a second; `make thorough` takes one for each process.
fork_runtime_processes()
make_cheaper()

# What whoever runs the tests answered about projects is nothing that a test may depend on.
_STATE = tempfile.mkdtemp(prefix="torvyn-studio-state-")
os.environ["XDG_STATE_HOME"] = _STATE

# Neither is the terminal or the language that they have.
os.environ.update(TERM="xterm-256color", LANG="C.UTF-8")
for name in ("LC_ALL", "LC_CTYPE", "COLUMNS", "LINES", "NO_COLOR"):
    os.environ.pop(name, None)

# What is tested is the same whether the native call layer is installed or not; tests that are
# about it, or run on both layers, ask for it. Set to nothing, all run on the one that is preferred.
os.environ.setdefault("TORVYN_STUDIO_NO_NATIVE", "1")


# A job in the background is started with these ignored, and what tests start inherits it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.fixture
def drawn_at_each_change() -> Iterator[None]:
    """Apps are drawn when something changes, not when a test looks: for tests of the drawing."""
    with draw_at_each_change():
        yield


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every later search for garbage, and search as
    seldom as a process that runs flows does: a twelfth of all processor time."""
    settle_collector()


def pytest_unconfigure() -> None:
    """Leave no folder behind."""
    shutil.rmtree(_STATE, ignore_errors=True)
