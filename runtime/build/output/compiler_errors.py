"""Reads errors with file, line and column out of what build tools write.

Understood: rustc, cargo and wasm-tools (`--> file:line:column` under a message), clang, Zig,
Go and gcc (`file:line:column: error: …`), linkers, Python tracebacks, missing commands.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from runtime.build.toolchain import missing_tool
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity

MOST_PROBLEMS = 200
"""Problems kept of one build; compilers put the first cause first."""

_ADVICE = "Correct the source and build again; the component built before stays in use."

_HEADLINE = re.compile(r"^(error|warning)(?:\[(\w+)\])?: (.+)$")
_ARROW = re.compile(r"^\s*(?:-->|:::) (.+?):(\d+):(\d+)\s*$")
_HELP = re.compile(r"^\s*= help: (.+)$")
_PLACED = re.compile(
    r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?:(?P<column>\d+):)? "
    r"(?:(?P<kind>fatal error|error|warning|note): )?(?P<text>.+)$"
)
_LINKER = re.compile(r"^(?:rust-lld|wasm-ld|ld\.lld|lld): error: (.+)$")
_FRAME = re.compile(r'^(?:\w+: )?\s+File "(.+?)", line (\d+)')
_RAISED = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning)(?:: .*)?)$")
_TRACEBACK = "Traceback (most recent call last):"
_TOOL_FILE = re.compile(r"/(?:site-packages|lib/python[\d.]*|bin)/|^<")
_NO_COMMAND = re.compile(
    r"(?:^|: )(?:line )?(?:\d+: )?([\w.+-]+): (?:command )?not found$"
    r"|^make: ([\w.+-]+): No such file or directory$"
)
_NO_SUBCOMMAND = re.compile(r"^error: no such (?:sub)?command: `([\w-]+)`")
_NO_TARGET = re.compile(r"the `([\w-]+)` target may not be installed")
_SUMMARY = re.compile(r"^(could not compile|aborting due to|build failed|\d+ warnings? emitted)")
_SUMMARY_END = re.compile(r"generated \d+ warnings?(?: \(.*\))?$")
_MOUNTED = re.compile(r"^/\d+/(.+)$")
"""componentize-py shows its search paths to Python as /0, /1, …"""


class ProblemReader:
    """Takes the lines of a build one by one; `problems` has what was found. Not thread-safe."""

    def __init__(self, directory: Path, wanted_for: str) -> None:
        self._directory = directory
        self._wanted_for = wanted_for
        self._problems: list[Diagnostic] = []
        self._headline: Diagnostic | None = None
        self._placed = False
        self._frame: tuple[str, int] | None = None

    def feed(self, line: str) -> None:
        """Take in one line."""
        found = (
            self._missing(line)
            or self._python(line)
            or self._below_headline(line)
            or self._headline_of(line)
            or self._one_line(line)
        )
        if not found and not line.strip():
            self._flush()

    def finish(self) -> tuple[Diagnostic, ...]:
        """All problems, errors before warnings, each once."""
        self._flush()
        unique = dict.fromkeys(self._problems)
        return tuple(sorted(unique, key=lambda item: item.severity is not Severity.ERROR))

    def _add(self, problem: Diagnostic) -> None:
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(problem)

    def _flush(self) -> None:
        if self._headline is not None:
            self._add(self._headline)
        self._headline = None
        self._placed = False

    def _missing(self, line: str) -> bool:
        target = _NO_TARGET.search(line)
        if target is not None:
            self._headline = None
            install = f"rustup target add {target.group(1)}"
            self._add(missing_tool(target.group(1), self._wanted_for, install))
            return True
        subcommand = _NO_SUBCOMMAND.match(line)
        command = _NO_COMMAND.search(line)
        if subcommand is not None:
            tool = f"cargo-{subcommand.group(1)}"
        elif command is not None:
            tool = command.group(1) or command.group(2)
        else:
            return False
        self._flush()
        self._add(missing_tool(tool, self._wanted_for))
        return True

    def _python(self, line: str) -> bool:
        frame = _FRAME.match(line)
        if frame is not None:
            path, number = frame.group(1), int(frame.group(2))
            # The innermost frame of the component's own files tells most.
            if self._frame is None or self._is_own(path):
                self._frame = (path, number)
            return True
        raised = _RAISED.match(line)
        if raised is None or self._frame is None:
            return False
        if line.endswith(_TRACEBACK):
            return True
        path, number = self._frame
        self._frame = None
        if self._is_own(path) or not _TOOL_FILE.search(path):
            self._add(self._problem("error", raised.group(1), path, number))
        else:
            # componentize-py raises what Python raised within an AssertionError.
            self._add(self._problem("error", raised.group(1).removeprefix("AssertionError: ")))
        return True

    def _headline_of(self, line: str) -> bool:
        found = _HEADLINE.match(line)
        if found is None:
            return False
        self._flush()
        kind, code, text = found.groups()
        linker = _LINKER.match(text)
        if linker is None and (_SUMMARY.match(text) or _SUMMARY_END.search(text)):
            return True
        message = f"{text} [rustc {code}]" if code else text
        self._headline = self._problem(kind, message)
        return True

    def _below_headline(self, line: str) -> bool:
        if self._headline is None:
            return False
        arrow = _ARROW.match(line)
        if arrow is not None:
            if not self._placed:
                path, number, column = arrow.groups()
                self._headline = replace(
                    self._headline,
                    file=self._resolve(path),
                    line=int(number),
                    column=int(column),
                )
                self._placed = True
            return True
        advice = _HELP.match(line)
        if advice is not None and self._headline.help == _ADVICE:
            self._headline = replace(self._headline, help=advice.group(1))
            return True
        return False

    def _one_line(self, line: str) -> bool:
        linker = _LINKER.match(line)
        if linker is not None:
            self._add(self._problem("error", f"linker: {linker.group(1)}"))
            return True
        placed = _PLACED.match(line)
        if placed is None:
            return False
        kind = placed.group("kind")
        # Only Go leaves the kind out; other text of this form is not a problem.
        if kind == "note" or (kind is None and not placed.group("file").endswith(".go")):
            return True
        column = placed.group("column")
        self._add(
            self._problem(
                kind or "error",
                placed.group("text"),
                placed.group("file"),
                int(placed.group("line")),
                int(column) if column else None,
            )
        )
        return True

    def _problem(
        self,
        kind: str,
        message: str,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> Diagnostic:
        return Diagnostic(
            Severity.WARNING if kind == "warning" else Severity.ERROR,
            Code.BUILD_FAILED,
            message,
            _ADVICE,
            file=None if path is None else self._resolve(path),
            line=line,
            column=column,
        )

    def _is_own(self, path: str) -> bool:
        return Path(self._resolve(path)).is_relative_to(self._directory)

    def _resolve(self, path: str) -> str:
        """The file meant: tools name it relative to the component or to its workspace."""
        mounted = _MOUNTED.match(path)
        if mounted is not None and (self._directory / mounted.group(1)).is_file():
            return str(self._directory / mounted.group(1))
        if Path(path).is_absolute():
            return path
        for base in (self._directory, *self._directory.parents):
            if (base / path).is_file():
                return str(base / path)
        return str(self._directory / path)
