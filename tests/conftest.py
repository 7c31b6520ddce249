"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import settings

from tests.support.examples import register_profiles

# The gate tries the same examples every time; at a desk each run tries others.
register_profiles(derandomize=bool(os.environ.get("CI")))
settings.load_profile("gate")
