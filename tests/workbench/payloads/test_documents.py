"""Whole payloads row by row: trees, tables, texts, bytes, differences, and what images say."""

from __future__ import annotations

import json
import struct
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.payloads.deadline import Deadline, TookTooLongError
from workbench.payloads.documents.before_after import BeforeAfter
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.json_members import Members
from workbench.payloads.documents.json_tree import TRAILER, JsonTree
from workbench.payloads.documents.payload_differences import differences
from workbench.payloads.documents.text_document import TextDocument
from workbench.payloads.images.image_facts import image_facts
from workbench.payloads.registry import open_document, viewer_for, viewers_for
from workbench.payloads.table_viewer import TableViewer
from workbench.payloads.viewer import PayloadPart
from workbench.text.lines import plain, width_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=16,
)
HOLDERS = st.lists(JSON, max_size=5) | st.dictionaries(st.text(max_size=4), JSON, max_size=5)


def soon() -> Deadline:
    """A time that no test reaches."""
    return Deadline(60)


def tree_of(text: str) -> JsonTree:
    members = Members(text.encode().decode("latin-1"))
    members.read(512)
    return JsonTree(members)


def rows(document: PayloadDocument, cells: int = 60) -> list[str]:
    document.fit(cells)
    document.read_to(1 << 20, soon())
    return [plain(document.line(row)) for row in range(document.rows)]


@given(HOLDERS, st.sampled_from([None, 1]))
def test_members_are_those_that_the_json_module_reads(
    value: list[object] | dict[str, object], indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    members = Members(text.encode("utf-8", "surrogatepass").decode("latin-1"))
    members.read(100)
    assert members.done
    assert not members.fault
    values = [json.loads(members.value(at)) for at in range(len(members))]
    if isinstance(value, dict):
        keys = [json.loads(members.key(at)) for at in range(len(members))]
        assert dict(zip(keys, values, strict=True)) == value
    else:
        assert values == value
    for at in range(len(members)):
        inner = values[at]
        assert members.count(at) == (len(inner) if isinstance(inner, list | dict) else -1)


@pytest.mark.parametrize(
    ("text", "read", "fault"),
    [
        ("[1,2", 2, "the text ends here"),
        ('{"a"', 0, "the text ends here"),
        ("[1 2]", 1, "byte 3 should begin a comma or ]"),
        ('{"a":1,}', 1, "byte 7 should begin a key"),
        ("[1,]", 1, "byte 3 should begin a value"),
        ("[" * 5_000, 0, "nested too deeply"),
        (r'["\q"]', 0, "escape"),
        ("[" + "9" * 5_000 + "]", 1, ""),
    ],
)
def test_what_is_not_json_is_read_up_to_where_it_ends_and_that_is_said(
    text: str, read: int, fault: str
) -> None:
    members = Members(text)
    members.read(100)
    assert (len(members), members.done) == (read, True)
    assert fault in members.fault
    assert bool(fault) == bool(members.fault)


def test_a_key_that_stands_twice_and_numbers_stay_as_they_were_written() -> None:
    tree = tree_of('{"a":1.50e+3,"a":100000000000000000000000001,"b":{"b":"\\u0041"}}')
    shown = rows(tree)
    assert [row.split() for row in shown] == [
        ["▾", "{3}"],
        ["a", "1.50e+3"],
        ["a", "100000000000000000000000001"],
        ["▾", "b", "{1}"],
        ["b", '"\\u0041"'],
    ]
    assert tree.place(4).path == "$.b.b"


@given(HOLDERS, st.lists(st.integers(0, 30), max_size=8))
def test_every_row_of_a_tree_is_found_again_whatever_is_folded(
    value: list[object] | dict[str, object], turned: list[int]
) -> None:
    text = json.dumps(value)
    tree = tree_of(text)
    for row in turned:
        if row < tree.rows:
            tree.turn(row)
    for row in range(tree.rows):
        fold, number = tree.member(row)
        assert tree.row_of(fold, number) == row
        assert number != TRAILER
        if row:
            assert tree.row_at(tree.offset_of(row), soon()) == row
    begins = [tree.offset_of(row) for row in range(tree.rows)]
    assert all(first < second for first, second in pairwise(begins))


def test_a_long_list_is_read_as_far_as_it_is_looked_at_and_a_byte_far_down_is_found() -> None:
    text = json.dumps([{"n": number} for number in range(5_000)])
    tree = tree_of(text)
    assert not tree.whole
    assert tree.rows < 600
    assert "more" in plain(tree.line(tree.rows - 1))
    tree.read_to(900, soon())
    assert 900 < tree.rows < 3_000
    row = tree.row_at(text.index("4321"), soon())
    assert plain(tree.line(row)).split() == ["n", "4321"]
    assert tree.place(row).path == "$[4321].n"
    tree.turn_all(soon())
    tree.turn_all(soon())
    tree.read_to(1 << 20, soon())
    assert tree.whole
    assert tree.rows == 1 + 2 * 5_000
    with pytest.raises(TookTooLongError):
        Members(text).read(1, Deadline(-1))


@given(st.text(max_size=120), st.integers(4, 40))
def test_a_text_loses_nothing_and_no_row_is_too_wide(text: str, cells: int) -> None:
    document = TextDocument("raw", text, None, soon())
    shown = rows(document, cells)
    assert all(width_of(document.line(row)) <= cells for row in range(document.rows))
    plain_text = text.isascii() and text.replace("\n", "").isprintable()
    if plain_text:
        assert "".join(shown).replace(" ", "") == text.replace("\n", "").replace(" ", "")
    for row in range(document.rows):
        assert document.row_at(document.offset_of(row), soon()) >= row


@pytest.mark.parametrize(
    ("data", "content_type", "columns", "second"),
    [
        (b'{"a":1,"b":"x"}\n{"b":"y","c":null}\n', "", "a b c", "2 y null"),
        (b'[{"a":1},{"a":2,"b":{"c":3}}]', "", "a b", '2 2 {"c":3}'),
        (b'a,b\n1,2\n"x, ""y""","1\n2"\n', "text/csv", "a b", '2 x, "y" 1\\n2'),
        (b"a\tb\n1\t2\n3\t4\n", "text/tab-separated-values", "a b", "2 3 4"),
        (b"a,b,c\n1,2,3\n4,5,6\n", "text/plain", "a b c", "2 4 5 6"),
    ],
)
def test_records_are_a_table(data: bytes, content_type: str, columns: str, second: str) -> None:
    part = PayloadPart(data, content_type)
    assert TableViewer().accepts(part)
    table = TableViewer().open(part, soon())
    shown = rows(table)
    assert plain(table.heading()[0]).split() == ["row", *columns.split()]
    assert shown[1].split() == second.split()
    assert len(shown) == 2
    assert table.row_at(len(data) - 2, soon()) == 1


@pytest.mark.parametrize(
    "data", [b"", b"a,b", b"hello, world\nand, you, too\n", b'{"a":1}', b"[1,2]", b'{"a":1}\nx\n']
)
def test_other_payloads_are_no_table(data: bytes) -> None:
    assert not TableViewer().accepts(PayloadPart(data))


def test_the_first_viewer_says_most_of_what_a_payload_is() -> None:
    pairs = {
        b'{"a": 1}': "tree",
        b'{"a": 1} and more': "formatted",
        b'{"a":1}\n{"a":2}\n': "table",
        b"plain": "raw",
        b"\x89PNG\r\n\x1a\n": "image",
        b"\xff\x00": "hex",
    }
    assert {data: viewer_for(PayloadPart(data)).name for data in pairs} == pairs
    cut = PayloadPart(b'{"a": [1, 2', size=400)
    assert viewer_for(cut).name == "tree"
    assert "tree" not in {one.name for one in viewers_for(PayloadPart(b'{"a": [1, 2'))}


@given(HOLDERS, HOLDERS)
def test_two_payloads_differ_where_their_values_do(
    one: list[object] | dict[str, object], two: list[object] | dict[str, object]
) -> None:
    texts = json.dumps(one), json.dumps(two, indent=1)
    found = differences(texts[0].encode(), texts[1].encode(), soon())
    same_text = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (found.differ == 0) == same_text
    for row in found.rows:
        if not row.equal:
            assert row.before != row.after
    document = BeforeAfter(texts[0].encode(), texts[1].encode(), soon())
    for cells in (120, 50):
        shown = rows(document, cells)
        assert all(width_of(document.line(row)) <= cells for row in range(document.rows))
        assert len(list(document.differences())) == (found.differ if document.rows else 0)
        assert len(shown) == document.rows


def test_an_item_that_was_put_in_is_one_difference_and_many_equal_ones_are_one_row() -> None:
    items = [{"n": number} for number in range(400)]
    other = [items[0], {"n": "new"}, *items[1:]]
    document = BeforeAfter(json.dumps(items).encode(), json.dumps(other).encode(), soon())
    shown = rows(document, 50)
    assert "1 differ, 400 equal" in plain(document.heading()[0])
    assert [row.split() for row in shown if row.startswith("+")] == [
        ["+", "[1]", '{"n":', '"new"}']
    ]
    assert any("⋮ 397 equal" in row for row in shown)
    assert document.place(next(document.differences())).path == "$[1]"
    lines = BeforeAfter(b"a\nb\nc", b"a\nB\nc\nd", soon())
    assert [row[:1] + row[4:] for row in rows(lines, 40)] == [" a", "-b", "+B", " c", "+d"]
    data = BeforeAfter(b"\0" * 40, b"\0" * 20 + b"\1" + b"\0" * 19, soon())
    data.fit(60)
    assert data.place(next(data.differences())).path == "offset 0x10"


def _png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + head
    crc = struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + chunk + crc


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_png(640, 480), "PNG  640x480  8 bit RGBA  not interlaced"),
        (_png(640, 480)[:20], "PNG  cut off in its header"),
        (b"GIF89a\x05\x00\x07\x00\x91", "GIF  5x7  4 colours"),
        (
            b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08\x00\x07\x00\x05\x03",
            "JPEG  5x7  8 bit colour  progressive",
        ),
        (b"\xff\xd8\xff" + b"\xff" * 50, "JPEG  no frame header in the part that was read"),
        (
            b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\0\0\0\x04\0\0\x06\0\0",
            "WebP  5x7  alpha",
        ),
        (
            b"BM" + bytes(12) + struct.pack("<IiiHH", 40, 5, -7, 1, 24) + bytes(2),
            "BMP  5x7  24 bit",
        ),
    ],
)
def test_an_image_says_what_it_is_in_its_first_bytes(data: bytes, words: str) -> None:
    facts = image_facts(data)
    assert facts is not None
    assert facts.words == words
    document = open_document(PayloadPart(data), "image", soon())
    assert plain(document.heading()[0]) == words


@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM"]), st.binary())
def test_no_bytes_break_what_reads_the_facts(begin: bytes, rest: bytes) -> None:
    facts = image_facts(begin + rest)
    assert facts is None or facts.words
