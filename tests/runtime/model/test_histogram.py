"""Histograms: exact counts, quantiles that are off by little."""

from __future__ import annotations

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from runtime.model.measures.histogram import Histogram
from tests.support.narrow import present

DURATIONS = st.integers(0, 63) | st.integers(0, 10**6) | st.integers(0, 2**62)


def filled(values: list[int]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@given(st.lists(DURATIONS, min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_is_that_of_the_sorted_values_but_for_its_bucket(
    values: list[int], share: float
) -> None:
    exact = sorted(values)[max(ceil(len(values) * share), 1) - 1]
    (found,) = filled(values).quantiles((share,))
    assert abs(found - exact) <= exact * 0.016
    assert found <= max(values)


@given(st.lists(DURATIONS, min_size=1, max_size=50))
def test_counts_sums_and_maxima_are_exact(values: list[int]) -> None:
    spread = present(filled(values).spread())
    assert (spread.samples, spread.total_ns, spread.max_ns) == (
        len(values),
        sum(values),
        max(values),
    )
    assert spread.mean_ns == sum(values) // len(values)
    assert spread.p50_ns <= spread.p95_ns <= spread.p99_ns <= spread.max_ns


def test_small_values_are_exact() -> None:
    assert filled(list(range(64))).quantiles((0.5, 1)) == (31, 63)


def test_nothing_has_no_spread() -> None:
    assert Histogram().spread() is None
    assert Histogram().quantiles((0.5,)) == (0,)


def test_a_value_can_be_counted_several_times_and_a_copy_is_its_own() -> None:
    histogram = filled([5])
    other = histogram.copy()
    other.add(0, 3)
    assert present(other.spread()).p50_ns == 0
    assert present(other.spread()).samples == 4
    assert present(histogram.spread()).samples == 1


@given(st.lists(st.integers(0, 2**62), max_size=500))
def test_memory_is_bounded_by_the_powers_of_two(values: list[int]) -> None:
    assert len(filled(values)._buckets) <= 64 + 32 * 57
