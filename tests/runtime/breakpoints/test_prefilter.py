"""What a payload needs for a condition to hold: nothing that holds is passed over."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.breakpoints.prefilter import Prefilter
from runtime.expression.call_record import ElementRecord
from runtime.expression.expression import Condition
from runtime.model.element import Buffer, Element
from tests.support.examples import examples

DOCUMENT = '{"kind": {"name": "eu"}, "n": 7, "tags": ["a/b", "x"], "text": "über €5", "none": ""}'
PAYLOADS = (
    DOCUMENT.encode(),
    DOCUMENT.replace("eu", r"\u0065\u0075").encode(),
    DOCUMENT.replace("name", r"n\u0061me").replace("a/b", r"a\/b").encode(),
    json.dumps(json.loads(DOCUMENT)).encode(),
    DOCUMENT.encode("utf-16"), DOCUMENT.encode("utf-16-be"), DOCUMENT.encode("utf-16-le"),
    DOCUMENT.encode("utf-32"), DOCUMENT.encode("utf-32-be"), DOCUMENT.encode("utf-32-le"),
    DOCUMENT.replace("eu", "日eu日").encode("utf-16-be"), DOCUMENT.encode("utf-8-sig"),
    '["eu", "x"]'.encode("utf-16-le"), '"eu"'.encode("utf-16-le"), b'"eu"', b'["eu", {"n": 7}]',
    b'{"kind": "eu", "n": "x", "tags": {"x": 1}}', b'{"n": "eu', b"", b"eu", "über".encode(),
    b"\xffeu\xff", b"\x00\x22\x00", b"\\u00", b"NaN", b"7",
)  # fmt: skip
ATOMS = (
    'text.contains("eu")', 'text == ""', 'text == "eu"', '"eu" == text', 'text.contains("ü")',
    'text.startsWith("eu")', 'text.endsWith("}")', 'text.contains("")', 'text in ["eu", "über"]',
    r'text.contains("\ufffd")', r'text.contains("\\")', 'text.matches("[xy]")', 'text != "eu"',
    'json == "eu"', 'json.kind.name == "eu"', '"eu" == json["kind"].name', "json.n > 3",
    'json.kind != "x"', 'json.kind.name.contains("u")', 'json.kind.name.endsWith("eu")',
    'json.kind.name.startsWith("e")', 'json.kind.contains("e")', '"a/b" in json.tags',
    '"x" in json.tags', '"eu" in json', 'json.kind.name in ["eu", "us"]', "has(json.kind)",
    'json.tags.exists(tag, tag == "x")', 'json.text == "über €5"', 'json.none == ""',
    'json.kind == "eu" ? json.n == "x" : json.n == 7', "json.n in [7, 8]", 'json[0] == "eu"',
    "json[1].n == 7", 'json["tags"][1] == "x"', "size(json.tags) == 2", "seq == 0", "size < 20",
    'json.text.endsWith("5")', "json.n * 2 == 14",
)  # fmt: skip


def _element(payload: bytes) -> ElementRecord:
    return ElementRecord("a", "push", Element(1, 1, "a", 0, 0, "", Buffer(payload)))


@st.composite
def _conditions(draw: st.DrawFn) -> str:
    atoms = [f"({one})" for one in draw(st.lists(st.sampled_from(ATOMS), max_size=3))]
    atoms += [f"!({one})" for one in draw(st.lists(st.sampled_from(ATOMS), max_size=1))]
    atoms = draw(st.permutations(atoms or ["true"]))
    joined = f" {draw(st.sampled_from(('&&', '||')))} ".join(atoms)
    return draw(st.sampled_from((joined, f"!({joined})", f"({joined}) && seq == 0")))


def _held(texts: list[str]) -> int:
    """For how many payloads a condition holds; the prefilter lets all of them pass."""
    conditions = [Condition(text) for text in texts]
    prefilter = Prefilter([one.node for one in conditions])
    held = [data for data in PAYLOADS if any(one.holds(_element(data)) for one in conditions)]
    passed = prefilter.passed(dict(enumerate(held)))
    assert passed == dict(enumerate(held)), (texts, held)
    for data in held:
        assert prefilter.may_hold_within(b"..." + data + b"..."), (texts, data)
    return len(held)


@given(st.lists(_conditions(), min_size=1, max_size=2))
@examples(60)
def test_no_payload_is_passed_over_for_which_a_condition_holds(texts: list[str]) -> None:
    _held(texts)


def test_no_single_condition_passes_a_payload_over() -> None:
    for atom in ATOMS:
        assert _held([atom]), atom
        _held([f"!({atom})"])


@pytest.mark.parametrize(
    ("condition", "around"),
    [
        ('text.contains("eu")', b"us"),
        ('seq == 1 && text == "über"', b"uber"),
        ('json.kind.name == "eu"', b'{"kind": {"name": "europe"}}'),
        ('json.kind.name == "eu"', b'{"kind": {"title": "eu"}}'),
        ('json.kind == "eu" || json.kind.startsWith("us")', b'{"kind": "a us eu "}'),
        ('json.kind in ["eu", "us"] && seq > 3', b'{"kind": "uk"}'),
        ('!(json.kind == "eu")', b'{"n": 7}'),
        ('json.kind != "eu" && text.contains("7")', b'{"n": 7}'),
        ("json.tags.all(tag, size(tag) > 3)", b'{"n": "tags\\n"}'),
        ('"x" in json.tags', b'{"tags": ["y", "xx"]}'),
    ],
)
def test_what_is_needed_is_looked_for_without_reading_a_payload(
    condition: str, around: bytes
) -> None:
    prefilter = Prefilter([Condition(condition).node])
    assert not prefilter.may_hold_within(around)
    assert not prefilter.passed({1: around})


@pytest.mark.parametrize(
    ("condition", "passed"),
    [
        ("json.n > 3 && node == 'a'", False),
        ('text.matches("z")', False),
        ("json.n > 3 || node == 'a'", True),
        ("seq == 2", True),
        ('text.contains("z") ? seq == 2 : seq == 3', True),
    ],
)
def test_the_part_over_the_payload_is_asked_before_the_call(condition: str, passed: bool) -> None:
    prefilter = Prefilter([Condition(condition).node])
    assert prefilter.passes_all is passed
    assert bool(prefilter.passed({1: b'{"n": 3}'})) is passed
    assert prefilter.may_hold_within(b'{"n": 3}')
