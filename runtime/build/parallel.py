"""Builds several components at once, and tells what happens on the thread that asked."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

from runtime.build.component_build import END_S, build_component
from runtime.build.output.log import OutputLines
from runtime.build.plan import ComponentSource
from runtime.build.toolchain import Toolchain
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError
from runtime.model.interruption import LostInterrupts
from runtime.protocol.builds.build_updates import BuildOutcome

Compile = Callable[[bytes], object]
"""Compiles a built component, so that whoever opens it finds it in the cache."""

_TICK_S = 0.1


class BuildListener(Protocol):
    """Hears of builds, on the thread that asked for them."""

    def started(self, component: str) -> None:
        """A build began."""
        ...

    def output(self, component: str, lines: OutputLines) -> None:
        """Its tools wrote something."""
        ...

    def ended(self, outcome: BuildOutcome) -> None:
        """A build ended, and nothing more comes of it."""
        ...

    def tick(self) -> None:
        """A little time has passed."""
        ...


class _Started(NamedTuple):
    component: str


class _Written(NamedTuple):
    component: str
    lines: OutputLines


_Report = _Started | _Written | BuildOutcome | Exception | None
"""None: a thread has nothing more to build; an exception: it broke, which nobody foresaw."""


def usual_jobs() -> int:
    """Builds at once: one for each processor that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def build_components(
    sources: Iterable[ComponentSource],
    listener: BuildListener,
    *,
    jobs: int | None = None,
    cancel: threading.Event | None = None,
    tools: Toolchain | None = None,
    compile_: Compile | None = None,
) -> None:
    """Build components, at most `jobs` at once, also after one has failed.

    They begin in the order given; those in one folder wait for each other. Setting `cancel` from
    any thread ends all of them; so does an exception in the calling thread, or an unforeseen one in
    a build, which is raised on in the calling thread once every process of them is gone.
    """
    crew = _Crew(tuple(sources), cancel or threading.Event(), tools or Toolchain(), compile_)
    crew.start(min(jobs or usual_jobs(), len(crew.sources)))
    try:
        crew.tell(listener)
    finally:
        crew.end()


class _Crew:
    """Threads that build; what they report waits in a queue."""

    def __init__(
        self,
        sources: tuple[ComponentSource, ...],
        cancel: threading.Event,
        tools: Toolchain,
        compile_: Compile | None,
    ) -> None:
        self.sources = sources
        self._waiting = list(sources)
        self._busy_folders: set[Path] = set()
        self._turn = threading.Condition()
        self._cancel = cancel
        self._tools = tools
        self._compile = compile_
        self._reports: queue.SimpleQueue[_Report] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self, jobs: int) -> None:
        for number in range(jobs):
            name = f"torvyn-builder-{number + 1}"
            self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
        for thread in self._threads:
            thread.start()

    def tell(self, listener: BuildListener) -> None:
        at_work, lost = len(self._threads), LostInterrupts()
        while at_work:
            try:
                report = self._reports.get(timeout=_TICK_S)
            except queue.Empty:
                lost.raise_them()
                listener.tick()
                continue
            match report:
                case _Started():
                    listener.started(report.component)
                case _Written():
                    listener.output(report.component, report.lines)
                case BuildOutcome():
                    listener.ended(report)
                case Exception():
                    raise report
                case None:
                    at_work -= 1

    def end(self) -> None:
        with self._turn:
            # Those that were built to their end stay so: there is nothing left to cancel then.
            self._waiting.clear()
            self._turn.notify_all()
        if any(thread.is_alive() for thread in self._threads):
            self._cancel.set()
        for thread in self._threads:
            thread.join(END_S)

    def _work(self) -> None:
        try:
            while (source := self._next()) is not None:
                try:
                    self._build(source)
                finally:
                    with self._turn:
                        self._busy_folders.discard(source.directory)
                        self._turn.notify_all()
        except Exception as error:
            self._reports.put(error)
        finally:
            self._reports.put(None)

    def _build(self, source: ComponentSource) -> None:
        self._reports.put(_Started(source.name))
        outcome = build_component(source, self._written, cancel=self._cancel, tools=self._tools)
        self._reports.put(self._compiled(outcome))

    def _written(self, component: str, lines: OutputLines) -> None:
        self._reports.put(_Written(component, lines))

    def _next(self) -> ComponentSource | None:
        """The next one whose folder no other build is in; waits for it. None: there is none."""
        with self._turn:
            while self._waiting and not self._cancel.is_set():
                for source in self._waiting:
                    if source.directory not in self._busy_folders:
                        self._waiting.remove(source)
                        self._busy_folders.add(source.directory)
                        return source
                self._turn.wait(_TICK_S)
            return None

    def _compiled(self, outcome: BuildOutcome) -> BuildOutcome:
        if self._compile is None or outcome.artifact is None or self._cancel.is_set():
            return outcome
        if outcome.verdict is not ExitCode.OK:
            return outcome
        try:
            self._compile(Path(outcome.artifact).read_bytes())
        except StudioError as error:
            return replace(outcome, problems=(*outcome.problems, *_as_warnings(error, outcome)))
        except OSError:
            # It was replaced or removed meanwhile; whoever opens it says so.
            return outcome
        return outcome


def _as_warnings(error: StudioError, outcome: BuildOutcome) -> list[Diagnostic]:
    """The build did what it was asked for; that it cannot be used is told all the same."""
    return [
        replace(item, severity=Severity.WARNING, file=outcome.artifact)
        for item in error.diagnostics
    ]
