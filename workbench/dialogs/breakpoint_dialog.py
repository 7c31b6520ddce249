"""A breakpoint: where, when, what then; tried on the last calls while it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from runtime.expression.expression import Condition
from runtime.expression.expression_error import ExpressionError, caret_lines
from runtime.protocol.break_places import BreakPlace, vocabulary_of
from runtime.protocol.breakpoints import Breakpoint, BreakpointTrial, Then
from workbench.text.earlier_texts import EarlierTexts
from workbench.text.excerpt import excerpt
from workbench.text.figures import count
from workbench.text.lines import Line, Span, StyleRole, fit, line
from workbench.text.wrapping import wrap_words
from workbench.widgets.label import LineLabel

TRY_AFTER_S = 0.15
"""A condition is tried when nothing was typed for so long."""
LABEL_CELLS = 10
"""Where what is asked for begins, behind its name."""
_HITS = re.compile(r"\s*(?:from\s*)?(\d{1,9})?\s*(?:[/,]?\s*(?:every\s*)?(\d{1,9}))?\s*")


class BreakpointScreen(ModalScreen[Breakpoint | None]):
    """Gives back the breakpoint, or None."""

    takes_typed_ahead: ClassVar[bool] = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", priority=True),
        Binding("tab", "place(1)", "where", priority=True),
        Binding("shift+tab", "place(-1)", "where", priority=True),
        Binding("ctrl+t", "then", "then", priority=True),
        Binding("up", "up_or_down(-1)", "earlier", priority=True),
        Binding("down", "up_or_down(1)", "hits", priority=True),
        Binding("ctrl+s", "save", "save", priority=True),
    ]

    def __init__(
        self,
        breakpoint: Breakpoint,
        places: Sequence[BreakPlace],
        on_try: Callable[[Breakpoint], None],
        earlier: Sequence[str] = (),
    ) -> None:
        """`places` are those that tab goes through; `on_try` has a breakpoint tried; `earlier` are
        conditions that were used before, newest last."""
        super().__init__()
        self._earlier = EarlierTexts(earlier)
        self._breakpoint = breakpoint
        self._places = list(places)
        if breakpoint.place not in self._places:
            self._places.insert(0, breakpoint.place)
        self._on_try = on_try
        self._trial: BreakpointTrial | None = None
        self._error: ExpressionError | None = None
        self._timer_count = 0
        self._where = LineLabel(id="break-where")
        self._below = LineLabel(id="break-below")
        self._hits = LineLabel(id="break-often")
        self._said = LineLabel(id="break-said")

    def compose(self) -> ComposeResult:
        """Where, when, how often; below them what is said of it."""
        one = self._breakpoint
        with Vertical(id="breakpoint") as box:
            box.border_title = f"Breakpoint {one.number}" if one.number else "Breakpoint"
            box.border_subtitle = "a condition in CEL"
            yield self._where
            with Horizontal(classes="asked"):
                yield _label("  when")
                yield Input(one.condition, placeholder="always", id="break-when", classes="field")
            yield self._below
            with Horizontal(classes="asked"):
                yield _label("  hits")
                yield Input(
                    _hits_text(one), placeholder="every hit", id="break-hits", classes="field"
                )
                yield self._hits
            yield self._said

    def on_mount(self) -> None:
        """The condition has the keys."""
        when = self.query_one("#break-when", Input)
        when.focus()
        when.cursor_position = len(when.value)
        self._read()

    def on_resize(self) -> None:
        """What is said is cut for the width."""
        self.call_after_refresh(self._show)

    def on_input_changed(self) -> None:
        """Say what is wrong with it, or try it."""
        self._read()

    def on_input_submitted(self) -> None:
        """Take it, when it is right."""
        self.action_save()

    def take(self, trial: BreakpointTrial) -> None:
        """Show what it would have done."""
        if trial.breakpoint == self._made():
            self._trial = trial
            self._show()

    # ---- keys

    def action_close(self) -> None:
        """Change nothing."""
        self.dismiss(None)

    def action_save(self) -> None:
        """Take it, when it is right."""
        made = self._made()
        if made is not None and self._error is None:
            self.dismiss(made)

    def action_place(self, step: int) -> None:
        """Stand at the next place."""
        at = self._places.index(self._breakpoint.place)
        place = self._places[(at + step) % len(self._places)]
        self._breakpoint = replace(self._breakpoint, place=place)
        self._read()

    def action_then(self) -> None:
        """Do the next thing at a hit."""
        thens = list(Then)
        then = thens[(thens.index(self._breakpoint.then) + 1) % len(thens)]
        self._breakpoint = replace(self._breakpoint, then=then)
        self._read()

    def action_up_or_down(self, step: int) -> None:
        """Up to an earlier condition; down to a later one, and from the last to the hits."""
        when, hits = self.query_one("#break-when", Input), self.query_one("#break-hits", Input)
        if self.focused is not when:
            if step < 0:
                when.focus()
            return
        text = self._earlier.go(step, when.value)
        if text is not None:
            when.value = text
            when.cursor_position = len(text)
        elif step > 0:
            hits.focus()

    # ---- what is typed

    def _made(self) -> Breakpoint | None:
        """The breakpoint as it is typed; None when the hits are no numbers."""
        found = _HITS.fullmatch(self.query_one("#break-hits", Input).value)
        if found is None:
            return None
        first, every = (max(int(part or 1), 1) for part in found.groups())
        condition = self.query_one("#break-when", Input).value.strip()
        return replace(self._breakpoint, condition=condition, first_hit=first, every=every, on=True)

    def _read(self) -> None:
        self._trial, self._error = None, None
        text = self.query_one("#break-when", Input).value
        if text.strip():
            try:
                Condition(text, vocabulary_of(self._breakpoint.place))
            except ExpressionError as error:
                self._error = error
        made = self._made()
        if made is not None and self._error is None:
            self._timer_count += 1
            self.set_timer(TRY_AFTER_S, lambda now=self._timer_count: self._try(now))
        self._show()

    def _try(self, timer: int) -> None:
        made = self._made()
        if timer == self._timer_count and made is not None and self.is_mounted:
            self._on_try(made)

    # ---- what is said

    def _show(self) -> None:
        one, cells = self._breakpoint, max(self._said.size.width - 2, 20)
        self._where.lines = (
            line(
                ("  where   ", StyleRole.DIM),
                (fit(one.place.words, max(cells - 34, 10)), StyleRole.STRONG),
                ("   tab: another place", StyleRole.DIM),
            ),
        )
        self._below.lines = tuple(self._of_condition(cells))
        thens = [
            Span(f"({'•' if then is one.then else ' '}) {then.value}   ", _role(then is one.then))
            for then in Then
        ]
        self._hits.lines = (
            line((" or: from 3, every 10   ", StyleRole.DIM), ("down", StyleRole.KEY))
            if self._made() is not None
            else line((" x hits are numbers: from 3, every 10", StyleRole.BAD)),
        )
        said: list[Line] = [
            (Span("  then    ", StyleRole.DIM), *thens, Span("ctrl+t", StyleRole.KEY)),
            line(""),
            *self._of_trial(cells),
            line(""),
            line(
                ("  enter", StyleRole.KEY),
                (" saves when it is right   ", StyleRole.DIM),
                ("up", StyleRole.KEY),
                (" earlier ones   ", StyleRole.DIM),
                ("esc", StyleRole.KEY),
                (" leaves", StyleRole.DIM),
            ),
        ]
        self._said.lines = tuple(said)

    def _of_condition(self, cells: int) -> list[Line]:
        """The caret below the mistake, and what it is."""
        error = self._error
        if error is None:
            return []
        _, caret = caret_lines(error.text, error.column)
        field = self.query_one("#break-when", Input)
        shift = int(field.scroll_offset.x)
        rows = wrap_words(error.reason, max(cells - LABEL_CELLS - 2, 10))[:2]
        lead = " " * LABEL_CELLS
        return [
            line((f"{lead}{caret[shift:] or '^'}", StyleRole.BAD)),
            *(line((f"{lead}{row}", StyleRole.BAD)) for row in rows),
        ]

    def _of_trial(self, cells: int) -> list[Line]:
        trial = self._trial
        if self._error is not None or trial is None:
            names = " ".join(one.name for one in vocabulary_of(self._breakpoint.place).fields)
            rows = wrap_words(f"fields: {names}", cells - 2)
            return [
                line(("  not tried yet", StyleRole.DIM)),
                *(line((f"  {row}", StyleRole.DIM)) for row in rows[:3]),
            ]
        did = {Then.LOG: "logged", Then.MARK: "marked"}.get(trial.breakpoint.then, "stopped")
        times = "once" if trial.hits == 1 else f"{count(trial.hits)} times"
        how = f"would have {did} {times}" if trial.hits else f"would not have {did}"
        among = f"the last {trial.calls:,} calls{' and the next one' if trial.coming else ''}"
        made = [line((f"  {how} in {among}", StyleRole.TEXT))]
        for hit in trial.latest:
            about = "" if hit.sequence is None else f"#{hit.sequence}"
            head = f"    call {hit.call:<7,} {about:<6} "
            preview = hit.preview.decode("utf-8", "replace")
            made.append(
                line((head, StyleRole.DIM), fit(excerpt(preview), max(cells - len(head), 8)))
            )
        if trial.problem:
            rows = wrap_words(f"it had no value for others: {trial.problem}", cells - 4)
            made += [line((f"  ! {row}", StyleRole.WARN)) for row in rows[:2]]
        return made


def _label(text: str) -> LineLabel:
    made = LineLabel(classes="asked-label")
    made.lines = (line((text, StyleRole.DIM)),)
    return made


def _role(chosen: bool) -> StyleRole:
    return StyleRole.NEXT if chosen else StyleRole.DIM


def _hits_text(one: Breakpoint) -> str:
    if (one.first_hit, one.every) == (1, 1):
        return ""
    return f"from {one.first_hit}, every {one.every}"
