"""Every field that a condition behind `/` may name has a value of the type that is promised."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.expression.expression_error import MissingError
from runtime.expression.value_types import ValueKind
from runtime.protocol.branch_comparison import ComparedCall
from runtime.protocol.break_places import BreakPlace, PlaceKind
from runtime.protocol.breakpoints import Breakpoint, BreakpointRow, Watch, WatchRow
from runtime.protocol.logs.event_lines import CallMark, EventLine
from tests.support.workbench.fakes import PROBLEMS as FOUND
from tests.support.workbench.fakes import fan_out, snapshot
from workbench.actions.context import Context
from workbench.actions.table import BY_ID
from workbench.comparison.difference_search import DIFFERENCES
from workbench.dialogs.help_search import HELP
from workbench.search.row_fields import BREAKS, EVENTS, NODES, OUTPUT, PROBLEMS, QUEUES
from workbench.search.searched_fields import SearchedFields
from workbench.text.printed_text import PrintedTextLine
from workbench.view import View

PICTURE = snapshot(fan_out(), calls=5)
LINE = EventLine(9, CallMark.CALL, 5_000_000, "log-sink", "push(#3)", 912, duration_ns=7_000)
BREAK = Breakpoint(2, BreakPlace(PlaceKind.EXPORT, "router", export="route"), "seq == 1")
THINGS: tuple[tuple[SearchedFields[Any], Any, set[str]], ...] = (
    (EVENTS, LINE, set()),
    (EVENTS, EventLine(1, CallMark.NOTE, 0, None, ""), {"node", "call", "ms"}),
    (OUTPUT, ("sink", PrintedTextLine(b"words", "stdout", True, 3, 7, 5, True)), set()),
    (OUTPUT, ("sink", PrintedTextLine(b"words", "stderr", False, 3, None, 5, True)), {"seq"}),
    (QUEUES, PICTURE.edges[0], set()),
    (NODES, PICTURE.nodes[0], set()),
    (PROBLEMS, FOUND[0], set()),
    (BREAKS, BreakpointRow(BREAK), {"value"}),
    (BREAKS, WatchRow(Watch(3, "size")), {"where", "then", "hits"}),
    (DIFFERENCES, ComparedCall("sink", "push", "source#0", None, 4, "added", "", "x"), set()),
    (HELP, (BY_ID["help"], Context(View())), set()),
)
TYPES = {
    ValueKind.TEXT: str,
    ValueKind.INT: int,
    ValueKind.DOUBLE: float,
    ValueKind.BOOL: bool,
}


@pytest.mark.parametrize(("fields", "thing", "missing"), THINGS)
def test_every_field_can_be_read_or_says_that_there_is_none(
    fields: SearchedFields[Any], thing: Any, missing: set[str]
) -> None:
    record = fields.record(thing)
    left = set()
    for field in fields.vocabulary.fields:
        try:
            assert type(getattr(record, field.name)) is TYPES[field.type.kind], field.name
        except MissingError:
            left.add(field.name)
    assert left == missing
    assert not hasattr(record, "nothing_of_that_name")
