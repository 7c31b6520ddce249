"""What the command line may become, and what was typed before, drawn above it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from runtime.model.measures.time_units import NS_PER_S
from workbench.settings.command_history import KeptCommand
from workbench.text.excerpt import excerpt
from workbench.text.figures import age
from workbench.text.lines import Line, StyleRole, line, pad
from workbench.widgets.label import LineLabel

COMPLETIONS = 6
"""Completions that are seen at once."""

EARLIER = 3
"""Commands that were typed before, of those that are seen."""

LEAST_HEIGHT = 16
"""Lower screens have no room for the list: the line itself says what `tab` takes."""

NAME_CELLS = 26


class CommandList(LineLabel):
    """Hidden while nothing is typed; lies over the lowest panes."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.border_title = "Commands"
        self.border_subtitle = "tab takes ›   up: history"
        self.display = False

    def show(
        self,
        found: Sequence[tuple[str, str]],
        chosen: int,
        earlier: Sequence[KeptCommand],
        said: str = "nothing is called that",
    ) -> None:
        """Show completions around the chosen one, each with what it does; and earlier lines, the
        newest first. `said`, in lines, is shown where there are no completions."""
        first = max(min(chosen - COMPLETIONS // 2, len(found) - COMPLETIONS), 0)
        seen = found[first : first + COMPLETIONS]
        rows = [_row(text, about, first + at == chosen) for at, (text, about) in enumerate(seen)]
        if not rows:
            rows = [line((f"   {row}", StyleRole.DIM)) for row in said.split("\n")]
        if earlier:
            rows.append(line((" history", StyleRole.ACCENT)))
        now = time.time()
        for one in earlier[:EARLIER]:
            ago = age(int((now - one.at) * NS_PER_S))
            rows.append(_row(one.text, f"{ago} ago", False))
        self.border_title = f"Commands  {len(found):,}"
        self.lines = tuple(rows)
        self.styles.height = len(rows) + 2
        self.display = self.app.size.height >= LEAST_HEIGHT

    def hide(self) -> None:
        """The line is closed."""
        self.display = False


def _row(text: str, about: str, chosen: bool) -> Line:
    return line(
        (" › " if chosen else "   ", StyleRole.ACCENT),
        (pad(f":{excerpt(text, 80)}", NAME_CELLS), StyleRole.STRONG),
        (f" {excerpt(about, 200)}", StyleRole.DIM),
    )
