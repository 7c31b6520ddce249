"""A queue that is looked into: what waits, for how long, changed by whom, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.model.commands import INJECTED
from runtime.protocol.element_summary import ElementSummary
from runtime.protocol.replies import QueueListing
from workbench.inspection.tables.queue_rows import waiting_rows
from workbench.text.lines import plain, width_of
from workbench.view import ElementRef

FIRST = ElementSummary(
    7, 7, "source", 599, 0, "text/plain", 40, b'["number", 6000]', waited_ns=1_020_000_000
)
SECOND = replace(
    FIRST, element_id=8, sequence=601, waited_ns=920_000_000, content_type="application/json",
    edited=True, size=57,
)  # fmt: skip
BY_HAND = replace(
    FIRST, element_id=9, source=INJECTED, sequence=1, waited_ns=None, preview=b"hello, injected"
)


ALL = "# waited size type value"


def shown(cells: int, *elements: ElementSummary, stopped: int | None = None) -> list[str]:
    rows = waiting_rows(QueueListing(0, 0, 8, elements), cells, stopped)
    return [plain(row.spans) for row in rows]


@pytest.mark.parametrize(
    ("cells", "heading", "first", "second"),
    [
        (36, "# waited value", "● #599 1.02s", "e #601 920ms"),
        (50, "# waited size value", "● #599 1.02s 40 B", "e #601 920ms 57 B"),
        (
            76,
            "# waited size type value",
            "● #599 1.02s 40 B text/plain",
            "e #601 920ms 57 B appli…json",
        ),
        (
            116,
            "# waited size type value",
            "● #599 1.02s 40 B text/plain",
            "e #601 920ms 57 B application/json",
        ),
    ],
)
def test_rows_keep_number_waited_and_value_at_any_width(
    cells: int, heading: str, first: str, second: str
) -> None:
    rows = shown(cells, FIRST, SECOND, BY_HAND, stopped=7)
    assert [" ".join(row.split()) for row in rows[:3]] == [
        heading,
        f'{first} ["number", 6000]',
        f'{second} ["number", 6000]',
    ]
    assert " ".join(rows[3].split()).startswith("+1 · ")
    assert rows[4] == " and 5 more"
    assert rows[1].index("[") == rows[2].index("[") == rows[3].index("hello")
    targets = [row.target for row in waiting_rows(QueueListing(0, 0, 1, (FIRST,)), cells)]
    assert targets == [None, ElementRef(7, 7)]


def test_elements_out_of_the_order_of_their_source_are_named() -> None:
    rows = waiting_rows(QueueListing(0, 0, 3, (SECOND, BY_HAND, FIRST)), 60)
    words = " ".join(plain(row.spans).strip() for row in rows[:2])
    assert words.startswith("! #601 stands before #599 of source: out of order. [ undoes")
    assert all(width_of(row.spans) <= 60 for row in rows[:2])
    other = replace(FIRST, source="other", sequence=2)
    second_by_hand = replace(BY_HAND, sequence=0)
    in_order = shown(60, FIRST, other, BY_HAND, second_by_hand, SECOND)
    assert not any("out of order" in row for row in in_order)
