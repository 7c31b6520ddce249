"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# The gate tries the same examples every time; at a desk each run tries others.
settings.register_profile("gate", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("gate")
