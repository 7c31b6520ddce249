"""The branches that are kept, to choose one."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from runtime.model.text.plurals import counted
from runtime.protocol.timeline import BranchInfo, Timeline
from workbench.text.lines import Line, Row, StyleRole, line
from workbench.widgets.line_view import LineView


class BranchesScreen(ModalScreen[int | None]):
    """Gives back the number of a branch, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,L", "close", "close"),
        Binding("up,k", "move(-1)", "up"),
        Binding("down,j", "move(1)", "down"),
        Binding("enter", "take", "take"),
    ]

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self._timeline = timeline
        self._list = LineView(id="branches-list")

    def compose(self) -> ComposeResult:
        """One row a branch."""
        with Vertical(id="branches") as box:
            box.border_title = "Branches"
            box.border_subtitle = "enter goes to its end   esc closes"
            yield self._list

    def on_mount(self) -> None:
        """The cursor is on the first branch that is not the present one."""
        branches = self._timeline.branches
        self._list.can_focus = False
        self._list.show([Row(self._line(info), info.number) for info in branches])
        others = (at for at, info in enumerate(branches) if info.number != self._timeline.branch)
        self._list.set_cursor(next(others, 0))

    def on_line_view_opened(self, message: LineView.Opened) -> None:
        """A branch was clicked, or taken with Enter."""
        if isinstance(message.target, int):
            self.dismiss(message.target)

    def action_take(self) -> None:
        """Take the branch of the cursor."""
        self._list.open()

    def action_move(self, step: int) -> None:
        """Go to another branch."""
        self._list.move(0, step)

    def action_close(self) -> None:
        """Close without taking one."""
        self.dismiss(None)

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
