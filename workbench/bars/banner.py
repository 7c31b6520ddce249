"""The banner: what keeps the flow from running, and the key that helps."""

from __future__ import annotations

from runtime.model.text.plurals import counted
from runtime.protocol.updates import Health
from workbench.actions.labels import first_key
from workbench.actions.table import BY_ID
from workbench.text.excerpt import excerpt
from workbench.text.lines import Line, StyleRole, fit, line
from workbench.text.wrapping import wrap_words
from workbench.view import View

BANNER_ROWS = 3


def banner(view: View, cells: int) -> tuple[Line, ...]:
    """What keeps the flow from running, and the key that helps; empty when nothing does."""
    rows = wrap_words(_banner_words(view), max(cells - 4, 1))
    if len(rows) > BANNER_ROWS:
        rows = [*rows[: BANNER_ROWS - 1], fit(" ".join(rows[BANNER_ROWS - 1 :]), cells - 4)]
    heads = (" x ", *["   "] * BANNER_ROWS)
    return tuple(
        line((head + row, StyleRole.ALERT)) for head, row in zip(heads, rows, strict=False) if row
    )


def _banner_words(view: View) -> str:
    key = first_key(BY_ID["restart"])
    if view.health is Health.DEAD:
        why = excerpt(view.detail, 300).rstrip(".") or "its process ended"
        return f"The runtime is gone; {key} starts it again. {why[0].upper()}{why[1:]}."
    if view.health is Health.INVALID:
        number = len(view.problems)
        what = counted(number, "problem") if number else "A problem"
        keeps = "keep" if number > 1 else "keeps"
        return f"{what} {keeps} the flow from opening.  Fix this, then {key} reads it again."
    return ""
