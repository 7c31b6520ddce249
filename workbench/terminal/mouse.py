"""Giving the mouse back to the terminal, and taking it again."""

from __future__ import annotations

from typing import Any

from textual.app import App


def set_mouse(app: App[Any], taken: bool) -> bool:
    """Take the mouse or leave it; False when this terminal's driver can do neither.

    Textual decides that once, at the start; its drivers have the two switches but no public name
    for them (textual 8.2.8, drivers/linux_driver.py).
    """
    name = "_enable_mouse_support" if taken else "_disable_mouse_support"
    switch = getattr(app._driver, name, None)
    if switch is None:
        return False
    switch()
    flush = getattr(app._driver, "flush", None)
    if flush is not None:
        flush()
    return True
