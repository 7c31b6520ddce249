"""What `/` looks for among the calls that differ."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from runtime.expression.value_types import INT, TEXT
from runtime.expression.vocabulary import Field, Vocabulary
from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.branch_comparison import ComparedCall
from workbench.comparison.compared_words import place_words
from workbench.comparison.report_text import call_text
from workbench.search.query import Query

DIFFERENCES = Vocabulary(
    (
        Field("node", TEXT, "the node's name"),
        Field("export", TEXT, "what was called: process, push, …"),
        Field("call", INT, "the call's number, on the new branch where it has one"),
        Field("kind", TEXT, "answer, input, output 1, missing, added, …"),
        Field("place", TEXT, "where in the payload it begins to differ: $.message, line 1"),
    )
)


@dataclass(frozen=True, slots=True)
class DifferenceFields:
    """What a condition may ask of a call that differs."""

    node: str
    export: str
    call: int
    kind: str
    place: str


def found_calls(calls: Sequence[ComparedCall], query: Query) -> list[int]:
    """Places in `calls` of those that are looked for: in what they are, and in both outputs."""
    return [
        at
        for at, call in enumerate(calls)
        if query.matches(call_text(call), partial(_fields, call))
    ]


def _fields(call: ComparedCall) -> DifferenceFields:
    number = call.call_before if call.call_after is None else call.call_after
    return DifferenceFields(call.node, call.export, number or 0, call.what, place_words(call))
