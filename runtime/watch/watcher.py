"""Watches artifacts, the manifest and sources; says when a new content is complete.

Change events come from watchfiles on directories; a poll of the few paths covers file systems
that give none. What counts is decided by `settle` and by content.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

# The documented low-level class: `watch()` would add a queue of its own filters and its
# 50 ms step cannot follow what is pending.
from watchfiles._rust_notify import RustNotify

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.watch.file_changes import WatchDegraded, WatchedFile, WatchEvent
from runtime.watch.paths import identities
from runtime.watch.scan import FileScan, TreeScan
from runtime.watch.settle import MS
from runtime.watch.sources import SourceTree

POLL_S = 1.0
"""Between looks at every path without being told, when the system gives change events."""

POLL_ONLY_S = 0.15
"""Between looks when it gives none (`--poll`)."""

_IDLE_STEP_MS = 25
"""watchfiles looks for events so often; it needs two steps to report one."""

_PENDING_STEP_MS = 10
_DEBOUNCE_MS = 50
_TREE_POLL_SHARE = 50
"""Polling the sources may take one part in so many of the thread's time."""


class ArtifactWatcher:
    """Watches on one daemon thread and reports through `on_event`, on that thread.

    `on_event` must return soon and not raise; `queue.SimpleQueue().put` will do. `start`,
    `stop`, `update` and `know` may be called from any thread.

    A content is reported once: not again while the file keeps or returns to the content that
    was reported last, however often it is written (`WatchedFile.known` counts as reported).
    """

    def __init__(
        self,
        files: Iterable[WatchedFile],
        on_event: Callable[[WatchEvent], None],
        *,
        sources: Iterable[SourceTree] = (),
        poll_only: bool = False,
    ) -> None:
        self._on_event = on_event
        self._poll_only = poll_only
        self._files = FileScan()
        self._trees = TreeScan()
        self._lock = threading.Lock()
        self._wishes: list[Callable[[], None]] = []
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._notify: RustNotify | None = None
        self._watched: dict[str, tuple[int, int]] = {}
        self._complaint = ""
        self._trees_due = 0.0
        self.update(files, sources)

    def start(self) -> None:
        """Begin watching; does nothing when it has begun or was stopped."""
        with self._lock:
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._run, name="torvyn-watch", daemon=True)
                self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """End watching; True when the thread has ended. May be called again."""
        with self._lock:
            self._stopping = True
            thread = self._thread
        self._wake.set()
        if thread is None:
            return True
        if thread is not threading.current_thread():
            thread.join(timeout_s)
        return not thread.is_alive()

    def update(self, files: Iterable[WatchedFile], sources: Iterable[SourceTree] = ()) -> None:
        """Watch these and no others; what is known of those that stay is kept."""
        wanted, trees = tuple(files), tuple(sources)
        self._wish(lambda: self._adopt(wanted, trees))

    def know(self, path: Path, digest: str | None) -> None:
        """Say which content of the path the caller holds; None makes any content news."""
        self._wish(lambda: self._files.know(path, digest))

    def _wish(self, wish: Callable[[], None]) -> None:
        with self._lock:
            self._wishes.append(wish)
        self._wake.set()

    def _adopt(self, files: tuple[WatchedFile, ...], trees: tuple[SourceTree, ...]) -> None:
        self._files.replace(files)
        self._trees.replace(trees)

    def _run(self) -> None:
        try:
            told: set[str] | None = None
            while self._grant_wishes():
                self._pass(told)
                told = self._wait()
        finally:
            self._close_notify()

    def _grant_wishes(self) -> bool:
        with self._lock:
            self._wake.clear()
            wishes, self._wishes = self._wishes, []
            if self._stopping:
                return False
        for wish in wishes:
            wish()
        return True

    def _pass(self, told: set[str] | None) -> None:
        """Look at what may have changed (None: at everything), and report."""
        self._refresh_notify()
        self._files.look()
        if told:
            self._trees.look(self._trees.touched_by(told))
        elif told is None and time.monotonic() >= self._trees_due:
            began = time.monotonic()
            self._trees.look()
            self._trees_due = began + (time.monotonic() - began) * _TREE_POLL_SHARE
        for event in self._files.collect():
            self._on_event(event)
        for event in self._trees.collect():
            self._on_event(event)

    def _wait(self) -> set[str] | None:
        """Wait for changes; the paths told of, empty when something is due, None to poll all."""
        asked = (self._files.wait_ns(), self._trees.wait_ns())
        waits = [wait for wait in asked if wait is not None]
        poll_s = POLL_S if self._notify is not None else POLL_ONLY_S
        due_s = min(waits) / (1000 * MS) if waits else poll_s
        wait_s = min(due_s, poll_s)
        nothing: set[str] | None = set() if due_s < poll_s else None
        if self._notify is None:
            self._wake.wait(wait_s)
            return nothing
        step = _PENDING_STEP_MS if waits else _IDLE_STEP_MS
        try:
            found = self._notify.watch(_DEBOUNCE_MS, step, max(1, round(wait_s * 1000)), self._wake)
        except (OSError, RuntimeError) as error:
            self._degrade(error)
            return None
        if isinstance(found, str):
            # "stop" is the wake-up, which drops the changes at hand: look at everything.
            return nothing if found == "timeout" else None
        return {path for _, path in found}

    def _refresh_notify(self) -> None:
        """Have events for the directories that count; they come, go and are replaced."""
        if self._poll_only:
            return
        wanted = identities(self._files.directories() | self._trees.directories())
        if wanted == self._watched:
            return
        self._close_notify()
        self._watched = wanted
        if not wanted:
            return
        try:
            self._notify = RustNotify(sorted(wanted), False, False, 300, False, True)
        except FileNotFoundError:
            self._watched = {}
        except (OSError, RuntimeError) as error:
            self._degrade(error)

    def _degrade(self, error: Exception) -> None:
        self._close_notify()
        complaint = str(error)
        if complaint == self._complaint:
            return
        self._complaint = complaint
        self._on_event(
            WatchDegraded(
                Diagnostic(
                    Severity.WARNING,
                    Code.IO,
                    f"the system reports no file changes ({complaint}); polling instead",
                    "Raise the limit on watches (fs.inotify.max_user_watches), or use --poll.",
                )
            )
        )

    def _close_notify(self) -> None:
        if self._notify is not None:
            self._notify.close()
            self._notify = None
