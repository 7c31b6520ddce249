"""What is typed behind `/`: how it is understood, and what it finds."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.protocol.logs.event_lines import CallMark, EventLine
from workbench.search.highlight import highlighted
from workbench.search.query import DEEPEST, LONGEST, QueryError, parse_query
from workbench.search.row_fields import EVENTS
from workbench.text.lines import StyleRole, line, plain

LINE = EventLine(
    9, CallMark.ERROR, 5_000_000, "log-sink", "push(#3) failed", 912, duration_ns=7_000
)
TEXT = "x 912 log-sink push(#3) failed: Disk full -> a.wasm"


def finds(text: str) -> bool:
    return parse_query(text, EVENTS.vocabulary).matches(TEXT, lambda: EVENTS.record(LINE))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("disk", True),
        ("Disk", True),
        ("DISK", False),
        ("disk full", True),
        ('"disk full"', True),
        ('"log" & !"accepted"', True),
        ("log & !failed", False),
        ("nothing | failed", True),
        ("nothing | other", False),
        ("(nothing | log) & push", True),
        ("!(nothing | log)", False),
        ("/fa.l+ed/", True),
        ("/^fail/", False),
        ("/FAILED/", False),
        ("push(#3)", True),
        ("-> a.wasm", True),
        ("a.wasm", True),
        ('node == "log-sink"', True),
        ("call > 900 & call < 913", True),
        ('kind == "error" && !accepted', True),
        ('node.startsWith("metric")', False),
        ("ms > 1", False),
        ("ms < 1 & failed", True),
    ],
)
def test_words_expressions_and_fields_find_and_exclude(text: str, found: bool) -> None:
    assert finds(text) is found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(a", "`(` is not closed"),
        ("a)", "`)` closes nothing"),
        ("a |", "missing at the end"),
        ("& a", "something to look for is missing"),
        ("/(/", "no regular expression"),
        ("/(?=a)/", "regular expression"),
        ("calls > 3", '"calls" is not a field; did you mean call?'),
        ("call >", "a value is missing"),
        ("(" * (DEEPEST + 1), "in each other"),
        ("a" * (LONGEST + 1), "characters"),
    ],
)
def test_what_says_nothing_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text, EVENTS.vocabulary)
    assert why in str(caught.value)


def test_a_field_that_is_not_there_does_not_hold_and_without_a_vocabulary_there_are_none() -> None:
    query = parse_query('node == "x" | plain', EVENTS.vocabulary)
    assert query.fields == 1
    empty = EventLine(1, CallMark.NOTE, 0, None, "")
    assert query.matches("plain", lambda: EVENTS.record(empty))
    assert not query.matches("other", lambda: EVENTS.record(empty))
    assert not query.matches("other", lambda: None)
    with pytest.raises(QueryError, match="no fields here"):
        parse_query("a == 3")


@given(st.text(max_size=40))
@example("]")
@example("a == 3]")
def test_no_text_breaks_the_parser(text: str) -> None:
    query = None
    with suppress(QueryError):
        query = parse_query(text, EVENTS.vocabulary)
    assert query is None or query.matches(TEXT, lambda: EVENTS.record(LINE)) in (True, False)


@given(st.text(max_size=20), st.text("abXé日 ", min_size=1, max_size=4))
def test_what_is_found_is_highlighted_and_no_character_is_lost(text: str, part: str) -> None:
    spans = line((text, StyleRole.TEXT), (part, StyleRole.DIM), (text, StyleRole.TEXT))
    if not part.strip():
        return
    made = highlighted(spans, parse_query(f'"{part}"'))
    assert plain(made) == plain(spans)
    found = [span.text for span in made if span.role is StyleRole.FOUND]
    assert part.lower() in "".join(found).lower()
    assert highlighted(spans, parse_query(f'!"{part}"')) == spans
