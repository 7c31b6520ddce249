"""`:`: commands, completed while they are typed, with what was typed before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runtime.protocol.requests import Request
from workbench.actions.context import Context, PaneName
from workbench.opened_file import FileAsked
from workbench.screens.panes import Panes
from workbench.screens.prompts.prompting import Prompted
from workbench.text.excerpt import excerpt
from workbench.text.lines import StyleRole, line
from workbench.view import EdgeRef, NodeRef
from workbench.widgets.prompt_line import PromptLine

MOST_KEPT = 100
"""Commands that up and down go through."""

SHOWN = 4
"""Completions that are named."""


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
    ) -> None:
        self._panes = panes
        self._prompt = prompt
        self._send = send
        self._do = do
        self._compare_with = compare_with
        self._history: list[str] = []
        self._at = 0

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

    def select(self, target: NodeRef | EdgeRef) -> None:
        """Select a node or an edge, and bring it into view."""
        self._panes.focus_pane(PaneName.FLOW)
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

    # ---- typing

    def begin(self) -> None:
        """Open the line."""
        self._at = len(self._history)
        self._prompt.open(self.sign)
        self.typed("")

    def typed(self, text: str) -> None:
        """Say what it may become."""
        # Imported when the line is opened first: the first paint waits for no command.
        from workbench.commands.command_table import completions

        found = completions(self, text)
        if not found:
            self._prompt.say(line(("enter says what is wrong", StyleRole.DIM)))
            return
        word, words = found[0]
        others = "  ".join(excerpt(other, 40) for other, _ in found[1:SHOWN])
        more = f"  +{len(found) - SHOWN}" if len(found) > SHOWN else ""
        self._prompt.say(
            line(
                ("tab ", StyleRole.KEY),
                (excerpt(word, 60), StyleRole.STRONG),
                (f" {excerpt(words, 60)}", StyleRole.DIM),
                (f"   {others}{more}" if others else "", StyleRole.FAINT),
            )
        )

    def turned(self, text: str) -> None:
        """Complete it with what fits best."""
        from workbench.commands.command_table import completions

        found = completions(self, text)
        if found:
            word = found[0][0]
            self._prompt.put(word if word.endswith("/") else f"{word} ")

    def wandered(self, text: str, step: int) -> None:
        """Take a command that was typed before."""
        if self._history:
            self._at = min(max(self._at + step, 0), len(self._history))
            at_end = self._at == len(self._history)
            self._prompt.put("" if at_end else self._history[self._at])

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
        text = text.strip()
        self._history = [*(one for one in self._history if one != text), text][-MOST_KEPT:]
        return False

    def taken(self, text: str) -> None:
        """It was done."""
        target = self._panes.target
        if target is not None and self._panes.screen.is_current:
            target.focus()

    def left(self) -> None:
        """Give the keys back."""
        self.taken("")
