"""The workbench's app: it opens the session, polls it, and routes what it says."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from textual import on
from textual.app import App
from textual.events import CursorPosition, Event, Key
from textual.filter import LineFilter

from runtime.model.errors import Severity, StudioError
from runtime.model.outline import FlowOutline
from runtime.protocol.requests import Request, Restart
from runtime.protocol.updates import Health, SessionClient, Update, invalid_update
from workbench.opened_file import FileAsked, LookInto, OpenedFile
from workbench.painting.key_wait import KeyWait
from workbench.poll_pace import POLL_S, PollPace
from workbench.screens.main import MainScreen
from workbench.screens.panes import Panes
from workbench.screens.remembered_marks import RememberedMarks
from workbench.screens.shown_parts import shown_parts
from workbench.settings.preferences import Preferences
from workbench.settings.project_memory import ProjectMemory
from workbench.style_rules import StyleRules
from workbench.terminal.ascii_signs import AsciiSigns
from workbench.terminal.screen_driver import driver_class
from workbench.terminal.typed_ahead import TypedAhead
from workbench.text.excerpt import excerpt
from workbench.text.keys import key_name, keys_for, shown_key, use_keys
from workbench.theme import THEMES, variable_defaults
from workbench.view import View

if TYPE_CHECKING:
    from workbench.tour.tour import Tour

NO_PREFERENCES = Preferences()

RULES_OF_THE_REST = str(Path(__file__).absolute().with_name("opened_later.tcss"))
"""Style rules of what no first frame shows."""

ANSWER_S = (0.004, 0.012, 0.03)
"""After a request it is asked sooner, and again for an answer that crosses a pipe.

While the flow runs, only the last time: every answer then brings a whole new picture.
"""

OPENING_POLL_S = 0.01
OPENING_POLLS = 50
"""For half a second it is asked that often whether the flow is open, then every `POLL_S`."""

RUNNING_ANSWER_S = 0.025
"""So long after it was asked while the flow runs, its answer has come: to show it only when it is
asked again would make every picture a tenth of a second old."""


YOUNG_OBJECTS = 10_000
"""Made between two looks for garbage: a picture makes thousands, hardly one of them in a cycle."""

SWITCH_S = 0.001
"""After so long the thread that reads keys, or writes what they did, gets its turn in the midst of
a picture; Python's own is 5 ms, twice a key."""


def _new_tour() -> Tour:
    from workbench.tour.tour import Tour

    return Tour()


class StudioApp(App[None]):
    """The workbench.

    `open_link` opens the session, and is called again when a session that could not be opened is
    restarted. What it raises as `StudioError` is shown as problems. `outline` is drawn until the
    session says more. `project` is the manifest for which layout and marks are remembered, the
    marks only when `keeps_marks`. `look_into` is asked for the files that `:open` names.
    """

    CSS_PATH = "studio.tcss"
    DEFAULT_MODE = "file 0"
    ENABLE_COMMAND_PALETTE = False
    """Textual's own; `workbench.palette` is ours."""

    def __init__(
        self,
        open_link: Callable[[], SessionClient],
        *,
        title: str,
        outline: FlowOutline | None = None,
        project: Path | None = None,
        preferences: Preferences = NO_PREFERENCES,
        keeps_marks: bool = True,
        begin_with: Request | None = None,
        tour: bool = False,
        look_into: LookInto | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class())
        use_keys(preferences.keys)
        self._ascii = AsciiSigns() if preferences.ascii_signs else None
        self._measures_signs = preferences.measures_signs and self._ascii is None
        self._ahead = TypedAhead(self)
        self._preferences = preferences
        self._look_into = look_into
        self._files = 0
        self.add_mode(self._file_mode, lambda: self._main)
        self._link: SessionClient | None = None
        self._pace = PollPace()
        self._key_wait = KeyWait()
        opened = OpenedFile(open_link, title, outline, project, keeps_marks, begin_with)
        self._take_file(opened, _new_tour() if tour else None)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = preferences.theme
        self.stylesheet = StyleRules(variables=self.get_css_variables())

    def _take_file(self, opened: OpenedFile, tour: Tour | None = None) -> None:
        """A screen for a session that is not open yet."""
        self.title = opened.title
        self._open_link = opened.open_link
        memory = ProjectMemory(opened.project)
        self._main = MainScreen(
            self.send,
            title=opened.title,
            memory=memory,
            preferences=self._preferences,
            tour=tour,
        )
        self._marks = RememberedMarks(memory if opened.keeps_marks else None, self.send)
        self._begin_with = opened.begin_with
        self._ahead.hold()
        self._main.panes.set_reactive(Panes.view, View(outline=opened.outline))

    @property
    def measures_signs(self) -> bool:
        """True until it is known how wide the terminal draws signs, where that is asked."""
        return self._measures_signs

    def on_cursor_position(self, event: CursorPosition) -> None:
        """The terminal's answer to a sign at the start of its first line: two cells wide or one."""
        wide = self._measures_signs and event.y == 0 and event.x == 2
        self._measures_signs = False
        if wide and self._ascii is None:
            self._ascii = AsciiSigns()
            self.refresh_css(animate=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """With the one that makes ASCII of signs, where that is wanted."""
        filters = super().get_line_filters()
        return filters if self._ascii is None else [*filters, self._ascii]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables, for themes that are not ours."""
        colours = self.current_theme.to_color_system().generate()
        return variable_defaults(colours["foreground"], colours["background"])

    @property
    def _file_mode(self) -> str:
        """Each file has a mode of its own: a stack of screens that ends with its session."""
        return f"file {self._files}"

    @property
    def health(self) -> Health:
        """Health of the session, as last heard."""
        return self._main.panes.view.health

    def on_mount(self) -> None:
        """Open the session after the first paint, then poll it."""
        self.app_resume_signal.subscribe(self, self._draw_all)
        self._main.call_after_refresh(self._begin)

    def _draw_all(self, _app: App[Any]) -> None:
        """After Ctrl+Z and `fg` the terminal shows an empty screen."""
        self.screen.refresh(layout=True)

    @property
    def failure(self) -> Exception | None:
        """What ended the app that nobody foresaw."""
        return self._exception

    def _fatal_error(self) -> None:
        """End without Textual's traceback on the terminal: see `failure`."""
        self._close_messages_no_wait()

    async def _begin(self) -> None:
        if not self.is_headless:
            gc.freeze()  # a full collection need not look at the program itself: 50 ms a time
            gc.set_threshold(YOUNG_OBJECTS, 20, 20)
            gc.enable()
            sys.setswitchinterval(SWITCH_S)
        await self._complete()
        self.set_interval(POLL_S, self._tick)

    async def _complete(self) -> None:
        """After the first paint of a screen: mount the rest of it, take keys, open the session."""
        if not self.stylesheet.has_source(RULES_OF_THE_REST):
            self.stylesheet.read(RULES_OF_THE_REST)
        await self._main.mount_rest()
        if not self.is_headless:
            self._main.paint_in_turns(self._key_wait)
        self._ahead.release()
        self._open()

    def _open(self) -> None:
        try:
            self._link = self._open_link()
        except StudioError as error:
            self._main.controller.take(invalid_update(error))
        else:
            self._await_flow(OPENING_POLLS)

    def _await_flow(self, polls: int) -> None:
        """Ask often for a moment: the flow is opened while the screen is made, and nearly there."""
        self.poll_link()
        if polls and self.health is Health.STARTING:
            self.set_timer(OPENING_POLL_S, partial(self._await_flow, polls - 1))

    # ---- another file

    @on(FileAsked)
    def look_into_file(self, message: FileAsked) -> None:
        """Look whether it can be opened; a long recording takes its time, and the screen lives."""
        if self._look_into is not None:
            self._main.panes.show_notice(f"Looking into {message.path}…")
            work = partial(self._look, self._look_into, message.path)
            self.run_worker(work, group="opening", exclusive=True, thread=True)

    def _look(self, look_into: LookInto, path: Path) -> None:
        try:
            opened = look_into(path)
        except StudioError as error:
            self.call_from_thread(self._refuse_file, error)
        else:
            self.call_from_thread(self._leave_for, path, opened)

    def _refuse_file(self, error: StudioError) -> None:
        errors = [item for item in error.diagnostics if item.severity is Severity.ERROR]
        first = errors[0] if errors else error.diagnostics[0]
        place = f"{first.file}:{first.line}: " if first.file and first.line else ""
        more = f" And {len(errors) - 1:,} more; `check` lists all." if len(errors) > 1 else ""
        words = f"Not opened, so still here: {place}{first.message}. {first.help}{more}"
        self._main.panes.show_notice(excerpt(words, 600))

    def _leave_for(self, path: Path, opened: OpenedFile) -> None:
        self._main.panes.show_notice("")
        self._main.controller.leave_for(path.name, lambda: self.call_next(self._go_to, opened))

    async def _go_to(self, opened: OpenedFile) -> None:
        """End the session, and open the other one on a screen of its own."""
        if self._link is not None:
            self._link.close()
            self._link = None
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        before, self._files = self._file_mode, self._files + 1
        self._take_file(opened)
        self.add_mode(self._file_mode, lambda: self._main)
        await self.switch_mode(self._file_mode)
        await self.remove_mode(before)
        self._main.call_after_refresh(self._complete)

    # ---- keys

    def key_came(self) -> None:
        """A key was read from the terminal; from any thread, before it is an event."""
        self._pace.typed(monotonic())
        self._key_wait.came()

    async def on_event(self, event: Event) -> None:
        """Keys from the terminal keep their order, also where a dialog is about to open."""
        typed = isinstance(event, Key) and not event.is_forwarded
        if typed:
            self._pace.typed(monotonic())
        if typed and self._ahead.note(cast(Key, event)):
            return
        await super().on_event(event)

    async def _on_key(self, event: Key) -> None:
        """A key that no widget took: an action, or nothing, and that is said."""
        event.prevent_default()
        await self._do_key(event)
        self._key_wait.done()

    async def _do_key(self, event: Key) -> None:
        if self._ahead.passed(event) or await self._check_bindings(event.key):
            return
        if self.screen is self._main:
            help_key = shown_key("help", "?")
            self._main.panes.show_notice(
                f"{key_name(event.key)} does nothing here; {help_key} lists what does."
            )
        elif event.key in keys_for("suspend", ("ctrl+z",)):
            self.action_suspend_process()

    def action_help_quit(self) -> None:
        """ctrl+c copies what is marked; whoever wants to leave with it hears of the key."""
        self._main.panes.show_notice("q quits; ctrl+c copies what is marked with the mouse.")

    def send(self, request: Request) -> None:
        """Send a request to the session."""
        if self._link is not None:
            self._link.send(request)
            for delay in ANSWER_S[-1:] if self._main.panes.view.running else ANSWER_S:
                self.set_timer(delay, self.poll_link)
        elif isinstance(request, Restart):
            self._open()

    def _tick(self) -> None:
        if self._pace.is_due(monotonic(), running=self._main.panes.view.running):
            self.poll_link()
            if self._main.panes.view.running:
                self.set_timer(RUNNING_ANSWER_S, self._take_answer)

    def poll_link(self) -> None:
        """Ask the session what happened, and show what it said since the last time."""
        if self._link is not None and self._main.panes.is_mounted:
            self._pace.polled(monotonic())
            self._show(self._link.poll(shown_parts(self._main.panes)))

    def _take_answer(self) -> None:
        """Show the answer to the last poll while it is new: the next one is a while off."""
        if (
            self._link is not None
            and self._main.panes.is_mounted
            and not self._pace.typing(monotonic())
        ):
            update = self._link.take()
            if update is not None:
                self._show(update)

    def _show(self, update: Update) -> None:
        began, old = monotonic(), self._main.panes.view
        self._main.controller.take(update)
        # Without a snapshot nothing has come, or nothing that takes long to paint.
        if self._main.panes.view.running and update.snapshot is not None:
            self._main.call_after_refresh(lambda: self._pace.painted(began, monotonic()))
        self._after_update(old, self._main.panes.view)

    def _after_update(self, old: View, new: View) -> None:
        self._marks.take(old, new)
        if self._begin_with is not None and new.ready:
            first, self._begin_with = self._begin_with, None
            self.send(first)

    def on_unmount(self) -> None:
        """End the session."""
        if self._link is not None:
            self._link.close()
            self._link = None
