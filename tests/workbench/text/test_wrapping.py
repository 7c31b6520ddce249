"""Rows end between words, everywhere: no word that fits into a row is ever broken inside."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.workbench.fakes import fan_out
from workbench.comparison.opened_call import side_by_side
from workbench.graph.graph_diff import Changed, FlowChange
from workbench.inspection.rows import facts, prose
from workbench.inspection.tables.build_rows import change_rows
from workbench.inspection.tables.difference_rows import difference_rows
from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.text_document import TextDocument
from workbench.text.lines import Line, Span, StyleRole, line, plain, width_of
from workbench.text.wrapping import fits_cells, row_places, rows_of_text, wrap, wrap_words

WORKBENCH = Path(__file__).parents[3] / "workbench"
SENTENCE = "a component that answers twice is refused, whatever its manifest says about retries"

WORDS = st.text(alphabet="ab1字é,-/", max_size=9)


@given(st.lists(WORDS, max_size=14), st.integers(2, 24))
@example(["  ab", "", "ab"], 3)
def test_only_a_word_that_is_longer_than_a_row_is_cut(words: list[str], cells: int) -> None:
    text = " ".join(words)
    places = list(row_places(text, 0, len(text), fits_cells(text, cells)))
    assert places[0][0] == 0
    assert places[-1][1] == len(text) or not text[places[-1][1] :].strip(" ")
    indent = len(text) - len(text.lstrip(" "))
    for (_, end), (start, _) in pairwise(places):
        assert not text[end:start].strip(" "), "only blanks are left out"
        if end == start and end > indent and text[end - 1] != " ":
            word = text[text.rfind(" ", 0, end) + 1 :].partition(" ")[0]
            assert cell_len(word) > cells or places[0][1] == end, word
    assert all(cell_len(text[low:high]) <= cells for low, high in places)
    assert wrap_words(text, cells) == [text[low:high].rstrip(" ") for low, high in places]


@given(st.lists(st.text(alphabet="ab 字é", max_size=20), max_size=4), st.integers(2, 12))
def test_rows_of_spans_are_those_of_their_text_in_their_roles(texts: list[str], cells: int) -> None:
    roles = (StyleRole.TEXT, StyleRole.DIM, StyleRole.WARN, StyleRole.BAD)
    spans = tuple(Span(text, role) for text, role in zip(texts, roles, strict=False))
    rows = wrap(spans, cells)
    text = "".join(texts)
    assert [plain(row) for row in rows] == [
        text[low:high] for low, high in row_places(text, 0, len(text), fits_cells(text, cells))
    ]
    assert rows_of_text(text, cells) == len(rows)
    for span in spans:
        kept = "".join(one.text for row in rows for one in row if one.role is span.role)
        assert kept.replace(" ", "") == span.text.replace(" ", "")


def test_a_long_word_is_cut_after_a_sign_and_a_number_keeps_its_unit() -> None:
    assert wrap_words('{"type":"log","level":"info"}', 18) == ['{"type":"log",', '"level":"info"}']
    path = "see https://example.org/some/path"
    assert wrap_words(path, 12) == ["see", "https://", "example.org/", "some/path"]
    json = 'Received: {"type":"log","message":"user log-in successful","by":"log-pipeline"}'
    assert wrap_words(json, 24) == [
        'Received: {"type":"log",',
        '"message":"user log-in',
        'successful",',
        '"by":"log-pipeline"}',
    ]
    assert wrap_words("- " + 9 * "x", 8) == ["- xxxxxx", "xxx"]
    assert wrap_words("0123456789abcdef", 6) == ["012345", "6789ab", "cdef"]
    assert wrap_words("source was blocked 45.1 ms of 91 ms; done", 31) == [
        "source was blocked 45.1 ms of",
        "91 ms; done",
    ]
    assert wrap_words("it took 12 seconds", 10) == ["it took 12", "seconds"]
    assert wrap((Span("as it is"),), 0) == [(Span("as it is"),)]


def test_a_line_of_spans_is_cut_between_words_and_a_long_word_within() -> None:
    spans = line(
        ("source was ", StyleRole.DIM), ("blocked by 日本 and", StyleRole.WARN), " xxxxxxxxx"
    )
    rows = [plain(row) for row in wrap(spans, 8)]
    assert rows == ["source", "was", "blocked", "by 日本", "and", "xxxxxxxx", "x"]
    assert wrap(spans, 8)[2][0].role is StyleRole.WARN
    assert [plain(row) for row in wrap(line("   indented text"), 8)] == [
        "   inden",
        "ted text",
    ]
    assert wrap((), 8) == [()]


def test_what_shows_text_in_rows_breaks_no_word() -> None:
    """Of each place that cuts text: differences, changes, calls next to each other, payloads."""
    cells = 40
    flow = fan_out()
    changed = Changed("router", (("policy", SENTENCE, SENTENCE.upper()),))
    document = TextDocument("raw", SENTENCE, None, Deadline(9.0))
    document.fit(cells)
    shown: list[list[Line]] = [
        [row.spans for row in prose(SENTENCE, cells)],
        [row.spans for row in facts((("why", SENTENCE),), cells)],
        [row.spans for row in difference_rows(f"- {SENTENCE}\n+ {SENTENCE}", cells)],
        [
            row.spans
            for row in change_rows(FlowChange(changed=(changed,)), frozenset(flow.by_name), cells)
        ],
        list(side_by_side((f"- {SENTENCE}", f"+ {SENTENCE}"), 2 * cells)),
        [document.line(row) for row in range(document.rows)],
    ]
    for lines in shown:
        assert len(lines) > 2
        words = {word for spans in lines for word in plain(spans).lower().split()}
        assert set(SENTENCE.split()) <= words
        assert all(width_of(spans) <= 2 * cells for spans in lines)


_LIBRARIES = {"textwrap", "chop_cells", "split_text", "divide_line"}
_STEPS = re.compile(r"range\(0, .*, .*\)$")
_WORTH_PARSING = re.compile(rf"range\(\s*0\s*,|def (wrap|row_places)|{'|'.join(_LIBRARIES)}")

CUTS_NO_TEXT = {
    "graph/layout/node_map.py",
    "payloads/documents/payload_differences.py",
    "payloads/hex_text.py",
    "verbs/components/try_text.py",
}
"""What cuts bytes, or nodes."""


def test_nothing_else_cuts_text_into_rows() -> None:
    """Rows of a width come from `row_places`: no other module slices text step by step or takes
    another library's wrapping."""
    found = []
    for file in WORKBENCH.rglob("*.py"):
        name = str(file.relative_to(WORKBENCH))
        text = file.read_text("utf-8")
        if not _WORTH_PARSING.search(text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                if names & _LIBRARIES:
                    found.append(f"{name}:{node.lineno}: wraps with a library")
            if isinstance(node, ast.Call) and _STEPS.match(ast.unparse(node)):
                found.append(f"{name}:{node.lineno}: slices in steps")
            if isinstance(node, ast.FunctionDef) and node.name.startswith(("wrap", "row_places")):
                found.append(f"{name}:{node.lineno}: wraps by itself")
    allowed = {"text/wrapping.py", *CUTS_NO_TEXT}
    assert not [one for one in found if one.partition(":")[0] not in allowed]
    assert {one.partition(":")[0] for one in found} == allowed
