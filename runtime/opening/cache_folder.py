"""Where compiled components are kept between sessions."""

from __future__ import annotations

from pathlib import Path

from runtime.model.files.user_folders import user_folder


def compiled_cache() -> Path:
    """The user's folder for compiled code.

    Never the project's: loading compiled code runs it, and a project is somebody else's.
    """
    return user_folder("cache") / "compiled"
