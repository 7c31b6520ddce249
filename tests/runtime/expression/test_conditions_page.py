"""The examples of docs/conditions.md hold, and the page names every field and function."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runtime.expression.call_record import CallRecord
from runtime.expression.checker import FUNCTIONS, METHODS
from runtime.expression.expression import Condition
from runtime.expression.expression_error import ExpressionError
from runtime.expression.vocabulary import CALL
from runtime.model.call import Answer, Call, Export, Ports
from runtime.model.element import Buffer, Element
from runtime.model.events import CallFinished
from runtime.model.linked import Role
from tests.support.engine import fakes

PAGE = (Path(__file__).parents[3] / "docs" / "conditions.md").read_text()
FLOW = fakes.flow(
    {"source": Role.SOURCE, "router": Role.ROUTER, "sink": Role.SINK},
    [fakes.edge("source", "router"), fakes.edge("router", "sink", port="logs")],
)


def _block(language: str) -> str:
    found = re.search(rf"(?ms)^```{language}\n(.*?)^```", PAGE)
    assert found is not None
    return found[1]


def _record() -> CallRecord:
    payload = Buffer(_block("json").encode(), "application/json")
    element = Element(7, 7, "source", 42, 0, "application/json", payload)
    call = Call(12, "router", Export.ROUTE, element, "", 0)
    return CallRecord(CallFinished(call, Answer(Ports(("logs",)), 29_000, fuel=4_711), 0), FLOW)


def _examples() -> list[str]:
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and "`" in line]
    last = [re.findall(r"`([^`]+)`", row.split(" | ")[-1]) for row in rows]
    return [_block("cel").strip(), *(text for found in last for text in found)]


def test_every_example_holds() -> None:
    assert len(_examples()) == 27
    without = [text for text in _examples() if not Condition(text).holds(_record())]
    assert without == []


def test_what_is_said_of_missing_values_is_so() -> None:
    part = PAGE.partition("## What is not there")[2].partition("## Mistakes")[0]
    texts = [text.replace("\n", " ") for text in re.findall(r"`([^`]+)`", part)]
    found = [text for text in texts if re.search(r"[=!]", text)]
    assert [Condition(text).holds(_record()) for text in found] == [False, False, True, True]


def test_the_mistake_is_told_as_it_stands_there() -> None:
    told = _block("text").rstrip("\n")
    with pytest.raises(ExpressionError) as raised:
        Condition(told.splitlines()[1].strip())
    assert raised.value.diagnostics[0].message == told


def test_every_field_and_function_is_on_the_page() -> None:
    names = [*(field.name for field in CALL.fields), *FUNCTIONS, *METHODS]
    assert [name for name in names if not re.search(rf"[`.]{name}\b", PAGE)] == []
