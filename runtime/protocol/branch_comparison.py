"""In what two branches of calls differ, as the screen hears of it.

Everything here is frozen and can be pickled: it crosses the pipe to the child process.
"""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass

KEPT_DIFFERENCES = 200
"""Calls that differ and cross the pipe; all are counted."""


@dataclass(frozen=True, slots=True)
class CompareBranches:
    """Compare this branch with the one it left, or with the recording that is replayed."""

    recording: str | None = None
    """A recording to compare with in place of these."""


@dataclass(frozen=True, slots=True)
class ComparedCall:
    """A call that differs, or that only one of the two has."""

    node: str
    export: str
    element: str
    """`source#sequence`, or "no element"."""
    call_before: int | None
    """Its number there; None when it was not made."""
    call_after: int | None
    what: str
    """"input", "answer", "output N", "content type of output N", "printed…", "missing", "added"."""
    before: str
    after: str
    lines: tuple[str, ...] = ()
    """The payloads' difference, `-` before and `+` after; safe for a terminal."""
    follows: bool = False
    """True when the call was given another element already: the cause is upstream."""


@dataclass(frozen=True, slots=True)
class ComparedNode:
    """How one node compares. Every figure counts calls."""

    node: str
    equal: int
    differ: int
    missing: int
    """Only the first of the two has them."""
    added: int
    """Only the second of the two has them."""
    first: ComparedCall | None = None
    """The earliest one that is not equal."""


@dataclass(frozen=True, slots=True)
class CallsBeyond:
    """Calls of one that the other has not come to yet: it merely ends earlier."""

    after: bool
    """True when the second of the two has them."""
    from_call: int
    calls: int


@dataclass(frozen=True, slots=True)
class BranchComparison:
    """In what two branches of calls differ, or a recording and the branch that replays it."""

    before: str
    """What is compared, e.g. "branch 1" or the name of a recording."""
    after: str
    branch_before: int | None
    """Number of the branch; None for a recording, which cannot be gone to."""
    branch_after: int
    forked_at: int | None = None
    """After so many calls the second left the first; None when it did not."""
    nodes: tuple[ComparedNode, ...] = ()
    differences: tuple[ComparedCall, ...] = ()
    """In the order of calls, the first `KEPT_DIFFERENCES`."""
    total: int = 0
    """All of them."""
    beyond: tuple[CallsBeyond, ...] = ()
    notes: tuple[str, ...] = ()
    """In what the flows themselves differ."""
    failed: str = ""
    """Why they cannot be compared; several lines."""

    @property
    def compared(self) -> int:
        """Calls that both have."""
        return sum(node.equal + node.differ for node in self.nodes)
