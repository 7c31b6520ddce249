"""Signs that say with a letter what a colour says too (never colour alone).

`>` running or ready, `||` held or paused, `@` the next call, `x` failed, `!` full, `o` dropped,
`r` reloaded, `<` rolled back, `=` done, `-` nothing to do. On the timeline also `|` a stop,
`Y` a fork, `e` an element that the user changed, `'` a mark, `█` where the flow stands.
"""

from __future__ import annotations

from runtime.model.snapshot import NodeState
from runtime.protocol.timeline import TimelineMark
from runtime.protocol.updates import CallMark
from workbench.text.lines import Ink

NEXT = "@"
FULL = "!"
DROP = "o"
RELOADED = "r"
ROLLED_BACK = "<"
DENIED = "~"
"""Before output that Torvyn would discard."""

NODE_SIGNS: dict[NodeState, tuple[str, str, Ink]] = {
    NodeState.NEW: ("-", "new", Ink.FAINT),
    NodeState.IDLE: ("-", "idle", Ink.DIM),
    NodeState.READY: (">", "ready", Ink.GOOD),
    NodeState.BLOCKED: ("||", "held", Ink.WARN),
    NodeState.PAUSED: ("||", "paused", Ink.WARN),
    NodeState.FAILED: ("x", "failed", Ink.BAD),
    NodeState.CRASHED: ("x", "crashed", Ink.BAD),
    NodeState.DONE: ("=", "done", Ink.DIM),
}
"""Sign, word and ink of each state."""

MARK_SIGNS: dict[CallMark, tuple[str, Ink]] = {
    CallMark.CALL: (">", Ink.DIM),
    CallMark.DROP: (DROP, Ink.WARN),
    CallMark.ERROR: ("x", Ink.BAD),
    CallMark.BACKPRESSURE: (FULL, Ink.WARN),
    CallMark.STATE: ("-", Ink.ACCENT),
    CallMark.STOP: ("||", Ink.NEXT),
    CallMark.RELOAD: (RELOADED, Ink.ACCENT),
    CallMark.NOTE: ("i", Ink.ACCENT),
}
"""Sign and ink of each kind of line in the event log."""

HERE = "█"
"""Where on the timeline the flow stands."""
USER_MARK = "'"

TIMELINE_SIGNS: dict[TimelineMark, tuple[str, str, Ink]] = {
    TimelineMark.ERROR: ("x", "failed", Ink.BAD),
    TimelineMark.STOP: ("|", "stopped", Ink.NEXT),
    TimelineMark.RELOAD: (RELOADED, "reloaded", Ink.GOOD),
    TimelineMark.FORK: ("Y", "forked", Ink.PAST),
    TimelineMark.CHANGE: ("e", "changed", Ink.WARN),
    TimelineMark.MARK: (USER_MARK, "mark", Ink.STRONG),
    TimelineMark.DROP: (DROP, "dropped", Ink.WARN),
}
"""Sign, word and ink of each mark; where several fall on one column, the first is drawn."""


def pressure_ink(depth: int, capacity: int) -> Ink:
    """Ink of a queue by how full it is: up to 60 % good, up to 85 % a warning, above it bad."""
    if depth <= 0:
        return Ink.FAINT
    share = 100 * depth / capacity
    return Ink.GOOD if share <= 60 else Ink.WARN if share <= 85 else Ink.BAD
