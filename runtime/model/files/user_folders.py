"""The folders of whoever runs the program: cache, settings, state and logs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, assert_never

import platformdirs

_NAME = "torvyn-studio"
_NO_HOME = Path("/nonexistent")
"""Where nobody has anything, by the convention for users without a home."""


def user_folder(kind: Literal["cache", "config", "log", "state"]) -> Path:
    """Where the user's own files of a kind lie, whether the folder is there or not.

    A user who has no home (a container's user that no file names, without HOME) has a folder that
    is never there, and can never be made: nothing is found in it, and nothing is kept.
    """
    try:
        match kind:
            case "cache":
                return platformdirs.user_cache_path(_NAME, appauthor=False)
            case "config":
                return platformdirs.user_config_path(_NAME, appauthor=False)
            case "log":
                return platformdirs.user_log_path(_NAME, appauthor=False)
            case "state":
                return platformdirs.user_state_path(_NAME, appauthor=False)
            case _:
                assert_never(kind)
    except RuntimeError:
        return _NO_HOME / _NAME / kind


def home_folder() -> Path:
    """The user's home; one that is never there for a user who has none."""
    try:
        return Path.home()
    except RuntimeError:
        return _NO_HOME


def typed_path(text: str) -> Path:
    """The path that somebody typed: `~` is a home folder, unless it is that of nobody."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)
