"""What a watch may ask for: the next call's element, queues, and counters of nodes."""

from __future__ import annotations

from runtime.expression.value_types import BOOL, DOUBLE, INT, TEXT
from runtime.expression.vocabulary import NEXT_CALL, Lookup, Vocabulary

QUEUE_MEMBERS = {
    "depth": INT,
    "capacity": INT,
    "peak": INT,
    "pending": INT,
    "enqueued": INT,
    "dequeued": INT,
    "dropped": INT,
    "full": BOOL,
    "blocked_ms": DOUBLE,
}
"""Of `queue("a -> b")`."""

NODE_MEMBERS = {
    "calls": INT,
    "errors": INT,
    "taken": INT,
    "given": INT,
    "dropped": INT,
    "filtered": INT,
    "absorbed": INT,
    "pending": INT,
    "swaps": INT,
    "state": TEXT,
    "busy_ms": DOUBLE,
    "blocked_ms": DOUBLE,
    "last_ms": DOUBLE,
    "fuel": INT,
}
"""Of `node("router")`."""

WATCH = Vocabulary(
    NEXT_CALL.fields,
    (
        Lookup("queue", QUEUE_MEMBERS, "a queue"),
        Lookup("node", NODE_MEMBERS, "a node's counters"),
    ),
    NEXT_CALL.unavailable,
)
"""All of it."""
