"""A queue's settings as one line that is typed: `capacity 8  policy block-producer  pace -`."""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedEdge, QueuePolicy

MAX_CAPACITY = 10_000_000
MAX_RATE = 1e9
"""A pace is below so many elements a second."""
_ALIASES = {"block": QueuePolicy.BLOCK_PRODUCER}
_WORDS = ("capacity", "policy", "pace")


@dataclass(frozen=True, slots=True)
class TypedQueue:
    """What is typed."""

    capacity: int
    policy: QueuePolicy
    rate: float | None
    """Elements a second, of `rate-limit` alone."""


def settings_text(edge: LinkedEdge) -> str:
    """The line for the settings that a queue has."""
    pace = "-" if edge.rate is None else f"{edge.rate:g}"
    return f"capacity {edge.capacity}  policy {edge.policy.value}  pace {pace}"


def typed_settings(text: str, edge: LinkedEdge) -> TypedQueue:
    """The settings that a line stands for; what it does not name stays as it is.

    Raises:
        ValueError: it is none; the text says why.
    """
    words = text.replace(",", " ").split()
    capacity, policy, rate = edge.capacity, edge.policy, edge.rate
    if len(words) % 2:
        raise ValueError("write pairs: capacity 8  policy drop-oldest  pace -")
    for name, value in zip(words[::2], words[1::2], strict=True):
        match name:
            case "capacity":
                capacity = typed_capacity(value)
            case "policy":
                policy = _policy(value)
            case "pace":
                rate = None if value == "-" else _pace(value)
            case _:
                raise ValueError(f"there is no '{name}': {', '.join(_WORDS)}")
    if policy is QueuePolicy.RATE_LIMIT and rate is None:
        raise ValueError("rate-limit needs a pace: elements a second")
    if policy is not QueuePolicy.RATE_LIMIT:
        if rate is not None and rate != edge.rate:
            raise ValueError(f"a pace needs the policy rate-limit, not {policy.value}")
        rate = None
    return TypedQueue(capacity, policy, rate)


def typed_capacity(value: str) -> int:
    """How many elements. Raises `ValueError`, whose text says why it is no capacity."""
    if not value.isascii() or not value.isdecimal() or not 1 <= int(value[:9]) <= MAX_CAPACITY:
        raise ValueError(f"the capacity is a number from 1 to {MAX_CAPACITY:,}, not '{value}'")
    return int(value)


def _policy(value: str) -> QueuePolicy:
    found = _ALIASES.get(value)
    if found is None and value in tuple(QueuePolicy):
        found = QueuePolicy(value)
    if found is None:
        raise ValueError(f"there is no policy '{value}': {', '.join(QueuePolicy)}")
    return found


def _pace(value: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        rate = 0.0
    if not 0 < rate < MAX_RATE:
        raise ValueError(f"the pace is elements a second, above 0, not '{value}'")
    return rate
