"""What actions may ask of the application (`workbench.actions.target.ApplicationActions`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from workbench.dialogs.confirm import ConfirmScreen
from workbench.dialogs.help import HelpScreen
from workbench.screens.panes import Panes
from workbench.terminal.mouse import set_mouse
from workbench.theme import THEMES


class ApplicationController:
    """Opens dialogs, switches mouse and theme, and quits. `do` does an action of the table."""

    def __init__(self, panes: Panes, do: Callable[[str], None]) -> None:
        self._panes = panes
        self._do = do
        self._mouse = True

    @property
    def _app(self) -> App[Any]:
        return self._panes.app

    def toggle_mouse(self) -> None:
        """Take the mouse, or leave it to the terminal."""
        if not set_mouse(self._app, not self._mouse):
            self._panes.show_notice("This terminal's driver cannot switch the mouse.")
            return
        self._mouse = not self._mouse
        whose = "the workbench's again" if self._mouse else "the terminal's; M takes it back"
        self._panes.show_notice(f"The mouse is {whose}.")

    def next_theme(self) -> None:
        """Change between our themes."""
        names = [theme.name for theme in THEMES]
        at = names.index(self._app.theme) if self._app.theme in names else -1
        self._app.theme = names[(at + 1) % len(names)]

    def show_help(self) -> None:
        """Open the help and do what is chosen there."""
        self._app.push_screen(HelpScreen(self._panes.context), self._chosen)

    def _chosen(self, action_id: str | None) -> None:
        if action_id is not None:
            self._do(action_id)

    def show_palette(self) -> None:
        """Open the command palette."""
        self._app.action_command_palette()

    def suspend(self) -> None:
        """Put the workbench in the background."""
        self._app.action_suspend_process()

    def leave(self, at_once: bool) -> None:
        """Quit; a running flow asks first."""
        if at_once or not self._panes.context.view.running:
            self._app.exit()
        else:
            self._app.push_screen(ConfirmScreen("The flow is running. Quit?"), self._answered)

    def _answered(self, quit_now: bool | None) -> None:
        if quit_now:
            self._app.exit()
