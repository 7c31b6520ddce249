"""What a failed call has to say to the author of its component.

An interpreter inside a component writes what was raised to stderr and then traps, so the trap
itself only says `unreachable`. What it wrote is read here as data: Python's tracebacks, the stacks
of JavaScript made by componentize-js, and Rust's panics.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from runtime.model.call import Failure, FailureKind
from runtime.model.component.stack import StackFrame, own_frame
from runtime.model.text.printable import printable

MOST_FRAMES = 12
"""Frames of the author's that are shown, the innermost ones."""
_MOST_TEXT = 500
"""Characters kept of a sentence, a name or a file."""

_TRACEBACK = re.compile(r"[\s|+]*(?:\w+: )?Traceback \(most recent call last\):")
_PYTHON_FRAME = re.compile(
    r'[\s|]+File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<name>.+))?'
)
_PYTHON_ERROR = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")
_PYTHON_MOUNT = re.compile(r"/\d+/(?=.)")
"""componentize-py shows its search paths to Python as /0, /1, …"""
_PYTHON_RUNTIME = re.compile(r"/python/|<frozen |.*/site-packages/|/bundled/")

_STACK = "Stack:"
_SCRIPT_FRAME = re.compile(r"\s+(?P<name>[^@]*)@(?P<file>.+?):(?P<line>\d+):(?P<column>\d+)")
_SCRIPT_ERROR = re.compile(r"\(received `(?P<error>.*)`\) specified for")
_SCRIPT_RUNTIME = re.compile(r".*(?:/|^)initializer\.js$")
"""The bindings that componentize-js generates."""

_PANIC = re.compile(
    r"thread '.*' (?:\(\d+\) )?panicked at (?P<file>\S+?):(?P<line>\d+):(?P<column>\d+):"
)
_NO_LAST_WORD = re.compile(r"note: run with `RUST_BACKTRACE|Redirecting call to abort\(\)")


class FailureReport(NamedTuple):
    """A failure in the words of its component, harmless to show."""

    kind: str
    """The value of its `ErrorKind`."""
    headline: str
    """What happened, in one line."""
    frames: tuple[StackFrame, ...]
    """Where: frames outside the language's runtime, innermost first, at most `MOST_FRAMES`."""
    written: tuple[str, ...]
    """What the call wrote to stderr, line by line."""


class _Raised(NamedTuple):
    """What an interpreter or a panic wrote."""

    error: str
    frames: tuple[StackFrame, ...]
    """Innermost first, those of the runtime among them."""


def report_of(failure: Failure) -> FailureReport:
    """The report of a failed call."""
    text = printable(failure.stderr.decode("utf-8", "replace"), keep_lines=True)
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    raised = _python(lines) or _script(lines) or _panic(lines)
    own = [frame for frame in failure.frames if not frame.runtime]
    if raised is not None and raised.frames and not any(frame.line for frame in own):
        # Below an interpreter, the stack of the trap is the interpreter's.
        own = [frame for frame in raised.frames if not frame.runtime]
    elif not own:
        own = list(failure.frames[:1])
    return FailureReport(
        failure.counted_as.value,
        _headline(failure, lines, raised),
        tuple(own[:MOST_FRAMES]),
        tuple(lines),
    )


def frame_text(frame: StackFrame) -> str:
    """A frame in one line: place and function, as far as they are known."""
    function = printable(frame.function)
    place = printable(frame.place)
    return f"{place} in {function}" if place and function else place or function


def _headline(failure: Failure, lines: list[str], raised: _Raised | None) -> str:
    message = printable(failure.message)
    if raised is None or not raised.error:
        last = next((line for line in reversed(lines) if _has_words(line)), "")
        return f"{message}; stderr: {last.strip()[:_MOST_TEXT]}" if last else message
    if failure.kind is not FailureKind.TRAP:
        return f"{message}; stderr: {raised.error}"
    frame = own_frame(raised.frames)
    if frame is None or frame.runtime:
        return raised.error
    where = f"in {frame.function} ({frame.place})" if frame.function else f"at {frame.place}"
    return f"{raised.error}, {where}"


def _has_words(line: str) -> bool:
    return bool(line.strip()) and _NO_LAST_WORD.match(line) is None


def _python(lines: list[str]) -> _Raised | None:
    """The last traceback; of chained ones that is the exception nobody caught."""
    frames: list[StackFrame] = []
    error = ""
    inside = False
    for line in lines:
        found = _PYTHON_FRAME.fullmatch(line)
        if _TRACEBACK.fullmatch(line):
            frames, error, inside = [], "", True
        elif found is not None:
            if not inside:
                # The beginning of a long one is not kept.
                frames, error, inside = [], "", True
            frames.append(_python_frame(found))
        elif inside and line and not line[0].isspace() and _PYTHON_ERROR.fullmatch(line):
            error, inside = line[:_MOST_TEXT], False
    return _Raised(error, tuple(reversed(frames))) if frames else None


def _python_frame(found: re.Match[str]) -> StackFrame:
    file = _PYTHON_MOUNT.sub("", found["file"], count=1)[:_MOST_TEXT]
    return StackFrame(
        (found["name"] or "<module>")[:_MOST_TEXT],
        file,
        _number(found["line"]),
        runtime=_PYTHON_RUNTIME.match(file) is not None,
    )


def _script(lines: list[str]) -> _Raised | None:
    if _STACK not in lines:
        return None
    at = lines.index(_STACK)
    said = lines[at - 1].strip() if at else ""
    thrown = _SCRIPT_ERROR.search(said)
    frames = []
    for line in lines[at + 1 :]:
        found = _SCRIPT_FRAME.fullmatch(line)
        if found is None:
            break
        file = found["file"][:_MOST_TEXT]
        frames.append(
            StackFrame(
                (found["name"] or "<top>")[:_MOST_TEXT],
                file,
                _number(found["line"]),
                _number(found["column"]),
                runtime=_SCRIPT_RUNTIME.match(file) is not None,
            )
        )
    error = thrown["error"] if thrown is not None else said
    return _Raised(error[:_MOST_TEXT], tuple(frames)) if error or frames else None


def _panic(lines: list[str]) -> _Raised | None:
    for at, line in enumerate(lines):
        found = _PANIC.match(line)
        if found is not None:
            said = lines[at + 1].strip() if at + 1 < len(lines) else ""
            frame = StackFrame(
                "",
                found["file"][:_MOST_TEXT],
                _number(found["line"]),
                _number(found["column"]),
            )
            return _Raised(f"panicked: {said}"[:_MOST_TEXT], (frame,))
    return None


def _number(digits: str) -> int:
    return int(digits[:9])
