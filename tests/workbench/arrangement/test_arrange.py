"""How panes share a terminal: all of it is used, nothing overlaps, content decides."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.narrow import present
from workbench.actions.context import PaneName
from workbench.arrangement.arrange import (
    FOLDED_ROWS,
    LEAST_ROWS,
    Border,
    LayoutName,
    Needs,
    PaneArea,
    Places,
    Wanted,
    arrange,
    border_at,
    border_of,
    moved_border,
)
from workbench.arrangement.remembered import Changes, RememberedLayouts
from workbench.arrangement.terminal_sizes import SizeClass, bar_rows, size_class
from workbench.settings.project_memory import FILE_NAME, ProjectMemory


def needs(flow: int = 9, edges: int = 5, *, empty: bool = False) -> Needs:
    return Needs(lambda _width, most: min(flow, most), edges + 1, empty)


def body(width: int, height: int) -> tuple[SizeClass, int, int]:
    return size_class(width, height), width, height - bar_rows(width, height)


def cells(places: Places) -> int:
    return sum(place.width * place.height for place in places.values())


def overlap(one: PaneArea, two: PaneArea) -> bool:
    across = one.x < two.x + two.width and two.x < one.x + one.width
    return across and one.y < two.y + two.height and two.y < one.y + one.height


@given(
    st.integers(20, 240),
    st.integers(6, 80),
    st.integers(1, 60),
    st.integers(0, 60),
    st.booleans(),
    st.sampled_from(PaneName),
    st.sampled_from(LayoutName),
    st.dictionaries(st.sampled_from(Border), st.integers(1, 200), max_size=4),
)
def test_panes_fill_the_body_and_never_overlap(
    width: int,
    height: int,
    flow: int,
    edges: int,
    empty: bool,
    active: PaneName,
    layout: LayoutName,
    moved: dict[str, int],
) -> None:
    kind, across, rows = body(width, height)
    wanted = Wanted(active, False, PaneName.OUTPUT, PaneName.EVENTS, layout, moved)
    places = arrange(kind, across, rows, needs(flow, edges, empty=empty), wanted)
    assert cells(places) == across * rows
    assert not any(overlap(one, two) for one, two in combinations(places.values(), 2))
    if len(places) > 1:
        high = (place.height >= LEAST_ROWS for name, place in places.items())
        folded = [name for name, place in places.items() if place.height == FOLDED_ROWS]
        assert sum(high) + len(folded) == len(places)
        assert set(folded) <= {PaneName.QUEUES, PaneName.OUTPUT} - {active}


def test_a_small_terminal_has_the_graph_and_one_pane_below_it() -> None:
    places = arrange(*body(80, 24), needs(9), Wanted())
    assert places == {
        PaneName.FLOW: PaneArea(0, 0, 80, 11),
        PaneName.OUTPUT: PaneArea(0, 11, 80, 8),
    }


def test_the_graph_takes_what_it_needs_and_at_most_three_fifths() -> None:
    low = arrange(*body(120, 36), needs(5), Wanted())[PaneName.FLOW]
    high = arrange(*body(120, 36), needs(40), Wanted())[PaneName.FLOW]
    assert low.height == 7
    assert high.height == int(31 * 0.6)


def test_the_queues_give_way_to_a_graph_that_needs_its_share() -> None:
    for empty, rows in ((False, (18, 6, 7)), (True, (18, 8, 5))):
        places = arrange(*body(120, 36), needs(16, 12, empty=empty), Wanted())
        names = (PaneName.FLOW, PaneName.QUEUES, PaneName.OUTPUT)
        assert tuple(places[name].height for name in names) == rows
    by_hand = arrange(*body(120, 36), needs(16, 12), Wanted(moved={Border.QUEUES: 12}))
    assert by_hand[PaneName.QUEUES].height == 12


def test_output_that_is_empty_leaves_its_room_to_the_graph() -> None:
    places = arrange(*body(80, 24), needs(40, empty=True), Wanted())
    assert places[PaneName.FLOW].height == 19 - FOLDED_ROWS
    assert places[PaneName.OUTPUT].height == FOLDED_ROWS
    # The pane that has the keys is never folded, and a graph that fits leaves it its room.
    wanted = Wanted(PaneName.OUTPUT)
    assert arrange(*body(80, 24), needs(40, empty=True), wanted)[PaneName.OUTPUT].height == 5
    assert arrange(*body(80, 24), needs(9, empty=True), Wanted())[PaneName.OUTPUT].height == 8


def test_a_border_at_the_end_folds_the_pane_below_to_its_title_and_one_step_opens_it() -> None:
    room = body(80, 24)
    most = 19 - LEAST_ROWS
    last = arrange(*room, needs(), Wanted(moved={Border.FLOW: most}))
    assert last[PaneName.OUTPUT].height == LEAST_ROWS
    folded = arrange(*room, needs(), Wanted(moved={Border.FLOW: most + 1}))
    assert folded[PaneName.OUTPUT].height == FOLDED_ROWS
    border, rows = present(border_of(folded, PaneName.FLOW, across=False))
    again = arrange(*room, needs(), Wanted(moved={border: moved_border(border, rows, -1)}))
    assert again == last
    assert border_at(folded, 3, 18) is Border.FLOW


def test_a_low_terminal_folds_the_queues_until_they_have_the_keys() -> None:
    room = SizeClass.TWO_COLUMNS, 120, 14
    assert arrange(*room, needs(), Wanted())[PaneName.QUEUES].height == FOLDED_ROWS
    assert PaneName.QUEUES not in arrange(*room, needs(), Wanted(PaneName.QUEUES))


def test_what_is_no_log_has_the_rows_it_needs_in_the_corner() -> None:
    room = SizeClass.TWO_COLUMNS, 120, 31
    usual = arrange(*room, needs(), Wanted())[PaneName.EVENTS].height
    for rows, active, high in (
        (3, PaneName.FLOW, 6),
        (40, PaneName.FLOW, usual),
        (40, PaneName.SLOW, int(31 * 0.6)),
    ):
        wanted = Wanted(active, corner=PaneName.SLOW)
        places = arrange(*room, replace(needs(), corner_rows=rows), wanted)
        assert places[PaneName.SLOW].height == high


def test_the_inspector_has_the_full_height_from_160_columns_on() -> None:
    for width, full in ((159, False), (160, True)):
        kind, across, rows = body(width, 50)
        inspector = arrange(kind, across, rows, needs(), Wanted())[PaneName.INSPECTOR]
        assert (inspector.height == rows) is full


@pytest.mark.parametrize(
    ("width", "height", "kind"),
    [
        (19, 50, SizeClass.BARE),
        (200, 5, SizeClass.BARE),
        (59, 50, SizeClass.SINGLE),
        (80, 15, SizeClass.SINGLE),
        (60, 16, SizeClass.COLUMN),
        (109, 50, SizeClass.COLUMN),
        (110, 50, SizeClass.TWO_COLUMNS),
        (160, 16, SizeClass.THREE_QUARTERS),
    ],
)
def test_classes_of_sizes(width: int, height: int, kind: SizeClass) -> None:
    assert size_class(width, height) is kind


def test_without_room_for_two_panes_the_active_one_is_alone() -> None:
    wanted = Wanted(PaneName.EVENTS)
    assert list(arrange(*body(50, 14), needs(), wanted)) == [PaneName.EVENTS]
    assert arrange(*body(18, 14), needs(), wanted) == {}


def test_the_log_layout_folds_the_graph_and_gives_the_logs_the_rest() -> None:
    places = arrange(*body(120, 36), needs(20), Wanted(layout=LayoutName.LOG))
    assert places[PaneName.FLOW].height == LEAST_ROWS
    assert set(places) == {PaneName.FLOW, PaneName.OUTPUT, PaneName.EVENTS}
    assert places[PaneName.EVENTS].height == 31 - LEAST_ROWS


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
def test_a_border_that_is_moved_down_makes_the_graph_higher(size: tuple[int, int]) -> None:
    kind, width, rows = body(*size)
    before = arrange(kind, width, rows, needs(), Wanted())
    found = border_of(before, PaneName.FLOW, across=False)
    assert found == (Border.FLOW, before[PaneName.FLOW].height)
    moved: dict[str, int] = {Border.FLOW: moved_border(Border.FLOW, found[1], 1)}
    after = arrange(kind, width, rows, needs(), Wanted(moved=moved))
    assert after[PaneName.FLOW].height == before[PaneName.FLOW].height + 1


def test_every_border_can_be_taken_with_the_mouse() -> None:
    places = arrange(*body(120, 36), needs(), Wanted())
    flow, queues = places[PaneName.FLOW], places[PaneName.QUEUES]
    corner = places[PaneName.EVENTS]
    assert border_at(places, 10, flow.height - 1) is Border.FLOW
    assert border_at(places, 10, queues.y + queues.height) is Border.QUEUES
    assert border_at(places, flow.width - 1, 4) is Border.RIGHT
    assert border_at(places, corner.x + 5, corner.y) is Border.CORNER
    assert border_at(places, 10, 4) is None


def test_what_was_changed_is_remembered_for_the_project_and_the_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    project = tmp_path / "project" / "Torvyn.toml"
    first = RememberedLayouts(ProjectMemory(project))
    changed = Changes().next_layout().with_border(Border.FLOW, 20)
    first.change(SizeClass.COLUMN, changed)
    again = RememberedLayouts(ProjectMemory(project))
    assert again.of(SizeClass.COLUMN) == changed
    assert again.of(SizeClass.COLUMN).borders() == {"flow": 20}
    assert again.of(SizeClass.TWO_COLUMNS) == Changes()
    assert RememberedLayouts(ProjectMemory(tmp_path / "other")).of(SizeClass.COLUMN) == Changes()
    assert not project.parent.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"x": 3}', '{"P": {"layouts": {"column": {"moved": 3}}}}']
)
def test_a_file_that_makes_no_sense_is_no_reason_to_stop(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    file = tmp_path / "torvyn-studio" / FILE_NAME
    file.parent.mkdir()
    project = tmp_path / "Torvyn.toml"
    file.write_text(text.replace("P", str(project)))
    remembered = RememberedLayouts(ProjectMemory(project))
    assert remembered.of(SizeClass.COLUMN) == Changes()
    remembered.change(SizeClass.COLUMN, replace(Changes(), layout=LayoutName.LOG))
    assert RememberedLayouts(ProjectMemory(project)).of(SizeClass.COLUMN).layout is LayoutName.LOG


def test_borders_are_remembered_for_each_layout() -> None:
    changes = Changes().with_border(Border.FLOW, 9)
    assert changes.next_layout().borders() == {}
    assert changes.next_layout().next_layout().next_layout().borders() == {"flow": 9}
