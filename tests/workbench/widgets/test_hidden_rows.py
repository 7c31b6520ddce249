"""What the lower border of a pane says of rows that are out of sight."""

from __future__ import annotations

import pytest

from tests.support.workbench.fakes import FakeLink, busy_update, opened, panes_of, settle, show
from workbench.widgets.border_words import lower_words


@pytest.mark.parametrize(
    ("note", "above", "below", "cells", "words"),
    [
        ("selected", 0, 0, 30, "selected"),
        ("selected", 3, 1_204, 30, "selected  ▲ 3  ▼ 1,204"),
        ("", 0, 7, 30, "▼ 7"),
        ("selected", 3, 12, 20, "sele…  ▲ 3  ▼ 12"),
        ("selected", 3, 12, 13, "▲ 3  ▼ 12"),
    ],
)
def test_the_note_is_cut_before_the_counts(
    note: str, above: int, below: int, cells: int, words: str
) -> None:
    assert lower_words(note, above, below, cells) == words


async def test_rows_out_of_sight_are_counted_with_their_direction() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await pilot.press("8")
        await settle(app, pilot)
        pane = panes_of(app).slow
        hidden = len(pane.rows) - pane.page_rows
        assert hidden > 2
        assert str(pane.border_subtitle).endswith(f"▼ {hidden}")
        pane.scroll_to(y=1, animate=False, force=True)
        await settle(app, pilot)
        assert str(pane.border_subtitle).endswith(f"▲ 1  ▼ {hidden - 1}")
        pane.jump(end=True)
        await settle(app, pilot)
        assert str(pane.border_subtitle).endswith(f"▲ {hidden}")
