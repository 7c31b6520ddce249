"""The timeline as text: what is drawn in which column, what is said, what can be typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.protocol.timeline import (
    RecordingStatus,
    ReplayInfo,
    SeekProgress,
    Timeline,
    TimelineMark,
)
from tests.support.narrow import present
from tests.support.workbench.fakes import RING, TWO_BRANCHES, branch_of_calls
from workbench.text.glyphs import HERE, TIMELINE_SIGNS
from workbench.text.lines import StyleRole, plain, width_of
from workbench.timeline.place_words import place_words, replay_flag, state_words, waiting_words
from workbench.timeline.recording_status import recording_flag, recording_notice, ring_words
from workbench.timeline.track import DONE, START, TO_COME, UNDONE, draw_progress, draw_track
from workbench.timeline.typed_places import typed_place

DISK_FULL = Diagnostic(Severity.ERROR, Code.IO, "the disk is full", "Make room.")


def drawn(timeline: Timeline, cells: int = 80) -> str:
    return plain(draw_track(timeline, cells).spans)


def marked(calls: int, position: int, *places: tuple[int, int], **changes: object) -> Timeline:
    """A line of so many calls with marks in the cells of calls, counted from 0."""
    cells = [0] * min(calls, 240)
    for at, bits in places:
        cells[at] = bits
    return Timeline(position, calls, past=position < calls, cells=tuple(cells), **changes)  # type: ignore[arg-type]


# ---- the track


def test_a_line_without_calls_is_its_start_and_the_place_where_it_stands() -> None:
    assert drawn(Timeline(0, 0)) == f"{START}{HERE}"


def test_a_short_line_has_one_column_a_call_and_what_is_undone_looks_different() -> None:
    assert drawn(marked(5, 3)) == f"{START}{DONE * 3}{HERE}{UNDONE * 2}"


def test_recorded_calls_to_come_look_different_from_undone_ones() -> None:
    timeline = Timeline(2, 6, cells=(0,) * 6, replay=ReplayInfo("a.rec", 6, True))
    assert drawn(timeline) == f"{START}{DONE * 2}{HERE}{TO_COME * 4}"


def test_every_kind_of_mark_has_its_sign_and_the_place_hides_none() -> None:
    kinds = list(TIMELINE_SIGNS)
    kinds.remove(TimelineMark.MARK)
    places = [(at, kind) for at, kind in enumerate(kinds)]
    for position in range(len(kinds) + 1):
        text = drawn(marked(len(kinds), position, *places))
        assert text.replace(HERE, "") == START + "".join(TIMELINE_SIGNS[kind][0] for kind in kinds)
        assert text.index(HERE) == position + 1


def test_the_most_important_of_several_marks_is_drawn() -> None:
    everything = TimelineMark.DROP
    order = ["o", "e", "Y", "r", "|", "x"]
    kinds = [
        TimelineMark.DROP,
        TimelineMark.CHANGE,
        TimelineMark.FORK,
        TimelineMark.RELOAD,
        TimelineMark.STOP,
        TimelineMark.ERROR,
    ]
    for kind, sign in zip(kinds, order, strict=True):
        everything |= kind
        assert drawn(marked(1, 1, (0, everything)))[1] == sign


def test_a_users_mark_stands_at_its_place_and_the_start_can_be_marked() -> None:
    assert drawn(marked(4, 4, marks=(2,))) == f"{START}{DONE}'{DONE * 2}{HERE}"
    assert drawn(marked(2, 2, marks=(0, 2))) == f"'{DONE}'{HERE}"
    assert drawn(marked(2, 2, (0, TimelineMark.DROP), marks=(1,)))[1] == "'"


def test_what_cannot_be_gone_back_to_is_drawn_thin() -> None:
    refused = marked(3, 3, earliest=3, refusal="the ring has lost it")
    assert drawn(refused) == f"{START}───{HERE}"
    partly = marked(4, 4, earliest=2, refusal="the ring has lost it")
    assert drawn(partly) == f"{START}──{DONE * 2}{HERE}"


def test_past_and_present_differ_by_sign_and_by_colour() -> None:
    timeline = branch_of_calls(30, 12)
    spans = draw_track(timeline, 60).spans
    assert {span.role for span in spans} > {StyleRole.PAST, StyleRole.ACCENT, StyleRole.DIM}
    assert {DONE, UNDONE, HERE, START} < set(plain(spans))


@given(st.data())
def test_any_line_fits_its_cells_and_each_column_stands_for_a_later_place(
    data: st.DataObject,
) -> None:
    calls = data.draw(st.integers(0, 10_000))
    position = data.draw(st.integers(0, calls))
    cells = data.draw(st.integers(0, 300))
    count = min(calls, 240)
    bits = (
        data.draw(st.dictionaries(st.integers(0, count - 1), st.integers(1, 63), max_size=8))
        if count
        else {}
    )
    marks = tuple(data.draw(st.sets(st.integers(0, calls), max_size=4)))
    timeline = marked(calls, position, *bits.items(), marks=tuple(sorted(marks)))
    track = draw_track(timeline, cells)
    text = plain(track.spans)
    assert len(text) == len(track.places) <= max(cells, 0)
    if not text:
        assert cells < 3
        return
    here = text.index(HERE)
    assert track.places[here] == position
    assert track.places[0] == 0
    assert track.places[-1] == calls
    others = track.places[:here] + track.places[here + 1 :]
    assert list(others) == sorted(set(others))
    assert all(place <= position for place in track.places[:here])
    assert all(place > position for place in track.places[here + 1 :])
    signs = {sign for sign, _, _ in TIMELINE_SIGNS.values()}
    assert sum(sign in signs for sign in text) <= len(bits) + len(marks)


@given(st.integers(1, 239), st.data())
def test_a_mark_of_a_call_is_in_the_column_that_leads_behind_that_call(
    calls: int, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, calls - 1))
    track = draw_track(marked(calls, calls, (at, TimelineMark.ERROR)), 260)
    assert track.places[plain(track.spans).index("x")] == at + 1


@pytest.mark.parametrize(("done", "filled"), [(0, 0), (5_000, 20), (10_000, 40), (12_000, 40)])
def test_progress_fills_the_track(done: int, filled: int) -> None:
    text = plain(draw_progress(SeekProgress(done, 10_000), 41))
    assert text == START + DONE * filled + TO_COME * (40 - filled)
    assert plain(draw_progress(SeekProgress(0, 0), 3)) == START + TO_COME * 2
    assert draw_progress(SeekProgress(0, 0), 0) == ()


# ---- words


def words(timeline: Timeline, room: int = 80) -> str:
    return plain(place_words(timeline, room))


def test_words_next_to_the_track_say_where_the_flow_stands() -> None:
    assert words(branch_of_calls(1_850)) == "1,850 calls"
    assert words(branch_of_calls(1)) == "1 call"
    assert words(branch_of_calls(1_850, 1_842)) == "<< 1,842/1,850"
    changed = replace(branch_of_calls(1_850, 1_842), changes_since=2)
    assert words(changed) == "<< 1,842/1,850 and 2 changes"
    assert (
        words(branch_of_calls(1_850, 1_842, branch=2, branches=TWO_BRANCHES))
        == "<< 1,842/1,850  branch 2"
    )
    assert words(branch_of_calls(9, marks=(9,))) == "9 calls  marked"


@pytest.mark.parametrize(
    ("exact", "said"), [(True, "replay four-events.rec"), (False, "inputs of four-events.rec")]
)
def test_words_name_what_is_replayed_and_whether_it_is_checked(exact: bool, said: str) -> None:
    replay = ReplayInfo("some/folder/four-events.rec", 90, exact)
    timeline = branch_of_calls(90, 12, past=False, replay=replay)
    assert words(timeline) == f"12/90  {said}"
    assert words(timeline, 12) == "12/90"


def test_words_on_the_way_give_the_target_and_the_share() -> None:
    timeline = branch_of_calls(20_000, 500, seeking=SeekProgress(4_938, 12_345))
    assert words(timeline) == "going to call 12,345  40 %  space cancels"
    assert words(timeline, 25) == "40 %  space cancels"
    timeline = branch_of_calls(20_000, 500, seeking=SeekProgress(5, 50, searching=True))
    assert words(timeline) == "looking back from call 50  10 %  space cancels"


def test_the_header_says_past_and_travelling_and_nothing_of_the_present() -> None:
    assert state_words(None, running=False) is None
    assert state_words(branch_of_calls(9), running=True) is None
    assert present(state_words(branch_of_calls(1_850, 1_842), running=False))[:2] == (
        "<<",
        "PAST 1,842/1,850",
    )
    assert present(state_words(branch_of_calls(9, 4), running=True))[:2] == (">", "PAST 4/9")
    recorded = branch_of_calls(9, 4, ahead=True)
    assert present(state_words(recorded, running=False))[:2] == ("<<", "RECORDED 4/9")
    going = branch_of_calls(9, 4, seeking=SeekProgress(1, 4))
    assert present(state_words(going, running=False))[:2] == ("..", "SEEKING 25 %")
    going = branch_of_calls(9, 4, seeking=SeekProgress(1, 4, searching=True))
    assert present(state_words(going, running=False))[:2] == ("..", "SEARCHING 25 %")


def test_builds_that_wait_are_named_with_the_keys_that_take_them() -> None:
    assert waiting_words(branch_of_calls(9)) == ()
    one = plain(waiting_words(branch_of_calls(9, 4, waiting=("router",))))
    assert one == " r a new build of router waits: F takes it here, E at the end of the branch"
    two = plain(waiting_words(branch_of_calls(9, 4, waiting=("router", "log-proc"))))
    assert two.startswith(" r new builds of router and 1 more wait: F")


@given(st.integers(0, 200), st.integers(0, 9_999_999), st.integers(0, 9_999_999))
def test_words_never_take_more_than_their_room(room: int, position: int, rest: int) -> None:
    replay = ReplayInfo("x" * 90, None, True)
    timeline = Timeline(
        position, position + rest, branch=3, past=rest > 0, replay=replay, marks=(position,)
    )
    assert width_of(place_words(timeline, room)) <= room


# ---- places that are typed


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("0", 0),
        ("1842", 1_842),
        (" 1,842 ", 1_842),
        ("+10", 1_120),
        ("-3", 1_107),
        ("\N{MINUS SIGN}3", 1_107),
        ("-2000", 0),
        ("50%", 925),
        ("100%", 1_850),
        ("99999", 1_850),
    ],
)
def test_a_place_can_be_typed(text: str, call: int) -> None:
    assert typed_place(text, branch_of_calls(1_850, 1_110)).call == call


@pytest.mark.parametrize("text", ["", "x", "1.5", "+50%", "101%", "--3", "12 %%", "٣x", "1e3"])
def test_what_is_no_place_is_explained(text: str) -> None:
    place = typed_place(text, branch_of_calls(1_850, 1_110))
    assert place.call is None
    assert place.words.endswith(".")


def test_a_place_says_what_it_means_and_a_refusal_says_why() -> None:
    timeline = branch_of_calls(1_850, 1_110)
    assert typed_place("12", timeline).words == "After call 12 of 1,850."
    assert typed_place("9999", timeline).words == "There are 1,850 calls: the end of the branch."
    refused = branch_of_calls(1_850, 1_110, earliest=1_100, refusal="The start is gone.")
    assert typed_place("1099", refused) == typed_place("-11", refused) == typed_place("0", refused)
    assert typed_place("1099", refused).call == 1_100
    assert typed_place("1099", refused).words == (
        "The ring has nothing before call 1,100: the earliest place."
    )
    assert typed_place("1100", refused).words == "After call 1,100 of 1,850."
    assert typed_place("1111", refused).call == 1_111


# ---- recording


def test_the_ring_is_a_gauge_and_warns_when_the_start_is_lost() -> None:
    assert plain(ring_words(RING)) == "ring 3.1/64 MiB"
    assert plain(ring_words(RecordingStatus(2_048, 65_536, False))) == "ring 2.0 KiB/64 KiB!"
    assert plain(ring_words(RecordingStatus(800, 67_108_864, True))) == "ring 800 B/64 MiB"
    assert ring_words(None) == ()


def test_a_recording_says_its_size_its_end_and_its_failure() -> None:
    writing = RecordingStatus(1, 2, True, "a/b.rec", True, 3_250_000, 12)
    ended = RecordingStatus(1, 2, True, "a/b.rec", False, 3_250_000, 12)
    failed = RecordingStatus(1, 2, True, "a/b.rec", False, 9, 1, DISK_FULL)
    assert recording_flag(None) == recording_flag(RING) == recording_flag(ended) == ()
    assert plain(recording_flag(writing)) == "REC 3.1 MiB"
    assert plain(recording_flag(failed)) == "x REC failed"
    assert recording_notice(RING, writing) == "Recording to b.rec. R ends that."
    assert recording_notice(writing, ended) == "Recorded 12 calls, 3.1 MiB to b.rec."
    assert recording_notice(writing, failed) == "The recording failed: the disk is full"
    assert recording_notice(writing, writing) == ""
    assert recording_notice(None, RING) == ""
    assert recording_notice(failed, failed) == ""


def test_the_flag_of_a_replay_says_when_it_is_at_its_end_and_goes_behind_it() -> None:
    shown = ReplayInfo("last.rec", 12, exact=True)
    said = {
        position: plain(replay_flag(Timeline(position, max(position, 12), replay=shown)))
        for position in (11, 12, 13)
    }
    assert said == {11: "REPLAY", 12: "REPLAY at its end", 13: ""}
