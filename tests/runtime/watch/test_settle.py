from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from runtime.watch.settle import (
    ARRIVED_QUIET_NS,
    CONFIRM_NS,
    GONE_NS,
    LONGEST_QUIET_NS,
    MS,
    QUIET_NS,
    UNFINISHED_NS,
    Settler,
    SettleVerdict,
    Stamp,
)

TICK = 10 * MS


@dataclass
class Disk:
    """A file as a writer leaves it, and a settler that looks at it every tick."""

    known: str | None = None
    now: int = 0
    content: str | None = None
    inode: int = 0
    version: int = 0
    changed: int = 0
    arrived: bool = False
    settler: Settler[str] = field(default_factory=Settler)
    settled: list[tuple[int, str]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    backs: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.settler.watch("f", self.known)

    def write(self, content: str, *, new_file: bool = False, arrived: bool = False) -> None:
        self.inode += new_file or self.content is None
        self.content, self.arrived, self.changed = content, arrived, self.now
        self.version += 1

    def remove(self) -> None:
        self.content = None

    def stamp(self) -> Stamp | None:
        if self.content is None:
            return None
        return Stamp(self.inode, self.version, self.arrived)

    def run(self, duration_ns: int, *, ages: bool = True, finished: bool = True) -> None:
        for _ in range(duration_ns // TICK):
            age = self.now - self.changed if ages else None
            self.settler.observe("f", self.stamp(), self.now, age)
            for _ in self.settler.due(self.now):
                assert self.content is not None
                verdict = self.settler.accept("f", self.stamp(), self.content, self.now, finished)
                if verdict is SettleVerdict.NEW:
                    self.settled.append((self.now, self.content))
                elif verdict is SettleVerdict.BACK:
                    self.backs.append(self.now)
            self.gone.extend(self.now for _ in self.settler.gone(self.now))
            self.now += TICK


def test_a_file_settles_once_after_its_quiet_time() -> None:
    disk = Disk()
    disk.run(100 * MS)
    disk.write("a")
    written = disk.now
    disk.run(1000 * MS)
    assert [content for _, content in disk.settled] == ["a"]
    assert QUIET_NS <= disk.settled[0][0] - written <= QUIET_NS + TICK


def test_the_quiet_time_counts_from_the_age_the_file_system_tells() -> None:
    settler: Settler[str] = Settler()
    settler.watch("f")
    settler.observe("f", None, 0)
    settler.observe("f", Stamp(1, 1), 50 * MS, age_ns=40 * MS)
    assert settler.changed_ns("f") == 10 * MS
    assert settler.wait_ns(50 * MS) == 10 * MS + QUIET_NS - 50 * MS


def test_an_age_older_than_the_last_look_is_not_believed() -> None:
    settler: Settler[str] = Settler()
    settler.watch("f")
    settler.observe("f", Stamp(1, 1), 500 * MS)
    settler.observe("f", Stamp(1, 2), 600 * MS, age_ns=900 * MS)
    assert settler.changed_ns("f") == 500 * MS
    assert settler.due(600 * MS) == ()
    assert settler.due(600 * MS + QUIET_NS) == ("f",)


def test_an_age_of_a_skewed_clock_is_ignored() -> None:
    for age in (-5_000 * MS, 60_000 * MS):
        settler: Settler[str] = Settler()
        settler.watch("f")
        settler.observe("f", Stamp(1, 1), 600 * MS, age_ns=age)
        assert settler.changed_ns("f") == 600 * MS


def test_a_stamp_is_confirmed_by_a_second_look() -> None:
    settler: Settler[str] = Settler()
    settler.watch("f")
    settler.observe("f", Stamp(1, 1), 0, age_ns=900 * MS)
    assert settler.due(CONFIRM_NS - 1) == ()
    assert settler.due(CONFIRM_NS) == ("f",)


def test_a_renamed_file_settles_sooner() -> None:
    disk = Disk()
    disk.write("a", new_file=True)
    disk.run(500 * MS)
    disk.write("b", new_file=True, arrived=True)
    written = disk.now
    disk.run(500 * MS)
    assert disk.settled[-1][1] == "b"
    assert disk.settled[-1][0] - written <= ARRIVED_QUIET_NS + TICK


def test_a_steady_writer_is_waited_for_in_its_own_rhythm() -> None:
    disk = Disk()
    for number in range(10):
        disk.write(f"part {number}")
        disk.run(100 * MS)
    disk.write("whole")
    written = disk.now
    disk.run(1000 * MS)
    assert [content for _, content in disk.settled] == ["whole"]
    assert disk.settled[0][0] - written <= LONGEST_QUIET_NS + TICK


def test_a_writer_that_slows_down_is_given_twice_its_longest_pause() -> None:
    disk = Disk()
    for pause in (100, 180, 190, 110, 190):
        disk.write(f"part before {pause}")
        disk.run(pause * MS)
    disk.write("whole")
    disk.run(1000 * MS)
    assert [content for _, content in disk.settled] == ["whole"]


def test_cut_off_content_is_held_then_reported() -> None:
    disk = Disk()
    disk.write("half")
    disk.run(UNFINISHED_NS - 2 * TICK, finished=False)
    assert disk.settled == []
    disk.run(1000 * MS, finished=False)
    assert [content for _, content in disk.settled] == ["half"]


def test_cut_off_content_that_is_completed_is_never_reported() -> None:
    disk = Disk()
    disk.write("half")
    disk.run(600 * MS, finished=False)
    disk.write("whole")
    disk.run(600 * MS)
    assert [content for _, content in disk.settled] == ["whole"]


def test_touching_a_file_is_no_news() -> None:
    disk = Disk(known="a")
    for _ in range(5):
        disk.write("a")
        disk.run(300 * MS)
    assert disk.settled == []


def test_a_file_written_while_it_is_read_settles_later() -> None:
    settler: Settler[str] = Settler()
    settler.watch("f")
    settler.observe("f", Stamp(1, 1), 0)
    assert settler.due(QUIET_NS) == ("f",)
    assert settler.accept("f", Stamp(1, 2), "torn", QUIET_NS) is SettleVerdict.MOVING
    assert settler.due(QUIET_NS + CONFIRM_NS) == ()
    later = 2 * QUIET_NS + LONGEST_QUIET_NS
    assert settler.due(later) == ("f",)
    assert settler.accept("f", Stamp(1, 2), "whole", later) is SettleVerdict.NEW


def test_a_missing_file_is_gone_once_and_back_once() -> None:
    disk = Disk(known="a")
    disk.write("a")
    disk.run(300 * MS)
    disk.remove()
    removed = disk.now
    disk.run(2000 * MS)
    assert len(disk.gone) == 1
    assert disk.gone[0] - removed >= GONE_NS
    disk.write("a", new_file=True)
    disk.run(500 * MS)
    assert (len(disk.backs), disk.settled) == (1, [])


def test_removed_and_written_again_is_not_gone() -> None:
    disk = Disk(known="a")
    disk.write("a")
    disk.run(300 * MS)
    disk.remove()
    disk.run(200 * MS)
    disk.write("b", new_file=True)
    disk.run(500 * MS)
    assert disk.gone == []
    assert [content for _, content in disk.settled] == ["b"]


def test_a_file_that_never_was_is_not_gone() -> None:
    disk = Disk()
    disk.run(2000 * MS)
    assert disk.gone == []


def test_forgetting_what_is_known_makes_the_same_content_news() -> None:
    disk = Disk(known="a")
    disk.write("a")
    disk.run(300 * MS)
    disk.settler.know("f", None)
    disk.write("a")
    disk.run(300 * MS)
    assert [content for _, content in disk.settled] == ["a"]


writes = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.sampled_from("abc"),
        st.sampled_from(["write", "new", "rename", "remove"]),
    ),
    max_size=12,
)


@given(writes, st.booleans(), st.sampled_from([None, "a"]))
def test_whatever_is_written_the_last_content_is_reported_and_none_twice_in_a_row(
    changes: list[tuple[int, str, str]], ages: bool, known: str | None
) -> None:
    disk = Disk(known=known)
    for ticks, content, how in changes:
        if how == "remove":
            disk.remove()
        else:
            disk.write(content, new_file=how != "write", arrived=how == "rename")
        disk.run(ticks * TICK, ages=ages)
    ended = disk.now
    disk.run(1000 * MS, ages=ages)
    reported = [known, *(content for _, content in disk.settled)]
    assert all(one != other for one, other in itertools.pairwise(reported))
    if disk.content is not None:
        assert reported[-1] == disk.content
    assert all(at <= ended + LONGEST_QUIET_NS + 2 * TICK for at, _ in disk.settled)
    assert disk.settler.wait_ns(disk.now) is None


@given(st.lists(st.integers(1, 11), min_size=1, max_size=30), st.booleans())
def test_a_writer_that_never_rests_longer_than_the_quiet_time_is_reported_once(
    pauses: list[int], ages: bool
) -> None:
    disk = Disk()
    for number, ticks in enumerate(pauses):
        disk.write(f"part {number}")
        disk.run(ticks * TICK, ages=ages)
    disk.write("whole")
    disk.run(1000 * MS, ages=ages)
    assert [content for _, content in disk.settled] == ["whole"]
