"""The main screen: panes, and keys that do the actions of the table."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget

from runtime.protocol.requests import Request
from workbench.actions.labels import keys_of
from workbench.actions.table import ACTIONS
from workbench.painting.key_wait import KeyWait
from workbench.painting.paint_cache import PaintCache
from workbench.painting.paint_turns import PaintTurns
from workbench.painting.partial_compositor import PartialCompositor
from workbench.screens.panes import Panes
from workbench.settings.preferences import Preferences
from workbench.settings.project_memory import ProjectMemory
from workbench.widgets.panes.pane_layout import Body
from workbench.widgets.prompt_line import PromptLine

if TYPE_CHECKING:
    from workbench.screens.main_controller import MainController
    from workbench.tour.tour import Tour

NO_PREFERENCES = Preferences()
NOTHING_KEPT = ProjectMemory(None)


class MainScreen(Screen[None], inherit_bindings=False):
    """Holds the panes of a session, and the controller that does what its keys ask."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "screen.copy_text", show=False),
    ]

    def __init__(
        self,
        send: Callable[[Request], None],
        *,
        title: str,
        memory: ProjectMemory = NOTHING_KEPT,
        preferences: Preferences = NO_PREFERENCES,
        tour: Tour | None = None,
    ) -> None:
        super().__init__()
        for action in ACTIONS:  # here and not in BINDINGS, since the user may have other keys
            if keys := keys_of(action):
                self._bindings.bind(",".join(keys), f"do('{action.id}')", show=False)
        self.panes = Panes(
            send,
            lambda wish, target: self.controller.ask_breakpoint(wish, target),
            title=title,
            memory=memory,
            preferences=preferences,
            tour=tour,
        )
        self._send = send
        self._compositor = PartialCompositor()
        self._styles_cache = PaintCache()
        self.panes._styles_cache = PaintCache()
        self._turns: PaintTurns | None = None

    def compose(self) -> ComposeResult:
        """The panes fill the screen."""
        yield self.panes

    @cached_property
    def controller(self) -> MainController:
        """Does what the keys of this screen ask."""
        # Imported with the first key or answer: the first paint waits for nothing that acts.
        from workbench.screens.main_controller import MainController

        return MainController(self.panes, self._send)

    def paint_in_turns(self, keys: KeyWait) -> None:
        """From now on, let what a key does be seen before the rest of the picture it came in."""
        self._turns = PaintTurns(self, keys, self._front)

    def _front(self) -> Iterator[Widget]:
        """What most keys change: the bars, and what has the keys."""
        yield from (widget for widget in self.panes.children if not isinstance(widget, Body))
        if self.focused is not None:
            yield self.focused

    def _on_timer_update(self) -> Coroutine[None, None, None] | None:  # type: ignore[override]
        if self._turns is not None:
            return self._paint_in_turns(self._turns)  # which the timer awaits
        super()._on_timer_update()
        return None

    async def _paint_in_turns(self, turns: PaintTurns) -> None:
        await turns.draw()
        super()._on_timer_update()

    async def mount_rest(self) -> None:
        """Mount what no first frame shows, once it is painted; before, no key may ask for it."""
        await self.query_one(Body).mount_rest()
        await self.panes.mount(self.panes.prompt, self.panes.commands)

    def action_do(self, action_id: str) -> None:
        """Do an action of the table; Textual's bindings call it."""
        self.controller.do(action_id)

    @on(PromptLine.Typed)
    @on(PromptLine.Taken)
    @on(PromptLine.Turned)
    @on(PromptLine.Wandered)
    @on(PromptLine.Left)
    def prompted(self, message: PromptLine.Typed | PromptLine.Left) -> None:
        """Something was pressed in the line at the foot."""
        self.controller.prompting.take(message)

    @on(Panes.ActionChosen)
    def do_chosen(self, message: Panes.ActionChosen) -> None:
        """An action was clicked."""
        self.controller.do(message.action_id)
