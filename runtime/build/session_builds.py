"""Builds the components that a manifest declares, on a session's request."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.build.buildable import load_buildable
from runtime.build.component_build import END_S
from runtime.build.output.log import OutputLines
from runtime.build.parallel import build_components
from runtime.build.toolchain import Toolchain
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.builds.build_requests import CancelBuild, StartBuild
from runtime.protocol.builds.build_updates import BuildLine, BuildOutcome, BuildStatus

PENDING_CHARACTERS = 256 * 1024
"""Build output kept between two polls of a session; the oldest lines are lost first."""


def build_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for builds, without the import path that the child process was given.

    A build may run another Python, which must not find our packages first.
    """
    ours = str(Path(__file__).resolve().parents[2])
    first, _, rest = environ.get("PYTHONPATH", "").partition(os.pathsep)
    if first != ours:
        return dict(environ)
    without = {name: value for name, value in environ.items() if name != "PYTHONPATH"}
    return without | {"PYTHONPATH": rest} if rest else without


@dataclass(frozen=True, slots=True)
class BuildNews:
    """What happened since the last poll; the fields of `Update` with the same meaning."""

    status: BuildStatus | None
    lines: tuple[BuildLine, ...]
    lines_lost: int


class SessionBuilds:
    """Builds on request, the components of one at once, on threads of its own.

    It needs no flow, so that what is not built yet can be. Every method may be called from
    any thread and returns at once, `close` aside.
    """

    def __init__(
        self, manifest: Path, tools: Toolchain | None = None, *, jobs: int | None = None
    ) -> None:
        """`jobs` builds at once, by default one for each processor."""
        self._jobs = jobs
        self._manifest = manifest
        self._tools = tools or Toolchain(build_environment(os.environ))
        self._wake = threading.Condition()
        self._requests: deque[StartBuild] = deque()
        self._cancel = threading.Event()
        self._loading = False
        """A request was taken, and its manifest is being read."""
        self._closed = False
        self._thread: threading.Thread | None = None
        self._status = BuildStatus()
        self._news = False
        self._held: dict[str, list[OutputLines]] = {}
        """What to tell later, by component that is being built; begun first, first."""
        self._lines: deque[BuildLine] = deque()
        self._characters = 0
        self._lost = 0

    def handle(self, request: StartBuild | CancelBuild) -> None:
        """Do what is asked; nothing after `close`."""
        with self._wake:
            if self._closed:
                return
            match request:
                case StartBuild():
                    self._requests.append(request)
                case CancelBuild():
                    self._requests.clear()
                    self._cancel.set()
            self._change()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="builds", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def refuse(self, why: Diagnostic) -> None:
        """Say that nothing is built, and why."""
        with self._wake:
            self._change(refused=(why,))

    def poll(self) -> BuildNews:
        """What happened since the last poll."""
        with self._wake:
            news = BuildNews(self._status if self._news else None, tuple(self._lines), self._lost)
            self._news = False
            self._lines.clear()
            self._characters = 0
            self._lost = 0
            return news

    def close(self) -> None:
        """End the build and every process it started. Idempotent."""
        with self._wake:
            self._closed = True
            self._cancel.set()
            self._wake.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(END_S)

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._requests)
                if self._closed:
                    return
                request = self._requests.popleft()
                cancel = self._cancel = threading.Event()
                self._loading = True
                self._change(refused=())
            refused: tuple[Diagnostic, ...] = ()
            self._held.clear()
            try:
                self._serve(request, cancel)
            except StudioError as error:
                refused = error.diagnostics
            except Exception as error:
                # A thread that died would leave the screen with a build that never ends.
                refused = (_broke(error),)
            with self._wake:
                self._loading = False
                self._change(building=(), waiting=(), total=0, done=0, refused=refused)

    def _serve(self, request: StartBuild, cancel: threading.Event) -> None:
        names = () if request.component is None else (request.component,)
        found = load_buildable(self._manifest, names, debug=request.debug)
        with self._wake:
            self._loading = False
            waiting = tuple(source.name for source in found.sources)
            self._change(waiting=waiting, total=len(waiting), done=0)
        build_components(found.sources, self, jobs=self._jobs, cancel=cancel, tools=self._tools)

    # ---- as the listener of builds, on the thread that serves requests

    def started(self, component: str) -> None:
        """See `BuildListener.started`."""
        self._held[component] = []
        with self._wake:
            status = self._status
            waiting = tuple(name for name in status.waiting if name != component)
            self._change(building=(*status.building, component), waiting=waiting)

    def output(self, component: str, lines: OutputLines) -> None:
        """Of builds at once, the one begun first is followed; others are told when they end."""
        if component == next(iter(self._held)):
            self._keep(component, lines)
        else:
            self._held[component].append(lines)

    def ended(self, outcome: BuildOutcome) -> None:
        """See `BuildListener.ended`."""
        for lines in self._held.pop(outcome.component):
            self._keep(outcome.component, lines)
        with self._wake:
            status = self._status
            others = (item for item in status.outcomes if item.component != outcome.component)
            self._change(
                building=tuple(name for name in status.building if name != outcome.component),
                outcomes=(*others, outcome),
                done=status.done + 1,
            )
        for component, held in list(self._held.items())[:1]:
            # It is the one that is followed now.
            for lines in held:
                self._keep(component, lines)
            held.clear()

    def tick(self) -> None:
        """See `BuildListener.tick`."""

    def _change(self, **fields: Any) -> None:
        requests = len(self._requests) + self._loading
        self._status = replace(self._status, requests=requests, **fields)
        self._news = True

    def _keep(self, component: str, output: OutputLines) -> None:
        with self._wake:
            self._lost += output.lost
            for line in output.lines:
                self._lines.append(BuildLine(component, line.text))
                self._characters += len(line.text) + 1
            while self._characters > PENDING_CHARACTERS:
                self._characters -= len(self._lines.popleft().text) + 1
                self._lost += 1


def _broke(error: Exception) -> Diagnostic:
    why = f"building failed unexpectedly: {type(error).__name__}: {error}"
    advice = "Please report this; run `torvyn-studio build` in the meantime."
    return Diagnostic(Severity.ERROR, Code.INTERNAL_ERROR, why, advice)
