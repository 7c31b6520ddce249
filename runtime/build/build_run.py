"""One run of one component's build: commands, output, problems, and the component in place."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from runtime.build.artifacts import install_output, locate_output
from runtime.build.languages import component_path, componentize_steps
from runtime.build.output.cargo_messages import CargoMessages
from runtime.build.output.compiler_errors import ProblemReader
from runtime.build.output.log import KEPT_LINES, LineRing, OutputLines
from runtime.build.plan import BuildPlan, BuildStep
from runtime.build.process import KILL_AFTER_S, run_command
from runtime.build.toolchain import Toolchain, missing_tool
from runtime.build.worlds import with_lifecycle
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LIFECYCLE_INTERFACE, contract_name
from runtime.watch.wasm_frame import Layer, custom_section_names, export_names, layer_of

_COMPONENT_TYPE = "component-type"
"""Custom sections with this prefix carry a core module's component type."""


def _is_init(exported: str) -> bool:
    interface, _, function = exported.partition("#")
    return contract_name(interface) == LIFECYCLE_INTERFACE and function == "init"


class BuildState(StrEnum):
    """Where a build stands."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BuildResult:
    """How a build ended."""

    component: str
    state: BuildState
    exit_code: int | None
    """Of the last command, negative for a signal; None when none could be started."""
    duration_ns: int
    problems: tuple[Diagnostic, ...] = ()
    """Errors first; of a build that succeeded, warnings only."""
    artifact: Path | None = None
    """The component in its place, when the build succeeded."""
    digest: str | None = None
    """SHA-256 of the artifact."""
    changed: bool = False
    """True when the artifact's content differs from the one before."""

    @property
    def verdict(self) -> ExitCode:
        """The exit code of the verb `build` for this result."""
        if self.state is BuildState.SUCCEEDED:
            return ExitCode.OK
        if self.state is BuildState.CANCELLED:
            return ExitCode.INTERRUPTED
        missing = any(problem.kind is Code.TOOLCHAIN_MISSING for problem in self.problems)
        return ExitCode.ENVIRONMENT if missing else ExitCode.FAILED


class BuildRun:
    """Runs a plan on one daemon thread. Every method may be called from any thread; none raises.

    Output is read with `lines`; what the tools complained about stands in the result.
    """

    def __init__(
        self,
        plan: BuildPlan,
        tools: Toolchain | None = None,
        *,
        kill_after_s: float = KILL_AFTER_S,
    ) -> None:
        self._plan = plan
        self._tools = tools or Toolchain()
        self._environment = self._tools.environment()
        self._kill_after_s = kill_after_s
        self._ring = LineRing()
        self._reader = ProblemReader(
            plan.source.directory, f"component '{plan.source.name}' ({plan.source.language})"
        )
        self._cargo = CargoMessages(plan.source.directory)
        self._cancel = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._result: BuildResult | None = None
        self._exit_code: int | None = None
        self._last_line = ""
        self._rest = b""
        """The beginning of a line of cargo's."""

    @property
    def plan(self) -> BuildPlan:
        """What is built."""
        return self._plan

    @property
    def state(self) -> BuildState:
        """Where it stands."""
        if self._result is not None:
            return self._result.state
        return BuildState.WAITING if self._thread is None else BuildState.RUNNING

    @property
    def result(self) -> BuildResult | None:
        """How it ended; None before."""
        return self._result

    def start(self) -> None:
        """Begin; does nothing the second time."""
        with self._lock:
            if self._thread is None:
                name = f"torvyn-build-{self._plan.source.name}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()

    def cancel(self) -> None:
        """End the build and every process it started. Returns at once; `wait` for the end."""
        self._cancel.set()

    def wait(self, timeout_s: float | None = None) -> BuildResult | None:
        """Wait for the end; None when it has not come in time."""
        self._ended.wait(timeout_s)
        return self._result

    def lines(self, after: int = 0, most: int = KEPT_LINES) -> OutputLines:
        """Output lines with a number above `after`, oldest first."""
        return self._ring.after(after, most)

    def _run(self) -> None:
        began = time.monotonic_ns()
        try:
            result = self._build(began)
        except Exception as error:
            # A thread that died without a result would leave everyone waiting.
            cause = f"{type(error).__name__}: {error}"
            why = f"the build of '{self._plan.source.name}' failed unexpectedly: {cause}"
            advice = "Please report this; run the command by hand in the meantime."
            broke = Diagnostic(Severity.ERROR, Code.INTERNAL_ERROR, why, advice)
            result = self._failed(began, (broke,))
        for problem in result.problems:
            if problem.kind is not Code.BUILD_FAILED:
                self._ring.add(problem.render())
        self._result = result
        self._ended.set()

    def _build(self, began: int) -> BuildResult:
        source = self._plan.source
        # File times tick every few milliseconds, so a file may look older than it is.
        since_ns = time.time_ns() - 20_000_000
        for note in self._plan.notes:
            self._ring.add(f"note: {note}")
        failure = self._steps(self._plan.steps)
        if failure is not None:
            return self._failed(began, failure)
        written = self._plan.output or self._cargo.output
        output = written or locate_output(source, since_ns, self._environment)
        if isinstance(output, Path) and self._plan.wit is not None:
            output = self._componentized(output)
        if isinstance(output, Diagnostic):
            return self._failed(began, (output,))
        installed = install_output(source, output)
        if isinstance(installed, Diagnostic):
            return self._failed(began, (installed,))
        warnings = (item for item in self._reader.finish() if item.severity is Severity.WARNING)
        self._ring.add(
            f"{installed.path} ({installed.size:,} bytes"
            f"{'' if installed.changed else ', unchanged'})"
        )
        return BuildResult(
            source.name,
            BuildState.SUCCEEDED,
            self._exit_code,
            time.monotonic_ns() - began,
            tuple(warnings),
            installed.path,
            installed.digest,
            installed.changed,
        )

    def _componentized(self, core: Path) -> Path | Diagnostic:
        """A core module made a component; a component is left as it is."""
        wit = self._plan.wit
        assert wit is not None
        try:
            data = core.read_bytes()
            if layer_of(data) is not Layer.MODULE:
                return core
            component_path(self._plan.source).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = f"cannot read what was built: {error.strerror or error}"
            advice = "Look at the last lines of the build."
            return Diagnostic(Severity.ERROR, Code.IO, why, advice, file=str(core))
        embedded = any(name.startswith(_COMPONENT_TYPE) for name in custom_section_names(data))
        if not embedded and any(map(_is_init, export_names(data))):
            # Its sources define it, though they may not name it: a macro of a header may.
            wit = with_lifecycle(wit)
        steps = componentize_steps(self._plan.source, core, embedded, wit, self._tools)
        if isinstance(steps, Diagnostic):
            return steps
        failure = self._steps(steps)
        return failure[0] if failure else component_path(self._plan.source)

    def _steps(self, steps: tuple[BuildStep, ...]) -> tuple[Diagnostic, ...] | None:
        """Run commands until one fails; its problems, or None when all succeeded."""
        for step in steps:
            self._ring.add(f"$ {step.text}")
            if self._cancel.is_set():
                return (self._plain_failure(step, "was cancelled"),)
            try:
                self._exit_code = run_command(
                    step.argv,
                    step.directory,
                    self._environment,
                    self._take_cargo if step.is_cargo else self._take,
                    self._cancel,
                    self._kill_after_s,
                )
            except FileNotFoundError:
                return (missing_tool(step.argv[0], f"component '{self._plan.source.name}'"),)
            except OSError as error:
                why = f"cannot be started: {error.strerror or error}"
                return (self._plain_failure(step, why),)
            (self._take_cargo if step.is_cargo else self._take)(b"", final=True)
            if self._cancel.is_set():
                return (self._plain_failure(step, "was cancelled"),)
            if self._exit_code != 0:
                return self._problems_of(step, self._exit_code)
        return None

    def _problems_of(self, step: BuildStep, exit_code: int) -> tuple[Diagnostic, ...]:
        problems = tuple(self._with_wanted(problem) for problem in self._reader.finish())
        if any(problem.severity is Severity.ERROR for problem in problems):
            return problems
        ended = f"ended with exit code {exit_code}"
        if exit_code < 0:
            ended = f"was ended by signal {-exit_code}"
        if self._last_line:
            ended += f"; its last words: {self._last_line}"
        return (self._plain_failure(step, ended), *problems)

    def _with_wanted(self, problem: Diagnostic) -> Diagnostic:
        """What has no place in the sources is missing there: say what the world wants."""
        wanted, world = self._plan.wanted, self._plan.source.interface or "its world"
        if not wanted or problem.file is not None or problem.severity is not Severity.ERROR:
            return problem
        if problem.kind is not Code.BUILD_FAILED:
            return problem
        return replace(problem, help=f"For {world} the component needs {wanted}.")

    def _plain_failure(self, step: BuildStep, why: str) -> Diagnostic:
        return Diagnostic(
            Severity.ERROR,
            Code.BUILD_FAILED,
            f"`{step.text}` {why}",
            "Read its output; the component built before stays in use.",
            file=str(step.directory),
            key=f"component.{self._plan.source.name}",
        )

    def _take_cargo(self, data: bytes, final: bool = False) -> None:
        """Take messages out of the output; a line of it may come in parts."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if final and self._rest:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            if not self._cargo.feed(line.decode("utf-8", "replace")):
                self._take(line + b"\n")

    def _take(self, data: bytes, final: bool = False) -> None:
        for line in self._ring.feed(data, final):
            self._reader.feed(line)
            if line.strip():
                self._last_line = line.strip()

    def _failed(self, began: int, problems: tuple[Diagnostic, ...]) -> BuildResult:
        cancelled = self._cancel.is_set()
        return BuildResult(
            self._plan.source.name,
            BuildState.CANCELLED if cancelled else BuildState.FAILED,
            self._exit_code,
            time.monotonic_ns() - began,
            () if cancelled else problems,
        )
