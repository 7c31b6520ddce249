"""`:`: commands, completed while they are typed, with what was typed before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runtime.protocol.requests import Request
from workbench.actions.context import Context, PaneName
from workbench.arrangement.arrange import LayoutName
from workbench.opened_file import FileAsked
from workbench.screens.panes import Panes
from workbench.screens.prompts.command_list import CommandList
from workbench.screens.prompts.prompting import Prompted
from workbench.settings.command_history import CommandHistory
from workbench.text.earlier_texts import EarlierTexts
from workbench.text.excerpt import excerpt
from workbench.text.lines import StyleRole, line
from workbench.view import CallRef, EdgeRef, NodeRef
from workbench.widgets.prompt_line import PromptLine


class CommandPrompt(Prompted):
    """Does what is typed (`workbench.commands.command.CommandTarget` for the commands)."""

    sign = ":"

    def __init__(
        self,
        panes: Panes,
        prompt: PromptLine,
        send: Callable[[Request], None],
        do: Callable[[str], None],
        compare_with: Callable[[Path], None],
        save: Callable[[], None],
        commands: CommandList,
    ) -> None:
        self._panes = panes
        self._prompt = prompt
        self._send = send
        self._do = do
        self._compare_with = compare_with
        self._save = save
        self._list = commands
        self._history = CommandHistory()
        self._earlier: EarlierTexts | None = None
        self._put: str | None = None
        """What was put into the line by a key, and not typed."""
        self._found: list[tuple[str, str]] = []
        self._chosen = 0
        """Which of what was found `tab` takes."""

    # ---- what commands turn to

    @property
    def context(self) -> Context:
        """The present context."""
        return self._panes.context

    @property
    def folder(self) -> Path:
        """Where relative file names begin."""
        from workbench.commands.command_table import folder_of

        flow = self._panes.view.flow
        return folder_of(flow.manifest if flow is not None else None)

    def do(self, action_id: str) -> None:
        """Do an action of the table."""
        self._do(action_id)

    def send(self, request: Request) -> None:
        """Send a request to the session."""
        self._send(request)

    def select(self, target: NodeRef | EdgeRef | CallRef) -> None:
        """Select a node or an edge, and bring it into view; of a call, look into it."""
        of_call = isinstance(target, CallRef)
        self._panes.focus_pane(PaneName.INSPECTOR if of_call else PaneName.FLOW)
        self._panes.selection = target

    def notify(self, words: str) -> None:
        """Show something in the status line."""
        self._panes.show_notice(excerpt(words, 400))

    def open_file(self, path: Path) -> None:
        """Ask the app for a manifest or a recording in place of what is open."""
        self._panes.app.post_message(FileAsked(path))

    def compare_with(self, recording: Path) -> None:
        """Compare the present branch with a recording."""
        self._compare_with(recording)

    def take_theme(self, name: str) -> None:
        """Take a theme by its name."""
        self._panes.app.theme = name

    def take_layout(self, name: LayoutName) -> None:
        """Take a layout by its name."""
        self._panes.take_layout(name)

    def save_branches(self) -> None:
        """Save every branch next to the manifest, and go on."""
        self._save()

    # ---- typing

    def begin(self) -> None:
        """Open the line."""
        self._earlier = None
        self._prompt.open(self.sign)
        self.typed("")

    def typed(self, text: str) -> None:
        """Show what it may become."""
        # Imported when the line is opened first: the first paint waits for no command.
        from workbench.commands.command_table import completions

        if text != self._put:
            self._earlier = None
        self._put = None
        self._found, self._chosen = completions(self, text), 0
        self._show(text)

    def _show(self, text: str) -> None:
        low = text.strip().lower()
        fitting = [one for one in reversed(self._history.kept) if low in one.text.lower()]
        if not self._found:
            from workbench.commands.command_table import fault_of

            fault = fault_of(self, text)
            said = "nothing is called that" if fault is None else fault or "enter does it"
            self._list.show((), 0, fitting, said)
            ready = "enter does it" if fault == "" else "enter says what is wrong"
            self._prompt.say(line((ready, StyleRole.DIM)))
            return
        self._list.show(self._found, self._chosen, fitting)
        word, words = self._found[self._chosen]
        self._prompt.say(
            line(
                ("tab ", StyleRole.KEY),
                (excerpt(word, 60), StyleRole.STRONG),
                ("" if self._list.display else f" {excerpt(words, 60)}", StyleRole.DIM),
            )
        )

    def turned(self, text: str) -> None:
        """Complete it with what is chosen."""
        if self._found:
            word = self._found[self._chosen][0]
            self._prompt.put(word if word.endswith("/") else f"{word} ")

    def wandered(self, text: str, step: int) -> None:
        """Up takes commands that were typed before and begin like this one, down the later ones;
        at the latest, both choose among the completions."""
        if self._earlier is None and (step > 0 or self._chosen):
            self._chosen = min(max(self._chosen + step, 0), max(len(self._found) - 1, 0))
            self._show(text)
            return
        if self._earlier is None:
            begun = [one.text for one in self._history.kept if one.text.startswith(text)]
            self._earlier = EarlierTexts(begun)
        earlier = self._earlier.go(step, text)
        if earlier is not None:
            self._put = earlier
            self._prompt.put(earlier)
        elif step > 0:
            self._earlier = None

    def refused(self, text: str) -> bool:
        """Do it; the line stays where that is not possible, and says why."""
        from workbench.commands.command_table import run_line

        if not text.strip():
            return False
        self._panes.show_notice("")
        why = run_line(self, text)
        if why:
            self._prompt.say(line((excerpt(why, 300), StyleRole.BAD)))
            return True
        self._history.add(text)
        return False

    def taken(self, text: str) -> None:
        """It was done."""
        self._list.hide()
        target = self._panes.target
        if target is not None and self._panes.screen.is_current:
            target.focus()

    def left(self) -> None:
        """Give the keys back."""
        self.taken("")
