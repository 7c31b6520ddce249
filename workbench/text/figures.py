"""Numbers as a reader wants them: short, with a unit, in a stable width."""

from __future__ import annotations

from runtime.model.measures.time_units import NS_PER_S
from runtime.model.text.durations import spaced_duration


def count(number: int) -> str:
    """A count in at most five characters: 9,999, 12.3k, 123k, 4.5M."""
    if number < 10_000:
        return f"{number:,}"
    value = float(number)
    for unit in ("k", "M", "G", "T"):
        value /= 1000
        if value < 999.5 or unit == "T":
            break
    return f"{value:.1f}{unit}" if value < 99.95 else f"{value:.0f}{unit}"


def duration(nanoseconds: int) -> str:
    """A duration where cells are few: 850ns, 12.3µs, 4.56ms, 3.21s, 2m05s."""
    minutes, seconds = divmod(round(nanoseconds / NS_PER_S), 60)
    if minutes >= 2:
        return f"{minutes}m{seconds:02}s"
    return spaced_duration(nanoseconds).replace(" ", "")


def size(number: int) -> str:
    """Bytes: 312 B, 64.0 KiB, 3.2 MiB."""
    if number < 1_024:
        return f"{number} B"
    if number < 1_024**2:
        return f"{number / 1_024:.1f} KiB"
    return f"{number / 1_024**2:.1f} MiB"


def percent(part: int, whole: int) -> str:
    """`part` of `whole` in per cent; empty when there is no whole."""
    return f"{100 * part / whole:.0f}%" if whole else ""


def bar(depth: int, capacity: int, cells: int) -> int:
    """How many of `cells` are filled; at least one when there is anything, all only when full."""
    if depth <= 0 or cells <= 0:
        return 0
    if depth >= capacity:
        return cells
    return min(max(round(depth * cells / capacity), 1), cells - 1 if cells > 1 else 1)


def short_digest(digest: str) -> str:
    """A digest as it is shown: its first seven digits."""
    return digest[:7]


def age(nanoseconds: int) -> str:
    """How long ago, in whole units: 4s, 2m05s, 3h12m, 5d; never negative."""
    seconds = max(nanoseconds, 0) // NS_PER_S
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3_600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    if seconds < 172_800:
        return f"{seconds // 3_600}h{seconds // 60 % 60:02}m"
    return f"{seconds // 86_400}d"
