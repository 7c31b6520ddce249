"""What `/` looks for among the calls that differ."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from runtime.expression.value_types import INT, TEXT
from runtime.protocol.branch_comparison import ComparedCall
from workbench.comparison.compared_words import place_words
from workbench.comparison.report_text import call_text
from workbench.search.query import Query
from workbench.search.searched_fields import SearchedField, SearchedFields


def _number(call: ComparedCall) -> int:
    return (call.call_before if call.call_after is None else call.call_after) or 0


DIFFERENCES: SearchedFields[ComparedCall] = SearchedFields(
    SearchedField("node", TEXT, "the node's name", lambda call: call.node),
    SearchedField("export", TEXT, "what was called: process, push, …", lambda call: call.export),
    SearchedField("call", INT, "the call's number, on the new branch where it has one", _number),
    SearchedField(
        "kind", TEXT, "answer, input, output 1, missing, added, …", lambda call: call.what
    ),
    SearchedField(
        "place", TEXT, "where in the payload it begins to differ: $.message, line 1", place_words
    ),
)
"""A call that differs."""


def found_calls(calls: Sequence[ComparedCall], query: Query) -> list[int]:
    """Places in `calls` of those that are looked for: in what they are, and in both outputs."""
    return [
        at
        for at, call in enumerate(calls)
        if query.matches(call_text(call), partial(DIFFERENCES.record, call))
    ]
