"""All breakpoints of a flow, by where they are asked.

A call at which no breakpoint stands costs one look into a dictionary; a payload is parsed once for
all conditions that ask for it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from runtime.breakpoints.active_breakpoint import ActiveBreakpoint, switched_off_after
from runtime.breakpoints.break_records import DeliveryRecord, NextCallRecord, put_out
from runtime.expression.call_record import CallRecord, ElementRecord
from runtime.expression.expression import NO_VALUE, any_of
from runtime.model.call import Call, FailureKind
from runtime.model.events import (
    BackpressureBegan,
    CallFinished,
    ElementDropped,
    Event,
    NodeFailed,
    Released,
)
from runtime.model.linked import LinkedFlow
from runtime.model.measures.time_units import NS_PER_MS
from runtime.protocol.break_places import BreakPlace, PlaceKind
from runtime.protocol.breakpoints import (
    VALUE_CHARACTERS,
    BreakHit,
    Breakpoint,
    BreakpointRow,
    Then,
)

MOST_BREAKPOINTS = 100
SLOW_TIMES = 10
"""A slow call takes so many times the average of the node's calls before it."""
SLOW_CALLS = 20
"""Calls of a node after which one can be slow."""


class BreakpointSet:
    """Asked before each call and after it; gives the hits that act, in the breakpoints' order."""

    def __init__(self, flow: LinkedFlow) -> None:
        self._flow = flow
        self._all: dict[int, ActiveBreakpoint] = {}
        self._spent: dict[str, tuple[int, int]] = {}
        self._place_all()

    # ---- which there are

    @property
    def definitions(self) -> tuple[Breakpoint, ...]:
        """As they are set now."""
        return tuple(one.breakpoint for one in self._all.values())

    @property
    def switched_on(self) -> tuple[ActiveBreakpoint, ...]:
        """Those that are asked."""
        return tuple(one for one in self._all.values() if one.breakpoint.on)

    def fields(self) -> tuple[frozenset[str], ...]:
        """What the condition of each asks for."""
        conditions = (one.condition for one in self._all.values())
        return tuple(frozenset() if one is None else one.fields for one in conditions)

    def rows(self) -> tuple[BreakpointRow, ...]:
        """What the screen hears of them."""
        return tuple(one.row(self._flow) for one in self._all.values())

    def put(self, breakpoint: Breakpoint) -> Breakpoint:
        """Add one, or put it in the place of the one with its number; its number is given back.

        Counts stay when place and condition do.

        Raises:
            ExpressionError: see `ActiveBreakpoint`.
            ValueError: there are too many.
        """
        number = breakpoint.number or max(self._all, default=0) + 1
        if number not in self._all and len(self._all) >= MOST_BREAKPOINTS:
            raise ValueError(f"there are {MOST_BREAKPOINTS} breakpoints already: take some away")
        breakpoint = replace(breakpoint, number=number)
        made = ActiveBreakpoint(breakpoint)
        before = self._all.get(number)
        if before is not None:
            was = before.breakpoint
            if (was.place, was.condition) == (breakpoint.place, breakpoint.condition):
                made.hits, made.last_call = before.hits, before.last_call
        self._all[number] = made
        self._place_all()
        return breakpoint

    def another_like(self, wanted: Breakpoint) -> Breakpoint | None:
        """Another one that does what is wanted; None where the one of that number did so before."""
        before = self._all.get(wanted.number)
        if before is not None and before.breakpoint.does_as(wanted):
            return None
        alike = (one.breakpoint for one in self._all.values() if one.breakpoint.does_as(wanted))
        return next(alike, None)

    def remove(self, number: int) -> None:
        """Forget one."""
        self._all.pop(number, None)
        self._place_all()

    def follow(self, flow: LinkedFlow) -> None:
        """The flow has another graph."""
        if flow is not self._flow:
            self._flow = flow
            self._place_all()

    def _place_all(self) -> None:
        before: dict[str, list[ActiveBreakpoint]] = {}
        calls: dict[str, list[ActiveBreakpoint]] = {}
        outputs: dict[str, list[ActiveBreakpoint]] = {}
        edges: dict[int, list[ActiveBreakpoint]] = {}
        events: dict[PlaceKind, list[ActiveBreakpoint]] = {}
        for one in self._all.values():
            place = one.breakpoint.place
            nodes = [place.node] if place.node else [node.name for node in self._flow.nodes]
            match place.kind:
                case _ if not one.breakpoint.on:
                    continue
                case PlaceKind.EDGE:
                    for edge in self._flow.edges:
                        if edge.label == place.edge:
                            edges.setdefault(edge.index, []).append(one)
                case PlaceKind.OUTPUT:
                    _stand(one, nodes, outputs)
                case PlaceKind.INPUT | PlaceKind.EXPORT | PlaceKind.CALL if one.is_before:
                    _stand(one, nodes, before)
                case PlaceKind.CALL | PlaceKind.SLOW_CALL:
                    _stand(one, nodes, calls)
                case kind:
                    events.setdefault(kind, []).append(one)
        self._before = {node: Standing(ones) for node, ones in before.items()}
        self._calls = {node: Standing(ones) for node, ones in calls.items()}
        self._outputs = {node: Standing(ones) for node, ones in outputs.items()}
        self._edges = {edge: Standing(ones) for edge, ones in edges.items()}
        self._events = {kind: Standing(ones) for kind, ones in events.items()}
        self.asks_before = bool(before)
        """Whether one is asked before a call is made."""
        self.asks_after = bool(calls or outputs or edges or events)
        """Whether one is asked about what happened."""

    # ---- what is met

    def before(self, call: Call) -> list[BreakHit]:
        """The hits right before a call."""
        if call.node not in self._before:
            return []
        return self.met_before(NextCallRecord(call, self._flow), call.number)

    @property
    def nodes_before(self) -> Container[str]:
        """Nodes before whose calls a breakpoint is asked."""
        return self._before

    def met_before(self, record: ElementRecord, number: int) -> list[BreakHit]:
        """The hits before a call of one of `nodes_before`."""
        standing = self._before[record.node]
        return [] if standing.is_quiet(record) else self._met(standing, record, number)

    @property
    def nodes_called(self) -> Container[str]:
        """Nodes after whose calls a breakpoint of calls is asked."""
        return self._calls

    def met_called(self, record: ElementRecord, number: int) -> list[BreakHit]:
        """The hits after a call of one of `nodes_called`, slow calls aside."""
        standing = self._calls[record.node]
        return [] if standing.is_quiet(record) else self._met(standing, record, number)

    def after(self, events: Iterable[Event]) -> list[BreakHit]:
        """The hits among what a call led to."""
        found: list[BreakHit] = []
        number = 0
        for event in events:
            if isinstance(event, CallFinished):
                number = event.call.number
                found += self._of_call(event)
            elif isinstance(event, Released):
                if self._edges:
                    found += self._of_edges(event, None, number)
            elif self._events:
                found += self._of_event(event, number)
        return found

    def happened(self, kind: PlaceKind, node: str, call: int, about: str = "") -> list[BreakHit]:
        """The hits at something that the engine knows nothing of: a swap, a denied grant.

        `about` says what it was.
        """
        return self._of_kinds((kind,), DeliveryRecord(node, None), call, about)

    def _of_call(self, event: CallFinished) -> list[BreakHit]:
        node, number = event.call.node, event.call.number
        calls, outputs = self._calls.get(node), self._outputs.get(node)
        if calls is None and outputs is None and not self._edges:
            return []
        record = CallRecord(event, self._flow)
        found: list[BreakHit] = []
        if calls is not None:
            slow = self._slowness(event)
            if slow or not calls.is_quiet(record):
                found += self._met(calls, record, number, slow)
        if outputs is not None:
            for output in put_out(record):
                if not outputs.is_quiet(output):
                    found += self._met(outputs, output, number)
        if self._edges and event.deliveries:
            found += self._of_edges(event, record, number)
        return found

    def _slowness(self, event: CallFinished) -> str:
        """How slow the call was; "" when it was not."""
        node, took = event.call.node, event.answer.duration_ns
        calls, spent = self._spent.get(node, (0, 0))
        self._spent[node] = calls + 1, spent + took
        if calls < SLOW_CALLS or took * calls < spent * SLOW_TIMES or took <= 0:
            return ""
        times = f", {took * calls / spent:,.0f} times its average" if spent else ""
        return f"{took / NS_PER_MS:.3g} ms{times}"

    def _of_edges(
        self, event: CallFinished | Released, call: CallRecord | None, number: int
    ) -> list[BreakHit]:
        found: list[BreakHit] = []
        for delivery in event.deliveries:
            standing = self._edges.get(delivery.edge)
            if standing is None:
                continue
            edge = self._flow.edges[delivery.edge]
            record = DeliveryRecord(
                edge.source, delivery.element, edge=edge.label, port=edge.source_port, call=call
            )
            if not standing.is_quiet(record):
                found += self._met(standing, record, number)
        return found

    def _of_event(self, event: Event, number: int) -> list[BreakHit]:
        match event:
            case NodeFailed(node=node, call=call, element=element, failure=failure):
                kinds = [PlaceKind.ERROR]
                if failure.kind is FailureKind.NO_SUCH_PORT:
                    kinds.append(PlaceKind.NO_SUCH_PORT)
                about = f"{failure.name}: {failure.message}"[:VALUE_CHARACTERS]
                return self._of_kinds(kinds, DeliveryRecord(node, element), call, about)
            case ElementDropped(element=element, reason=reason, node=node, edge=edge):
                if not reason.lost:
                    return []
                record = DeliveryRecord(node, element, edge=self._label(edge))
                return self._of_kinds((PlaceKind.DROP,), record, number, reason.value)
            case BackpressureBegan(edge=edge):
                source = self._flow.edges[edge].source
                record = DeliveryRecord(source, None, edge=self._label(edge))
                return self._of_kinds((PlaceKind.BACKPRESSURE,), record, number)
            case _:
                return []

    def _of_kinds(
        self, kinds: Iterable[PlaceKind], record: ElementRecord, number: int, about: str = ""
    ) -> list[BreakHit]:
        found: list[BreakHit] = []
        for kind in kinds:
            standing = self._events.get(kind)
            if standing is not None:
                found += [replace(hit, about=about) for hit in self._met(standing, record, number)]
        return found

    def _label(self, edge: int | None) -> str:
        return "" if edge is None else self._flow.edges[edge].label

    def _met(
        self, standing: Standing, record: ElementRecord, call: int, slow: str = ""
    ) -> list[BreakHit]:
        """`slow` says how slow a call was that was."""
        found: list[BreakHit] = []
        for one in standing.breakpoints:
            place = one.breakpoint.place
            if _is_at(place, record, slow=bool(slow)) and one.meets(record, call):
                hit = one.hit(record, call)
                is_slow = place.kind is PlaceKind.SLOW_CALL
                found.append(replace(hit, about=slow) if is_slow else hit)
                if switched_off_after(one.breakpoint):
                    one.breakpoint = replace(one.breakpoint, on=False)
        if any(not hit.breakpoint.on or switched_off_after(hit.breakpoint) for hit in found):
            self._place_all()
        return found


class Standing:
    """Breakpoints at one place."""

    def __init__(self, breakpoints: Sequence[ActiveBreakpoint]) -> None:
        self.breakpoints = tuple(breakpoints)
        conditions = [one.condition for one in breakpoints if one.condition is not None]
        joined = len(conditions) == len(breakpoints) and not any(
            "hits" in one.fields for one in conditions
        )
        words = {one.vocabulary for one in conditions}
        self._any = any_of(conditions) if joined and len(words) == 1 else None
        self._need_element = all(one.needs_element for one in conditions)

    def is_quiet(self, record: ElementRecord) -> bool:
        """Whether no condition holds, and none needs to be counted: found out for all at once."""
        if self._any is None:
            return False
        if self._need_element and not record.has_element:
            return True
        try:
            return not self._any(record)
        except NO_VALUE:
            return False


def _stand(
    one: ActiveBreakpoint, nodes: Iterable[str], by_node: dict[str, list[ActiveBreakpoint]]
) -> None:
    for node in nodes:
        by_node.setdefault(node, []).append(one)


def _is_at(place: BreakPlace, record: ElementRecord, *, slow: bool) -> bool:
    match place.kind:
        case PlaceKind.EDGE:
            return True
        case PlaceKind.INPUT:
            return record.has_element
        case PlaceKind.EXPORT:
            return place.export == record.export
        case PlaceKind.OUTPUT:
            return place.port in ("", record.port)
        case PlaceKind.SLOW_CALL:
            return slow
        case _:
            return place.node in ("", record.node)


def stops(hit: BreakHit) -> bool:
    """Whether the flow stands still at the hit."""
    return hit.breakpoint.then in (Then.STOP, Then.ONCE)
