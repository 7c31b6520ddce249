"""Where in the tour the user is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runtime.model.files.replaced_file import replace_file
from workbench.actions.context import Context
from workbench.text.keys import shown_key
from workbench.text.lines import Line, StyleRole, line
from workbench.text.wrapping import wrap_words
from workbench.tour.tour_steps import REBUILT, TOUR, Seen, is_ready

BOX_ROWS = 8
"""Rows of the tour's box, with its frame."""

_BEFORE, _AFTER = b"log-pipeline", b"NEW-pipeline"
"""What the new build of the demo's component writes in place of what the old one does."""


class Tour:
    """Goes on when a step was done; it keeps no key from doing what it does."""

    def __init__(self) -> None:
        self.shown = True
        """False while the user has left it."""
        self._at = 0
        self._seen: Seen | None = None

    @property
    def over(self) -> bool:
        """True when every step was done."""
        return self._at >= len(TOUR)

    @property
    def in_sight(self) -> bool:
        """True while its box is on the screen."""
        return self.shown and not self.over

    @property
    def box_rows(self) -> int:
        """Rows of the screen that its box takes."""
        return BOX_ROWS if self.in_sight else 0

    @property
    def step(self) -> int:
        """Number of the step, from 1."""
        return self._at + 1

    def look(self, context: Context) -> None:
        """Something may have happened: go on when the step is done."""
        if self.over or not is_ready(context):
            return
        position = context.view.snapshot.calls if context.view.snapshot is not None else 0
        if self._seen is None:
            self._seen = Seen(context, position, position)
        self._seen = seen = replace(
            self._seen,
            context=context,
            most=max(self._seen.most, position),
            ran=self._seen.ran or context.view.running,
        )
        if self.shown and TOUR[self._at].done(seen):
            self._at += 1
            self._seen = Seen(context, position, position, context.view.running)

    def did(self, action_id: str, context: Context) -> None:
        """An action was done."""
        if self.over or self._seen is None or action_id == "tour":
            return
        if self.shown and action_id == "open" and TOUR[self._at].title == "rebuild":
            rebuild(context)
        self._seen = replace(self._seen, did=self._seen.did | {action_id})
        self.look(context)

    def rows(self, cells: int) -> tuple[Line, ...]:
        """What the box says."""
        if self.over:
            return ()
        step = TOUR[self._at]
        keys = shown_key("tour", "T")
        return (
            *(line((f" {row}", StyleRole.TEXT)) for row in wrap_words(step.says, cells - 2)),
            (),
            *(line((f" {row}", StyleRole.NEXT)) for row in wrap_words(step.press(), cells - 2)),
            line((f" it goes on by itself   {keys} leaves it, {keys} comes back", StyleRole.DIM)),
        )

    @property
    def title(self) -> str:
        """`Tour 1 of 7   step`."""
        return "" if self.over else f"Tour {self.step} of {len(TOUR)}   {TOUR[self._at].title}"


def rebuild(context: Context) -> None:
    """Write another build of the demo's component over the one it runs, as a build tool does."""
    flow = context.view.flow
    node = flow.by_name.get(REBUILT) if flow is not None else None
    if node is None:
        return
    path = Path(node.artifact)
    data = path.read_bytes()
    made = data.replace(_BEFORE, _AFTER) if _BEFORE in data else data.replace(_AFTER, _BEFORE)
    replace_file(path, made)
