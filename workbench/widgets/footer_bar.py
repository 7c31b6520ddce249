"""The footer: the keys that act now."""

from __future__ import annotations

from workbench.actions.context import Context
from workbench.bars.footer import footer
from workbench.text.lines import Line
from workbench.widgets.label import BuiltLabel


class FooterBar(BuiltLabel):
    """Asks the actions whether they act when it is drawn; it is told context and cells."""

    def __init__(self, *, id: str) -> None:
        super().__init__(self._lines, id=id)
        self._actions: list[str] = []

    def _lines(self, told: tuple[Context, int] | None) -> tuple[Line, ...]:
        if told is None:
            return ()
        spans, self._actions = footer(*told)
        return (spans,)

    def action_at(self, span: int) -> str:
        """Id of the action that a span of the footer shows."""
        return self._actions[span]
