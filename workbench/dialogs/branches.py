"""The branches that are kept, to choose one."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from runtime.model.text.plurals import counted
from runtime.protocol.timeline import BranchInfo, Timeline
from workbench.dialogs.choice import ChoiceScreen
from workbench.text.lines import Line, Row, StyleRole, line


class BranchesScreen(ChoiceScreen[int | None]):
    """Gives back the number of a branch, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("L", "close", "close")]

    def __init__(self, timeline: Timeline) -> None:
        super().__init__("branches-list")
        self._timeline = timeline

    def compose(self) -> ComposeResult:
        """One row a branch."""
        with Vertical(id="branches") as box:
            box.border_title = "Branches"
            box.border_subtitle = "enter goes to its end   esc closes"
            yield self.list

    def on_mount(self) -> None:
        """The cursor is on the first branch that is not the present one."""
        branches = self._timeline.branches
        self.list.show([Row(self._line(info), info.number) for info in branches])
        others = (at for at, info in enumerate(branches) if info.number != self._timeline.branch)
        self.list.set_cursor(next(others, 0))

    def _line(self, info: BranchInfo) -> Line:
        here = info.number == self._timeline.branch
        calls = f"{counted(info.calls, 'call'):>17}"
        left = (
            f"  left branch {info.parent} after {info.forked_at:,}"
            if info.parent is not None
            else ""
        )
        return line(
            (f"  branch {info.number}", StyleRole.STRONG),
            (calls, StyleRole.TEXT),
            (left, StyleRole.DIM),
            ("  here" if here else "", StyleRole.NEXT),
        )
