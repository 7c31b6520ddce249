"""Back-pressure: episodes of full queues, and the signals sources get for them."""

from __future__ import annotations

from runtime.engine.flow_run import FlowRun
from runtime.engine.readiness import Readiness
from runtime.engine.records import NEVER, EdgeRecord, NodeRecord
from runtime.model.call import Signal
from runtime.model.events import BackpressureBegan, BackpressureEnded, SourceSignalled


class Pressure:
    """An episode lasts from a queue reaching its capacity to its falling to the low mark."""

    __slots__ = ("_readiness", "_run")

    def __init__(self, run: FlowRun, readiness: Readiness) -> None:
        self._run = run
        self._readiness = readiness

    def begin(self, edge: EdgeRecord) -> None:
        """Begin an episode; a source that the edge holds is to pause."""
        now = self._run.now_ns
        edge.full = True
        edge.began_ns = now
        edge.drained = 0
        edge.episodes += 1
        edge.episode_held_ns = 0
        edge.full_to_held_ns = NEVER
        self._run.events.append(BackpressureBegan(now, edge.index))
        if edge.holds and edge.producer.is_source:
            self._pause(edge.producer)

    def end(self, edge: EdgeRecord) -> None:
        """End the episode; a source that nothing holds any more is to go on."""
        now = self._run.now_ns
        if edge.held_since_ns != NEVER:
            edge.episode_held_ns += now - edge.held_since_ns
            edge.held_since_ns = NEVER
        edge.full = False
        edge.held_ns += edge.episode_held_ns
        self._run.events.append(
            BackpressureEnded(
                now,
                edge.index,
                edge.began_ns,
                edge.episode_held_ns,
                edge.drained,
                max(edge.full_to_held_ns, 0),
            )
        )
        if edge.producer.paused:
            self.review(edge.producer)

    def review(self, source: NodeRecord) -> None:
        """Have the source pause, or go on, as the queues that hold it are now."""
        if any(edge.full and edge.holds for edge in source.outputs):
            self._pause(source)
        elif source.paused:
            self._unpause(source)

    def signalled(self, node: NodeRecord) -> None:
        """The source has been given its signal."""
        if node.signal is None:
            return
        self._run.events.append(SourceSignalled(self._run.now_ns, node.name, node.signal))
        self.give_up_signal(node)

    def renewed(self, node: NodeRecord) -> None:
        """The source is a new instance, which was told nothing.

        It needs no `ready`; while its queues are full it is told to pause as its next call.
        """
        if node.signal is Signal.READY:
            self.give_up_signal(node)
        elif node.paused and node.signal is None:
            self._set_signal(node, Signal.PAUSE)

    def give_up_signal(self, node: NodeRecord) -> None:
        """Count the signal as given: telling the source failed, or is not needed."""
        if node.signal is Signal.READY:
            node.paused = False
        self._set_signal(node, None)

    def forget(self, node: NodeRecord) -> None:
        """An exhausted source gets no signals."""
        node.paused = False
        self._set_signal(node, None)

    def _pause(self, source: NodeRecord) -> None:
        if source.signal is Signal.READY:
            # It was told to pause before, and was not told anything since.
            self._set_signal(source, None)
        elif not source.exhausted and not source.paused:
            source.paused = True
            self._set_signal(source, Signal.PAUSE)

    def _unpause(self, source: NodeRecord) -> None:
        if source.signal is Signal.PAUSE:
            # The pause passed before the source was told of it.
            source.paused = False
            self._set_signal(source, None)
        else:
            self._set_signal(source, Signal.READY)

    def _set_signal(self, source: NodeRecord, signal: Signal | None) -> None:
        source.signal = signal
        self._readiness.set_urgent(source, signal is not None)
        self._readiness.refresh(source)
