"""Copying: by the desktop's own tool where there is one, else by the terminal (OSC 52)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping

TOOLS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("pbcopy", ("pbcopy",), ""),
    ("wl-copy", ("wl-copy",), "WAYLAND_DISPLAY"),
    ("xclip", ("xclip", "-selection", "clipboard"), "DISPLAY"),
    ("xsel", ("xsel", "--clipboard", "--input"), "DISPLAY"),
)
"""Program, command line, and the variable without which it cannot work."""

TIMEOUT_S = 2.0


def native_tool(environment: Mapping[str, str]) -> tuple[str, ...] | None:
    """The copying tool of this desktop; None over SSH, where it would copy on the far side."""
    if "SSH_CONNECTION" in environment or "SSH_TTY" in environment:
        return None
    for program, command, variable in TOOLS:
        if (not variable or variable in environment) and shutil.which(program):
            return command
    return None


def copy_natively(text: str) -> str | None:
    """Copy with the desktop's tool and return its name; None when there is none or it failed.

    Waits up to `TIMEOUT_S`: call it on a thread.
    """
    command = native_tool(os.environ)
    if command is None:
        return None
    try:
        subprocess.run(
            command,
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=True,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return command[0]
