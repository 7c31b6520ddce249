from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from runtime.model.errors import StudioError
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.redaction_reach import reach_warnings, redaction_reach
from runtime.recording.redaction import MARK, Redaction
from tests.support.recording_flows import Components, lines_of, record_to

MARKED = MARK.encode()


def test_a_path_replaces_its_value_wherever_it_points() -> None:
    redaction = Redaction(["$..password", "$.users[*].mail"])
    data = b'{"password":{"a":1},"users":[{"mail":"a@b","n":1},{"mail":"c@d","password":2}]}'
    cleaned = json.loads(redaction.payload(data))
    assert cleaned == {
        "password": MARK,
        "users": [{"mail": MARK, "n": 1}, {"mail": MARK, "password": MARK}],
    }


def test_a_path_and_what_lies_in_it_are_replaced_together() -> None:
    assert Redaction(["$.a", "$.a.b", "$"]).payload(b'{"a":{"b":1}}') == b'"[redacted]"'


def test_a_payload_in_which_nothing_is_found_stays_as_it_is() -> None:
    data = b'{ "a" : 1.50,\n "b": "x" }'
    assert Redaction(["$.c", "zzz"]).payload(data) is data


def test_each_line_is_searched_when_the_whole_is_no_json() -> None:
    data = b'{"k":"s"}\nplain\n{"k":1}\n'
    assert Redaction(["$.k"]).payload(data) == (b'{"k":"[redacted]"}\nplain\n{"k":"[redacted]"}\n')


@pytest.mark.parametrize(
    ("rule", "data", "expected"),
    [
        (r"\d{4}", b"pin 1234 ok", b"pin [redacted] ok"),
        (r"token=(\w+);", b"a token=abc; b", b"a token=[redacted]; b"),
        (r"(a)x(b)?", b"ax axb", b"[redacted]x [redacted]x[redacted]"),
        (r"\xff(.)", b"\xff\x00", b"\xff\x00"),
        (r"secret", b"\xff secret \xfe", b"\xff [redacted] \xfe"),
    ],
)
def test_an_expression_replaces_its_groups_or_its_match(
    rule: str, data: bytes, expected: bytes
) -> None:
    assert Redaction([rule]).payload(data) == expected


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_secret_never_survives(before: bytes, after: bytes) -> None:
    secret = b"hunter2"
    cleaned = Redaction(["hunter2"]).payload(before + secret + after)
    assert secret not in cleaned
    assert MARKED in cleaned


@pytest.mark.parametrize(
    ("rule", "data", "expected"),
    [
        (r"token=(\w+)", "token=pässwörd!".encode(), b"token=[redacted]!"),
        (r"token=(.*)$", b"token=abc\nnext\n", b"token=[redacted]\nnext\n"),
        (r"token=(.*)", b"token=a\xff\xfeb\nnext", b"token=[redacted]\nnext"),
        (r'k="([^"]*)"', b'k="\xffab" k="\xc3"', b'k="[redacted]" k="[redacted]"'),
        (r"(?i)secret\Z", b"SECRET", b"[redacted]"),
        (r"[\w.]+@\w+", "ann.é@here x".encode(), b"[redacted] x"),
        ("caf\\u00e9", "café".encode(), b"[redacted]"),
        (r"[]x]{2}\W", b"a]x b", b"a[redacted]b"),
        ("(?P<a>x)|(?P<b>y)", b"xyz", b"[redacted][redacted]z"),
    ],
)
def test_an_expression_finds_what_it_found_in_python_or_more(
    rule: str, data: bytes, expected: bytes
) -> None:
    assert Redaction([rule]).payload(data) == expected


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("a(?=b)", "a look-around, (?=, at character 2"),
        ("(?<!x)y", "a look-around, (?<!, at character 1"),
        (r"(a)\1", "refers to a group at character 4"),
        ("(?P<n>a)(?P=n)", "a reference to a group, (?P=, at character 9"),
        ("xa*+", "a possessive quantifier at character 4"),
        ("(?>a)", "an atomic group, (?>, at character 1"),
        ("(a)(?(1)b|c)", "a condition, (?(, at character 4"),
        ("xa{1001}", "repeats more than 1,000 times at character 3"),
        (r"(\w{500}x\w{500}){2}", "repeats"),
        ("ab(c", "missing )"),
        ("x[z-a]", "invalid character class range, z-a at character 3"),
        ("x**", "bad repetition operator, ** at character 2"),
        ("y" * 1001, "more than 1000 characters"),
        ("x*", "matches nothing at all"),
    ],
)
def test_what_no_linear_search_takes_is_refused_with_its_place(rule: str, why: str) -> None:
    with pytest.raises(StudioError) as caught:
        Redaction([rule])
    (told,) = caught.value.diagnostics
    assert told.code == "E0703"
    assert why in told.message
    assert told.help


def test_too_many_rules_are_refused() -> None:
    with pytest.raises(StudioError, match="64 are taken"):
        Redaction(["x"] * 65)


@pytest.mark.parametrize(
    ("rule", "data", "expected"),
    [
        ("$.p", b'got {"p":1,"q":2} ok\nplain', b'got {"p":"[redacted]","q":2} ok\nplain'),
        (
            "$..p",
            b'[info] [{"p":"x"}] {"p":"y"}',
            b'[info] [{"p":"[redacted]"}] {"p":"[redacted]"}',
        ),
        ("$.p", b'\xff{"p":1}', b'\xff{"p":"[redacted]"}'),
        ("$.p", b'{not json {"p":1}}', b'{not json {"p":"[redacted]"}}'),
        ("$.q", b'got {"p":1}', b'got {"p":1}'),
    ],
)
def test_a_path_reaches_json_within_a_line(rule: str, data: bytes, expected: bytes) -> None:
    redaction = Redaction([rule])
    assert redaction.payload(data) == expected
    assert Redaction([rule], embedded=False).payload(data) == data
    assert redaction.payload(data[:3]) == data[:3]


def test_json_within_a_line_is_looked_for_in_linear_time() -> None:
    for data in (b"[" * 500_000, b'{"a":' * 100_000, b'[[["' * 20_000):
        assert b"secret" not in Redaction(["$..x"]).payload(data + b"secret")
    data = b'x{"a":1,' * 200 + b"["
    assert Redaction(["$..x"]).payload(data) == data


def test_what_the_rules_did_not_reach_is_told() -> None:
    redaction = Redaction(["$.p", "$.q", "secret", "other"])
    for data in (b'{"p":1}', b"no json", b"a secret", b'x {"p":2}'):
        redaction.payload(data)
    assert redaction.limits() == (
        "no JSON path could look into 2 texts without any JSON",
        "nothing was found by '$.q', 'other'",
    )
    assert Redaction([]).limits() == ()


@pytest.mark.parametrize(
    "rule",
    [
        "$" + "..*" * 12,
        "$" + "[*,*]" * 40,
        "$..[?count(@..*) > 0 && count(@..*) > 1]",
        "$..[?count($..*) > 0]",
        "$" + "['a','a']" * 60,
    ],
)
def test_a_path_that_looks_too_often_is_told(rule: str) -> None:
    value: object = 1
    for _ in range(80):
        value = {"a": value, "b": [[1], [2]]}
    with pytest.raises(StudioError, match="looks at the values"):
        Redaction([rule]).payload(json.dumps(value).encode())


def test_deeply_nested_input_is_not_written_when_it_can_not_be_searched() -> None:
    data = b"[" * 100_000 + b'"secret"' + b"]" * 100_000
    assert b"secret" not in Redaction(["$..x"]).payload(data)


def test_all_bad_rules_are_told_at_once() -> None:
    with pytest.raises(StudioError) as caught:
        Redaction(["$[", "(", "x*", "good"])
    assert [item.code for item in caught.value.diagnostics] == ["E0703"] * 3
    assert "no JSON path" in caught.value.diagnostics[0].message
    assert "no regular expression" in caught.value.diagnostics[1].message


def test_nothing_secret_reaches_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    redaction = Redaction(["$.token", "(?i)hunter2"])
    components = Components([b'{"token":"s3cret","n":1}', b"my hunter2", b"\xffHUNTER2"], says=b"")
    components.process = lambda data: data
    record_to(path, components, options=RecordingOptions(redactor=redaction))
    written = path.read_bytes().lower()
    assert b"s3cret" not in written
    assert b"hunter2" not in written.replace(b"(?i)hunter2", b"")
    lines = lines_of(path)
    assert lines[0]["redactions"] == ["$.token", "(?i)hunter2"]
    pulled = [
        line["outputs"][0] for line in lines if line.get("export") == "pull" and "outputs" in line
    ]
    assert pulled[0]["text"] == '{"token":"[redacted]","n":1}'
    assert pulled[1]["text"] == "my [redacted]"
    assert pulled[0]["size"] == len(pulled[0]["text"])
    configs = {node["name"]: node["config"] for node in lines[0]["nodes"]}
    assert configs["upper"] == '{"token":"[redacted]"}'
    assert not any("nothing was found" in item.message for item in redaction_reach(path))


def test_what_was_not_reached_stands_in_the_file_and_is_told_when_it_is_opened(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run.rec"
    options = RecordingOptions(redactor=Redaction(["$.token", "$.card", "hunter2"]))
    components = Components([b'{"token":"s3cret"}', b"no JSON"], says=b"")
    components.process = lambda data: data
    record_to(path, components, options=options.fresh())
    told = redaction_reach(path)
    assert [item.message for item in told] == [
        "redaction: no JSON path could look into 3 texts without any JSON",
        "redaction: nothing was found by '$.card', 'hunter2'",
    ]
    with RecordingReader(path) as reader:
        reader.check()
        header, end = reader.header, reader.end
    assert reach_warnings(path, header, end) == told
    assert end is not None
    forged = structs.replace(end, out_of_reach=0, unused_rules=(-1, 9))
    assert reach_warnings(path, header, forged) == ()
    (unknown,) = reach_warnings(path, header, None)
    assert "it has no end line" in unknown.message
    other = options.fresh().redactor
    assert other is not None
    assert other.unused_rules == (0, 1, 2)
