"""A session driven request by request, with everything it showed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime.child.pipe_messages import Opener
from runtime.model.snapshot import FlowSnapshot
from runtime.opening.open import FlowOpener, SessionOptions
from runtime.protocol.branch_comparison import BranchComparison
from runtime.protocol.logs.event_lines import EventLine
from runtime.protocol.logs.printed_chunks import PrintedChunk
from runtime.protocol.requests import Continue, JumpTo, SessionRequest, StepCall
from runtime.protocol.timeline import RecordingStatus, Timeline
from runtime.protocol.updates import Update
from runtime.session.session import FlowSession

SLICE_NS = 10_000_000
PATIENCE_SECONDS = 30.0


class Driver:
    """Asks a session and looks at what the screen would show."""

    def __init__(self, opener: Opener) -> None:
        self.session: FlowSession = opener.open(lambda: None)
        self.lines: list[EventLine] = []
        self.printed: list[PrintedChunk] = []
        self.comparisons: list[BranchComparison] = []
        self._snapshot: FlowSnapshot | None = None
        self._timeline: Timeline | None = None
        self._recording: RecordingStatus | None = None
        self.poll()

    def poll(self) -> Update:
        """One update, taken as the screen takes it."""
        update = self.session.update()
        if update.rewound:
            self.lines.clear()
            self.printed.clear()
        self.lines += update.events
        self.printed += update.printed
        self._snapshot = update.snapshot or self._snapshot
        self._timeline = update.timeline or self._timeline
        self._recording = update.recording or self._recording
        if update.branch_comparison is not None:
            self.comparisons.append(update.branch_comparison)
        return update

    def ask(self, *requests: SessionRequest) -> Update:
        """Ask, and wait until there is nothing to do any more."""
        for request in requests:
            self.session.handle(request)
            while (wait_ns := self.session.work(SLICE_NS)) is not None:
                time.sleep(wait_ns / 1_000_000_000)
        return self.poll()

    def go(self, calls: int) -> FlowSnapshot:
        """Stand after so many calls."""
        self.ask(JumpTo(calls))
        assert self.snapshot.calls == calls, self.log[-3:]
        return self.snapshot

    def run(self) -> FlowSnapshot:
        """Run to the next stop."""
        self.ask(Continue())
        return self.snapshot

    def step(self, calls: int = 1) -> FlowSnapshot:
        """Make calls, one by one."""
        self.ask(*[StepCall()] * calls)
        return self.snapshot

    @property
    def snapshot(self) -> FlowSnapshot:
        """The last one shown."""
        assert self._snapshot is not None
        return self._snapshot

    @property
    def timeline(self) -> Timeline:
        """The last one shown."""
        assert self._timeline is not None
        return self._timeline

    @property
    def recording(self) -> RecordingStatus:
        """The last one shown."""
        assert self._recording is not None
        return self._recording

    @property
    def log(self) -> list[str]:
        """Texts of the event log."""
        return [line.text for line in self.lines]

    def output(self, node: str | None = None) -> str:
        """What a node, or all, printed, as the panes show it."""
        chunks = [chunk.data for chunk in self.printed if node in (None, chunk.node)]
        return b"".join(chunks).decode("latin-1")

    def wait_for_comparison(self) -> BranchComparison:
        """The next comparison of branches."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.comparisons:
            assert time.monotonic() < deadline
            self.poll()
            time.sleep(0.005)
        return self.comparisons.pop(0)

    def wait_for_reload(self) -> None:
        """Wait until a changed file was noticed, and take it as the child does."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        reloading: Any = self.session._reload
        while not reloading.pending:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        self.session.take_reloads()
        self.poll()

    def queues(self) -> list[list[tuple[int, bytes]]]:
        """What waits in every queue: ids and payloads."""
        engine = self.session.execution.engine
        return [
            [(element.id, element.payload.data) for element in engine.queue(edge.index)]
            for edge in engine.flow.edges
        ]


def opened(manifest: Path, **options: Any) -> Driver:
    """A session of `main`, which watches no files unless told to."""
    options.setdefault("watch", False)
    return Driver(FlowOpener(manifest, "main", SessionOptions(**options)))


@contextmanager
def opened_and_closed() -> Iterator[Callable[..., Driver]]:
    """Opens sessions as `opened` does, and closes all of them at its end."""
    made: list[Driver] = []

    def make(manifest: Path, **options: Any) -> Driver:
        made.append(opened(manifest, **options))
        return made[-1]

    try:
        yield make
    finally:
        for driver in made:
            driver.session.close()


def rename_into_place(target: Path, data: bytes) -> str:
    """Replace a file as linkers do; gives the digest."""
    new = target.with_suffix(".new")
    new.write_bytes(data)
    new.rename(target)
    return hashlib.sha256(data).hexdigest()
