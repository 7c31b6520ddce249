"""Places that are typed, lines that are taken and compared, recordings to a file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.protocol.requests import (
    JumpTo,
    StartRecording,
    StopRecording,
    TakeBranch,
)
from runtime.protocol.timeline import BranchInfo
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PAST,
    PRESENT,
    RING,
    SIZES,
    TWO_BRANCHES,
    FakeLink,
    asked,
    on_branch,
    opened,
    panes_of,
    show,
    text_of,
)
from workbench.widgets.line_view import LineView

# ---- a place by its number


@pytest.mark.parametrize(
    ("typed", "call"), [("12", 12), ("+3", 1_845), ("-42", 1_800), ("50%", 925), ("9999", 1_850)]
)
async def test_a_place_is_typed(typed: str, call: int) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(PAST))
        await pilot.press("number_sign", *typed, "enter")
        assert asked(link) == [JumpTo(call)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_place_is_explained_while_it_is_typed_and_a_bad_one_stays(
    size: tuple[int, int],
) -> None:
    link = FakeLink()
    async with opened(link, size) as (app, pilot):
        await show(app, pilot, link, on_branch(PAST))
        await pilot.press("number_sign")
        assert "- A call's number, +N or -N calls from here, or N%." in text_of(app)
        await pilot.press("5", "0")
        assert "- After call 50 of 1,850." in text_of(app)
        await pilot.press("q", "enter")
        assert "x A call's number" in text_of(app)
        await pilot.press("escape")
        assert "Go to call" not in text_of(app)
        assert asked(link) == []
        assert app.is_running


# ---- lines


async def test_of_many_lines_one_is_chosen() -> None:
    link = FakeLink()
    branches = (*TWO_BRANCHES, BranchInfo(4, 1_700, 1, 1_600), BranchInfo(5, 9))
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(replace(PRESENT, branches=branches, branch=1)))
        await pilot.press("L")
        text = text_of(app)
        assert "branch 2      1,500 calls  left branch 1 after 1,200" in text
        assert "branch 1      1,850 calls  here" in text
        await pilot.press("escape", "L", "down", "enter")
        assert asked(link) == [TakeBranch(4)]
        await pilot.press("L")
        view = app.screen.query_one(LineView)
        await pilot.click("#branches-list", offset=(4, 3 + view.gutter.top))
        assert asked(link) == [TakeBranch(4), TakeBranch(5)]


# ---- recording


@pytest.mark.parametrize(("typed", "path"), [("", None), ("a/b q.rec", "a/b q.rec")])
async def test_a_recording_is_begun_with_a_name_or_the_default(
    typed: str, path: str | None
) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(PRESENT))
        keys = ["slash" if key == "/" else "space" if key == " " else key for key in typed]
        await pilot.press("R", *keys)
        assert "It gets what was done so far" in text_of(app)
        await pilot.press("enter")
        assert asked(link) == [StartRecording(path)]


async def test_a_recording_is_seen_and_ended() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        await show(app, pilot, link, on_branch(PRESENT))
        writing = replace(RING, writing=True, file="a/b.rec", file_bytes=2_048)
        await show(app, pilot, link, Update(Health.READY, recording=writing))
        text = text_of(app)
        assert "REC 2.0 KiB" in text.split("\n")[0]
        assert "Recording to b.rec. R ends that." in text
        await pilot.press("R")
        assert asked(link) == [StopRecording()]
        ended = replace(writing, writing=False, file_calls=12)
        await show(app, pilot, link, Update(Health.READY, recording=ended))
        assert "Recorded 12 calls, 2.0 KiB to b.rec." in text_of(app)
        assert "REC" not in text_of(app).split("\n")[0]


async def test_a_recording_that_would_begin_late_says_so() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        await show(
            app, pilot, link, replace(on_branch(PRESENT), recording=replace(RING, whole=False))
        )
        assert "ring 3.1/64 MiB!" in text_of(app)
        await pilot.press("R")
        assert "the ring has lost the start" in text_of(app)
        await pilot.press("escape")
        assert asked(link) == []


async def test_a_recording_that_failed_is_a_problem_until_another_one_begins() -> None:
    link = FakeLink()
    failed = Diagnostic(
        Severity.ERROR,
        Code.IO,
        "the disk is full",
        "Make room, then press R.",
        "a/b.rec",
    )
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(PRESENT))
        await show(app, pilot, link, Update(Health.READY, recording=replace(RING, failed=failed)))
        text = text_of(app)
        assert "x REC failed" in text.split("\n")[0]
        assert "The recording failed: the disk is full" in text
        assert "x E0001 IoError" in text
        assert "Make room, then press R." in text
        await show(app, pilot, link, Update(Health.READY, recording=replace(RING, writing=True)))
        assert "E0001" not in text_of(app)
        assert panes_of(app).event_log.display
