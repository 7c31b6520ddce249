"""Text made safe for a terminal: what is escaped, what stays, and that nothing slips through."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.text.printable import is_printable, json_line, printable

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Grün 字 e\u0301 \xa0│", "Grün 字 e\u0301 \xa0│"),
        ("\x1b[31m\x7f\0", "\\x1b[31m\\x7f\\x00"),
        ("\x9b\u202e\u200b\xad\u2028", "\\u009b\\u202e\\u200b\\u00ad\\u2028"),
        ("\U000e0041\U000e0100", "\\U000e0041\\U000e0100"),
        ("\u3164\u115f\u034f", "\\u3164\\u115f\\u034f"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\udcff\ud800", "\\xff\\ud800"),
        (b"ok \xff\xc3\xa9", "ok \\xffé"),
        # A selector after a sign that has two forms is how emoji are written.
        ("❤\ufe0f 1\ufe0f\u20e3", "❤\ufe0f 1\ufe0f\u20e3"),
        ("a\ufe0f❤\ufe0f\ufe0f", "a\\ufe0f❤\ufe0f\\ufe0f"),
    ],
)
def test_what_is_not_plainly_seen_is_written_as_an_escape(text: str | bytes, shown: str) -> None:
    assert printable(text) == shown


def test_lines_and_tabs_are_kept_where_lines_are_wanted() -> None:
    assert printable("a\n\tb\r\n\x1b", keep_lines=True) == "a\n\tb\\r\n\\x1b"
    assert printable(b"a\n\xff", keep_lines=True) == "a\n\\xff"


@given(st.text(st.characters(codec=None)) | st.binary())
def test_nothing_hidden_slips_through(text: str | bytes) -> None:
    for keep_lines in (False, True):
        shown = printable(text, keep_lines=keep_lines)
        kept = "\n\t" if keep_lines else ""
        assert all(sign in kept or unicodedata.category(sign) not in _HIDDEN for sign in shown)
        assert printable(shown, keep_lines=keep_lines) == shown


@given(st.characters(codec=None))
def test_a_character_is_printable_when_it_is_shown_as_it_is(character: str) -> None:
    assert is_printable(character) == (printable(f"字{character}") == f"字{character}")


@given(st.text())
def test_json_is_printable_ascii_and_the_same_value(text: str) -> None:
    line = json_line({"text": text})
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line) == {"text": text}
