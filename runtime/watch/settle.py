"""When is a file written to its end? Pure: fed with stamps and times, reads nothing itself.

No writer announces its last byte, so a file counts as written once it has stayed the same for a
quiet time. A steady writer lengthens that time by its own rhythm, and a file that arrives by
rename or hard link, complete, shortens it.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from runtime.model.lazy.dataclass import dataclass

K = TypeVar("K", bound=Hashable)

MS = 1_000_000

QUIET_NS = 120 * MS
"""Default quiet time. With noticing, hashing, compiling and swapping it stays within 300 ms."""

ARRIVED_QUIET_NS = 60 * MS
"""Quiet time of a file that was renamed or linked into place after its last byte."""

LONGEST_QUIET_NS = 200 * MS
"""Quiet time at most, however slow the writer's rhythm is."""

UNFINISHED_NS = 1_000 * MS
"""Quiet time of content that is cut off by its own account (`frame.is_finished`)."""

CONFIRM_NS = 20 * MS
"""A stamp must be seen twice, so far apart at least, whatever its age is."""

TRUSTED_AGE_NS = 1_000 * MS
"""An older age is not taken as the time of the change: a skewed clock, or a swapped link."""

GONE_NS = 500 * MS
"""A file missing for so long is gone; builds remove a file before they write it again."""


class Stamp(NamedTuple):
    """What one look at a path says, without reading it."""

    identity: Hashable
    """The file itself: device and inode, and where links lead."""
    version: Hashable
    """Size and times."""
    arrived: bool = False
    """True when the entry is younger than its data: a finished file was renamed or linked here."""


class SettleVerdict(Enum):
    """What became of content that was read."""

    NEW = "new"
    """It is settled and differs from what was reported before."""
    SAME = "same"
    """It is what was reported before."""
    BACK = "back"
    """It is what was reported before the file was reported gone."""
    HELD = "held"
    """It is cut off; it gets more time."""
    MOVING = "moving"
    """The file was written to while it was read."""


@dataclass(slots=True)
class _Track:
    quiet_ns: int
    known: str | None
    stamp: Stamp | None = None
    pending: bool = False
    glanced: bool = True
    """False until `fresh` has named this stamp."""
    changed_ns: int = 0
    """When the stamp changed last, as far as can be known."""
    first_seen_ns: int = 0
    """When this stamp was seen first."""
    seen_ns: int | None = None
    """When the path was looked at last."""
    patience_ns: int = 0
    """How long it must stay the same this time."""
    missing_ns: int | None = None
    """Since when an existing file is missing; None once it was reported."""
    gone: bool = False

    def ready_ns(self) -> int:
        return max(self.changed_ns + self.patience_ns, self.first_seen_ns + CONFIRM_NS)


class Settler(Generic[K]):
    """Decides for any number of paths which have settled. All times are of one monotonic clock.

    Look at each path (`observe`) on every change event and again while `wait_ns` asks for it;
    read what `due` names and hand the digest to `accept`. Not thread-safe.
    """

    def __init__(self) -> None:
        self._tracks: dict[K, _Track] = {}

    def watch(self, key: K, known: str | None = None, quiet_ns: int = QUIET_NS) -> None:
        """Follow a path. `known` is the digest the caller holds: equal content is not news."""
        self._tracks[key] = _Track(quiet_ns=quiet_ns, known=known)

    def forget(self, key: K) -> None:
        """Follow a path no more."""
        self._tracks.pop(key, None)

    def know(self, key: K, digest: str | None) -> None:
        """Say which content the caller holds; None makes whatever settles next news."""
        self._tracks[key].known = digest

    def known(self, key: K) -> str | None:
        """Digest of the content that was reported last, or that the caller holds."""
        return self._tracks[key].known

    def changed_ns(self, key: K) -> int:
        """When the path changed last, as far as can be known."""
        return self._tracks[key].changed_ns

    def observe(self, key: K, stamp: Stamp | None, now_ns: int, age_ns: int | None = None) -> None:
        """Take in one look at a path: its stamp, or None when there is no file.

        `age_ns` is how long ago the file system says the file changed; the quiet time counts
        from there, so that noticing late does not delay the reload.
        """
        track = self._tracks[key]
        before = track.seen_ns
        track.seen_ns = now_ns
        if stamp is None:
            self._miss(track, now_ns)
            return
        track.missing_ns = None
        if stamp == track.stamp:
            return
        changed = _changed_ns(now_ns, before, age_ns)
        track.patience_ns = _patience(track, stamp, changed)
        track.stamp = stamp
        track.changed_ns = changed
        track.first_seen_ns = now_ns
        track.pending = True
        track.glanced = False

    @staticmethod
    def _miss(track: _Track, now_ns: int) -> None:
        if track.known is not None and track.missing_ns is None and not track.gone:
            track.missing_ns = now_ns
        track.stamp = None
        track.pending = False

    def due(self, now_ns: int) -> tuple[K, ...]:
        """Paths that have been quiet long enough to be read, and were not read since."""
        return tuple(
            key
            for key, track in self._tracks.items()
            if track.pending and track.ready_ns() <= now_ns
        )

    def fresh(self) -> tuple[K, ...]:
        """Paths that changed and are not settled; each is named once for each change."""
        names = tuple(
            key for key, track in self._tracks.items() if track.pending and not track.glanced
        )
        for key in names:
            self._tracks[key].glanced = True
        return names

    def accept(
        self, key: K, stamp: Stamp | None, digest: str, now_ns: int, finished: bool = True
    ) -> SettleVerdict:
        """Judge content that was read; `stamp` is the look at the path after reading it."""
        track = self._tracks[key]
        if stamp is None or stamp != track.stamp:
            self.observe(key, stamp, now_ns)
            return SettleVerdict.MOVING
        if not finished and now_ns - track.changed_ns < UNFINISHED_NS:
            track.patience_ns = UNFINISHED_NS
            return SettleVerdict.HELD
        track.pending = False
        was_gone, track.gone = track.gone, False
        if digest == track.known:
            return SettleVerdict.BACK if was_gone else SettleVerdict.SAME
        track.known = digest
        return SettleVerdict.NEW

    def give_up(self, key: K) -> None:
        """The path cannot be read: leave it alone until it changes."""
        self._tracks[key].pending = False

    def gone(self, now_ns: int) -> tuple[K, ...]:
        """Paths whose file has been missing long enough; each is named once."""
        names = []
        for key, track in self._tracks.items():
            if track.missing_ns is not None and track.missing_ns + GONE_NS <= now_ns:
                track.missing_ns = None
                track.gone = True
                names.append(key)
        return tuple(names)

    def wait_ns(self, now_ns: int) -> int | None:
        """Nanoseconds until `due` or `gone` may name something; None when nothing moves."""
        moments = [track.ready_ns() for track in self._tracks.values() if track.pending]
        moments += [
            track.missing_ns + GONE_NS
            for track in self._tracks.values()
            if track.missing_ns is not None
        ]
        return max(0, min(moments) - now_ns) if moments else None


def _changed_ns(now_ns: int, before_ns: int | None, age_ns: int | None) -> int:
    if age_ns is None or not 0 <= age_ns <= TRUSTED_AGE_NS:
        return now_ns
    earliest = now_ns - age_ns
    return earliest if before_ns is None else max(earliest, before_ns)


def _patience(track: _Track, stamp: Stamp, changed_ns: int) -> int:
    other_file = track.stamp is None or stamp.identity != track.stamp.identity
    if other_file:
        return min(ARRIVED_QUIET_NS, track.quiet_ns) if stamp.arrived else track.quiet_ns
    if not track.pending:
        return track.quiet_ns
    rhythm = 2 * (changed_ns - track.changed_ns)
    earlier = min(track.patience_ns, LONGEST_QUIET_NS)
    return max(track.quiet_ns, min(LONGEST_QUIET_NS, max(rhythm, earlier)))
