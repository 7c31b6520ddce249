"""Places of keys and values in manifests of every form that TOML has."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from runtime.flow.manifest.source_text import KeyPath, Position, SourceText

SCALARS = (
    "0x1f", "-7", "1_000.5e-3", "inf", "true", "1979-05-27", "1979-05-27 07:32:00Z", "07:32:00",
    '""', '"a # b = [c] {d}"', '"é\\"\\\\"', "''", "'C:\\[x]'", '"""x"""', "''''''",
    '"""\none "two" ""three\\""" \\\n  four = [5]\n"""', '"""quoted""""', '""""quoted"""""',
    "'''\n[table]\nk = 'v' ''w\n'''", "'''it''''", "'''''it'''''",
)  # fmt: skip
KEYS = ("bare", "with-dash_1", "3", '"quoted"', '"dot.in"', "'literal \"'", '"es\\tc"', '"ü = ["')
GAPS = ("", " ", "\t ")
BREAKS = ("", " ", "\n", "\n  # [not] = 'a table'\n\t")


@dataclass
class Written:
    """A manifest under construction, and where its keys and values were put."""

    text: str = ""
    places: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    """Offsets of key and value; the same offset twice for what has no value of its own."""
    names: int = 0

    def put(self, path: KeyPath, key: int, value: int) -> None:
        """Keep the first place."""
        self.places.setdefault(path, (key, value))


def key(draw: st.DrawFn, doc: Written, prefix: KeyPath, depth: int) -> KeyPath:
    """Write a key of one or several parts that no other key begins with."""
    path = prefix
    begun = []
    for index in range(draw(st.integers(1, depth))):
        if index:
            doc.text += draw(st.sampled_from(GAPS)) + "." + draw(st.sampled_from(GAPS))
        written = draw(st.sampled_from(KEYS))
        if not index:
            doc.names += 1
            number = str(doc.names)
            written = written[:-1] + number + written[-1] if written[0] in "\"'" else f"k{number}"
        begun.append(len(doc.text))
        doc.text += written
        path = (*path, next(iter(tomli.loads(f"{written} = 0"))))
    for index, place in enumerate(begun):
        doc.put(path[: len(prefix) + index + 1], place, place)
    return path


def pair(draw: st.DrawFn, doc: Written, prefix: KeyPath, nesting: int) -> None:
    path = key(draw, doc, prefix, 3)
    doc.text += draw(st.sampled_from(GAPS)) + "=" + draw(st.sampled_from(GAPS))
    doc.places[path] = doc.places[path][0], len(doc.text)
    value(draw, doc, path, nesting)


def value(draw: st.DrawFn, doc: Written, path: KeyPath, nesting: int) -> None:
    kind = draw(st.sampled_from(("scalar", "array", "table") if nesting else ("scalar",)))
    if kind == "scalar":
        doc.text += draw(st.sampled_from(SCALARS))
        return
    doc.text += "[" if kind == "array" else "{"
    gaps = BREAKS if kind == "array" else GAPS
    for index in range(draw(st.integers(0, 3))):
        if index:
            doc.text += ","
        doc.text += draw(st.sampled_from(gaps))
        if kind == "array":
            doc.put((*path, index), len(doc.text), len(doc.text))
            value(draw, doc, (*path, index), nesting - 1)
        else:
            pair(draw, doc, path, nesting - 1)
        doc.text += draw(st.sampled_from(gaps))
    doc.text += "]" if kind == "array" else "}"


def header(draw: st.DrawFn, doc: Written, prefix: KeyPath, marks: str) -> KeyPath:
    """Write a table below `prefix`, which is written again, unless it is empty."""
    doc.text += marks + draw(st.sampled_from(GAPS))
    for part in prefix:
        if isinstance(part, str):
            quoted = part.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
            doc.text += f'"{quoted}" . '
    path = key(draw, doc, prefix, 2)
    doc.text += draw(st.sampled_from(GAPS)) + marks.replace("[", "]")
    return path


@st.composite
def documents(draw: st.DrawFn) -> Written:
    """Manifests of every form, valid, with no key twice."""
    doc = Written()
    ends = ("\n", " # é [x]\n", "\n\n \t\n")

    def pairs(prefix: KeyPath) -> None:
        for _ in range(draw(st.integers(0, 3))):
            doc.text += draw(st.sampled_from(GAPS))
            pair(draw, doc, prefix, 2)
            doc.text += draw(st.sampled_from(ends))

    pairs(())
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            path = header(draw, doc, (), "[")
            doc.text += draw(st.sampled_from(ends))
            pairs(path)
            continue
        began = len(doc.text)
        path = header(draw, doc, (), "[[")
        written = doc.text[began:]
        within = doc.places[path][0] - began
        for index in range(draw(st.integers(1, 3))):
            if index:
                began = len(doc.text)
                doc.text += written
            doc.put((*path, index), began + within, began + within)
            doc.text += draw(st.sampled_from(ends))
            pairs((*path, index))
            if draw(st.booleans()):
                sub = header(draw, doc, (*path, index), "[")
                doc.text += draw(st.sampled_from(ends))
                pairs(sub)
    return doc


def position(text: str, offset: int) -> Position:
    before = text[:offset]
    return Position(before.count("\n") + 1, offset - before.rfind("\n"))


@given(documents(), st.booleans(), st.booleans())
def test_every_key_and_value_is_found_where_it_was_written(
    doc: Written, windows: bool, mark: bool
) -> None:
    text = doc.text.replace("\n", "\r\n") if windows else doc.text
    source = SourceText.decode((b"\xef\xbb\xbf" if mark else b"") + text.encode())
    source.parse()
    for path, (at_key, at_value) in doc.places.items():
        assert source.locate(path) == position(doc.text, at_key), path
        assert source.locate(path, value=True) == position(doc.text, at_value), path


@pytest.mark.parametrize("opening", ["[", "{a=", "[{a=[", "[[{a="])
def test_values_nested_too_deep_to_look_into_do_not_hide_what_comes_after(opening: str) -> None:
    closing = "".join({"[": "]", "{": "}"}.get(sign, "") for sign in reversed(opening))
    text = f"deep = {opening * 12}'] }}' {closing * 12}\nnext = 1\n"
    source = SourceText(text)
    source.parse()
    assert source.locate(("next",), value=True) == Position(2, 8)


def test_a_table_that_is_defined_twice_is_found_before_text_that_is_no_toml() -> None:
    source = SourceText("[a]\n[b]\n[a]\n= [ ' nothing of this is TOML\n[[[")
    with pytest.raises(Exception, match="defined a second time, first on line 1"):
        source.parse()
