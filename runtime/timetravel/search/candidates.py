"""At which of many calls a breakpoint may be met, by columns alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from runtime.breakpoints.active_breakpoint import ActiveBreakpoint
from runtime.breakpoints.call_filter import (
    SIZE_OF_OUTPUTS,
    KnownFields,
    all_of_codes,
    any_of_codes,
    code_for_truth,
    compiled,
    passes_all,
    passes_none,
)
from runtime.breakpoints.output_condition import of_some_output
from runtime.breakpoints.prefilter import Prefilter
from runtime.expression.syntax import SyntaxNode
from runtime.model.events import CallFinished
from runtime.model.linked import LinkedFlow
from runtime.model.measures.time_units import NS_PER_MS
from runtime.protocol.break_places import PlaceKind
from runtime.timetravel.search.call_table import (
    CALL_COLUMNS,
    OUTPUT_COLUMNS,
    CallTable,
    Column,
    EventTable,
    output_column,
)

_MS = f"(duration_ns / {NS_PER_MS})"
_OF_ELEMENT = {"seq": "seq", "size": "size", "content_type": "content_type"}
_OF_CALL = {"node": "node", "export": "export"}
_BEFORE = KnownFields({**_OF_CALL, "edge": "edge", "port": "''", **_OF_ELEMENT}, "given")
_AFTER = KnownFields(
    {
        **_OF_CALL,
        **_OF_ELEMENT,
        "edge": "edge",
        "port": "port",
        "ms": _MS,
        "fuel": "fuel",
        SIZE_OF_OUTPUTS: "count",
    },
    "(size >= 0)",
)
_OF_OUTPUT = {"port": "port", "ms": _MS, "fuel": "fuel", **_OF_ELEMENT}
_OUTPUT = KnownFields({**_OF_CALL, **_OF_OUTPUT, "edge": "''"}, "True", frozenset({"seq"}))
_IN_QUEUE = KnownFields({"node": "node", **_OF_OUTPUT}, "True", frozenset({"seq"}))
_ONE_OUTPUT = KnownFields({"port": "port", **_OF_ELEMENT}, "True", frozenset({"seq"}))
_CALL_OF_OUTPUT = KnownFields({**_OF_CALL, "ms": _MS, "fuel": "fuel"}, "True")

Scan = Callable[[Callable[[str], Column], int], Sequence[int]]
"""Indexes of rows that pass, of the first so many; the columns are asked for by name."""


OF_COLUMNS = frozenset(
    {PlaceKind.INPUT, PlaceKind.EXPORT, PlaceKind.CALL, PlaceKind.OUTPUT, PlaceKind.EDGE}
)
"""Places that the columns of a table tell of."""


class Candidates:
    """What the breakpoints that stand at `OF_COLUMNS` ask of rows; others are left aside.

    A breakpoint of calls may ask for one of the outputs: then it is looked for among these.
    """

    def __init__(self, breakpoints: Sequence[ActiveBreakpoint], flow: LinkedFlow) -> None:
        of_calls: list[str] = []
        of_outputs: list[str] = []
        conditions: list[SyntaxNode | None] = []
        output_conditions: list[SyntaxNode | None] = []
        self.edges: frozenset[int] = frozenset()
        """Edges at which one stands."""
        for one in breakpoints:
            place = one.breakpoint.place
            condition = None if one.condition is None else one.condition.node
            at_node = f"(node == {place.node!a})" if place.node else "True"
            if place.kind not in OF_COLUMNS:
                continue
            match place.kind:
                case PlaceKind.EDGE:
                    for edge in (one for one in flow.edges if one.label == place.edge):
                        at = f"(node == {edge.source!a})", f"(port == {edge.source_port!a})"
                        of_outputs.append(all_of_codes([*at, code_for_truth(condition, _IN_QUEUE)]))
                        self.edges |= {edge.index}
                    output_conditions.append(condition)
                case PlaceKind.OUTPUT:
                    at_port = f"(port == {place.port!a})" if place.port else "True"
                    code = code_for_truth(condition, _OUTPUT)
                    of_outputs.append(all_of_codes([at_node, at_port, code]))
                    output_conditions.append(condition)
                case PlaceKind.CALL if (wanted := of_some_output(condition)) is not None:
                    code = code_for_truth(wanted, _ONE_OUTPUT)
                    call = code_for_truth(condition, _CALL_OF_OUTPUT)
                    of_outputs.append(all_of_codes([at_node, call, code]))
                    output_conditions.append(wanted)
                case _:
                    code = code_for_truth(condition, _BEFORE if one.is_before else _AFTER)
                    of_calls.append(all_of_codes([at_node, _at(one), code]))
                    conditions.append(condition)
        self.calls = _scan(any_of_codes(of_calls), CALL_COLUMNS)
        """Calls that may do."""
        self.outputs = _scan(any_of_codes(of_outputs), OUTPUT_COLUMNS)
        """Of what was put out, what may do."""
        self.payloads = _prefilter(conditions)
        """What the payload of such a call's element needs; None: any may do."""
        self.output_payloads = _prefilter(output_conditions)
        """What the payload of such an output needs."""

    def calls_in(self, table: CallTable, count: int) -> Sequence[int]:
        """Indexes of the calls that may do, of the first so many."""
        return self.calls(table.column, count)

    def outputs_in(self, table: CallTable) -> Sequence[int]:
        """Indexes of what was put out that may do."""
        if self.outputs is _none:
            return ()
        return self.outputs(lambda name: output_column(table, name), table.outputs_in_all)


def events_that_may_do(
    candidates: Candidates, calls: Sequence[CallFinished], flow: LinkedFlow
) -> set[int]:
    """Indexes of the calls at which a breakpoint may be met, of calls that are kept in full."""
    table = EventTable(calls, flow)
    found = set(candidates.calls_in(table, len(calls)))
    needed = candidates.payloads
    if needed is not None and found:
        shown = table.shown
        given = {index: one.payload.data for index in found if (one := shown[index]) is not None}
        found = _passed(needed, given)
    rows: Collection[int] = candidates.outputs_in(table)
    if rows:
        needed = candidates.output_payloads
        outputs = table.outputs
        if needed is not None:
            rows = _passed(needed, {row: outputs[row].element.payload.data for row in rows})
        found.update(outputs[row].call for row in rows)
    return found


def _passed(needed: Prefilter, payloads: Mapping[int, bytes]) -> set[int]:
    """Keys of the payloads that may do; one that several elements share is looked at once."""
    passed = needed.passed({id(data): data for data in payloads.values()})
    return {key for key, data in payloads.items() if id(data) in passed} if passed else set()


def _at(breakpoint: ActiveBreakpoint) -> str:
    """What the place asks of a call besides its node."""
    match breakpoint.breakpoint.place:
        case place if place.kind is PlaceKind.INPUT:
            return "given"
        case place if place.kind is PlaceKind.EXPORT:
            return f"(export == {place.export!a})"
    return "True"


def _prefilter(conditions: Sequence[SyntaxNode | None]) -> Prefilter | None:
    known = [one for one in conditions if one is not None]
    made = Prefilter(known)
    return None if made.passes_all or len(known) < len(conditions) else made


def _scan(code: str, columns: Sequence[str]) -> Scan:
    if passes_all(code):
        return lambda column, count: range(count)
    if passes_none(code):
        return _none
    asked = [name for name in columns if name in compile(code, "<call filter>", "eval").co_names]
    rows = f"[i for i, {', '.join(asked)} in zip(range(n), {', '.join(f'_{one}' for one in asked)})"
    scan = compiled(", ".join(["n", *(f"_{one}" for one in asked)]), f"{rows} if {code}]", {})
    return lambda column, count: scan(count, *map(column, asked))


def _none(column: Callable[[str], Column], count: int) -> Sequence[int]:
    return ()
