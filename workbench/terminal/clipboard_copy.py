"""Copying a text with what this machine has for that, or else through the terminal."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App

from workbench.terminal.clipboard import copy_natively

TERMINAL_CHARACTERS = 700_000
"""Some terminals drop more without a word; tmux takes 1 MiB of base64."""


async def put_on_clipboard(app: App[Any], text: str) -> str:
    """Copy a text; says how: `with xclip`, `through the terminal …`."""
    tool = await asyncio.to_thread(copy_natively, text)
    if tool is None:
        app.copy_to_clipboard(text)
    much = " much" if len(text) > TERMINAL_CHARACTERS else ""
    return f"with {tool}" if tool else f"through the terminal (OSC 52), if it allows that{much}"
