"""Settings of all tests."""

from __future__ import annotations

import gc
import os
import signal

from hypothesis import settings

from tests.support.examples import register_profiles

# The gate tries the same examples every time; at a desk each run tries others.
register_profiles(derandomize=bool(os.environ.get("CI")))
settings.load_profile("gate")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A job in the background is started with interrupts ignored, and what tests start inherits it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every later search for garbage."""
    gc.collect()
    gc.freeze()
