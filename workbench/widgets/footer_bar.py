"""The footer: the keys that act now."""

from __future__ import annotations

from textual.reactive import reactive

from workbench.actions.context import Context
from workbench.bars.footer import footer
from workbench.text.lines import Line
from workbench.widgets.label import LineLabel


class FooterBar(LineLabel):
    """Asks the actions whether they act when it is drawn: once a paint, however often the
    context changes in between."""

    context: reactive[Context | None] = reactive(None)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._drawn: tuple[Context, int] | None = None
        self._line: Line = ()
        self._actions: list[str] = []

    def drawn_lines(self) -> tuple[Line, ...]:
        """The keys of the present context, as many as there is room for."""
        context, cells = self.context, self.size.width
        if context is None:
            return ()
        if self._drawn is None or self._drawn[0] is not context or self._drawn[1] != cells:
            self._line, self._actions = footer(context, cells)
            self._drawn = context, cells
        return (self._line,)

    def action_at(self, span: int) -> str:
        """Id of the action that a span of the footer shows."""
        return self._actions[span]
