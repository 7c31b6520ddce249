"""Lineages as trees and as waterfalls: what stands where, and that everything fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.protocol.lineage import (
    Lineage,
    LineageAggregate,
    LineageCall,
    LineageDrop,
    LineageInput,
)
from tests.support.examples import examples
from workbench.lineage.lineage_rows import DEEPEST, LineageCallRef, LineageRef, branched
from workbench.lineage.lineage_tree import tree_rows
from workbench.lineage.lineage_waterfall import RUNNING, WAITING, waterfall_rows
from workbench.text.lines import Row, plain, width_of

US, MS = 1_000, 1_000_000


def call(
    node: str,
    export: str,
    number: int,
    began: int,
    waited: int,
    ran: int,
    after: int | None,
    came_to: str,
    size_out: int | None = None,
) -> LineageCall:
    size_in = None if after is None else 57
    return LineageCall(node, export, number, began, waited, ran, after, size_in, size_out, came_to)


INPUTS = (
    LineageInput(40, "source", 9, 48, 9_200 * US, 14 * US, 40),
    LineageInput(44, "source", 10, 55, 5_900 * US, 13 * US, 41),
    LineageInput(50, "source", 12, 71, 3_200 * US, 14 * US, 57),
)
MADE = LineageAggregate("window", 60, 13, 73, INPUTS, 3)
BRANCHES = Lineage(
    50,
    "source",
    12,
    (
        call("source", "pull", 61, 0, 0, 187 * US, None, "3 edges", 57),
        call("parse", "process", 62, 228 * US, 41 * US, 51 * US, 0, "router", 92),
        call("dedupe", "evaluate", 63, 387 * US, 200 * US, 11 * US, 0, "- filtered out"),
        call("router", "route", 64, 1_179 * US, 900 * US, 29 * US, 1, "metrics"),
        call("sink", "push", 69, 2_308 * US, 1_100 * US, 56 * US, 3, "= delivered"),
        call("window", "ingest", 71, 3_387 * US, 3_200 * US, 14 * US, 0, "kept, in #13"),
    ),
    6,
    into=(MADE,),
    edges=(0, 1, 2),
    delivered=1,
    left=1,
    total_ns=3_401 * US,
)


def texts(rows: list[Row]) -> list[str]:
    return [plain(row.spans).rstrip() for row in rows]


def test_a_tree_has_each_call_under_the_one_that_gave_it_the_element() -> None:
    rows = tree_rows(BRANCHES, 118)
    shown = texts(rows)
    assert shown[0] == (
        " #12 from source   6 calls   1 delivered   1 let go   in #13 of window   3.4 ms"
    )
    assert [text[:36].rstrip() for text in shown[3:9]] == [
        " source  pull  call 61",
        " ├─ parse  process  call 62",
        " │  └─ router  route  call 64",
        " │     └─ sink  push  call 69",
        " ├─ dedupe  evaluate  call 63",
        " └─ window  ingest  call 71",
    ]
    assert shown[4].split() == [
        *("├─", "parse", "process", "call", "62"),
        *("41", "µs", "51", "µs", "57→92", "B", "router"),
    ]
    assert shown[6].endswith("= delivered")
    assert shown[10].startswith(" #13 of window is made of 3 inputs ──")
    assert "this one" in shown[13]
    assert [row.target for row in rows[3:5]] == [LineageCallRef(61), LineageCallRef(62)]
    assert [row.target for row in rows[10:]] == [
        *map(LineageRef, (60, 40, 44)),
        LineageCallRef(71),
    ]


def test_what_is_too_narrow_loses_its_columns_in_their_order_but_nothing_of_a_call() -> None:
    for cells, headings in ((118, 4), (84, 3), (70, 2), (55, 1)):
        rows = texts(tree_rows(BRANCHES, cells))
        words = ["ran", "waited", "size", "came to"][:headings]
        assert all(word in rows[2] for word in words)
        assert not any(word in rows[2] for word in ["ran", "waited", "size", "came to"][headings:])
        assert "call 69" in rows[6]
        assert "56 µs" in rows[6]


def test_an_aggregate_of_many_is_counted_and_the_rest_of_long_ways_too() -> None:
    many = replace(MADE, lineage=50, inputs_in_all=10_000, cut=True)
    whole = replace(BRANCHES, into=(), made_of=many, calls_in_all=1_500)
    shown = texts(tree_rows(replace(whole, drops=(LineageDrop("sink", "drop-oldest", 3),)), 118))
    assert " … 1,494 more calls" in shown
    assert " ! dropped at sink: drop-oldest" in shown
    (head,) = [text for text in shown if "made of" in text]
    assert "10,000 inputs or more: earlier calls are not kept, the last 3 listed" in head
    assert " … 1,494 more calls" in texts(waterfall_rows(whole, 118))


def test_a_waterfall_shows_waits_before_calls_on_one_scale() -> None:
    rows = waterfall_rows(BRANCHES, 118)
    shown = texts(rows)
    assert shown[1].split() == ["0", "3.4", "ms"]
    bars = [text[31:97] for text in shown[2:8]]
    assert bars[0].startswith(RUNNING)
    assert WAITING not in bars[0]
    assert bars[-1].strip().startswith(WAITING * 40)
    assert bars[-1].rstrip().endswith(RUNNING)
    assert shown[5].endswith("= delivered")
    assert shown[-1].endswith("longest wait: 3.2 ms before window")
    assert rows[2].target == LineageCallRef(61)
    assert texts(waterfall_rows(BRANCHES, 78))[5].rstrip().endswith(RUNNING)


@examples(60)
@given(
    cells=st.integers(20, 200),
    afters=st.lists(st.integers(0, 30), min_size=1, max_size=30),
    times=st.lists(st.integers(0, 10**12), min_size=31, max_size=31),
)
def test_every_lineage_fits_its_cells(cells: int, afters: list[int], times: list[int]) -> None:
    calls = [call("source", "pull", 1, 0, 0, times[0], None, "x", 5)]
    for number, after in enumerate(afters, 1):
        node = f"node-with-a-long-name-{number}"
        calls.append(
            call(
                node, "process", number + 1, times[number], times[-number], 7, after % number, node
            )
        )
    total = max(one.began_ns + one.ran_ns for one in calls)
    lineage = replace(
        BRANCHES, calls=tuple(calls), calls_in_all=len(calls), total_ns=total, into=(MADE,)
    )
    order = list(branched(lineage.calls))
    assert {one.call for one, _ in order} == {one.call for one in calls}
    assert all(len(indent) <= 3 * (DEEPEST + 1) for _, indent in order)
    for rows in (tree_rows(lineage, cells)[2:9], waterfall_rows(lineage, cells)[2:9]):
        assert all(width_of(row.spans) <= max(cells, 45) for row in rows)


@pytest.mark.parametrize("cells", [20, 60, 118])
def test_a_lineage_of_one_call_of_no_time_is_drawn(cells: int) -> None:
    one = Lineage(1, "source", 0, (call("source", "pull", 1, 5, 0, 0, None, "sink"),), 1)
    assert RUNNING in texts(waterfall_rows(one, cells))[2]
    assert ("call 1" in texts(tree_rows(one, cells))[3]) is (cells > 30)
