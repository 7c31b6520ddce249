"""What stands in the upper borders of the panes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from workbench.actions.context import PaneName
from workbench.arrangement.arrange import FRAME
from workbench.widgets.border_words import border_words, folded_words, numbered_words
from workbench.widgets.line_view import LineView
from workbench.widgets.panes.flow_pane import FlowPane
from workbench.widgets.panes.inspector import Inspector
from workbench.widgets.panes.outputs_pane import Outputs

Pane = FlowPane | LineView | Outputs


def write_titles(
    panes: Mapping[PaneName, Pane],
    unseen: Collection[PaneName],
    search_words: Callable[[PaneName, int], str],
    cells: int,
) -> None:
    """Each pane's digit and name, and what is searched for in it; those that are seen also name
    the ones that are `unseen`. `cells` is the width of the screen."""
    numbers = [(number, name) for number, name in enumerate(PaneName, start=1)]
    named = [(number, name.value) for number, name in numbers if name in unseen]
    others = numbered_words(named, cells - FRAME) if named else ""
    for number, name in numbers:
        pane = panes[name]
        shown = pane.subject_words if isinstance(pane, Inspector) else ""
        title = f"{number} {shown or name.value.capitalize()}"
        found = search_words(name, pane.size.width - len(title) - 8)
        if isinstance(pane, FlowPane):
            pane.show_name(f"{title}  {found}".rstrip())
        else:
            room = pane.size.width if found else cells - FRAME
            words = folded_words if pane.has_class("-folded") else border_words
            pane.border_title = words(title, found or others, room)
