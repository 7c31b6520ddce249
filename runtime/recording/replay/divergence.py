"""Where a replay is not what was recorded."""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a replay is not what was recorded. Its texts are printable."""

    call: int
    """Number of the recorded call."""
    node: str
    export: str
    element: str
    """`source#sequence`, or "no element"."""
    what: str
    """What differs, e.g. "output 1", "printed", "call", "clock or random"."""
    expected: str
    got: str

    def render(self) -> str:
        """Several lines: where, expected, got."""
        return (
            f"replay diverges at call {self.call}: {self.node}.{self.export}({self.element}), "
            f"{self.what}\n  expected: {self.expected}\n  got:      {self.got}"
        )
