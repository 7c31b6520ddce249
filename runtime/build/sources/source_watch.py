"""Builds components, and builds again those whose sources change, until it is interrupted.

Builds write files themselves, some of them among the sources. One `BuildTrigger` watches over
the sources of all components, so that two of them that write into each other's folders do not
build each other forever.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from runtime.build.plan import ComponentSource
from runtime.build.sources.shared_sources import MOST_SHARED, shared_sources
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.interruption import LostInterrupts
from runtime.model.measures.time_units import NS_PER_S
from runtime.watch.file_changes import (
    FileGone,
    FileKind,
    FileUnreadable,
    SettledFile,
    SourcesChanged,
    WatchDegraded,
    WatchedFile,
    WatchEvent,
)
from runtime.watch.settle import QUIET_NS
from runtime.watch.sources import MOST_FILES, BuildTrigger, SourceTree, read_sources, tree_stamp
from runtime.watch.watcher import ArtifactWatcher

_MORE_CHANCES = 3
"""How often the trigger's follow-ups are renewed in a row: edits during builds are not to be lost,
and builds that write another file each time are to end."""
_MOST_WAITS = 25
"""Quiet times waited for sources that are written to without end."""
_LOOK_S = 1.0
"""How often an idle watch looks whether it was interrupted."""
_SHOWN = 5
"""Files named in one message."""


class SourceWatch:
    """Watches the sources of a manifest's components, and the manifest. Used by one thread."""

    def __init__(
        self,
        manifest: Path,
        load: Callable[[], tuple[ComponentSource, ...]],
        build: Callable[[tuple[ComponentSource, ...]], None],
        tell: Callable[[Diagnostic], None],
    ) -> None:
        """`load` reads the manifest and may raise `StudioError`; `build` builds in order."""
        self._manifest = manifest
        self._load = load
        self._build = build
        self._tell = tell
        self._sources: tuple[ComponentSource, ...] = ()
        self._roots: dict[str, tuple[Path, ...]] = {}
        """By component."""
        self._tree = SourceTree("", ())
        self._files: dict[str, str] = {}
        self._trigger = BuildTrigger({})
        self._lost = LostInterrupts()
        self._events: queue.SimpleQueue[WatchEvent] = queue.SimpleQueue()

    def run(self) -> None:
        """Build all, then whatever changes; ends with KeyboardInterrupt alone.

        Raises `StudioError` when the manifest is bad at the beginning.
        """
        self._lost = LostInterrupts()
        self._adopt(self._load())
        watcher = ArtifactWatcher(self._watched(), self._events.put, sources=[self._tree])
        watcher.start()
        try:
            self._round(self._sources, watcher)
            while True:
                self._take(self._next_event(), watcher)
        finally:
            watcher.stop()

    def _next_event(self) -> WatchEvent:
        """Waits for it. A wait without an end could miss a signal that comes as it begins."""
        while True:
            try:
                return self._events.get(timeout=_LOOK_S)
            except queue.Empty:
                self._lost.raise_them()

    def _watched(self) -> list[WatchedFile]:
        return [WatchedFile(self._manifest, FileKind.MANIFEST)]

    def _adopt(self, sources: tuple[ComponentSource, ...]) -> None:
        self._sources = sources
        self._tree = self._found_tree()
        self._files = read_sources(self._tree)
        self._trigger = BuildTrigger(self._files)
        if len(self._files) >= MOST_FILES:
            self._warn(
                f"there are more than {MOST_FILES:,} source files; the rest is not watched",
                "Keep what is not a source in a folder named target, dist or node_modules.",
            )

    def _found_tree(self) -> SourceTree:
        """The sources of all components as they say now; their own folders come first.

        What they named before and is gone stays, so that it is news when it is put back.
        """
        known, self._roots = self._roots, {}
        for source in self._sources:
            lost = [root for root in known.get(source.name, ()) if not os.path.lexists(root)]
            found = (*_own_roots(source), *shared_sources(source), *lost[:MOST_SHARED])
            self._roots[source.name] = tuple(dict.fromkeys(found))
        own = [root for source in self._sources for root in _own_roots(source)]
        shared = [root for roots in self._roots.values() for root in roots]
        return SourceTree(self._manifest.name, tuple(dict.fromkeys((*own, *shared))))

    def _take(self, event: WatchEvent, watcher: ArtifactWatcher) -> None:
        match event:
            case SourcesChanged():
                before, self._files = self._files, dict(event.files)
                if self._trigger.changed(self._files):
                    edited = self._owners(_differing(before, self._files))
                    self._round(edited, watcher)
            case SettledFile():
                self._reload(watcher)
            case FileUnreadable() | WatchDegraded():
                self._tell(event.problem)
            case FileGone():
                self._warn("the manifest is gone", "Put it back; the watch goes on.")

    def _follow_shared(self, watcher: ArtifactWatcher) -> None:
        """An edit may name other sources outside a component's folder: watch those."""
        tree = self._found_tree()
        if tree != self._tree:
            self._tree = tree
            watcher.update(self._watched(), [tree])

    def _reload(self, watcher: ArtifactWatcher) -> None:
        """The manifest was written: build what it says otherwise than before."""
        try:
            found = self._load()
        except StudioError as error:
            for problem in error.diagnostics:
                self._tell(problem)
            return
        if found == self._sources:
            return
        known, before = self._sources, self._files
        self._adopt(found)
        watcher.update(self._watched(), [self._tree])
        edited = self._owners(_differing(before, self._files))
        asked = tuple(item for item in found if item not in known or item in edited)
        self._round(asked, watcher)

    def _round(self, sources: tuple[ComponentSource, ...], watcher: ArtifactWatcher) -> None:
        """Build these, then those whose sources changed meanwhile; ends after some builds."""
        chances = _MORE_CHANCES
        while sources:
            self._follow_shared(watcher)
            before = read_sources(self._tree)
            known = self._trigger.generated
            self._trigger.started(before)
            self._build(sources)
            self._files = self._settled_after(before)
            self._drop_outdated()
            again = self._trigger.finished(self._files)
            generated = self._trigger.generated
            changed = _differing(before, self._files) - generated
            self._tell_generated(generated - known)
            if changed and not again and chances:
                chances -= 1
                again = True
            sources = self._owners(changed) if again else ()
            if changed and not again:
                self._warn(
                    f"sources changed during every build: {_listed(changed)}",
                    "They are built when they change again, or by `torvyn-studio build`.",
                )

    def _settled_after(self, before: Mapping[str, str]) -> dict[str, str]:
        """The sources after a build; when it left others, once nothing writes to them."""
        files = read_sources(self._tree)
        if files == before:
            return files
        stamp = tree_stamp(self._tree)
        for _ in range(_MOST_WAITS):
            time.sleep(QUIET_NS / NS_PER_S)
            last, stamp = stamp, tree_stamp(self._tree)
            if stamp == last:
                break
        return read_sources(self._tree)

    def _drop_outdated(self) -> None:
        """Forget what was told of the sources during a build: they are read after it."""
        kept = []
        while not self._events.empty():
            event = self._events.get()
            if not isinstance(event, SourcesChanged):
                kept.append(event)
        for event in kept:
            self._events.put(event)

    def _owners(self, files: Iterable[str]) -> tuple[ComponentSource, ...]:
        paths = [Path(file) for file in files]
        return tuple(
            source
            for source in self._sources
            if any(path.is_relative_to(root) for path in paths for root in self._roots[source.name])
        )

    def _tell_generated(self, files: frozenset[str]) -> None:
        if files:
            self._warn(
                f"builds change their own sources: {_listed(files)}",
                "These files no longer start builds; have them written into target or dist.",
            )

    def _warn(self, message: str, advice: str) -> None:
        file = str(self._manifest)
        self._tell(Diagnostic(Severity.WARNING, Code.IO, message, advice, file=file))


def _own_roots(source: ComponentSource) -> tuple[Path, ...]:
    """The component's folder, and the WIT that its project shares."""
    return source.directory, source.manifest.parent / "wit"


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def _listed(files: Iterable[str]) -> str:
    names = sorted(files)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
