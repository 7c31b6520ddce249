"""Where compiled components are kept between sessions."""

from __future__ import annotations

from pathlib import Path

import platformdirs

CACHE_NAME = "torvyn-studio"


def compiled_cache() -> Path:
    """The user's folder for compiled code.

    Never the project's: loading compiled code runs it, and a project is somebody else's.
    """
    return Path(platformdirs.user_cache_dir(CACHE_NAME, appauthor=False)) / "compiled"
