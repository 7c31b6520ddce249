from __future__ import annotations

import string
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from runtime.flow.manifest.source_text import KeyPath, Position, SourceText, TextError, dotted

TEXT = """\
# ünïcode before
top = 1
a.b."c d" = 'x' # é
[flow.main]
description = "é" # then
x = { y = [1, {z=2}], 'q'.r = 3 }
edges = [
  # a comment between
  { from = { node="é", port="p" }, to = "b:input" },
  { from.node = "c" },
]
[[flow.main.e]]
from.node = "a"
[flow.main.e.sub]
k = 1
[[flow.main.e]]
k = 2
[flow.other.nodes."with.dot"]
k = 3
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("top",), (2, 1), (2, 7)),
        (("a",), (3, 1), (3, 1)),
        (("a", "b", "c d"), (3, 5), (3, 13)),
        (("flow",), (4, 2), (4, 2)),
        (("flow", "main"), (4, 7), (4, 7)),
        (("flow", "main", "description"), (5, 1), (5, 15)),
        (("flow", "main", "x", "y", 1, "z"), (6, 16), (6, 18)),
        (("flow", "main", "x", "q", "r"), (6, 27), (6, 31)),
        (("flow", "main", "edges", 0), (9, 3), (9, 3)),
        (("flow", "main", "edges", 0, "from", "port"), (9, 24), (9, 29)),
        (("flow", "main", "edges", 0, "to"), (9, 36), (9, 41)),
        (("flow", "main", "edges", 1, "from", "node"), (10, 10), (10, 17)),
        (("flow", "main", "e", 0, "from", "node"), (13, 6), (13, 13)),
        (("flow", "main", "e", 0, "sub", "k"), (15, 1), (15, 5)),
        (("flow", "main", "e", 1, "k"), (17, 1), (17, 5)),
        (("flow", "other", "nodes", "with.dot", "k"), (19, 1), (19, 5)),
        (("flow", "main", "edges", 0, "missing"), (9, 3), (9, 3)),
        (("nothing",), (1, 1), (1, 1)),
    ],
)
def test_every_key_is_found_with_line_and_column(
    path: KeyPath, key: tuple[int, int], value: tuple[int, int]
) -> None:
    source = SourceText(TEXT)
    assert source.locate(path) == Position(*key)
    assert source.locate(path, value=True) == Position(*value)


def test_line_breaks_of_windows_and_a_byte_order_mark_do_not_shift_positions() -> None:
    source = SourceText.decode(b"\xef\xbb\xbf[a]\r\nb = 1\r\n")
    assert source.parse() == {"a": {"b": 1}}
    assert source.locate(("a", "b"), value=True) == Position(2, 5)


NAMES = st.one_of(
    st.text(string.ascii_letters + "-_0", min_size=1, max_size=4),
    st.text('aé" .\\\t]', min_size=1, max_size=4),
)
SCALARS = st.one_of(
    st.integers(-9, 9), st.booleans(), st.sampled_from(["", "é", "a]b", "#", "=", "{"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def quoted(text: str) -> str:
    body = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{body}"'


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(k)} = {inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ",\n  ".join(map(inline, value)) + "]"
    if isinstance(value, str):
        return quoted(value)
    return str(value).lower()


def paths(value: Any, at: KeyPath = ()) -> list[KeyPath]:
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    found: list[KeyPath] = []
    for name, item in items:
        found += [(*at, name), *paths(item, (*at, name))]
    return found


@given(
    st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), max_size=3),
    st.lists(st.dictionaries(NAMES, VALUES, max_size=2), max_size=3),
)
def test_every_path_of_any_document_is_found_where_its_key_is_written(
    tables: dict[str, dict[str, Any]], items: list[dict[str, Any]]
) -> None:
    lines = []
    for name, table in tables.items():
        lines.append(f"[{quoted(name)}]")
        lines += [f"{quoted(k)} = {inline(v)}" for k, v in table.items()]
    for item in items:
        lines.append("[[list.of]]")
        lines += [f"{quoted(k)} = {inline(v)}" for k, v in item.items()]
    text = "\n".join(lines)
    try:
        values = tomli.loads(text)
    except tomli.TOMLDecodeError:
        return
    source = SourceText(text)
    rows = text.split("\n")
    for path in paths(values):
        place = source.locate(path)
        rest = rows[place.line - 1][place.column - 1 :]
        last = path[-1]
        if isinstance(last, str):
            assert rest.startswith((quoted(last), last)), (path, place)
        assert place != Position(1, 1) or str(path[0]) in rows[0]


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"a = 1\nb = \xff", 2, 5),
        ("é = 1".encode("latin-1"), 1, 1),
        ("ä = 1\nö = ".encode() + b"\xc3", 2, 5),
        ("a = 1".encode("utf-16"), 1, 1),
    ],
)
def test_bytes_that_are_not_utf8_are_placed(data: bytes, line: int, column: int) -> None:
    with pytest.raises(TextError) as caught:
        SourceText.decode(data)
    assert caught.value.position == Position(line, column)
    assert "UTF-8" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "a = " + "9" * 5000, ".".join("a" * 5000) + " = 1", "a = {" * 600],
)
def test_documents_made_to_break_parsers_are_refused_as_toml(text: str) -> None:
    with pytest.raises(TextError):
        SourceText(text).parse()


def test_a_table_defined_twice_names_the_first_line() -> None:
    with pytest.raises(TextError) as caught:
        SourceText('[a."b c"]\nx = 1\n[a."b c"]\n').parse()
    assert caught.value.path == ("a", "b c")
    assert '[a."b c"]' in caught.value.message
    assert "line 1" in caught.value.message


def test_paths_are_written_as_toml_writes_them() -> None:
    path: KeyPath = ("flow", 'a"b', "edges", 2, "from")
    assert dotted(path) == 'flow."a\\"b".edges[2].from'
