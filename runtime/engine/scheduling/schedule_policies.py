"""Schedules: which of the ready nodes is called next.

The ready nodes are given as a bit mask: bit `i` stands for node `i` in topological order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runtime.model.linked import LinkedNode, SchedulePolicy

STRIDE_SCALE = 2520
"""Divisible by every priority from 1 to 10, so that weighted-fair computes in whole numbers."""

MASKS_REMEMBERED = 4096
"""Sets of ready nodes for which weighted-fair keeps the list of members."""


class Schedule(Protocol):
    """An order of calls. It is told of the calls it chose, of no others."""

    policy: SchedulePolicy

    def peek(self, ready: int) -> int:
        """Index of the node to call; changes nothing. `ready` is not 0."""
        ...

    def charge(self, index: int, duration_ns: int) -> None:
        """The node was called in its turn, and its call took this long."""
        ...

    def state(self) -> tuple[int, ...]:
        """What it remembers of the calls it was told of, for `restore`."""
        ...

    def restore(self, state: tuple[int, ...]) -> None:
        """Go on from where a schedule of the same policy and nodes was."""
        ...


def _next_after(ready: int, last: int) -> int:
    """Index of the first set bit above `last`, going round to the lowest."""
    above = ready >> (last + 1) << (last + 1)
    candidates = above or ready
    return (candidates & -candidates).bit_length() - 1


class ConsumerFirst:
    """The ready node furthest downstream (docs/torvyn-facts.md#scheduling)."""

    def __init__(self) -> None:
        self.policy = SchedulePolicy.CONSUMER_FIRST

    def peek(self, ready: int) -> int:
        """See `Schedule`."""
        return ready.bit_length() - 1

    def charge(self, index: int, duration_ns: int) -> None:
        """See `Schedule`."""

    def state(self) -> tuple[int, ...]:
        """See `Schedule`."""
        return ()

    def restore(self, state: tuple[int, ...]) -> None:
        """See `Schedule`."""


class RoundRobin:
    """Each ready node in turn, in topological order."""

    def __init__(self) -> None:
        self.policy = SchedulePolicy.ROUND_ROBIN
        self._last = -1

    def peek(self, ready: int) -> int:
        """See `Schedule`."""
        return _next_after(ready, self._last)

    def charge(self, index: int, duration_ns: int) -> None:
        """See `Schedule`."""
        self._last = index

    def state(self) -> tuple[int, ...]:
        """See `Schedule`."""
        return (self._last,)

    def restore(self, state: tuple[int, ...]) -> None:
        """See `Schedule`."""
        (self._last,) = state


class Priority:
    """The highest priority first; nodes of the same priority in turn."""

    def __init__(self, priorities: Sequence[int]) -> None:
        self.policy = SchedulePolicy.PRIORITY
        levels = sorted(set(priorities), reverse=True)
        self._masks = [
            sum(1 << index for index, own in enumerate(priorities) if own == level)
            for level in levels
        ]
        self._level = [levels.index(own) for own in priorities]
        self._last = [-1] * len(levels)

    def peek(self, ready: int) -> int:
        """See `Schedule`."""
        for level, mask in enumerate(self._masks):
            if ready & mask:
                return _next_after(ready & mask, self._last[level])
        raise ValueError("no node is ready")

    def charge(self, index: int, duration_ns: int) -> None:
        """See `Schedule`."""
        self._last[self._level[index]] = index

    def state(self) -> tuple[int, ...]:
        """See `Schedule`."""
        return tuple(self._last)

    def restore(self, state: tuple[int, ...]) -> None:
        """See `Schedule`."""
        self._last = list(state)


class WeightedFair:
    """The ready node that has had the least time for its priority (stride scheduling).

    A node's account grows by the measured duration of its calls divided by its priority.
    An account that fell behind while its node had nothing to do is raised to the level of
    the others at the node's next call, so idle time earns no credit.
    """

    def __init__(self, priorities: Sequence[int]) -> None:
        self.policy = SchedulePolicy.WEIGHTED_FAIR
        self._strides = [STRIDE_SCALE // max(1, min(10, own)) for own in priorities]
        self._accounts = [0] * len(priorities)
        self._level = 0
        """The highest account a node had when its turn came."""
        self._members: dict[int, tuple[int, ...]] = {}
        """Indices in a bit mask, for the masks met lately."""

    def peek(self, ready: int) -> int:
        """See `Schedule`."""
        members = self._members.get(ready)
        if members is None:
            members = self._members_of(ready)
        index = members[0]
        if len(members) > 1:
            # `min` with a key takes up to twice as long.
            accounts = self._accounts
            least = accounts[index]
            for other in members:
                if accounts[other] < least:
                    index, least = other, accounts[other]
        return index

    def charge(self, index: int, duration_ns: int) -> None:
        """See `Schedule`. A call of no measured duration counts as one nanosecond."""
        account = self._accounts[index]
        if account < self._level:
            account = self._level
        else:
            self._level = account
        self._accounts[index] = account + (duration_ns or 1) * self._strides[index]

    def state(self) -> tuple[int, ...]:
        """See `Schedule`."""
        return (self._level, *self._accounts)

    def restore(self, state: tuple[int, ...]) -> None:
        """See `Schedule`."""
        self._level, *self._accounts = state

    def _members_of(self, ready: int) -> tuple[int, ...]:
        if len(self._members) >= MASKS_REMEMBERED:
            self._members.clear()
        members = tuple(index for index in range(len(self._accounts)) if ready >> index & 1)
        self._members[ready] = members
        return members


def build_schedule(policy: SchedulePolicy, nodes: Sequence[LinkedNode]) -> Schedule:
    """The schedule of a policy for the nodes, given in topological order."""
    priorities = [node.priority for node in nodes]
    match policy:
        case SchedulePolicy.CONSUMER_FIRST:
            return ConsumerFirst()
        case SchedulePolicy.ROUND_ROBIN:
            return RoundRobin()
        case SchedulePolicy.PRIORITY:
            return Priority(priorities)
        case SchedulePolicy.WEIGHTED_FAIR:
            return WeightedFair(priorities)
