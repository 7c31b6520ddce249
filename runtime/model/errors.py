"""Diagnostics: everything a user is told is wrong, and how it is written."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum

from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.printable import printable


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"


class ExitCode(IntEnum):
    """Exit codes of every verb."""

    OK = 0
    FAILED = 1
    """The flow failed, or outputs differ."""
    BAD_INPUT = 2
    """A bad manifest, argument or file."""
    ENVIRONMENT = 3
    """A missing tool, or a regression."""
    BREAKPOINT = 4
    """The run stands at a breakpoint."""
    INTERNAL = 70
    """A mistake of ours; a log file has the traceback."""
    HUNG_UP = 129
    INTERRUPTED = 130
    NO_READER = 141
    """Who read the output went away."""
    TERMINATED = 143


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: what, where, and what to do."""

    severity: Severity
    kind: Code
    """Which of the problems that have a Torvyn code (docs/torvyn-facts.md#codes)."""
    message: str
    help: str
    """What to do, in one sentence."""
    file: str | None = None
    line: int | None = None
    """Counted from 1."""
    column: int | None = None
    """Counted from 1, in characters."""
    key: str | None = None
    """The manifest key, e.g. "flow.main.nodes.router.interface"."""

    @property
    def code(self) -> str:
        """Torvyn's code, e.g. "E0702"."""
        return self.kind.number

    @property
    def name(self) -> str:
        """Torvyn's name of the code, e.g. "UnknownKey"."""
        return self.kind.title

    def fields(self) -> dict[str, str | int | None]:
        """The diagnostic for programs; every value can be given to `json.dumps`."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "name": self.name,
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "key": self.key,
            "help": self.help,
        }

    def render(self) -> str:
        """The diagnostic as Torvyn's `check` prints it (docs/torvyn-facts.md#check).

        Safe for a terminal; only the message and the help may have several lines.
        """
        message = printable(self.message, keep_lines=True)
        lines = [f"{self.severity}[{self.code}] {self.name}: {message}"]
        if self.file is not None:
            place = printable(self.file)
            if self.line is not None:
                place += f":{self.line}"
                if self.column is not None:
                    place += f":{self.column}"
            if self.key:
                place += f" :: {printable(self.key)}"
            lines.append(f"  --> {place}")
        if self.help:
            lines.append(f"  = help: {printable(self.help, keep_lines=True)}")
        return "\n".join(lines)


class StudioError(Exception):
    """Something the user can mend; carries every problem found, and the exit code."""

    def __init__(
        self,
        diagnostics: Iterable[Diagnostic],
        exit_code: ExitCode = ExitCode.BAD_INPUT,
    ) -> None:
        self.diagnostics = tuple(diagnostics)
        self.exit_code = exit_code
        super().__init__("\n".join(item.render() for item in self.diagnostics))
