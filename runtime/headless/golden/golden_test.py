"""One test from a recording: what is asked, and what came of it. Both travel as JSON."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class GoldenVerdict(StrEnum):
    """How a test ended."""

    PASSED = "passed"
    FAILED = "failed"
    """Outputs differ, or an assertion does not hold."""
    UPDATED = "updated"
    """Outputs differed, and were taken over."""
    ERROR = "error"
    """There was no test: a file is missing or damaged, or the process that ran it died."""


class GoldenTest(msgspec.Struct, frozen=True, kw_only=True):
    """A recording to be run again."""

    recording: str
    """Its path."""
    name: str
    """How it is called in reports."""
    manifest: str | None = None
    """None is the one that the recording names."""
    assertions: str | None = None
    """A file of assertions, which then stand in place of the recorded outputs."""
    ignore: tuple[str, ...] = ()
    exact: bool = False
    partial: bool = False
    """A recording that lost a part is enough."""
    update: bool = False
    """Take over outputs that differ, into the recording itself."""
    force: bool = False
    """Run it with a flow that is not the recorded one; with `update` that flow is taken over."""
    trust: bool = False
    """Give the project what its grants ask for beyond its folder."""


class GoldenCase(msgspec.Struct, frozen=True, kw_only=True):
    """One node, or one assertion, of a test."""

    name: str
    failure: str = ""
    """Empty when it is as it should be."""
    details: str = ""


class GoldenResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a test."""

    name: str
    verdict: GoldenVerdict
    seconds: float = 0.0
    calls: int = 0
    """Calls that were compared, or made for the assertions."""
    summary: str = ""
    """Why it did not pass, in one line."""
    text: str = ""
    """The whole of it, for people."""
    cases: tuple[GoldenCase, ...] = ()
