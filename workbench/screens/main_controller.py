"""What actions may ask of the main screen (`workbench.actions.target.ActionTarget`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from textual.app import App

from runtime.protocol.requests import (
    CompareBranches,
    Pause,
    Request,
    SetComparing,
    StartBuild,
    StepCall,
)
from workbench.actions.building import has_other_branch, is_looked_at
from workbench.actions.running import PACES
from workbench.actions.table import BY_ID
from workbench.actions.target import Context, PaneName
from workbench.graph.graph_diff import FlowChange
from workbench.screens import bars
from workbench.screens.confirm import ConfirmScreen
from workbench.screens.help import HelpScreen
from workbench.screens.panes import Panes
from workbench.screens.payload_commands import PayloadCommands
from workbench.screens.seek_commands import SeekCommands
from workbench.terminal.clipboard import copy_natively
from workbench.terminal.mouse import set_mouse
from workbench.theme import THEMES
from workbench.view import BranchesRef, ChangeRef, NodeRef
from workbench.widgets.line_view import LineView
from workbench.widgets.log_view import LogView

STEP_ANSWER_S = 0.4
"""A step that made no call after this time is explained."""


class MainController:
    """Does what actions ask, with the panes of one screen."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send
        self._mouse = True
        self._sent = 0
        self._seek = SeekCommands(panes, self.send)
        self.payloads = PayloadCommands(panes, self.send)

    @property
    def context(self) -> Context:
        """The present context."""
        return self._panes.context

    @property
    def _app(self) -> App[Any]:
        return self._panes.app

    def send(self, request: Request) -> None:
        """Send a request; a step that makes no call is explained."""
        snapshot = self.context.view.snapshot
        self._sent += 1
        if isinstance(request, StepCall) and snapshot is not None:
            explain = partial(self._explain, self._sent, snapshot.calls, request.node)
            self._panes.set_timer(STEP_ANSWER_S, explain)
        self._send(request)

    def _explain(self, sent: int, calls: int, node: str | None) -> None:
        view = self.context.view
        if sent != self._sent or not view.ready or view.running or view.snapshot is None:
            return
        if view.snapshot.calls == calls:
            self._panes.say(bars.why_not(view, node))

    # ---- the branch

    def ask_place(self) -> None:
        """Ask for a place of the branch, and go there."""
        self._seek.ask_place()

    def take_branch(self) -> None:
        """Go to the end of the other branch, or of the one that is chosen."""
        self._seek.take_branch()

    def record(self) -> None:
        """Record into a file, or end that."""
        self._seek.record()

    def edit_element(self) -> None:
        """Edit the payload of the element that is meant."""
        self.payloads.edit()

    def inject_element(self) -> None:
        """Make an element for the edge that is selected."""
        self.payloads.inject()

    # ---- builds

    def build(self, component: str | None) -> None:
        """Build a component, or all, and bring the output up."""
        self.send(StartBuild(component))
        self._panes.bring_up(PaneName.BUILD, wanted=True)

    def show_difference(self) -> None:
        """Look at the latest difference; the one that is looked at is closed."""
        context, panes = self.context, self._panes
        view, selection = context.view, context.selection
        if view.news:
            *older, latest = view.news
            panes.view = replace(view, news=tuple(older))
            panes.selection = (
                ChangeRef() if isinstance(latest, FlowChange) else NodeRef(latest.node)
            )
        elif is_looked_at(context):
            if isinstance(selection, NodeRef):
                panes.view = view.without_comparison(selection.node)
            else:
                panes.selection = None
            return
        elif has_other_branch(context):
            panes.view = replace(view, branch_comparison=None)
            panes.selection = BranchesRef()
            self.send(CompareBranches())
        panes.focus_pane(PaneName.INSPECTOR)
        panes.inspector.jump(False)

    def toggle_comparing(self) -> None:
        """Compare the builds at each swap, or do not."""
        self._panes.comparing = not self._panes.comparing
        self.send(SetComparing(self._panes.comparing))
        what = "compares both builds" if self._panes.comparing else "compares nothing"
        self._panes.say(f"A swap {what}.")

    def cycle_pace(self) -> None:
        """Take the next pace; a flow that runs takes it at once."""
        self._panes.pace = PACES[(PACES.index(self._panes.pace) + 1) % len(PACES)]
        if self.context.view.running:
            BY_ID["continue"].do(self)

    # ---- panes

    def focus_pane(self, name: PaneName) -> None:
        """Bring a pane up and give it the keys."""
        self._panes.focus_pane(name)

    def cycle_pane(self, step: int) -> None:
        """Go on to the next pane."""
        names = list(PaneName)
        self.focus_pane(names[(names.index(self._panes.active) + step) % len(names)])

    def zoom(self, bigger: bool) -> None:
        """Give the whole body to the active pane, or take it back."""
        self._panes.zoomed = bigger

    def up(self) -> None:
        """Go up one level: the way through the past, zoom, cursor, pane, selection."""
        target = self._panes.target
        if self.context.view.seeking:
            self.send(Pause())
        elif self._panes.zoomed:
            self._panes.zoomed = False
        elif isinstance(target, LineView) and target.cursor is not None:
            target.cursor = None
            target.refresh()
        elif self._panes.active is not PaneName.FLOW:
            self.focus_pane(PaneName.FLOW)
        else:
            self._panes.selection = None

    def move(self, across: int, down: int) -> None:
        """Move in the active pane; across, the output pane goes to its next log."""
        if across and self._panes.active is PaneName.OUTPUT:
            self._panes.outputs.step(across)
        elif self._panes.target is not None:
            self._panes.target.move(across, down)

    def page(self, pages: int) -> None:
        """Move by pages."""
        if self._panes.target is not None:
            self._panes.target.page(pages)

    def jump(self, end: bool) -> None:
        """Go to the first or the last line."""
        if self._panes.target is not None:
            self._panes.target.jump(end)

    def sideways(self, step: int) -> None:
        """Scroll across, or show another part of a payload."""
        if self._panes.target is not None:
            self._panes.target.sideways(step)

    def open(self) -> None:
        """Look into what the cursor is on."""
        if self._panes.target is not None:
            self._panes.target.open()

    def follow(self) -> None:
        """Let the log follow its end, or stop doing so."""
        if isinstance(self._panes.target, LogView):
            self._panes.target.following = not self._panes.target.following

    def toggle_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        if isinstance(self._panes.target, LogView):
            self._panes.target.wrapped = not self._panes.target.wrapped

    def next_form(self) -> None:
        """Show payloads in the next form."""
        self._panes.inspector.form = self._panes.inspector.form.following

    # ---- the workbench

    def copy(self) -> None:
        """Copy the marked text, else what the active pane offers."""
        target = self._panes.target
        text = self._panes.get_selected_text() or (target.copy_text() if target else None)
        if text:
            self._panes.run_worker(self._copy(text), group="copy", exclusive=True)
        else:
            self._panes.say("Nothing to copy: put the cursor on a line, or mark with the mouse.")

    async def _copy(self, text: str) -> None:
        tool = await asyncio.to_thread(copy_natively, text)
        if tool is None:
            self._app.copy_to_clipboard(text)
        way = f"with {tool}" if tool else "through the terminal (OSC 52), if it allows that"
        self._panes.say(f"Copied {len(text):,} characters {way}.")

    def toggle_mouse(self) -> None:
        """Take the mouse, or leave it to the terminal."""
        if not set_mouse(self._app, not self._mouse):
            self._panes.say("This terminal's driver can not switch the mouse.")
            return
        self._mouse = not self._mouse
        whose = "the workbench's again" if self._mouse else "the terminal's; M takes it back"
        self._panes.say(f"The mouse is {whose}.")

    def next_theme(self) -> None:
        """Change between our themes."""
        names = [theme.name for theme in THEMES]
        at = names.index(self._app.theme) if self._app.theme in names else -1
        self._app.theme = names[(at + 1) % len(names)]

    def show_help(self) -> None:
        """Open the help and do what is chosen there."""
        self._app.push_screen(HelpScreen(self.context), self._chosen)

    def _chosen(self, action_id: str | None) -> None:
        if action_id is not None:
            self._panes.do(action_id)

    def show_palette(self) -> None:
        """Open the command palette."""
        self._app.action_command_palette()

    def suspend(self) -> None:
        """Put the workbench in the background."""
        self._app.action_suspend_process()

    def leave(self, at_once: bool) -> None:
        """Quit; a running flow asks first."""
        if at_once or not self.context.view.running:
            self._app.exit()
        else:
            self._app.push_screen(ConfirmScreen("The flow is running. Quit?"), self._answered)

    def _answered(self, quit_now: bool | None) -> None:
        if quit_now:
            self._app.exit()
