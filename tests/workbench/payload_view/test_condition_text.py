"""The condition that `b` asks for at a place of a payload, and what conditions read of one."""

from __future__ import annotations

import json

import pytest

from runtime.expression.call_record import ElementRecord
from runtime.expression.expression import Condition
from runtime.model.element import Buffer, Element
from workbench.payload_view.condition_text import condition_at, value_at
from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.condition_reads import ConditionReads
from workbench.payloads.documents.document import PayloadPlace
from workbench.payloads.documents.read_places import condition_reads, is_read
from workbench.payloads.registry import marked_lines, open_document
from workbench.payloads.viewer import PayloadPart
from workbench.text.lines import plain

ODD = {
    "id": 7,
    "in": True,
    "none": None,
    "big": 2**70,
    "rate": -1.5e3,
    "name": 'Žo"fie\n',
    "odd 'key'\"": {"a": [0, {"deep": "x"}]},
    "long": "é" * 300,
    "empty": {},
}
NAMES = [*ODD, "a", "deep"]
TEXT = json.dumps(ODD, ensure_ascii=False)


def conditions(viewer: str) -> list[str]:
    """What `b` asks for on every row."""
    document = open_document(PayloadPart(TEXT.encode(), "application/json"), viewer, Deadline(9))
    document.fit(200)
    document.turn_all(Deadline(9))
    if "deep" not in "".join(plain(document.line(row)) for row in range(document.rows)):
        document.turn_all(Deadline(9))
    made = []
    for row in range(document.rows):
        place = document.place(row)
        if place.path.startswith("line "):
            place = value_at(document.data, document.offset_of(row)) or place
        made.append(condition_at(place))
    return made


def test_every_value_has_a_condition_that_its_element_meets() -> None:
    made = conditions("tree")
    assert made[:6] == [
        "json.size() > 0",
        "json.id >= 7",
        "json.in == true",
        "json.none == null",
        "json.big >= 1.1805916207174113e+21",
        "json.rate >= -1500.0",
    ]
    element = Element(1, 1, "a", 0, 0, "application/json", Buffer(TEXT.encode(), ""))
    record = ElementRecord("b", "process", element)
    unmet = [one for one in made if not Condition(one).holds(record)]
    assert unmet == ["json.empty.size() > 0"]
    assert any(one.startswith("json.long.startsWith(") for one in made)
    assert any(one.endswith('.a[1].deep == "x"') for one in made)
    assert set(made) == {one for one in conditions("formatted") if one}


def test_lines_of_text_are_asked_for_and_what_no_condition_sees_is_not() -> None:
    assert condition_at(PayloadPlace("line 3", "", '  a "b" \\ ')) == (
        'text.contains("a \\"b\\" \\\\")'
    )
    for place in (
        PayloadPlace("line 3", "", "   "),
        PayloadPlace("offset 0x10", "u8 1", "01"),
        PayloadPlace("line 12 $.cpu", "number", "99"),
    ):
        assert condition_at(place) == ""
    assert condition_at(PayloadPlace("$.a", "string", "12")) == 'json.a == "12"'
    assert value_at(b"no json", 0) is None
    assert value_at(b'{"a": 1}', 7) is None


@pytest.mark.parametrize(
    ("condition", "marked"),
    [
        ("json.id > 3", ["id"]),
        ('json["in"] && has(json.none)', ["in", "none"]),
        ('json["odd \'key\'\\""].a.exists(i, i == json.rate)', ["rate", "a"]),
        ("json[\"odd 'key'\\\"\"].a[1].deep == 'x'", ["deep"]),
        ('text.contains("fie") || text.matches("é+")', ["name", "long"]),
        ("json.nothing == 1 || json.id.more == 1 || json[3] == 1 || size > 2", []),
    ],
)
def test_what_a_condition_looked_at_is_marked_in_every_view(
    condition: str, marked: list[str]
) -> None:
    reads = condition_reads(Condition(condition))
    part = PayloadPart(TEXT.encode(), "application/json")
    lines, rows = marked_lines(part, "tree", 76, Deadline(9), reads)
    shown = [plain(lines[row]).replace("▸", "").replace("▾", "") for row in sorted(rows)]
    assert [one.split()[0] for one in shown] == sorted(marked, key=NAMES.index)
    formatted, rows = marked_lines(part, "formatted", 400, Deadline(9), reads)
    assert {name for row in rows for name in marked if f'"{name}"' in plain(formatted[row])} == set(
        marked
    )
    document = open_document(part, "raw", Deadline(9))
    document.fit(9_999)
    assert is_read(document, 0, [5]) is True
    assert not ConditionReads()
