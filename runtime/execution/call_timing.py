"""Call timing: how long calls took and elements waited for them, gathered from events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from runtime.extension.call_passes import TimesCounted, native_passes
from runtime.model.call import Accepted, Failed
from runtime.model.events import CallFinished
from runtime.model.measures.call_times import CallTimes, NodeTimes
from runtime.model.measures.histogram import Histogram, Spread


class Histograms(NamedTuple):
    """Durations of calls by node, of waits by producer and consumer, and from end to end."""

    calls: dict[str, Histogram]
    waits: dict[tuple[str, str], Histogram]
    end_to_end: Histogram | None


class TimingBefore(NamedTuple):
    """What the calls had come to at a moment, for the figures since then."""

    nodes: dict[str, tuple[Histogram, int]]
    """Durations of calls and fuel, by node."""
    end_to_end: Histogram
    in_calls_ns: int


class CallTiming:
    """Gathers the times of calls. Next to the engine, whose speed and memory it does not touch."""

    def __init__(self) -> None:
        self._nodes: dict[str, _NodeTiming] = {}
        self._end_to_end = Histogram()
        self._in_calls_ns = 0
        passes = native_passes()
        self._native = None if passes is None else passes.CallTimes(Failed, Accepted)
        """Calls that are not counted above yet."""

    def add(self, event: CallFinished) -> None:
        """Take a call."""
        call, answer, began_ns, _, _ = event
        timing = self._nodes.get(call.node) or self._node(call.node)
        duration_ns = answer.duration_ns
        timing.calls.add(duration_ns)
        if answer.fuel:
            timing.fuel += answer.fuel
        element = call.element
        outcome = type(answer.outcome)
        if element is None or outcome is Failed:
            return
        path = element.path
        if not path:
            return
        producer, _, _, given_at_ns, giving_ns = path[-1]
        wait_ns = began_ns - given_at_ns - giving_ns
        if wait_ns:
            timing.wait(producer, wait_ns)
        else:
            at_once = timing.at_once
            at_once[producer] = at_once.get(producer, 0) + 1
        if outcome is Accepted:
            self._end_to_end.add(began_ns + duration_ns - path[0].at_ns)
            self._in_calls_ns += duration_ns
            for hop in path:
                self._in_calls_ns += hop.duration_ns

    def add_all(self, events: Sequence[CallFinished]) -> None:
        """Take calls, in order: the same as `add` of each, in half of its time."""
        if self._native is not None:
            if self._native.add_all(events):
                return
            self._take_native()
        durations: dict[str, list[int]] = {}
        fuels: dict[str, int] = {}
        waits: dict[tuple[str, str], list[int]] = {}
        ends: list[int] = []
        for call, answer, began_ns, _, _ in events:
            _, node, _, element, _, _ = call
            outcome, duration_ns, _, _, _, _, fuel, _ = answer
            if node in durations:
                durations[node].append(duration_ns)
                fuels[node] += fuel
            else:
                durations[node], fuels[node] = [duration_ns], fuel
            if element is None or type(outcome) is Failed or not element.path:
                continue
            path = element.path
            producer, _, _, given_at_ns, giving_ns = path[-1]
            ends_of_wait, wait_ns = (producer, node), began_ns - given_at_ns - giving_ns
            if ends_of_wait in waits:
                waits[ends_of_wait].append(wait_ns)
            else:
                waits[ends_of_wait] = [wait_ns]
            if type(outcome) is Accepted:
                ends.append(began_ns + duration_ns - path[0].at_ns)
                self._in_calls_ns += duration_ns
                for _, _, _, _, hop_ns in path:
                    self._in_calls_ns += hop_ns
        for node, taken in durations.items():
            self._node(node).take(taken, fuels[node])
        for (producer, node), waited in waits.items():
            self._nodes[node].wait_all(producer, waited)
        if ends:
            self._end_to_end.add_all(ends)

    def _take_native(self) -> None:
        if self._native is None:
            return
        nodes, ends, in_calls_ns = self._native.take()
        for node, fuel, calls, waits in nodes:
            timing = self._node(node)
            timing.fuel += fuel
            _count(timing.calls, calls)
            for producer, waited in waits:
                _count(timing.waits.setdefault(producer, Histogram()), waited)
        _count(self._end_to_end, ends)
        self._in_calls_ns += in_calls_ns

    def _node(self, name: str) -> _NodeTiming:
        found = self._nodes.get(name)
        if found is None:
            found = self._nodes[name] = _NodeTiming()
        return found

    def histograms(self) -> Histograms:
        """All durations so far."""
        self._take_native()
        return Histograms(
            {node: timing.calls.copy() for node, timing in self._nodes.items()},
            {
                (producer, node): waits
                for node, timing in self._nodes.items()
                for producer, waits in timing.all_waits().items()
            },
            self._end_to_end.copy(),
        )

    def times(self) -> CallTimes:
        """What the calls came to so far."""
        self._take_native()
        nodes = tuple(
            (node, _node_times(timing.calls, timing.fuel)) for node, timing in self._nodes.items()
        )
        waits = tuple(
            ((producer, node), _spread(waits))
            for node, timing in self._nodes.items()
            for producer, waits in timing.all_waits().items()
        )
        return CallTimes(nodes, self._end_to_end.spread(), self._in_calls_ns, waits)

    def before(self) -> TimingBefore:
        """What to give to `times_since` later."""
        self._take_native()
        return TimingBefore(
            {node: (timing.calls.copy(), timing.fuel) for node, timing in self._nodes.items()},
            self._end_to_end.copy(),
            self._in_calls_ns,
        )

    def times_since(self, before: TimingBefore) -> CallTimes:
        """What the calls came to since a moment, without waits."""
        self._take_native()
        nodes = []
        for node, timing in self._nodes.items():
            calls, fuel = before.nodes.get(node, (None, 0))
            later = timing.calls if calls is None else timing.calls.since(calls)
            if later.count:
                nodes.append((node, _node_times(later, timing.fuel - fuel)))
        return CallTimes(
            tuple(nodes),
            self._end_to_end.since(before.end_to_end).spread(),
            self._in_calls_ns - before.in_calls_ns,
        )


class _NodeTiming:
    """The calls of one node, and the waits of its elements by the node they came from."""

    __slots__ = ("at_once", "calls", "fuel", "waits")

    def __init__(self) -> None:
        self.calls = Histogram()
        self.fuel = 0
        self.waits: dict[str, Histogram] = {}
        self.at_once: dict[str, int] = {}
        """Elements that did not wait: where consumers are called first, nearly all."""

    def wait(self, producer: str, wait_ns: int) -> None:
        """Count an element that waited."""
        waits = self.waits.get(producer)
        if waits is None:
            waits = self.waits[producer] = Histogram()
        waits.add(wait_ns)

    def take(self, durations_ns: Sequence[int], fuel: int) -> None:
        """Count calls, and the fuel they used."""
        self.calls.add_all(durations_ns)
        self.fuel += fuel

    def wait_all(self, producer: str, waits_ns: Sequence[int]) -> None:
        """Count elements that waited, and those that did not."""
        waited = [wait_ns for wait_ns in waits_ns if wait_ns]
        if waited:
            self.waits.setdefault(producer, Histogram()).add_all(waited)
        if at_once := len(waits_ns) - len(waited):
            self.at_once[producer] = self.at_once.get(producer, 0) + at_once

    def all_waits(self) -> dict[str, Histogram]:
        """The waits with those of no time."""
        found = {producer: waits.copy() for producer, waits in self.waits.items()}
        for producer, count in self.at_once.items():
            found.setdefault(producer, Histogram()).add(0, count)
        return found


def _count(histogram: Histogram, counted: TimesCounted | None) -> None:
    if counted is not None:
        histogram.add_counts(*counted)


def _node_times(calls: Histogram, fuel: int) -> NodeTimes:
    return NodeTimes(calls.spread_above_zero(), fuel, calls.zeros)


def _spread(durations: Histogram) -> Spread:
    spread = durations.spread()
    assert spread is not None, "a histogram is there from its first value on"
    return spread
