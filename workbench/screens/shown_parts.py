"""What the session is to tell while the flow runs: what nobody sees can wait."""

from __future__ import annotations

from runtime.protocol.updates import ShownParts
from workbench.screens.panes import Panes


def shown_parts(panes: Panes) -> ShownParts:
    """The parts of an update that one of the panes shows now."""
    return ShownParts(
        events=panes.event_log.display,
        # With the first thing that is printed, the pane may get a place.
        printed=panes.outputs.display or panes.outputs.empty,
        times=panes.slow.display or panes.inspector.display,
    )
