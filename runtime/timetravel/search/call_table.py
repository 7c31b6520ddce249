"""Calls that follow one another, by what is known of each at little cost: column by column."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from runtime.expression.call_record import CallRecord
from runtime.model.call import Export
from runtime.model.element import Element
from runtime.model.events import CallFinished
from runtime.model.linked import USUAL_PORT, LinkedFlow
from runtime.recording.ring.call_columns import CallColumns, PutOut

Column = Sequence[Any]
CALL_COLUMNS = (
    "node", "export", "edge", "seq", "size", "content_type", "duration_ns", "fuel", "port", "count",
    "given",
)  # fmt: skip
"""Columns of a table: what a condition over a call asks for. `size` is -1 without an element,
`count` how many outputs there are, and `given` says whether the element was given to the call."""
OUTPUT_COLUMNS = ("node", "export", "duration_ns", "fuel", "port", "seq", "size", "content_type")
"""Columns of what the calls put out; `seq` is None where it is not known."""


_SENDING_ON = (Export.EVALUATE, Export.ROUTE)
"""Calls that send the element on that they were given."""


class CallTable(Protocol):
    """Reads a column when it is asked for."""

    def __len__(self) -> int:
        """Calls in it."""
        ...

    def column(self, name: str) -> Column:
        """One of `CALL_COLUMNS`."""
        ...

    @property
    def outputs_in_all(self) -> int:
        """How much the calls put out."""
        ...

    @property
    def put_out(self) -> Sequence[PutOut]:
        """What the calls put out."""
        ...


def output_column(table: CallTable, name: str) -> Column:
    """One of `OUTPUT_COLUMNS`."""
    match name:
        case "port":
            return [one.port for one in table.put_out]
        case "seq":
            return [one.sequence for one in table.put_out]
        case "size":
            return [one.size for one in table.put_out]
        case "content_type":
            return [one.content_type for one in table.put_out]
    column = table.column(name)
    return [column[one.call] for one in table.put_out]


class CompactTable:
    """The calls of a compact chunk."""

    def __init__(
        self, columns: CallColumns, flow: LinkedFlow, wanted: Container[int] | None = None
    ) -> None:
        """`flow` is the one that the calls were made in; see `CallColumns.put_out`."""
        self.columns = columns
        self._wanted = wanted
        self._flow = flow

    def __len__(self) -> int:
        """Calls in it."""
        return len(self.columns.kind)

    def column(self, name: str) -> Column:
        """See `CallTable.column`."""
        columns = self.columns
        match name:
            case "node":
                return self._by_kind([kind.node for kind in columns.kinds])
            case "export":
                return self._by_kind([kind.export for kind in columns.kinds])
            case "given":
                return self._by_kind([kind.source is not None for kind in columns.kinds])
            case "edge":
                edges = [kind.edge for kind in columns.kinds]
                labels = [one.label for one in self._flow.edges]
                return self._by_kind(["" if edge is None else labels[edge] for edge in edges])
            case "content_type":
                return [columns.content_types[number] for number in columns.content_type]
            case "seq":
                return columns.sequence
            case "count":
                return list(map(len, columns.ports))
            case "port":
                return [ports[0] if ports else "" for ports in columns.ports]
        found: Column = getattr(columns, name)
        return found

    @cached_property
    def put_out(self) -> Sequence[PutOut]:
        """See `CallTable.put_out`."""
        return self.columns.put_out(self._wanted)

    @property
    def outputs_in_all(self) -> int:
        """See `CallTable.outputs_in_all`."""
        return len(self.put_out)

    def _by_kind(self, values: Sequence[Any]) -> Column:
        return [values[number] for number in self.columns.kind]


class CallOutput(NamedTuple):
    """An element that a call put out at a port."""

    call: int
    """Index of the call."""
    port: str
    element: Element


class EventTable:
    """Calls that are kept in full."""

    def __init__(self, calls: Sequence[CallFinished], flow: LinkedFlow) -> None:
        """`flow` is the one that the calls were made in."""
        self.calls = calls
        self._flow = flow

    def __len__(self) -> int:
        """Calls in it."""
        return len(self.calls)

    @cached_property
    def shown(self) -> list[Element | None]:
        """The element that each call was given, else the first that it put out."""
        return [one.call.element or (one.outputs[0] if one.outputs else None) for one in self.calls]

    def column(self, name: str) -> Column:
        """See `CallTable.column`."""
        calls = self.calls
        match name:
            case "node":
                return [one.call.node for one in calls]
            case "export":
                return [one.call.export for one in calls]
            case "given":
                return [one.call.element is not None for one in calls]
            case "edge":
                labels = [one.label for one in self._flow.edges]
                edges = [one.call.edge for one in calls]
                return ["" if edge is None else labels[edge] for edge in edges]
            case "seq":
                return [0 if one is None else one.sequence for one in self.shown]
            case "size":
                return [-1 if one is None else len(one.payload.data) for one in self.shown]
            case "content_type":
                return ["" if one is None else one.content_type for one in self.shown]
            case "duration_ns":
                return [one.answer.duration_ns for one in calls]
            case "fuel":
                return [one.answer.fuel for one in calls]
            case "count":
                return list(map(len, self._ports))
            case "port":
                return [ports[0] if ports else "" for ports in self._ports]
        raise AssertionError(name)

    @cached_property
    def outputs(self) -> list[CallOutput]:
        """What the calls put out, made by them or sent on."""
        found: list[CallOutput] = []
        for index, event in enumerate(self.calls):
            made = event.outputs
            if made:
                found += [CallOutput(index, USUAL_PORT, one) for one in made]
                continue
            given = event.call.element
            if given is not None and event.call.export in _SENDING_ON:
                sent = CallRecord(event, self._flow).outputs
                found += [CallOutput(index, one.port, given) for one in sent]
        return found

    @property
    def outputs_in_all(self) -> int:
        """See `CallTable.outputs_in_all`."""
        return len(self.outputs)

    @cached_property
    def put_out(self) -> Sequence[PutOut]:
        """See `CallTable.put_out`."""
        return [
            PutOut(index, one.id, port, one.sequence, len(one.payload.data), one.content_type)
            for index, port, one in self.outputs
        ]

    @cached_property
    def _ports(self) -> list[list[str]]:
        found: list[list[str]] = [[] for _ in self.calls]
        for index, port, _ in self.outputs:
            found[index].append(port)
        return found
