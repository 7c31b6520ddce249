"""When the session is asked again."""

from __future__ import annotations

from workbench.poll_pace import LONGEST_REST_S, POLL_S, PollPace


def polls(pace: PollPace, seconds: float, *, running: bool, picture_s: float = 0.01) -> int:
    """How often it is asked, when a picture takes that long."""
    now, found = 10.0, 0
    pace.polled(now)
    pace.painted(now, now + picture_s)
    for _ in range(round(seconds / POLL_S)):
        now += POLL_S
        if pace.is_due(now, running=running):
            found += 1
            pace.polled(now)
            pace.painted(now, now + picture_s)
    return found


def test_a_flow_that_runs_is_shown_ten_times_a_second_and_one_that_stands_is_asked_more_often() -> (
    None
):
    assert polls(PollPace(), 2, running=True) == 20
    assert polls(PollPace(), 2, running=False) == 40


def test_pictures_that_take_long_are_fewer_so_that_half_of_the_time_is_left_to_keys() -> None:
    assert polls(PollPace(), 6, running=True, picture_s=0.15) == 20
    assert polls(PollPace(), 6, running=True, picture_s=5.0) == round(6 / LONGEST_REST_S)


def test_right_after_a_key_there_is_no_picture_of_the_flow_but_not_for_long() -> None:
    pace = PollPace()
    pace.polled(10.0)
    pace.typed(10.19)
    assert not pace.is_due(10.2, running=True)
    assert pace.is_due(10.25, running=True)
    held = [round(10.0 + number * POLL_S, 2) for number in range(1, 11)]
    for now in held:
        pace.typed(now - 0.01)
    assert pace.is_due(held[-1], running=True)
    assert pace.is_due(10.1, running=False), "a step is shown at once"
