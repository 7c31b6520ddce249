"""Panes that come up because something happened, and go again when that is over.

What the user chose a moment ago stays: nothing that happens takes it away.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from workbench.actions.context import PaneName
from workbench.arrangement.arrange import CORNER
from workbench.screens.panes import Panes

CHOSEN_S = 10.0
"""For how long what the user chose stays."""


class Attention:
    """Turns the place that panes share to where something happens."""

    def __init__(self, panes: Panes, clock: Callable[[], float] = monotonic) -> None:
        """`clock` is monotonic, in seconds."""
        self._panes = panes
        self._clock = clock
        self._chosen_at: float | None = None
        self._brought: PaneName | None = None
        """The pane that came up by itself, as long as the user chose no other."""
        self._before: PaneName | None = None
        """The pane that had its place."""

    def chose(self) -> None:
        """The user chose a pane, or moved in the one that has the keys."""
        self._chosen_at = self._clock()
        self._brought = None

    def happened(self, name: PaneName) -> None:
        """Bring the pane up that tells of it, unless it is in sight or the user chose just now."""
        panes, chosen_at = self._panes, self._chosen_at
        chosen = chosen_at is not None and self._clock() - chosen_at < CHOSEN_S
        if panes.pane(name).display or panes.zoomed or chosen:
            return
        if self._brought is None:
            self._before = panes.shared_pane
        self._show(name)
        self._brought = name

    def over(self, name: PaneName) -> None:
        """Show again what stood there before the pane came up."""
        if self._brought is name and self._before is not None:
            self._show(self._before)
            self._brought = None

    def _show(self, name: PaneName) -> None:
        panes = self._panes
        active = panes.active
        if active is not PaneName.FLOW if panes.narrow else active in CORNER:
            panes.focus_pane(name)
        else:
            panes.bring_up(name)
