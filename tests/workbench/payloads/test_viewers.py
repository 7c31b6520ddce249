"""Payload viewers: which one shows a payload, and what it shows of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.call import Export, NextCall
from runtime.protocol.updates import Health, Update
from tests.support.narrow import present
from tests.support.workbench.fakes import FakeLink, details, opened, show, snapshot, text_of
from workbench.payloads import registry
from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.lines_document import LinesDocument
from workbench.payloads.hex_viewer import HexLines
from workbench.payloads.json_viewer import reindent
from workbench.payloads.registry import VIEWERS, marked_lines, viewer_after, viewer_for
from workbench.payloads.viewer import PayloadPart, is_text
from workbench.text.lazy_rows import RowsOverLines, widest_row
from workbench.text.lines import Line, Row, StyleRole, line, plain, width_of


def soon() -> Deadline:
    """A time that no test reaches; counted from now."""
    return Deadline(60)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def text_of_payload(data: bytes, content_type: str, viewer: str | None = None) -> str:
    rows, _ = marked_lines(PayloadPart(data, content_type), viewer, 76, soon())
    return "\n".join(plain(row) for row in rows)


@given(JSON_VALUES)
def test_formatted_json_is_what_the_json_module_would_write(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert reindent(text) == json.dumps(value, ensure_ascii=False, indent=2)


def test_numbers_and_escapes_of_json_are_left_as_they_were() -> None:
    text = '{"a":1.50e+3,"b":"\\u0041\\"{,","c":[],"d":{ },"a":2}'
    made = reindent(text)
    assert "1.50e+3" in made
    assert '"\\u0041\\"{,"' in made
    assert made.count('"a"') == 2
    assert "[]" in made
    assert "{}" in made


@pytest.mark.parametrize("text", ["{", "not json", '{"a":', "[" * 100_000])
def test_what_is_not_json_is_left_as_it_is(text: str) -> None:
    assert reindent(text) == text


def test_json_is_coloured_and_broken_into_lines() -> None:
    part = PayloadPart(b'{"a":[1,"x"]}', "application/json")
    rows, _ = marked_lines(part, "formatted", 60, soon())
    assert [plain(row) for row in rows] == ["{", '  "a": [', "    1,", '    "x"', "  ]", "}"]
    styles = {span.role for row in rows for span in row}
    assert {StyleRole.NAME, StyleRole.NUMBER, StyleRole.STRING} <= styles


def test_json_is_found_without_a_content_type_and_shown_raw_when_asked() -> None:
    assert text_of_payload(b'{"a":1}', "") == "▾ {1}\n    a  1"
    assert text_of_payload(b'{"a":1}', "", "formatted") == '{\n  "a": 1\n}'
    assert text_of_payload(b'{"a":1}', "application/json", "raw") == '{"a":1}'


def test_binary_is_shown_in_hexadecimal_whatever_it_is_called() -> None:
    text = text_of_payload(bytes(range(20)), "text/plain")
    assert text.splitlines()[0].startswith("000000 00 01 02")
    assert text.splitlines()[1].startswith("000010 10 11 12 13")


def test_every_viewer_has_a_name_of_its_own_and_the_last_accepts_every_payload() -> None:
    assert len({viewer.name for viewer in VIEWERS}) == len(VIEWERS)
    for data in (b"", b"{}", b"a", b"\xff", b"\0"):
        assert VIEWERS[-1].accepts(PayloadPart(data))


def test_the_viewers_that_accept_a_payload_go_round() -> None:
    def names(part: PayloadPart) -> list[str]:
        shown = [viewer_for(part).name]
        for _ in range(4):
            shown.append(viewer_after(part, shown[-1]).name)
        return shown

    assert names(PayloadPart(b"{}")) == ["tree", "formatted", "raw", "hex", "tree"]
    assert names(PayloadPart(b"text")) == ["raw", "hex", "raw", "hex", "raw"]
    assert names(PayloadPart(b"\xff")) == ["hex", "hex", "hex", "hex", "hex"]


def test_a_viewer_that_was_chosen_shows_what_it_accepts_and_the_first_one_the_rest() -> None:
    assert viewer_for(PayloadPart(b"{}"), "raw").name == "raw"
    assert viewer_for(PayloadPart(b"\xff"), "raw").name == "hex"


def test_a_character_cut_in_the_middle_is_still_text() -> None:
    assert is_text("é".encode()[:1])
    assert not is_text(b"\xff\xfe")
    assert not is_text(b"a\0b")


@given(
    st.binary(max_size=400) | st.text(max_size=200).map(str.encode),
    st.sampled_from([viewer.name for viewer in VIEWERS]),
    st.sampled_from(["", "text/html", "application/json"]),
)
def test_no_payload_breaks_the_view_or_is_wider_than_it(
    data: bytes, viewer: str, content_type: str
) -> None:
    rows, _ = marked_lines(PayloadPart(data, content_type), viewer, 50, soon())
    assert rows
    assert all(width_of(row) <= 50 for row in rows)
    assert "\x1b" not in "".join(plain(row) for row in rows)


def test_rows_of_hexadecimal_are_made_only_when_they_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    item_at = HexLines.item_at

    def counted(self: HexLines, index: int) -> Line:
        made.append(index)
        return item_at(self, index)

    monkeypatch.setattr(HexLines, "item_at", counted)
    data = bytes(range(256)) * 40_960
    lines = HexLines(data, 76)
    rows = RowsOverLines([Row(line("above"))], lines)
    assert len(rows) == len(data) // 16 + 1
    assert widest_row(rows) == 1 + width_of(lines[0])
    assert rows == RowsOverLines([Row(line("above"))], lines)
    assert plain(rows[-1].spans).startswith(" 9ffff0 f0 f1")
    assert [plain(row.spans)[:8] for row in rows[:3]] == ["above", " 000000 ", " 000010 "]
    assert len(made) == 4


@given(st.binary(min_size=1, max_size=80), st.integers(8, 90), st.integers(0, 1 << 33))
def test_hexadecimal_has_every_byte_with_its_offset(data: bytes, cells: int, start: int) -> None:
    lines = HexLines(data, cells, start)
    words = [plain(row).split(" ") for row in lines]
    found = b""
    for row, spans in zip(words, lines, strict=True):
        assert int(row[0], 16) == start + len(found)
        found += bytes.fromhex(spans[1].text)
    assert found == data
    assert all(width_of(row) <= lines.cells for row in lines)


class LengthViewer:
    """Shows how long a payload is."""

    name = "length"

    def accepts(self, part: PayloadPart) -> bool:
        return part.media_type == "text/length"

    def open(self, part: PayloadPart, deadline: Deadline) -> PayloadDocument:
        return LinesDocument(self.name, lambda cells: [line(f"{len(part.data)} bytes long")])


async def test_a_viewer_in_the_registry_shows_what_it_accepts_and_v_goes_through_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "VIEWERS", (LengthViewer(), *VIEWERS))
    reply = details(7, b"twelve bytes")
    summary = replace(present(reply.summary), content_type="text/length")
    link = FakeLink()
    async with opened(link) as (app, pilot):
        upcoming = NextCall("router", Export.ROUTE, 7, 6)
        picture = snapshot(link.flow, calls=9, next_call=upcoming)
        update = Update(Health.READY, snapshot=picture, replies=(replace(reply, summary=summary),))
        await show(app, pilot, link, update)
        for name, shown in (
            ("length", "12 bytes long"),
            ("raw", "twelve bytes"),
            ("hex", "000000 74 77"),
            ("length", "12 bytes long"),
        ):
            assert shown in text_of(app)
            assert f"{name}  v" in text_of(app)
            await pilot.press("v")
