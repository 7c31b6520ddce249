from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.errors import StudioError
from runtime.recording.encoding import RecordingOptions
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
