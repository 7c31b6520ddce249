"""What a condition says of mistakes, what it asks for, and what it never does."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.expression.expression import Condition, Expression
from runtime.expression.expression_error import (
    EvaluationError,
    ExpressionError,
    MissingError,
    caret_lines,
)
from runtime.expression.value_types import ANY, INT
from runtime.expression.vocabulary import CALL, NEXT_CALL, Lookup, Vocabulary


class Record:
    """A call; it notes what it was asked for."""

    export, port, edge, content_type = "route", "", "", "application/json"
    ms, fuel, hits, outputs = 2.5, 70, 0, ()

    def __init__(self, node: str = "router", json: Any = None, text: str = "") -> None:
        self.asked: list[str] = []
        self._values = {"node": node, "json": json, "text": text, "size": 57, "seq": 4}

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        value = self._values[name]
        if value is None:
            raise MissingError("the payload is no JSON")
        return value


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ('json.level = "warn" && ms > 20', 12, '"=" is not known here; equal is =='),
        ("size === 3", 6, '"===" is not known here; equal is =='),
        ("size <> 3", 6, '"<>" is not known here; not equal is !='),
        ("size ≥ 3", 6, "write >="),
        ("not size > 3", 1, '"not" is not known here; write !'),
        ("json.größe > 3", 8, 'json["…"]'),
        ("node == router", 9, 'text is written in quotes: "router"'),
        ("text.size > 3", 6, "write size()"),
        ('text.matches("[")', 14, "the pattern '[' is no regular expression"),
        ("size > 10 and ms > 1.0", 11, '"and" is not known here; write &&'),
        ("size > 10 & ms > 1.0", 11, '"&" is not known here; and is &&'),
        ("sise > 10", 1, '"sise" is not a field; did you mean size?'),
        ('text.contain("a")', 6, '"contain" is not a function; did you mean contains?'),
        ('contains(text, "a")', 1, '"contains" is written text.contains(…)'),
        ("outputs[0].sise > 2", 12, '"sise" is not a field of it; did you mean size?'),
        ('size > "a"', 6, "a whole number cannot be compared with text"),
        ("ms / 1000 > 2.0", 4, "/ takes two numbers of one kind"),
        ("node", 1, "a condition is true or false, and this is text"),
        ("size > 10 &&", 13, "a value is missing here"),
        ("", 1, "there is no expression"),
        ("(size > 10", 11, '")" is missing here'),
        ("size > 10)", 10, '")" closes nothing'),
        ('node == "router', 9, 'the text that begins here has no end "'),
        ('text.matches("(a")', 14, "is no regular expression: missing )"),
        ('text == "\\q"', 10, '"\\q" is no escape'),
        ("size > 10u", 8, '"10u" is no number'),
        ("size > 9223372036854775808", 8, "a whole number is at most 9223372036854775807"),
        ("ms > 1e400", 6, "a decimal number is at most 1.79e308"),
        ("json.items.exists(2)", 12, "exists() takes a name, and what is asked of it"),
        ("text.__class__ == 1", 6, "text has no field __class__"),
        ("!" * 40 + "true", 32, "the expression is nested more than 32 deep"),
        ("(" * 40 + "true" + ")" * 40, 33, "the expression is nested more than 32 deep"),
        ("1" + "+1" * 40 + " > 2", 64, "the expression is nested more than 32 deep"),
        ("true || " * 260 + "true", 2001, "the expression has 2,084 characters, at most 2,000"),
    ],
)
def test_a_mistake_is_told_at_its_column(text: str, column: int, reason: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        Condition(text)
    assert reason in raised.value.reason
    assert raised.value.column == column
    if text and len(text) < 100:
        shown, caret = raised.value.diagnostics[0].message.splitlines()[1:]
        assert shown.strip() == text
        assert caret.index("^") == 4 + column - 1


def test_the_caret_stands_below_wide_characters_and_escapes() -> None:
    assert caret_lines('"日本" = 1', 6) == ('"日本" = 1', "       ^")
    assert caret_lines("\x1b = 1", 3) == ("\\x1b = 1", "     ^")


def test_what_is_not_known_before_a_call_is_said_to_be_so() -> None:
    with pytest.raises(ExpressionError, match="ms is known when the call has been made"):
        Condition("ms > 2.0", NEXT_CALL)
    assert Condition("size > 2", NEXT_CALL).fields == {"size"}


def test_only_the_fields_that_decide_are_asked_for() -> None:
    condition = Condition('json.level == "warn" && node == "router"')
    assert condition.fields == {"json", "node"}
    other = Record("sink", {"level": "warn"})
    assert not condition.holds(other)
    assert other.asked == ["node"]
    assert condition.holds(Record("router", {"level": "warn"}))


def test_a_condition_without_a_value_does_not_hold_and_says_why_once() -> None:
    condition = Condition('json.level == "warn"')
    assert not condition.holds(Record(json=None))
    assert not condition.holds(Record(json={}))
    assert not condition.holds(Record(json=[1]))
    assert (condition.unanswered, condition.missing) == (3, 3)
    assert condition.first_failure is None
    condition = Condition("json.size > 10")
    assert not condition.holds(Record(json={"size": "big"}))
    assert not condition.holds(Record(json={"size": True}))
    assert (condition.unanswered, condition.missing) == (2, 0)
    assert condition.first_failure is not None
    assert condition.first_failure.reason == "a whole number cannot be compared with text"
    assert condition.first_failure.column == 11
    condition = Condition("json.flag")
    assert not condition.holds(Record(json={"flag": 1}))
    assert condition.first_failure is not None
    assert condition.first_failure.reason == "its value is a whole number, not true or false"
    assert condition.holds(Record(json={"flag": True}))


def test_an_operand_that_decides_decides_whatever_becomes_of_the_others() -> None:
    assert Condition('json.level == "warn" || node == "router"').holds(Record(json=None))
    assert Condition('!(json.level == "warn" && node == "sink")').holds(Record(json=None))
    assert not Condition('!(json.level == "warn")').holds(Record(json=None))


def test_a_mistake_of_ours_in_a_record_is_not_taken_for_a_missing_field() -> None:
    class Broken:
        @property
        def node(self) -> str:
            raise AttributeError("a mistake")

    with pytest.raises(AttributeError):
        Condition('node == "a"').holds(Broken())


@pytest.mark.parametrize(
    "text",
    [
        "json.all(a, json.all(b, json.all(c, json.all(d, a + b + c + d >= 0))))",
        "json.all(a, json.all(b, json == json))",
        'json.exists(a, text.contains("b" + "a"))',
        'json.exists(a, text.matches("(.*)*x"))',
        "json.all(a, text < text + text)",
        "json.map(a, json.map(b, json)).size() > 0",
        'text.matches("(x{1,30}){1,30}")',
    ],
)
def test_an_evaluation_is_bounded(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.expression.translation.BUDGET", 20_000)
    record = Record(json=list(range(1_000)), text="y" * 200_000)
    expression = Expression(text)
    with pytest.raises(EvaluationError, match="it looks at too much of the payload"):
        expression.evaluate(record)
    assert not Condition(text).holds(record)


def test_what_was_spent_does_not_count_for_the_next_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = Record(json=list(range(4_000)))
    monkeypatch.setattr("runtime.expression.translation.BUDGET", 10_000)
    condition = Condition("json.all(a, a >= 0)")
    assert all(condition.holds(record) for _ in range(4))
    large = Record(text="y" * 3_000_000)  # of which the ends alone are looked at
    assert Condition('text.startsWith("y") && text.endsWith("yy")').holds(large)


def test_a_payload_that_is_nested_too_deeply_has_no_value() -> None:
    one: list[Any] = []
    for _ in range(20_000):
        one = [one]
    condition = Condition("json.a == json.b")
    assert not condition.holds(Record(json={"a": one, "b": [one]}))
    assert condition.unanswered == 1


def test_lookups_are_functions_of_the_record() -> None:
    class Counters:
        def look_up(self, what: str, name: str) -> dict[str, int]:
            assert what == "queue"
            if name != "a -> b":
                raise MissingError(f"there is no queue {name}")
            return {"depth": 8}

    words = Vocabulary((), (Lookup("queue", {"depth": INT, "last": ANY}, "a queue"),))
    assert Expression('queue("a -> b").depth + 1', words).evaluate(Counters()) == 9
    with pytest.raises(EvaluationError, match="there is no queue c"):
        Expression('queue("c").depth', words).evaluate(Counters())
    with pytest.raises(ExpressionError, match="did you mean depth"):
        Expression('queue("c").dept', words)
    with pytest.raises(ExpressionError, match="queue asks for a name in brackets"):
        Expression("queue.depth > 1", words)


def test_every_field_is_described() -> None:
    assert all(field.about for field in CALL.fields)
    names = " ".join(field.name for field in CALL.fields)
    assert names == "node export port edge seq size content_type text json ms fuel hits outputs"
