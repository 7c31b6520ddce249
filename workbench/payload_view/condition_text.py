"""The condition that asks for what stands under the cursor of a payload."""

from __future__ import annotations

import json

from workbench.payloads.deadline import Deadline, TookTooLongError
from workbench.payloads.documents.document import PayloadPlace
from workbench.payloads.documents.json_members import Members
from workbench.payloads.documents.json_tree import JsonTree

MOST_TEXT = 80
"""Characters of a text that a condition is begun with; a longer one is asked for by its
beginning."""
PATH_S = 0.2
"""How long it may take to find which value a line of JSON shows."""


def condition_at(place: PayloadPlace) -> str:
    """`json.total >= 100`, `json.region == "eu"`, `text.contains("…")`; "" where none asks for it.

    A number is asked for as a least one: the next element has hardly the same.
    """
    if place.path.startswith("$"):
        return _of_value(f"json{place.path[1:]}", place)
    line = place.path.startswith("line ") and not place.kind
    if line and any(map(str.isalnum, place.value)):
        return _checked(f"text.contains({_quoted(place.value.strip()[:MOST_TEXT])})")
    return ""


def value_at(data: bytes, offset: int) -> PayloadPlace | None:
    """The value of JSON that a byte belongs to; None in other data."""
    text = data.decode("latin-1")
    begin = len(text) - len(text.lstrip(" \t\n\r"))
    offset += len(text[offset:]) - len(text[offset:].lstrip(" \t\n\r"))
    if text[offset : offset + 1] in ("}", "]", ""):
        return None
    deadline = Deadline(PATH_S)
    try:
        tree = JsonTree(Members(text, begin))
        return tree.place(tree.row_at(offset, deadline))
    except (ValueError, TookTooLongError):
        return None


def _of_value(path: str, place: PayloadPlace) -> str:
    value = _parsed(place)
    match value:
        case str() if len(value) > MOST_TEXT:
            made = f"{path}.startsWith({_quoted(value[:MOST_TEXT])})"
        case str():
            made = f"{path} == {_quoted(value)}"
        case bool() | None:
            made = f"{path} == {json.dumps(value)}"
        case int() | float():
            made = f"{path} >= {_number(place.value.strip(), value)}"
        case _:
            made = f"{path}.size() > 0"
    return _checked(made)


def _parsed(place: PayloadPlace) -> object:
    """The value; a text that is written without its quotes, such as a table's, as it is."""
    try:
        value: object = json.loads(place.value, strict=False)
    except (ValueError, RecursionError):
        return place.value
    return place.value if place.kind == "string" and not isinstance(value, str) else value


def _number(text: str, value: float) -> str:
    """As it is written; what has no place in 64 bits as a decimal number."""
    return repr(float(value)) if isinstance(value, int) and abs(value) >= 2**63 else text


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _checked(text: str) -> str:
    """The text, when it is a condition; "" else."""
    # Imported when it is asked for first: the first paint waits for no condition.
    from runtime.expression.expression import Condition
    from runtime.expression.expression_error import ExpressionError

    try:
        Condition(text)
    except ExpressionError:
        return ""
    return text
