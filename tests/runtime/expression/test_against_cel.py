"""Conditions mean what Google's implementation of CEL says they mean."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from cel_expr_python import cel
from hypothesis import given
from hypothesis import strategies as st

from runtime.expression.call_record import ElementRecord
from runtime.expression.expression import NO_VALUE as NO_VALUE_ERRORS
from runtime.expression.expression import Condition, Expression, any_of
from runtime.expression.expression_error import EvaluationError, ExpressionError
from runtime.expression.value_types import ANY, DOUBLE, INT, TEXT
from runtime.expression.vocabulary import CALL, Field, Vocabulary
from runtime.model.element import Buffer, Element
from tests.support.examples import examples

DOCUMENT: dict[str, Any] = {
    "i": 3,
    "d": 2.5,
    "b": True,
    "n": None,
    "s": "wärn",
    "e": "",
    "l": [1, 2.5, "a", True, None, [3]],
    "m": {"k": 1, "x": {"y": "z"}},
    "big": 9223372036854775807,
}
VOCABULARY = Vocabulary(
    (
        Field("node", TEXT, ""),
        Field("seq", INT, ""),
        Field("ms", DOUBLE, ""),
        Field("json", ANY, ""),
    )
)
ENVIRONMENT = cel.NewEnv(
    variables={
        "node": cel.Type.STRING,
        "seq": cel.Type.INT,
        "ms": cel.Type.DOUBLE,
        "json": cel.Type.DYN,
    }
)
NO_VALUE = "no value"


class Record:
    """The same data for both."""

    node = "router"
    seq = 42
    ms = 20.5
    json = DOCUMENT


def ours(text: str) -> Any:
    """The value; `NO_VALUE` where evaluating or compiling fails."""
    try:
        return Expression(text, VOCABULARY).evaluate(Record())
    except (EvaluationError, ExpressionError):
        return NO_VALUE


def theirs(text: str) -> Any:
    data = {"node": Record.node, "seq": Record.seq, "ms": Record.ms, "json": DOCUMENT}
    try:
        made = ENVIRONMENT.compile(text).eval(data=data)
    except Exception:
        return NO_VALUE
    return NO_VALUE if made.type() == cel.Type.ERROR else _plain(made.value())


def _plain(value: Any) -> Any:
    """Lists of theirs are of a class of their own, and so are the items in them."""
    if isinstance(value, cel.Value):
        value = value.value()
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        return value
    if hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value]


def same(one: Any, other: Any) -> bool:
    """Equal, and of one kind."""
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and bool(one == other)


CASES = """
json.b == 1
json.i == 3.0
json.i == true
json.x == 1
json.x == 1 || node == "router"
node == "router" || json.x == 1
json.x == 1 && seq == 0
seq == 0 && json.x == 1
json.x == 1 && seq == 42
json.s < 1
json.n < 1
json.b < true
json.n == null
json.i < json.d
json.s.size()
size(json.l)
size(json.m)
size(json.i)
json.l[0]
json.l[0.0]
json.l[0.5]
json.l[true]
json.l[-1]
json.l[6]
json["s"]
json[0]
json.s[0]
json.m.x.y
json.m.k.y
has(json.i)
has(json.none)
has(json.none.y)
has(json.i.y)
1 in json.l
1.0 in json.l
"a" in json.l
[3] in json.l
"i" in json
1 in json
"i" in json.s
-7 / 2
-7 % 3
7 % -3
seq / 0
json.i / 0
ms / 0.0
-ms / 0.0
0.0 / 0.0
json.big + 1
json.big * 2
-json.big - 2
-9223372036854775808
--9223372036854775807
json.i + 1
json.i + 1.0
json.s + "x"
json.l + [1]
json.i ? 1 : 2
json.b ? "a" : "b"
!json.b
!json.i
!!json.b
-json.d
-json.s
json.b && json.i
json.i && false
false && json.i
json.i || true
true && json.i
json.l.exists(i, i == 2.5)
json.l.exists(i, i > 2)
json.l.all(i, i != 7)
json.l.all(i, i > 0)
json.l.exists_one(i, i == 1)
json.l.exists_one(i, i == true)
json.l.filter(i, i == 1 || i == "a")
[1, 2].map(i, i * 2)
json.l.filter(i, i == json.n)
json.m.exists(k, k == "x")
json.i.exists(k, true)
json.l == [1, 2.5, "a", true, null, [3]]
json.l == [1.0, 2.5, "a", true, null, [3]]
json.m == json.m
json.m != json.l
json.s.contains("är")
json.s.startsWith("w")
json.s.endsWith("n")
json.i.contains("n")
json.s.matches("^w.rn$")
json.s.matches("W")
json.s.matches("(?i)W")
json.e.matches("")
json.s.matches("(")
json.l.matches("a")
int("42")
int("4x")
int(2.9)
int(-2.9)
int(1e300)
double("2.5e1")
double("x")
double(seq)
1 == 1 == true
1 < 2 < 3
seq == 42 ? json.x : 1
"a\\x41\\101\\u00e9\\U0001F600\\n" == "aAA\u00e9\U0001f600\\n"
r"a\\d" == "a\\\\d"
'a"b'
0x10 + 1
1e3
.5
json.none == null
json . i
seq == 42 // the answer
""".strip().splitlines()


@pytest.mark.parametrize("half", [0, 1])
def test_each_case_is_what_it_is_in_cel(half: int) -> None:
    wrong = [
        f"{text}: {ours(text)!r}, in CEL {theirs(text)!r}"
        for text in CASES[half::2]
        if not same(ours(text), theirs(text))
    ]
    assert not wrong, "\n".join(wrong)


ATOMS = st.sampled_from(
    [
        *("1", "0", "-2", "2.5", "0.0", '"a"', '"router"', '""', "true", "false", "null"),
        *("[1, 2]", "[]", "node", "seq", "ms", "json", "json.m.k"),
        *(f"json.{key}" for key in (*DOCUMENT, "none")),
    ]
).map(lambda atom: f"<{atom}>")
"""Values between < and >: for theirs they become `dyn(…)`, so that no type is known before."""


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(
        ["==", "!=", " < ", " <= ", " > ", " >= ", "&&", "||", " in ", "+", "-", "*", "/", "%"]
    )
    methods = st.sampled_from(["contains", "startsWith", "endsWith"])
    macros = st.sampled_from(["all", "exists", "exists_one", "filter", "map"])
    return st.one_of(
        st.tuples(inner, signs, inner).map(lambda p: f"({p[0]}{p[1]}{p[2]})"),
        inner.map(lambda p: f"!({p})"),
        inner.map(lambda p: f"-({p})"),
        inner.map(lambda p: f"size({p})"),
        inner.map(lambda p: f"({p}).k"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]})[{p[1]}]"),
        st.tuples(inner, inner, inner).map(lambda p: f"({p[0]} ? {p[1]} : {p[2]})"),
        st.tuples(inner, methods, inner).map(lambda p: f"({p[0]}).{p[1]}({p[2]})"),
        st.tuples(inner, macros, inner).map(lambda p: f"({p[0]}).{p[1]}(i, i == {p[2]})"),
    )


@examples(200)
@given(st.recursive(ATOMS, _grown, max_leaves=6))
def test_an_expression_that_is_taken_has_the_value_it_has_in_cel(marked: str) -> None:
    atoms = r"<([^<>= ][^<>]*)>"
    text = re.sub(atoms, r"\1", marked)
    try:
        Expression(text, VOCABULARY)
    except ExpressionError:
        return
    made, expected = ours(text), theirs(re.sub(atoms, r"dyn(\1)", marked))
    assert same(made, expected), f"{text}: {made!r}, in CEL {expected!r}"


ELEMENT = Element(1, 1, "a", 42, 0, "", Buffer(json.dumps(DOCUMENT).encode()))
LITERALS = ["1", "2.5", '"a"', '"wärn"', "true", "false", "null", "3"]
PATHS = [*(f"json.{key}" for key in (*DOCUMENT, "none")), "json.m.k", 'json["m"].x.y', "seq"]
COMPARED = st.one_of(
    st.tuples(
        st.sampled_from(PATHS),
        st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in"]),
        st.sampled_from([*LITERALS, '["a", "wärn"]']),
    ).map(" ".join),
    st.tuples(
        st.sampled_from(PATHS),
        st.sampled_from(["contains", "startsWith", "endsWith", "matches"]),
        st.sampled_from(LITERALS),
    ).map(lambda p: f"{p[0]}.{p[1]}({p[2]})"),
)
CONDITIONS = st.recursive(
    COMPARED,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda p: f"({' '.join(p)})"),
        inner.map(lambda p: f"!({p})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} ? {p[1]} : {p[0]})"),
    ),
    max_leaves=4,
)


@examples(200)
@given(st.lists(CONDITIONS, min_size=1, max_size=3), st.booleans())
def test_conditions_asked_together_miss_none_that_holds(texts: list[str], no_json: bool) -> None:
    element = ELEMENT._replace(payload=Buffer(b"text")) if no_json else ELEMENT
    try:
        conditions = [Condition(text, CALL) for text in texts]
    except ExpressionError:
        return

    def record() -> ElementRecord:
        return ElementRecord("router", "route", element)

    holds = any(condition.holds(record()) for condition in conditions)
    try:
        found = any_of(conditions)(record())
    except NO_VALUE_ERRORS:
        return
    assert found or not holds, texts
