"""Builds the components that a manifest declares: for the verb `build`, and for a session."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runtime.build.build_run import BuildResult, BuildRun
from runtime.build.bundled import wit_packages
from runtime.build.languages import plan_build
from runtime.build.log import OutputLines
from runtime.build.plan import ComponentSource
from runtime.build.process import KILL_AFTER_S
from runtime.build.toolchain import Toolchain
from runtime.flow.manifest.manifest_file import LoadedManifest, load_manifest
from runtime.flow.manifest.nearest import did_you_mean
from runtime.flow.manifest.tables import Manifest
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError
from runtime.protocol.requests import CancelBuild, StartBuild
from runtime.protocol.updates import BuildLine, BuildOutcome, BuildStatus

OnOutput = Callable[[str, OutputLines], None]
"""Takes a component's name and lines of its build, in order, on the thread that builds."""

PENDING_CHARACTERS = 256 * 1024
"""Build output kept between two polls of a session; the oldest lines are lost first."""

_LOOK_S = 0.05
"""How long output and a wish to cancel may lie unseen."""
_END_S = KILL_AFTER_S + 3.0
"""How long an interrupted build is waited for; its processes are killed before."""


@dataclass(frozen=True, slots=True)
class Buildable:
    """What is to be built of a manifest."""

    sources: tuple[ComponentSource, ...]
    """In manifest order."""
    warnings: tuple[Diagnostic, ...]
    """Of the manifest."""


def load_buildable(
    manifest: Path, component: str | None = None, *, debug: bool = False
) -> Buildable:
    """All components of a manifest, or the named one.

    Raises:
        StudioError: the manifest has errors, or declares no such component.
    """
    loaded = load_manifest(manifest)
    tables = loaded.manifest
    names = [item.name for item in tables.component]
    if component is not None and component not in names:
        _note_unknown(loaded, component, names)
    diagnostics = loaded.problems.diagnostics()
    if loaded.problems.has_errors:
        raise StudioError(diagnostics)
    packages = wit_packages()
    sources = tuple(
        ComponentSource(
            name=item.name,
            directory=_resolved(loaded.directory / item.path),
            manifest=loaded.path,
            language=item.language,
            build_command=item.build_command,
            target=tables.build.target,
            extra_args=tables.build.extra_args,
            release=tables.build.release and not debug,
            interface=_interface_of(tables, item.name),
            wit_packages=packages,
        )
        for item in tables.component
        if component in (None, item.name)
    )
    return Buildable(sources, diagnostics)


def build_component(
    source: ComponentSource,
    on_output: OnOutput,
    *,
    cancel: threading.Event | None = None,
    tools: Toolchain | None = None,
) -> BuildOutcome:
    """Build one component on the calling thread, and put it in its place.

    Setting `cancel` from any thread ends the build; so does an exception in the calling
    thread, e.g. KeyboardInterrupt, which is raised on once every process of it is gone.
    """
    toolchain = tools or Toolchain()
    began = time.monotonic_ns()
    plan = plan_build(source, toolchain)
    if isinstance(plan, Diagnostic):
        missing = plan.kind is Code.TOOLCHAIN_MISSING
        verdict = ExitCode.ENVIRONMENT if missing else ExitCode.BAD_INPUT
        took_ns = time.monotonic_ns() - began
        return BuildOutcome(source.name, verdict, took_ns, (plan,))
    run = BuildRun(plan, toolchain)
    try:
        return _outcome(_follow(run, source.name, on_output, cancel))
    finally:
        run.cancel()
        run.wait(_END_S)


def _follow(
    run: BuildRun, component: str, on_output: OnOutput, cancel: threading.Event | None
) -> BuildResult:
    seen = 0
    result = None
    if cancel is not None and cancel.is_set():
        run.cancel()
    run.start()
    while result is None:
        result = run.wait(_LOOK_S)
        output = run.lines(seen)
        if output.lines:
            seen = output.lines[-1].number
            on_output(component, output)
        if cancel is not None and cancel.is_set():
            run.cancel()
    return result


def _outcome(result: BuildResult) -> BuildOutcome:
    artifact = result.artifact
    try:
        size = artifact.stat().st_size if artifact is not None else 0
    except OSError:
        size = 0
    return BuildOutcome(
        result.component,
        result.verdict,
        result.duration_ns,
        result.problems,
        None if artifact is None else str(artifact),
        result.digest,
        size,
        result.changed,
    )


def _interface_of(manifest: Manifest, component: str) -> str | None:
    """That of the first node that uses the component, in the order of the manifest."""
    nodes = (node for flow in manifest.flow.values() for node in flow.nodes.values())
    return next((node.interface for node in nodes if node.component == component), None)


def _note_unknown(loaded: LoadedManifest, component: str, names: list[str]) -> None:
    help_ = did_you_mean(component, names, "the declared components are")
    for flow in loaded.manifest.flow.values():
        node = flow.nodes.get(component)
        if node is not None and node.component in names:
            help_ = f"node '{component}' runs component '{node.component}': name that"
    if not names:
        help_ = "declare it in [[component]] with name and path"
    at = ("component",) if names else ()
    message = f"there is no component '{component}'"
    loaded.problems.error(Code.COMPONENT, at, message, help_)


def _resolved(directory: Path) -> Path:
    """Absolute, links followed, as build tools name their files."""
    try:
        return Path(os.path.realpath(directory))
    except (OSError, ValueError):
        return directory


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
    """Builds on request, one component at a time and in order, on a thread of its own.

    It needs no flow, so that what is not built yet can be. Every method may be called from
    any thread and returns at once, `close` aside.
    """

    def __init__(self, manifest: Path, tools: Toolchain | None = None) -> None:
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
            thread.join(_END_S)

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
            try:
                self._serve(request, cancel)
            except StudioError as error:
                refused = error.diagnostics
            except Exception as error:
                # A thread that died would leave the screen with a build that never ends.
                refused = (_broke(error),)
            with self._wake:
                self._loading = False
                self._change(building=None, waiting=(), refused=refused)

    def _serve(self, request: StartBuild, cancel: threading.Event) -> None:
        found = load_buildable(self._manifest, request.component, debug=request.debug)
        names = [source.name for source in found.sources]
        for position, source in enumerate(found.sources):
            if cancel.is_set():
                return
            with self._wake:
                self._loading = False
                self._change(building=source.name, waiting=tuple(names[position + 1 :]))
            outcome = build_component(source, self._keep, cancel=cancel, tools=self._tools)
            with self._wake:
                others = (item for item in self._status.outcomes if item.component != source.name)
                self._change(building=None, outcomes=(*others, outcome))

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
