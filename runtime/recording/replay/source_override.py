"""Sources fed from files, in a run of real components."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.engine.invoker import ClosableInvoker
from runtime.model.call import Answer, Call, Exhausted, Export, Finished
from runtime.recording.replay.input_feed import Feed


class _StopWaitingError(Exception):
    """Ends a wait for input."""


class SourceOverride:
    """A `ClosableInvoker` whose sources are fed; every other call is made by `real`."""

    def __init__(self, real: ClosableInvoker, feeds: Mapping[str, Feed]) -> None:
        self._real = real
        self._invoke = real.invoke
        self._feeds = feeds
        self._waiting = False

    def invoke(self, call: Call) -> Answer:
        """Make the call, or answer it from a feed."""
        feed = self._feeds.get(call.node)
        if feed is None:
            return self._invoke(call)
        if call.export is not Export.PULL:
            return Answer(Finished())
        try:
            self._waiting = True
            try:
                return Answer(feed.pull())
            finally:
                self._waiting = False
        except _StopWaitingError:
            return Answer(Exhausted())

    def stop_waiting(self) -> None:
        """End a wait for input, e.g. from a terminal; the source is then exhausted.

        For a signal handler on the thread that makes the calls: it raises through the wait.
        """
        if self._waiting:
            self._waiting = False
            raise _StopWaitingError

    def interrupt(self) -> None:
        """See `ClosableInvoker.interrupt`."""
        self._real.interrupt()

    def close(self) -> None:
        """Free every instance, and close the feeds. Idempotent."""
        self._real.close()
        for feed in self._feeds.values():
            feed.close()
