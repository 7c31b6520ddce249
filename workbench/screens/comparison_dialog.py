"""`D`: asks for the comparison of branches, shows it, and goes to the call that was chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.protocol.branch_comparison import BranchComparison, CompareBranches
from runtime.protocol.requests import JumpTo, Request, TakeBranch
from workbench.screens.panes import Panes
from workbench.view import NodeRef

if TYPE_CHECKING:
    from workbench.dialogs.comparison import ComparedPlace, ComparisonScreen


class ComparisonDialog:
    """Opens the screen at once, and hands it the comparison when that is done."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send
        self._screen: ComparisonScreen | None = None
        self._with_file = False

    def open(self, recording: Path | None = None) -> None:
        """Compare this branch with the one it left, or with its recording; or with another one."""
        self._with_file = recording is not None
        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.dialogs.comparison import ComparisonScreen

        self._screen = ComparisonScreen()
        self._panes.app.push_screen(self._screen, self._go)
        self._send(CompareBranches(None if recording is None else str(recording.absolute())))

    def take(self, comparison: BranchComparison | None) -> None:
        """The session has compared."""
        if comparison is not None and self._screen is not None:
            self._screen.show(comparison)

    def branches_are_gone(self) -> None:
        """The session began again, and has one branch; a recording can still be compared with."""
        if not self._with_file:
            self.give_way()

    def give_way(self) -> None:
        """Something happened that the user must see: close."""
        if self._screen is not None and self._screen.is_current:
            self._screen.dismiss(None)

    def _go(self, place: ComparedPlace | None) -> None:
        self._screen = None
        if place is None:
            return
        timeline = self._panes.context.timeline
        if timeline is not None and place.branch == timeline.branch:
            self._send(JumpTo(place.call))
        else:
            self._send(TakeBranch(place.branch, place.call))
        self._panes.selection = NodeRef(place.node)
