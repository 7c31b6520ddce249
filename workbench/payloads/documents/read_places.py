"""Where in a payload stands what a condition looked at."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from runtime.expression.expression import Condition
from runtime.expression.patterns import LinearPattern
from runtime.expression.syntax import (
    Has,
    Index,
    Invocation,
    Literal,
    Macro,
    Member,
    Name,
    SyntaxNode,
    children,
)
from runtime.model.errors import StudioError
from workbench.payloads.deadline import Deadline, TookTooLongError
from workbench.payloads.documents.condition_reads import ConditionReads, Steps
from workbench.payloads.documents.document import PayloadDocument
from workbench.payloads.documents.json_members import Members

MOST_PLACES = 1_000
"""Places of one payload that are marked."""

ANY_CELLS = 80

_SEARCHES = ("contains", "startsWith", "endsWith", "matches")


def condition_reads(condition: Condition) -> ConditionReads:
    """What it reads of a payload; what depends on an item of a list is the list."""
    paths: dict[Steps, None] = {}
    words: dict[tuple[str, str], None] = {}
    waiting: list[tuple[SyntaxNode, frozenset[str]]] = [(condition.node, frozenset())]
    while waiting:
        node, items = waiting.pop()
        steps = _steps(node, items)
        if steps is not None:
            paths[steps] = None
            continue
        match node:
            case Invocation(
                function=function, arguments=[Name(name="text"), Literal(value=str(text))]
            ):
                if function in _SEARCHES and text:
                    words[function, text] = None
            case Macro():
                waiting.append((node.operand, items))
                waiting.append((node.body, items | {node.variable}))
                continue
        waiting += [(child, items) for child in children(node)]
    return ConditionReads(tuple(paths), tuple(words))


def read_offsets(document: PayloadDocument, reads: ConditionReads, deadline: Deadline) -> list[int]:
    """Where in the document's data stands what was read, in order; as much of it as there is
    time for."""
    data = document.data
    found: set[int] = set()
    try:
        for steps in reads.paths:
            offset = _offset(data.decode("latin-1"), steps, deadline)
            if offset is not None:
                found.add(offset)
        for function, text in reads.words:
            for offset in _word_offsets(data, function, text):
                deadline.check()
                found.add(offset)
                if len(found) >= MOST_PLACES:
                    break
    except TookTooLongError:
        pass
    return sorted(found)


def opened_offsets(document: PayloadDocument, offsets: Sequence[int], deadline: Deadline) -> None:
    """Open what is folded around these places, as far as there is time for it."""
    document.fit(ANY_CELLS)  # rows are asked for, and there are none before a width is known
    try:
        for offset in offsets:
            document.row_at(offset, deadline)
    except TookTooLongError:
        pass


def is_read(document: PayloadDocument, row: int, offsets: Sequence[int]) -> bool:
    """Whether the row shows one of these places, or has it folded."""
    begin = document.offset_of(row)
    end = document.offset_of(row + 1) if row + 1 < document.rows else len(document.data) + 1
    at = bisect_left(offsets, begin)
    return at < len(offsets) and offsets[at] < max(end, begin + 1)


def _steps(node: SyntaxNode, items: frozenset[str]) -> Steps | None:
    """Its way from `json`; None for anything else."""
    match node:
        case Name(name="json") if "json" not in items:
            return ()
        case Member(operand=operand, name=str(step)) | Has(operand=operand, name=str(step)):
            pass
        case Index(operand=operand, index=Literal(value=str(step))):
            pass
        case Index(operand=operand, index=Literal(value=int(step))):
            pass
        case _:
            return None
    above = _steps(operand, items)
    return None if above is None else (*above, step)


def _offset(text: str, steps: Steps, deadline: Deadline) -> int | None:
    """Where the value begins, with its key; None where there is none."""
    offset = start = len(text) - len(text.lstrip(" \t\n\r"))
    for step in steps:
        try:
            members = Members(text, start)
        except ValueError:
            return None
        index = _member(members, step, deadline)
        if index is None:
            return None
        offset, start = members.begin(index), members.span(index)[0]
    return offset


def _member(members: Members, step: str | int, deadline: Deadline) -> int | None:
    if isinstance(step, int):
        members.read(step + 1, deadline)
        return step if not members.is_object and 0 <= step < len(members) else None
    members.read(len(members.text), deadline)
    if not members.is_object:
        return None
    found = None
    for index in range(len(members)):  # of keys that stand twice, the last one counts
        if _name(members.key(index)) == step:
            found = index
    return found


def _name(key: str) -> str:
    name: str = json.loads(key, strict=False)
    return name


def _word_offsets(data: bytes, function: str, text: str) -> Iterator[int]:
    word = text.encode("utf-8", "surrogateescape")
    if function == "matches":
        try:
            pattern = LinearPattern(text, as_written=True)
        except StudioError:
            return
        yield from (begin for begin, _ in pattern.found_in(data))
    elif function == "startsWith":
        yield 0
    elif function == "endsWith":
        yield max(len(data) - len(word), 0)
    else:
        at = data.find(word)
        while at >= 0:
            yield at
            at = data.find(word, at + len(word))
