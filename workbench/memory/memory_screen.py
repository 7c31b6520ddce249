"""The memory pane of a node: size, growth, what a call changed, handles, and the bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from runtime.protocol.components.memory_report import (
    ChangedPlace,
    MemoryReport,
    NamedVariable,
    ReadMemory,
)
from runtime.protocol.components.saved_component import SaveComponent, SavedComponent
from runtime.protocol.requests import Request, StepCall
from workbench.dialogs.ask import AskScreen, Hint
from workbench.memory.memory_rows import BYTES, memory_rows, saved_rows
from workbench.text.key_hints import key_hints
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView

KEYS = (
    ("s", "call the node"),
    ("enter", "bytes"),
    ("/", "find"),
    ("n", "next"),
    ("[ ]", "bytes"),
    ("m", "memory"),
    ("w", "save"),
    ("esc", "closes"),
)
SHOWN_BYTES = 4096
"""Bytes of the memory that are shown at once."""


class MemoryScreen(ModalScreen[None]):
    """Asks with `send`; `take` brings the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,W", "close", "close", priority=True),
        Binding("up,k", "move(-1)", "up", priority=True),
        Binding("down,j", "move(1)", "down", priority=True),
        Binding("pageup", "page(-1)", "page up", priority=True),
        Binding("pagedown", "page(1)", "page down", priority=True),
        Binding("enter", "page_bytes", "bytes of the page or variable", priority=True),
        Binding("s", "step", "call the node", priority=True),
        Binding("slash", "find", "find", priority=True),
        Binding("n", "next", "next find", priority=True),
        Binding("left_square_bracket", "part(-1)", "bytes before", priority=True),
        Binding("right_square_bracket", "part(1)", "bytes behind", priority=True),
        Binding("m", "memory", "next memory", priority=True),
        Binding("w", "save", "save as a component", priority=True),
    ]

    def __init__(self, node: str, send: Callable[[Request], None]) -> None:
        super().__init__()
        self._node = node
        self._send = send
        self._asked = ReadMemory(node, length=SHOWN_BYTES)
        self._wanted = ""
        self._named_since = 0
        """Rows before this one were looked through for a variable's name."""
        self._to_bytes = False
        """The cursor goes to the bytes when they have come."""
        self._report: MemoryReport | None = None
        self._saved: SavedComponent | None = None
        self._view = LineView(id="memory-rows", classes="pane")
        self._keys = LineLabel(id="memory-keys")

    def compose(self) -> ComposeResult:
        """The rows, and the keys."""
        yield self._view
        yield self._keys

    def on_mount(self) -> None:
        """Ask for the beginning."""
        self._view.border_title = f"memory of {self._node}"
        self._view.focus()
        self._ask(self._asked)
        self.call_after_refresh(self._fill)

    def on_resize(self) -> None:
        """Bytes follow the width."""
        self.call_after_refresh(self._fill)

    def take(self, report: MemoryReport) -> None:
        """Show what came back."""
        if report.asked.node == self._node:
            self._report = report
            self._fill()

    def take_saved(self, saved: SavedComponent) -> None:
        """Show what became of saving it."""
        if saved.node == self._node:
            self._saved = saved
            self._fill()
            self._view.set_cursor(0)

    def _fill(self) -> None:
        self._keys.lines = (key_hints(KEYS, self.size.width),)
        if self._report is not None:
            cells = self._view.room
            saved = [] if self._saved is None else saved_rows(self._saved, cells)
            rows = [*saved, *memory_rows(self._report, cells)]
            self._view.show(rows)
            if self._to_bytes:
                self._to_bytes = False
                self._view.set_cursor(
                    next((at for at, row in enumerate(rows) if row.target == BYTES), 0)
                )

    def _ask(self, asked: ReadMemory) -> None:
        self._asked = asked
        self._send(asked)

    def _at(self, offset: int, *, memory: int | None = None, find: bytes = b"") -> ReadMemory:
        number = self._asked.memory if memory is None else memory
        return ReadMemory(self._node, number, max(offset, 0), SHOWN_BYTES, find)

    @property
    def _offset(self) -> int:
        return 0 if self._report is None else self._report.offset

    def on_line_view_opened(self, message: LineView.Opened) -> None:
        """Enter on a changed page, or on a variable, shows its bytes."""
        message.stop()
        target = message.target
        if isinstance(target, ChangedPlace):
            self._ask(self._at(target.offset, memory=target.memory))
        elif isinstance(target, NamedVariable):
            self._to_bytes = True
            self._ask(self._at(target.address, memory=target.memory))

    def action_move(self, step: int) -> None:
        """To another row."""
        self._view.move(0, step)

    def action_page(self, step: int) -> None:
        """A screen up or down."""
        self._view.page(step)

    def action_page_bytes(self) -> None:
        """Show what the changed page, or the variable, under the cursor holds."""
        self._view.open()

    def action_step(self) -> None:
        """Make the node's next call, and look again."""
        self._send(StepCall(self._node))
        self._ask(self._at(self._offset))

    def action_part(self, step: int) -> None:
        """Show the bytes before or behind."""
        size = self._sizes[self._asked.memory] if self._asked.memory < len(self._sizes) else 0
        last = max(size - 1, 0) // SHOWN_BYTES * SHOWN_BYTES
        self._ask(self._at(min(self._offset + step * SHOWN_BYTES, last)))

    @property
    def _sizes(self) -> tuple[int, ...]:
        return () if self._report is None else self._report.sizes

    def action_memory(self) -> None:
        """Show the next memory of the component."""
        if self._sizes:
            self._ask(self._at(0, memory=(self._asked.memory + 1) % len(self._sizes)))

    def action_save(self) -> None:
        """Save what the component remembers as a component."""
        self._send(SaveComponent(self._node))

    def action_find(self) -> None:
        """Ask for a variable's name, or for text or bytes, to look for."""
        ask = AskScreen("Find in the memory", "a variable, text, or bytes as 0x00ff", _hint)
        ask.begin_with(self._wanted)
        self.app.push_screen(ask, self._find)

    def _find(self, text: str | None) -> None:
        if text:
            self._wanted = text
            self._named_since = 0
            if not self._go_to_variable():
                self._ask(self._at(self._offset, find=wanted_bytes(text)))

    def _go_to_variable(self) -> bool:
        """Put the cursor on the next variable with the wanted words in its name; False without."""
        wanted = self._wanted.casefold()
        for at in range(self._named_since, len(self._view.rows)):
            target = self._view.rows[at].target
            if isinstance(target, NamedVariable) and wanted in target.name.casefold():
                self._named_since = at + 1
                self._view.set_cursor(at)
                return True
        self._named_since = len(self._view.rows)
        return False

    def action_next(self) -> None:
        """Go to the next place of what was looked for: variables first, then bytes."""
        if self._wanted and not self._go_to_variable():
            self._ask(self._at(self._offset + 1, find=wanted_bytes(self._wanted)))

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)


def wanted_bytes(text: str) -> bytes:
    """What a typed text stands for: bytes after `0x`, else itself in UTF-8. Raises ValueError."""
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()


def _hint(text: str) -> Hint:
    try:
        found = wanted_bytes(text)
    except ValueError:
        return Hint("after 0x come pairs of hexadecimal digits", False)
    return Hint(f"{len(found)} bytes" if found else "text, or 0x and bytes", bool(found), False)
