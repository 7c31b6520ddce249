"""Where the traceback of a mistake of ours goes: into a file, not to the user."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from importlib.metadata import version
from pathlib import Path

from runtime.model.files.user_folders import user_folder


def write_crash_log(error: BaseException) -> Path | None:
    """Write the traceback into a new file of the user's log folder; None when that fails too."""
    text = (
        f"torvyn-studio {version('torvyn-studio')}, Python {platform.python_version()}, "
        f"{platform.platform()}\n{sys.argv!r}\n\n" + "".join(traceback.format_exception(error))
    )
    try:
        folder = user_folder("log")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"crash-{time.time_ns()}.log"
        path.write_text(text, "utf-8", "backslashreplace")
    except OSError:
        return None
    return path
