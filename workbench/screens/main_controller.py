"""Does actions of the table with the panes of one screen and its session."""

from __future__ import annotations

from collections.abc import Callable

from runtime.protocol.breakpoints import Breakpoint, Watch
from runtime.protocol.lineage import Lineage
from runtime.protocol.replies import SavedBranches
from runtime.protocol.requests import (
    Pause,
    Request,
    StopCall,
)
from runtime.protocol.updates import Health, Update
from workbench.actions.action import Group
from workbench.actions.context import Context, PaneName
from workbench.actions.labels import label
from workbench.actions.table import BY_ID
from workbench.actions.target import ApplicationActions, PaneActions, SessionActions
from workbench.screens.application_controller import ApplicationController
from workbench.screens.attention import Attention
from workbench.screens.pane_controller import PaneController
from workbench.screens.panes import Panes
from workbench.screens.prompts.command_prompt import CommandPrompt
from workbench.screens.prompts.pane_search import PaneSearch
from workbench.screens.prompts.prompting import Prompting
from workbench.screens.session_controller import SessionController
from workbench.screens.trust_dialogs import TrustDialogs
from workbench.screens.update_feed import UpdateFeed
from workbench.screens.whole_payloads.copying import Copying
from workbench.screens.whole_payloads.payload_looking import PayloadLooking
from workbench.screens.whole_payloads.payload_reading import PayloadReading
from workbench.widgets.panes.breaks_pane import BreakWish

MOST_KEPT = 20
"""Actions kept until the flow is open; further ones are said to be too many by doing nothing."""


class MainController:
    """What actions turn to (`workbench.actions.target.ActionTarget`), and what does them."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._reading = PayloadReading(send)
        self._restored = False
        """True once the searches of last time are there again."""
        self._kept: list[str] = []
        """Actions that were asked for before the flow was open."""
        self.prompting = Prompting(panes, panes.prompt)
        self.search = PaneSearch(panes, panes.prompt)
        panes.search_words = self.search.words
        self.commands = CommandPrompt(
            panes,
            panes.prompt,
            lambda request: self._session.send(request),
            self.do,
            lambda recording: self._session.compare_with(recording),
            lambda: self._application.save_branches(),
            panes.commands,
        )
        self._attention = Attention(panes)
        self._session = SessionController(panes, self._reading, send)
        self._pane_controller = PaneController(
            panes,
            Copying(panes, self._reading),
            PayloadLooking(
                panes,
                self._reading,
                lambda: self.do("edit"),
                self._session.breakpoints.ask_with,
            ),
            self.search,
            self.commands,
            self.prompting,
            lambda: self._session.send(Pause()),
            lambda: self._session.send(StopCall()),
        )
        self._application = ApplicationController(panes, self.do, send, self.commands)
        self._trust = TrustDialogs(panes, send)
        self._feed = UpdateFeed(
            panes,
            send,
            self._reading.take,
            self._session.take_try,
            self._session.take_memory,
            self._session.breakpoints.take,
            self._attention,
        )

    @property
    def context(self) -> Context:
        """The present context."""
        return self._panes.context

    def ask_breakpoint(self, wish: BreakWish, target: Breakpoint | Watch | None) -> None:
        """Do what is asked in the list of breakpoints."""
        self._session.breakpoints.ask(wish, target)

    @property
    def session(self) -> SessionActions:
        """For requests to the session."""
        return self._session

    @property
    def panes(self) -> PaneActions:
        """For panes and movement in them."""
        return self._pane_controller

    def leave_for(self, name: str, go: Callable[[], None]) -> None:
        """Leave this session for another file, after the questions of `q`."""
        self._application.leave_for(f"open {name}", go)

    @property
    def application(self) -> ApplicationActions:
        """For dialogs and the application."""
        return self._application

    def take(self, update: Update) -> None:
        """Show what happened in the session."""
        old = self._panes.view
        self._feed.take(update)
        if old.flow is None and self._panes.view.flow is not None and not self._restored:
            self._restored = True
            self.search.restore()
        self._session.take_comparison(update, old)
        self._trust.take(update.question)
        self._do_kept()
        for reply in update.replies:
            if isinstance(reply, SavedBranches):
                self._application.saved(reply)
            elif isinstance(reply, Lineage):
                self._session.take_lineage(reply)

    def _do_kept(self) -> None:
        """Do what was asked for before the flow was open."""
        view = self._panes.view
        if self._kept and view.health is not Health.STARTING:
            kept, self._kept = self._kept, []
            for action_id in kept if view.ready else ():
                self.do(action_id)

    def do(self, action_id: str) -> None:
        """Do an action, or say what it needs."""
        action = BY_ID[action_id]
        context = self.context
        if action.when(context):
            self._panes.show_notice("")
            action.do(self)
            if action.group in (Group.MOVE, Group.LOOK) and self.context.pane is not PaneName.FLOW:
                self._attention.chose()
            self._panes.note_action(action_id)
        elif context.view.health is Health.STARTING and action.group is Group.RUN:
            self._kept = [*self._kept, action_id][:MOST_KEPT]
            self._panes.show_notice(
                f"{label(action, context)} is done as soon as the flow is open."
            )
        else:
            needs = f"{label(action, context)} needs {action.needs}."
            self._panes.show_notice(action.why_not(context) or needs)
