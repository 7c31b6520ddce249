"""Text of components is data: printable on a terminal, bounded, and cut into lines."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from runtime.protocol.logs.printed_chunks import PrintedChunk
from workbench.text import figures
from workbench.text.excerpt import LINE_CHARACTERS, excerpt
from workbench.text.lines import fit, pad
from workbench.text.printed_text import LINE_BYTES, LineCutter


def chunk(data: bytes, stream: str = "stdout", *, granted: bool = True) -> PrintedChunk:
    return PrintedChunk("sink", stream, data, 1, 2, granted)


def test_a_count_has_its_word_in_the_number_it_needs() -> None:
    assert [counted(number, "call") for number in (0, 1, 1204)] == [
        "0 calls",
        "1 call",
        "1,204 calls",
    ]
    assert [counted(number, "copy", "copies") for number in (1, 2)] == ["1 copy", "2 copies"]


def test_control_codes_are_shown_as_escapes() -> None:
    assert excerpt("\x1b[31mred\x1b[0m") == "\\x1b[31mred\\x1b[0m"
    assert excerpt("a\0b\rc\x7f") == "a\\x00b\\rc\\x7f"
    assert excerpt("\x9b31m") == "\\u009b31m"


def test_text_that_turns_the_direction_of_writing_is_shown_as_its_code() -> None:
    assert excerpt("a‮b") == "a\\u202eb"


def test_tabs_become_spaces_and_markup_stays_text() -> None:
    assert excerpt("a\tb") == "a       b"
    assert excerpt("[/foo] [red]x") == "[/foo] [red]x"


def test_a_long_line_is_cut_and_says_how_much_is_missing() -> None:
    text = excerpt("x" * (LINE_CHARACTERS + 12_345))
    assert text.endswith("… (+12,345 characters)")
    assert len(text) < LINE_CHARACTERS + 40


def test_bytes_that_are_not_utf8_are_shown_as_escapes() -> None:
    assert excerpt(b"ok \xff\xfe") == "ok \\xff\\xfe"


@given(st.text())
def test_an_excerpt_never_holds_a_code_a_terminal_acts_on(text: str) -> None:
    for character in excerpt(text):
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(), st.integers(0, 40))
def test_fitted_text_is_never_wider_than_its_room(text: str, cells: int) -> None:
    assert cell_len(fit(text, cells)) <= cells
    assert cell_len(pad(excerpt(text), cells)) == cells


@given(st.lists(st.binary(max_size=12), max_size=12))
def test_lines_do_not_depend_on_how_the_bytes_were_cut_into_chunks(pieces: list[bytes]) -> None:
    whole, parts = LineCutter(), LineCutter()
    once, _ = whole.cut([chunk(b"".join(pieces))], 100)
    often = [line for piece in pieces for line in parts.cut([chunk(piece)], 100)[0]]
    assert [line.text for line in once] == [line.text for line in often]
    assert whole.unfinished() == parts.unfinished()
    assert whole.lines == parts.lines


def test_of_a_flood_only_the_last_lines_are_made_and_the_rest_is_counted() -> None:
    cutter = LineCutter()
    data = b"".join(b"line %d\n" % number for number in range(50_000))
    lines, missed = cutter.cut([chunk(data)], 100)
    assert [line.text for line in lines] == [f"line {number}" for number in range(49_900, 50_000)]
    assert missed == 49_900
    assert cutter.lines == 50_000


def test_a_flood_of_small_chunks_is_skipped_from_the_front() -> None:
    cutter = LineCutter()
    chunks = [chunk(b"line %d\n" % number) for number in range(5_000)]
    lines, missed = cutter.cut(chunks, 10)
    assert [line.text for line in lines] == [f"line {number}" for number in range(4_990, 5_000)]
    assert missed == 4_990


def test_streams_are_cut_apart() -> None:
    cutter = LineCutter()
    lines, _ = cutter.cut([chunk(b"out "), chunk(b"err\n", "stderr"), chunk(b"put\n")], 10)
    assert [(line.stream, line.text) for line in lines] == [
        ("stderr", "err"),
        ("stdout", "out put"),
    ]


def test_a_line_without_end_is_bounded_and_shown_as_it_grows() -> None:
    cutter = LineCutter()
    for _ in range(40):
        cutter.cut([chunk(b"x" * 1_000)], 10)
    (open_line,) = cutter.unfinished()
    assert open_line.text.startswith("xxx")
    lines, _ = cutter.cut([chunk(b"\n")], 10)
    assert lines[0].text.endswith(f"… (+{40_000 - LINE_BYTES:,} bytes)")
    assert cutter.unfinished() == []


def test_streams_that_are_not_granted_are_remembered() -> None:
    cutter = LineCutter()
    cutter.cut([chunk(b"a\n", "stderr", granted=False)], 10)
    assert cutter.ungranted == {"stderr"}


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (9_999, "9,999"), (12_345, "12.3k"), (999_999, "1.0M"), (45_600_000, "45.6M")],
)
def test_counts_are_short(number: int, text: str) -> None:
    assert figures.count(number) == text


@given(st.integers(0, 10**16))
def test_no_count_is_wider_than_five_cells(number: int) -> None:
    assert len(figures.count(number)) <= 6


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (850, "850 ns"),
        (12_340, "12.3 µs"),
        (999_999, "1 ms"),
        (4_100_000, "4.1 ms"),
        (140 * 10**6, "140 ms"),
        (119 * 10**9, "119 s"),
        (125 * 10**9, "2 min 5 s"),
    ],
)
def test_durations_have_units(nanoseconds: int, text: str) -> None:
    assert spaced_duration(nanoseconds) == text
    assert figures.duration(nanoseconds) == text.replace(" min 5 s", "m05s").replace(" ", "")


@given(st.integers(0, 200), st.integers(1, 100), st.integers(1, 30))
def test_a_bar_is_full_only_when_the_queue_is_and_empty_only_when_it_is(
    depth: int, capacity: int, cells: int
) -> None:
    filled = figures.bar(depth, capacity, cells)
    assert 0 <= filled <= cells
    assert (filled == 0) == (depth == 0)
    if cells > 1:
        assert (filled == cells) == (depth >= capacity)
