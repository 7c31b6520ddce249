"""Durations counted in log-linear buckets: quantiles of any number of values in bounded memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import ceil
from typing import NamedTuple

_LINEAR_BITS = 6
"""Values below 2 ** 6 have a bucket each; above, each power of two has half as many."""
_SPLIT_BITS = _LINEAR_BITS - 1


class Spread(NamedTuple):
    """How durations are spread, in nanoseconds; exact but for quantiles from 64 ns on.

    A quantile is the middle of its bucket, at most 1.6 % off, and never above `max_ns`.
    """

    samples: int
    total_ns: int
    p50_ns: int
    p95_ns: int
    p99_ns: int
    max_ns: int

    @property
    def mean_ns(self) -> int:
        """The mean, rounded down."""
        return self.total_ns // self.samples


class Histogram:
    """Counts of durations in nanoseconds; at most 32 buckets for each power of two.

    Own code, because it is 40 lines and adds a value in a third of the time of the kept library
    that is as exact.
    """

    __slots__ = ("_buckets", "_in_order", "count", "max_ns", "total_ns")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self._in_order = 0
        """Buckets that there were when they were put in order last."""
        self.count = 0
        self.total_ns = 0
        self.max_ns = 0

    def add(self, value_ns: int, times: int = 1) -> None:
        """Count a value, 0 or more, `times` times, 1 or more."""
        bucket = value_ns
        if value_ns >> _LINEAR_BITS:
            shift = value_ns.bit_length() - _LINEAR_BITS
            bucket = (shift << _SPLIT_BITS) + (value_ns >> shift)
        buckets = self._buckets
        buckets[bucket] = buckets.get(bucket, 0) + times
        self.count += times
        self.total_ns += value_ns * times
        if value_ns > self.max_ns:
            self.max_ns = value_ns

    def add_all(self, values_ns: Sequence[int]) -> None:
        """Count values, 0 or more each; at least one."""
        buckets = self._buckets
        for value_ns in values_ns:
            bucket = value_ns
            if value_ns >> _LINEAR_BITS:
                shift = value_ns.bit_length() - _LINEAR_BITS
                bucket = (shift << _SPLIT_BITS) + (value_ns >> shift)
            buckets[bucket] = buckets.get(bucket, 0) + 1
        self.count += len(values_ns)
        self.total_ns += sum(values_ns)
        self.max_ns = max(self.max_ns, max(values_ns))

    def quantiles(self, shares: Iterable[float]) -> tuple[int, ...]:
        """For each share from 0 to 1, the value that so large a share of all is at or below.

        All 0 when nothing was counted.
        """
        if not self.count:
            return tuple(0 for _ in shares)
        self._put_in_order()
        ordered = list(self._buckets)
        reached = list(accumulate(self._buckets.values()))
        wanted = (max(ceil(self.count * share), 1) for share in shares)
        buckets = (ordered[bisect_left(reached, count)] for count in wanted)
        return tuple(min(_middle(bucket), self.max_ns) for bucket in buckets)

    def merge(self, other: Histogram) -> None:
        """Count what another one has counted."""
        self.add_counts(other._buckets, other.count, other.total_ns, other.max_ns)

    def add_counts(
        self, buckets: Mapping[int, int], count: int, total_ns: int, max_ns: int
    ) -> None:
        """Count what is in buckets already: how many values, their total and the largest."""
        own = self._buckets
        for bucket, values in buckets.items():
            own[bucket] = own.get(bucket, 0) + values
        self.count += count
        self.total_ns += total_ns
        self.max_ns = max(self.max_ns, max_ns)

    def since(self, before: Histogram) -> Histogram:
        """What was counted after this one stood as `before`, a copy of it.

        `max_ns` is exact when the largest value of all came after that, else within its bucket.
        """
        later = Histogram()
        for bucket, count in self._buckets.items():
            left = count - before._buckets.get(bucket, 0)
            if left > 0:
                later._buckets[bucket] = left
        later.count = self.count - before.count
        later.total_ns = self.total_ns - before.total_ns
        if later.count:
            largest = min(_middle(max(later._buckets)), self.max_ns)
            later.max_ns = self.max_ns if self.max_ns > before.max_ns else largest
        return later

    def copy(self) -> Histogram:
        """A histogram with the same counts."""
        self._put_in_order()
        other = Histogram()
        other._buckets, other._in_order = dict(self._buckets), self._in_order
        other.count, other.total_ns, other.max_ns = self.count, self.total_ns, self.max_ns
        return other

    @property
    def zeros(self) -> int:
        """How many of the values are 0."""
        return self._buckets.get(0, 0)

    def spread_above_zero(self) -> Spread | None:
        """How the values that are not 0 are spread; None when there are none."""
        if not self.zeros:
            return self.spread()
        others = self.copy()
        others.count -= others._buckets.pop(0)
        return others.spread()

    def _put_in_order(self) -> None:
        # Most buckets stay as they are from one look to the next.
        if len(self._buckets) != self._in_order:
            self._buckets = {bucket: self._buckets[bucket] for bucket in sorted(self._buckets)}
            self._in_order = len(self._buckets)

    def spread(self) -> Spread | None:
        """How the values are spread; None when there are none."""
        if not self.count:
            return None
        p50, p95, p99 = self.quantiles((0.5, 0.95, 0.99))
        return Spread(self.count, self.total_ns, p50, p95, p99, self.max_ns)


def _middle(bucket: int) -> int:
    """The value in the middle of a bucket."""
    if not bucket >> _LINEAR_BITS:
        return bucket
    shift = (bucket >> _SPLIT_BITS) - 1
    mantissa = bucket - (shift << _SPLIT_BITS)
    return (mantissa << shift) + (1 << shift >> 1)
