"""Builds one component, and follows what its tools write."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from runtime.build.build_run import BuildResult, BuildRun
from runtime.build.languages import plan_build
from runtime.build.output.log import OutputLines
from runtime.build.plan import ComponentSource
from runtime.build.process import KILL_AFTER_S
from runtime.build.toolchain import Toolchain
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode
from runtime.protocol.builds.build_updates import BuildOutcome

OnOutput = Callable[[str, OutputLines], None]
"""Takes a component's name and lines of its build, in order, on the thread that builds."""

END_S = KILL_AFTER_S + 3.0
"""How long an interrupted build is waited for; its processes are killed before."""
_LOOK_S = 0.05
"""How long output and a wish to cancel may lie unseen."""


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
        run.wait(END_S)


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
