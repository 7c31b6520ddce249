"""Signs that say with a letter what a colour says too (never colour alone).

`>` running or ready, `||` blocked or paused, `@` the next call, `x` failed, `!` full, `o` lost,
`*` in a call that takes long, `r` reloaded, `<` rolled back, `=` done, `-` nothing to do, `●` `○` a
breakpoint that is on or off. On the timeline also `|` a stop, `Y` a fork, `e` an element that the
user changed, `'` a mark, `█` where the flow stands.
"""

from __future__ import annotations

from runtime.model.snapshot import NodeState
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.timeline import TimelineMark
from workbench.text.lines import StyleRole

NEXT = "@"
IN_CALL = "*"
"""A call that takes long."""
FULL = "!"
NOTICE = "i"
"""Before what the workbench says by itself."""
DROP = "o"
RELOADED = "r"
ROLLED_BACK = "<"
CAUSE = "◆"
"""The node that holds the others up."""
HOLD = "H"
"""On hold by the user."""
BREAK_ON = "●"
BREAK_OFF = "○"
EDITED = "e"
"""An element that has another payload than it was given with."""
DENIED = "~"
"""Before output that Torvyn would discard."""

NODE_SIGNS: dict[NodeState, tuple[str, str, StyleRole]] = {
    NodeState.NEW: ("-", "new", StyleRole.FAINT),
    NodeState.IDLE: ("-", "idle", StyleRole.DIM),
    NodeState.READY: (">", "ready", StyleRole.GOOD),
    NodeState.BLOCKED: ("||", "blocked", StyleRole.WARN),
    NodeState.HELD: (HOLD, "hold", StyleRole.WARN),
    NodeState.PAUSED: ("||", "paused", StyleRole.WARN),
    NodeState.FAILED: ("x", "failed", StyleRole.BAD),
    NodeState.CRASHED: ("x", "crashed", StyleRole.BAD),
    NodeState.DONE: ("=", "done", StyleRole.DIM),
}
"""Sign, word and role of each state."""

MARK_SIGNS: dict[CallMark, tuple[str, StyleRole]] = {
    CallMark.CALL: (">", StyleRole.DIM),
    CallMark.DROP: (DROP, StyleRole.WARN),
    CallMark.LET_GO: ("-", StyleRole.DIM),
    CallMark.ERROR: ("x", StyleRole.BAD),
    CallMark.BACKPRESSURE: (FULL, StyleRole.WARN),
    CallMark.STATE: ("-", StyleRole.ACCENT),
    CallMark.STOP: ("||", StyleRole.NEXT),
    CallMark.RELOAD: (RELOADED, StyleRole.ACCENT),
    CallMark.DENIED: (DENIED, StyleRole.WARN),
    CallMark.NOTE: ("i", StyleRole.ACCENT),
}
"""Sign and role of each kind of line in the event log."""

HERE = "█"
"""Where on the timeline the flow stands."""
USER_MARK = "'"

TIMELINE_SIGNS: dict[TimelineMark, tuple[str, str, StyleRole]] = {
    TimelineMark.ERROR: ("x", "failed", StyleRole.BAD),
    TimelineMark.BREAK: (BREAK_ON, "breakpoint", StyleRole.NEXT),
    TimelineMark.STOP: ("|", "stopped", StyleRole.NEXT),
    TimelineMark.RELOAD: (RELOADED, "reloaded", StyleRole.GOOD),
    TimelineMark.FORK: ("Y", "forked", StyleRole.PAST),
    TimelineMark.CHANGE: ("e", "changed", StyleRole.WARN),
    TimelineMark.MARK: (USER_MARK, "mark", StyleRole.STRONG),
    TimelineMark.DROP: (DROP, "lost", StyleRole.WARN),
}
"""Sign, word and role of each mark; where several fall on one column, the first is drawn."""


def pressure_role(depth: int, capacity: int) -> StyleRole:
    """How a queue is colored by its fill: up to 60 % good, up to 85 % a warning, above it bad."""
    if depth <= 0:
        return StyleRole.FAINT
    share = 100 * depth / capacity
    return StyleRole.GOOD if share <= 60 else StyleRole.WARN if share <= 85 else StyleRole.BAD
