"""Who hears of what components print."""

from __future__ import annotations

from collections.abc import Callable

OnPrint = Callable[[str, int, str, bytes, bool], None]
"""(node, call number, "stdout" or "stderr", data, granted): called with what a component wrote.

After the call, on the thread that made it; during a long one also on another thread, while the
thread that made the call waits for the component.
"""
