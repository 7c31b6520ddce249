"""`D`: the verdict and the table, one call opened, and the places that Enter goes to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runtime.protocol.branch_comparison import (
    BranchComparison,
    CallsBeyond,
    CompareBranches,
    ComparedCall,
    ComparedNode,
)
from runtime.protocol.requests import JumpTo, TakeBranch
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PRESENT,
    TWO_BRANCHES,
    FakeLink,
    asked,
    busy_update,
    fail_node,
    on_branch,
    opened,
    panes_of,
    show,
    text_of,
)
from workbench.comparison.compared_words import place_words
from workbench.comparison.opened_call import opened_rows, side_by_side
from workbench.comparison.verdict import verdict_rows, verdict_words
from workbench.text.lines import plain, width_of
from workbench.view import NodeRef

PROC = ComparedCall(
    "log-proc", "process", "source#1", 7, 7, "output 0", "{…}", "{…}",
    ('- $.message: "user login successful"', '+ $.message: "user login FAILED"'),
)  # fmt: skip
SINK = ComparedCall(
    "log-sink", "push", "source#1", 8, 9, "printed on stdout", "", "",
    ("@@ line 1 @@", "- [red]a\\x1b[31m", "+ b"), follows=True,
)  # fmt: skip
LOST = ComparedCall(
    "metric-sink", "push", "source#2", 12, None, "missing", "accepted", "no such call"
)
COMPARISON = BranchComparison(
    "branch 1", "branch 2", 1, 2, 5,
    nodes=(
        ComparedNode("source", 7, 0, 0, 0),
        ComparedNode("router", 7, 0, 0, 0),
        ComparedNode("log-sink", 2, 1, 0, 0, SINK),
        ComparedNode("log-proc", 2, 1, 0, 0, PROC),
        ComparedNode("metric-sink", 3, 0, 1, 0, LOST),
    ),
    differences=(PROC, SINK, LOST),
    total=3,
    beyond=(CallsBeyond(False, 28, 4),),
)  # fmt: skip
EQUAL = replace(
    COMPARISON, nodes=(ComparedNode("source", 7, 0, 0, 0),), differences=(), total=0, beyond=()
)


def words(comparison: BranchComparison, cells: int = 100, *, equal_too: bool = True) -> list[str]:
    return [plain(row.spans) for row in verdict_rows(comparison, cells, equal_too=equal_too)]


def test_the_verdict_says_how_many_where_it_left_and_where_it_ends() -> None:
    assert verdict_words(COMPARISON) == (
        "2 of 23 calls differ, 1 is missing. Branch 2 left branch 1 after call 5. "
        "4 calls of branch 1, from call 28 on, have no counterpart: branch 2 ends there."
    )
    assert verdict_words(replace(EQUAL, forked_at=None)) == "All 7 calls that both made are equal."
    one = replace(EQUAL, nodes=(ComparedNode("a", 1, 0, 0, 0),), forked_at=0)
    assert verdict_words(one) == (
        "The one call that both made is equal. Branch 2 left branch 1 at its start."
    )
    assert verdict_words(replace(EQUAL, nodes=(), failed="it is damaged")).endswith(
        "cannot be compared: it is damaged"
    )


def test_a_recording_that_merely_ends_earlier_is_one_sentence_and_no_row_of_its_own() -> None:
    earlier = replace(EQUAL, before="old.rec", forked_at=None, beyond=(CallsBeyond(True, 8, 93),))
    rows = words(earlier)
    assert " ".join(row.strip() for row in rows[:2]) == (
        "All 7 calls that both made are equal. 93 calls of branch 2, from call 8 on, have no "
        "counterpart: old.rec ends there."
    )
    assert len(rows) == 5
    assert rows[-1].split() == ["source", "7", "·", "·", "·"]


def test_the_table_has_the_nodes_that_differ_first_in_the_order_of_their_calls() -> None:
    table = [row.split() for row in words(COMPARISON)[4:]]
    assert table == [
        ["log-proc", "2", "1", "·", "·", "call", "7", "$.message"],
        ["log-sink", "2", "1", "·", "·", "call", "8", "/", "9", "line", "1"],
        ["metric-sink", "3", "·", "1", "·", "call", "12", "missing"],
        ["source", "7", "·", "·", "·"],
        ["router", "7", "·", "·", "·"],
    ]
    counted = words(COMPARISON, equal_too=False)
    assert counted[-1].split() == ["2", "more", "14"]
    assert not any("router" in row for row in counted)
    assert place_words(replace(PROC, lines=(), what="answer")) == "answer"


def test_old_and_new_stand_side_by_side_where_there_is_room() -> None:
    rows = [plain(spans) for spans in side_by_side(SINK.lines, 118)]
    assert [[half.strip() for half in row.split("│")] for row in rows] == [
        ["@@ line 1 @@", "@@ line 1 @@"],
        ["- [red]a\\x1b[31m", "+ b"],
    ]
    long = ("- " + "x" * 200, "+ y", "+ z")
    made = list(side_by_side(long, 118))
    assert all(width_of(spans) <= 118 for spans in made)
    assert len(made) == 5
    below = [plain(row.spans) for row in opened_rows(SINK, 80)]
    assert below[0].startswith(" It was given another element already")
    assert below[-2:] == [" - [red]a\\x1b[31m", " + b"]


async def test_enter_goes_to_the_call_on_either_branch() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        await show(app, pilot, link, on_branch(replace(PRESENT, branches=TWO_BRANCHES, branch=2)))
        for keys, request, node in (
            (("enter",), JumpTo(7), "log-proc"),
            (("n", "enter"), JumpTo(9), "log-sink"),
            (("down", "tab", "enter"), TakeBranch(1, 8), "log-sink"),
            (("N", "enter"), TakeBranch(1, 12), "metric-sink"),
        ):
            link.sent.clear()
            await pilot.press("D")
            assert "Comparing…" in text_of(app)
            await show(app, pilot, link, Update(Health.READY, branch_comparison=COMPARISON))
            text = text_of(app)
            assert "D  branch 1 → branch 2" in text
            assert "\n│›log-proc" in text
            assert "2 more" in text
            assert '- $.message: "user login successful"' in text
            assert "difference 1 of 3" in text
            await pilot.press(*keys)
            assert asked(link) == [CompareBranches(), request]
            assert panes_of(app).selection == NodeRef(node)


async def test_on_a_large_terminal_all_is_listed_and_a_failure_makes_it_give_way() -> None:
    link = FakeLink()
    branch = on_branch(replace(PRESENT, branches=TWO_BRANCHES, branch=2))
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, branch)
        await pilot.press("D")
        await show(app, pilot, link, Update(Health.READY, branch_comparison=COMPARISON))
        text = text_of(app)
        assert "router" in text
        assert 'login successful"' in text
        row = next(row for row in text.split("\n") if "login successful" in row)
        assert 'login FAILED"' in row
        await pilot.press("v")
        assert "2 more" in text_of(app)
        await pilot.press("D")
        assert "verdict first" not in text_of(app)
        await pilot.press("D")
        picture = busy_update(link.flow).snapshot
        assert picture is not None
        await show(app, pilot, link, Update(Health.READY, snapshot=fail_node(picture, "log-proc")))
        assert "Comparing…" not in text_of(app)
        assert panes_of(app).selection == NodeRef("log-proc")


async def test_slash_searches_the_differences_and_n_goes_through_what_was_found() -> None:
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        await show(app, pilot, link, on_branch(replace(PRESENT, branches=TWO_BRANCHES, branch=2)))
        await pilot.press("D")
        await show(app, pilot, link, Update(Health.READY, branch_comparison=COMPARISON))
        await pilot.press("slash", *"push")
        assert "2 found" in text_of(app)
        assert "difference 2 of 3" in text_of(app)
        await pilot.press("enter", "n")
        assert "/ push  2 found   difference 3 of 3" in text_of(app)
        await pilot.press("n")
        assert "difference 2 of 3" in text_of(app)
        await pilot.press("N")
        assert "difference 3 of 3" in text_of(app)
        await pilot.press("escape", "slash", *'kind == "missing"', "enter")
        assert "1 found   difference 3 of 3" in text_of(app)
        await pilot.press("escape", "n")
        assert "found" not in text_of(app)
        assert "difference 1 of 3" in text_of(app)
        await pilot.press("slash", *"nothing like it")
        assert "0 found" in text_of(app)
        await pilot.press("escape", "escape")
        assert "verdict first" not in text_of(app)


async def test_y_copies_the_difference_and_w_saves_all_of_them_to_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copied: list[str] = []
    monkeypatch.setattr(
        "workbench.terminal.clipboard_copy.copy_natively",
        lambda text: copied.append(text) or "a test",  # type: ignore[func-returns-value]
    )
    link = FakeLink()
    async with opened(link, (120, 36)) as (app, pilot):
        await show(app, pilot, link, on_branch(replace(PRESENT, branches=TWO_BRANCHES, branch=2)))
        await pilot.press("D")
        await show(app, pilot, link, Update(Health.READY, branch_comparison=COMPARISON))
        await pilot.press("y")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert copied[0].splitlines()[1:] == list(PROC.lines)
        assert "Copied the difference" in text_of(app)
        await pilot.press("w", "enter")
        await pilot.pause()
        assert "Saved to" in text_of(app)
        saved = (tmp_path / "comparison.txt").read_text()
        assert saved.startswith("branch 1 → branch 2\n")
        assert all(node.node in saved for node in COMPARISON.nodes)
        assert '+ $.message: "user login FAILED"' in saved
        assert "\x1b" not in saved
        await pilot.press("w", "enter")
        await pilot.pause()
        assert "is not written over" in text_of(app)
        assert (tmp_path / "comparison.txt").read_text() == saved
