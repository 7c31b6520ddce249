"""The stack of a component at a trap, as its build can name it."""

from __future__ import annotations

from typing import NamedTuple


class StackFrame(NamedTuple):
    """One function of a component that had not returned. Text of the component is data."""

    function: str
    """Its name as the build has it, e.g. "my_parser::parse_line" or "<wasm function 38>"."""
    file: str = ""
    """Source file, as the compiler wrote it down; "" when the build has no line table."""
    line: int = 0
    """Counted from 1; 0 when not known."""
    column: int = 0
    """Counted from 1; 0 when not known."""
    runtime: bool = False
    """True for the language's own runtime, e.g. `rust_panic`: not the author's code."""

    @property
    def place(self) -> str:
        """`file:line:column` as far as it is known, "" when it is not."""
        parts = [self.file, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(parts) if self.file else ""


def own_frame(frames: tuple[StackFrame, ...]) -> StackFrame | None:
    """The innermost frame outside the language's runtime, else the innermost; None for none."""
    return next((frame for frame in frames if not frame.runtime), frames[0] if frames else None)
