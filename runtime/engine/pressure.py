"""Back-pressure: episodes of full queues, and the signals sources get for them.

An episode lasts from a queue reaching its capacity to its falling to the low mark.
"""

from __future__ import annotations

from runtime.engine.flow_run import FlowRun
from runtime.engine.records import NEVER, EdgeRecord, NodeRecord
from runtime.engine.scheduling import readiness
from runtime.model.call import Signal
from runtime.model.events import BackpressureBegan, BackpressureEnded, SourceSignalled
from runtime.model.named_tuples.constructors import new_began, new_ended

# Members of an enum are slow to reach by name, and these are needed in each episode.
_PAUSE = Signal.PAUSE
_READY = Signal.READY


def begin(run: FlowRun, edge: EdgeRecord) -> None:
    """Begin an episode; a source that the edge blocks is to pause."""
    now = run.now_ns
    edge.full = True
    edge.began_ns = now
    edge.drained_before += edge.drained
    edge.drained = 0
    edge.episodes += 1
    edge.episode_blocked_ns = 0
    edge.full_to_blocked_ns = NEVER
    if edge.blocked_since_ns != NEVER:
        edge.paced_ns += now - edge.blocked_since_ns
        edge.blocked_since_ns = now
        edge.full_to_blocked_ns = 0
    run.events.append(new_began(BackpressureBegan, (now, edge.index)))
    if not edge.blocks_when_full:
        return
    source = edge.producer
    if not source.is_source or (source.paused and source.signal is not _PAUSE):
        edge.suspended_at_once += 1
        if source.signal is _READY:
            _pause(run, source)
    elif not source.exhausted:
        edge.suspends = True
        _pause(run, source)


def end(run: FlowRun, edge: EdgeRecord) -> None:
    """End the episode; a source that nothing blocks any more is to go on."""
    now = run.now_ns
    if edge.blocked_since_ns != NEVER:
        edge.episode_blocked_ns += now - edge.blocked_since_ns
        edge.blocked_since_ns = now if edge.blocked or edge.pending else NEVER
    edge.full = edge.suspends = False
    edge.episodes_blocked_ns += edge.episode_blocked_ns
    run.events.append(
        new_ended(
            BackpressureEnded,
            (
                now,
                edge.index,
                edge.began_ns,
                edge.episode_blocked_ns,
                edge.drained,
                max(edge.full_to_blocked_ns, 0),
            ),
        )
    )
    if edge.producer.paused:
        review(run, edge.producer)


def review(run: FlowRun, source: NodeRecord) -> None:
    """Have the source pause, or go on, as the queues that hold it are now."""
    for edge in source.outputs:
        if edge.full and edge.blocks_when_full:
            _pause(run, source)
            return
    if source.paused:
        _unpause(run, source)


def signalled(run: FlowRun, node: NodeRecord) -> None:
    """The source has been given its signal."""
    if node.signal is None:
        return
    run.events.append(SourceSignalled(run.now_ns, node.name, node.signal))
    give_up_signal(run, node)


def renewed(run: FlowRun, node: NodeRecord) -> None:
    """The source is a new instance, which was told nothing.

    It needs no `ready`; while its queues are full it is told to pause as its next call.
    """
    if node.signal is _READY:
        give_up_signal(run, node)
    elif node.paused and node.signal is None:
        _set_signal(run, node, _PAUSE)


def give_up_signal(run: FlowRun, node: NodeRecord) -> None:
    """Count the signal as given: telling the source failed, or is not needed."""
    if node.signal is _READY:
        node.paused = False
    else:
        for edge in node.outputs:
            if edge.suspends:
                edge.suspended(run.now_ns)
    _set_signal(run, node, None)


def forget(run: FlowRun, node: NodeRecord) -> None:
    """An exhausted source gets no signals."""
    node.paused = False
    _set_signal(run, node, None)


def _pause(run: FlowRun, source: NodeRecord) -> None:
    if source.signal is _READY:
        # It was told to pause before, and was not told anything since.
        _set_signal(run, source, None)
    elif not source.exhausted and not source.paused:
        source.paused = True
        _set_signal(run, source, _PAUSE)


def _unpause(run: FlowRun, source: NodeRecord) -> None:
    if source.signal is _PAUSE:
        # The pause passed before the source was told of it.
        source.paused = False
        _set_signal(run, source, None)
    else:
        _set_signal(run, source, _READY)


def _set_signal(run: FlowRun, source: NodeRecord, signal: Signal | None) -> None:
    source.signal = signal
    readiness.set_urgent(run, source, signal is not None)
    readiness.refresh(run, source)
