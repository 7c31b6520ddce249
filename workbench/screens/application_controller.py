"""What actions may ask of the application (`workbench.actions.target.ApplicationActions`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from runtime.model.files.project_files import STUDIO_FOLDER
from runtime.protocol.replies import SavedBranches
from runtime.protocol.requests import Request, SaveBranches
from workbench.screens.panes import Panes
from workbench.terminal.mouse import set_mouse

if TYPE_CHECKING:
    from workbench.commands.command import CommandTarget
    from workbench.dialogs.quit import QuitAnswer
    from workbench.palette.named_things import ThingKind


class ApplicationController:
    """Opens dialogs, switches mouse and theme, and quits. `do` does an action of the table."""

    def __init__(
        self,
        panes: Panes,
        do: Callable[[str], None],
        send: Callable[[Request], None],
        commands: CommandTarget,
    ) -> None:
        self._panes = panes
        self._commands = commands
        self._send = send
        self._do = do
        self._mouse = True
        self._go: Callable[[], None] = lambda: self._app.exit()
        """What follows when nothing is to be kept any more."""

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

    def choose_theme(self) -> None:
        """Open the palette of themes."""
        from workbench.palette.named_things import ThingKind

        self._open_palette(ThingKind.THEME)

    def show_help(self) -> None:
        """Open the help and do what is chosen there."""
        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.dialogs.help import HelpScreen

        self._app.push_screen(HelpScreen(self._panes.context), self._chosen)

    def _chosen(self, action_id: str | None) -> None:
        if action_id is not None:
            self._do(action_id)

    def show_palette(self) -> None:
        """Open the command palette."""
        self._open_palette(None)

    def _open_palette(self, kind: ThingKind | None) -> None:
        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.palette.palette_screen import PaletteScreen

        self._app.push_screen(PaletteScreen(self._commands, kind), self._run_line)

    def _run_line(self, line: str | None) -> None:
        """Do what was chosen; where more is to be typed, in the command line."""
        from workbench.commands.command_table import run_line

        if line is None:
            return
        if line.endswith(" "):
            self._do("command")
            self._panes.prompt.put(line)
        elif why := run_line(self._commands, line):
            self._panes.show_notice(why)

    def suspend(self) -> None:
        """Put the workbench in the background."""
        self._app.action_suspend_process()

    def leave(self, at_once: bool) -> None:
        """Quit; where something would be lost, or the flow runs, that is asked first."""
        from workbench.dialogs.quit import QUIT

        if at_once:
            self._app.exit()
        else:
            self.leave_for(QUIT, lambda: self._app.exit())

    def leave_for(self, what: str, go: Callable[[], None]) -> None:
        """Do `go`, which ends the session; first ask, in which it is called `what`."""
        from workbench.dialogs.confirm import ConfirmScreen
        from workbench.dialogs.quit import QuitScreen, capitalized, endings

        self._go = go
        view = self._panes.context.view
        ending = endings(view)
        if not (ending or view.running):
            go()
        elif ending:
            screen = QuitScreen(ending, running=view.running, what=what)
            self._app.push_screen(screen, self._answered)
        else:
            question = f"The flow is running. {capitalized(what)}?"
            self._app.push_screen(ConfirmScreen(question), self._confirmed)

    def save_branches(self) -> None:
        """Save every branch next to the manifest, and go on."""
        flow = self._panes.view.flow
        if flow is not None:
            self._go = lambda: self._panes.show_notice("Every branch is saved.")
            self._save_into(Path(flow.manifest).parent / STUDIO_FOLDER)

    def _confirmed(self, quit_now: bool | None) -> None:
        if quit_now:
            self._go()

    def _answered(self, answer: QuitAnswer | None) -> None:
        from workbench.dialogs.quit import QuitAnswer

        flow = self._panes.view.flow
        if answer is QuitAnswer.DISCARD or (answer is QuitAnswer.SAVE and flow is None):
            self._go()
        elif answer is QuitAnswer.SAVE and flow is not None:
            self._save_into(Path(flow.manifest).parent / STUDIO_FOLDER)

    def _save_into(self, folder: Path) -> None:
        self._panes.show_notice(f"Saving the branches into {folder}…")
        self._send(SaveBranches(str(folder)))

    def saved(self, saved: SavedBranches) -> None:
        """What was to be kept is; only then the session ends."""
        if saved.failed is None:
            self._go()
        else:
            self._panes.show_notice(f"Not saved, so still here: {saved.failed.message}.")
