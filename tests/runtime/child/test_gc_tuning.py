"""The collector looks at what is new of a run, and at what is kept of it no more."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from runtime.child.gc_tuning import RunCollector


class Thing:
    """Refers to itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.circle = self


@pytest.fixture(autouse=True)
def collector_as_it_was() -> Iterator[None]:
    yield
    gc.unfreeze()


def is_looked_at(one: object) -> bool:
    return any(other is one for other in gc.get_objects())


def test_new_garbage_goes_and_what_is_kept_is_not_looked_at_again() -> None:
    collector, run = RunCollector(), Thing()
    kept, garbage = Thing(), weakref.ref(Thing())
    assert is_looked_at(kept)
    collector.tend(run)
    assert garbage() is None
    assert not is_looked_at(kept)
    dead = weakref.ref(kept)
    kept.circle = None  # type: ignore[assignment]
    del kept
    assert dead() is None, "what goes round in no circle is freed without the collector"


def test_what_is_left_of_a_run_goes_with_the_next_one_and_at_the_end() -> None:
    collector, run, other = RunCollector(), Thing(), Thing()
    ways: tuple[Callable[[], None], ...] = (lambda: collector.tend(other), collector.let_go)
    for ends in ways:
        part = Thing()
        collector.tend(run)
        left = weakref.ref(part)
        del part
        collector.tend(run)
        assert left() is not None
        ends()
        assert left() is None
