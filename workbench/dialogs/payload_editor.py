"""The editor of a payload and its content type."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from runtime.model.text.plurals import counted
from workbench.dialogs.ask import AskScreen, Hint
from workbench.dialogs.confirm import ConfirmScreen
from workbench.payloads.hex_text import bytes_of_hex, hex_text
from workbench.payloads.limits import EDIT_BYTES
from workbench.payloads.saved_payloads import is_name, load, save, saved_names
from workbench.payloads.typed_text import typed_text
from workbench.terminal.editor import edit_bytes
from workbench.text.figures import size
from workbench.text.lines import Line, StyleRole, line
from workbench.widgets.label import LineLabel
from workbench.widgets.panes.payload_area import PayloadArea


class Payload(NamedTuple):
    """What is edited."""

    data: bytes = b""
    content_type: str = ""


class PayloadScreen(ModalScreen[Payload | None]):
    """Gives back the payload that shall be saved, or None."""

    takes_typed_ahead: ClassVar[bool] = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+enter", "save", "save", priority=True),
        Binding("f2", "other_form", "other form", priority=True),
        Binding("f3", "open_file", "file", priority=True),
        Binding("f4", "editor", "editor", priority=True),
        Binding("f6", "keep", "keep", priority=True),
        Binding("escape", "leave", "leave", priority=True),
    ]

    def __init__(
        self, title: str, about: Line, payload: Payload, project: Path | None = None
    ) -> None:
        """`project` is the folder that payloads are saved with by name."""
        super().__init__()
        self._title = title
        self._project = project
        self._about = about
        self._before = payload
        text = typed_text(payload.data)
        self._in_hex = text is None
        self._first = hex_text(payload.data) if text is None else text
        self._notice = ""
        self._notice_is_good = False
        self._source = ""
        self._area = PayloadArea("", tab_behavior="focus", id="payload-text")
        self._type = Input(
            payload.content_type, placeholder="not set", id="payload-type", classes="field"
        )
        self._state = LineLabel(id="payload-state")

    def compose(self) -> ComposeResult:
        """What it is, its content type, its payload, and what is said of it."""
        about, label = LineLabel(id="payload-about"), LineLabel(id="payload-label")
        about.lines = (self._about,)
        label.lines = (line((" content type", StyleRole.DIM)),)
        with Vertical(id="payload") as box:
            box.border_title = self._title
            yield about
            with Horizontal(id="payload-head"):
                yield label
                yield self._type
            yield self._area
            yield self._state
            yield from self.below()

    def below(self) -> Iterable[Widget]:
        """What stands under the payload; nothing."""
        return ()

    def on_mount(self) -> None:
        """The text has the keys."""
        self._area.load(self._first)
        self._area.focus()
        self._tell()

    # ---- what is typed

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Say how large the payload is, or what is wrong with it."""
        self._say("")

    def on_payload_area_left_out(self, message: PayloadArea.LeftOut) -> None:
        """Say that a pasted text was not taken whole."""
        number = message.characters
        what = f"{counted(number, 'control character')} left out"
        self._say(f"{what}: F2 edits bytes.")

    def _data(self) -> bytes:
        """What the text stands for. Raises `ValueError` that says what is wrong with it."""
        text = self._area.text
        data = bytes_of_hex(text) if self._in_hex else text.encode("utf-8", "surrogatepass")
        if len(data) > EDIT_BYTES:
            raise ValueError(f"{size(len(data))} are too many: up to {size(EDIT_BYTES)}.")
        return data

    def _tell(self) -> None:
        form, other = ("hexadecimal", "text") if self._in_hex else ("text", "hexadecimal")
        self.query_one(
            "#payload"
        ).border_subtitle = f"{self.save_words()}  F2 {other}  F3 file  F4 $EDITOR  F6 keep  esc"
        try:
            number = len(self._data())
        except ValueError as error:
            self._state.lines = (line((f" x {error}", StyleRole.BAD)),)
            return
        was = len(self._before.data)
        source = f" of {self._source}" if self._source and not self.is_changed() else ""
        words = f" {counted(number, 'byte')}"
        changed = f", was {was:,}" if was not in (0, number) else ""
        sign, role = ("=", StyleRole.GOOD) if self._notice_is_good else ("!", StyleRole.WARN)
        notice = (f"   {sign} {self._notice}", role) if self._notice else ""
        self._state.lines = (
            line(
                (f"{words}{source}{changed}", StyleRole.DIM), (f"   {form}", StyleRole.DIM), notice
            ),
        )

    # ---- keys

    def action_save(self) -> None:
        """Give the payload back; one that is wrong stays."""
        payload = self.payload()
        if payload is not None:
            self.save(payload)

    def save(self, payload: Payload) -> None:
        """Do with the payload what the screen is for: give it back."""
        self.dismiss(payload)

    def save_words(self) -> str:
        """What the key that saves does."""
        return "ctrl+s saves"

    def payload(self) -> Payload | None:
        """What is typed; None, and that is said, when it stands for no payload."""
        try:
            return Payload(self._data(), self._type.value)
        except ValueError:
            self._tell()
            return None

    def load(self, payload: Payload, source: str) -> None:
        """Begin again with another payload, and say where it is from."""
        text = typed_text(payload.data)
        self._before, self._in_hex = payload, text is None
        self._type.value = payload.content_type
        self._area.load(hex_text(payload.data) if text is None else text)
        self._source = source
        self._tell()

    def action_other_form(self) -> None:
        """Go on in hexadecimal, or in text."""
        try:
            data = self._data()
        except ValueError:
            return
        text = typed_text(data) if self._in_hex else hex_text(data)
        if text is None:
            self._say("No text: it has bytes or control codes that no editor keeps.")
            return
        self._in_hex = not self._in_hex
        self._area.load(text)
        self._tell()

    def action_open_file(self) -> None:
        """Ask for a file, or for the name of a saved payload, and take what it holds."""
        names = [] if self._project is None else saved_names(self._project)
        known = f"Saved: {', '.join(names)}." if names else "Nothing is saved by name: F6 does."
        ask = AskScreen(
            "A file, or a saved element",
            "path or name",
            lambda text: Hint(known, bool(text), False),
        )
        self.app.push_screen(ask, self._open_file)

    def _open_file(self, text: str | None) -> None:
        if text is None:
            return
        try:
            found = load(self._project, text)
        except ValueError as error:
            self._say(f"{error}.")
            return
        kind = self._type.value if found.content_type is None else found.content_type
        self._put(Payload(found.data, kind), text)

    def action_editor(self) -> None:
        """Edit it in the user's editor."""
        payload = self.payload()
        if payload is None:
            return
        suffix = ".json" if "json" in payload.content_type else ".txt"
        made = edit_bytes(self.app, payload.data, suffix)
        if isinstance(made, str):
            self._say(made)
        elif made != payload.data:
            self._put(payload._replace(data=made), "the editor")

    def action_keep(self) -> None:
        """Save it under a name, with the project."""
        payload, project = self.payload(), self._project
        if payload is None or project is None:
            return

        def hint(text: str) -> Hint:
            if text in saved_names(project):
                return Hint("One of that name is replaced.", True)
            return Hint("Letters, digits, - _ and .", is_name(text), bool(text))

        def answered(name: str | None) -> None:
            if name is not None:
                try:
                    kept = save(project, name, *payload)
                    self._say(f"Kept as {name}: {kept}", good=True)
                except OSError as error:
                    self._say(f"It cannot be kept: {error.strerror}.")

        self.app.push_screen(AskScreen("Keep it under a name", "name", hint), answered)

    def _put(self, payload: Payload, source: str) -> None:
        """Put another payload in the place of what is typed."""
        before = self._before
        self.load(payload, source)
        self._before = before
        self._tell()

    def _say(self, words: str, *, good: bool = False) -> None:
        self._notice, self._notice_is_good = words, good
        self._tell()

    def action_leave(self) -> None:
        """Close; what was changed is asked about."""
        if self.is_changed():
            question = ConfirmScreen("Leave without saving?")
            self.app.push_screen(question, self._answered)
        else:
            self.dismiss(None)

    def is_changed(self) -> bool:
        """Whether something was typed."""
        try:
            return Payload(self._data(), self._type.value) != self._before
        except ValueError:
            return True

    def _answered(self, leave: bool | None) -> None:
        if leave:
            self.dismiss(None)
