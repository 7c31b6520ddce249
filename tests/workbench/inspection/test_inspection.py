"""What the inspector says: queues, nodes, elements."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.cells import cell_len

from runtime.model.call import Export, NextCall
from runtime.protocol.replies import ElementDetails, WholePayload
from runtime.protocol.requests import ReadElement, ReadPayload
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    FakeLink,
    ReadingLink,
    details,
    fail_node,
    fan_out,
    opened,
    panes_of,
    settle,
    show,
    snapshot,
    text_of,
)
from tests.support.workbench.wide_flows import graph
from workbench.inspection.element import element_rows, moment, payload_part, render_job
from workbench.inspection.node import node_rows
from workbench.payloads.limits import COPY_BYTES
from workbench.payloads.rendering import render
from workbench.screens.whole_payloads import copying
from workbench.terminal import clipboard_copy
from workbench.text.lines import Row, plain
from workbench.view import ElementRef


def rows_of(reply: ElementDetails, viewer: str | None = None) -> Sequence[Row]:
    return element_rows(reply, render(render_job(reply, viewer, 60)), 60)


def test_a_part_of_a_large_payload_says_which_part_it_is() -> None:
    reply = details(3, b"x" * 65_536, size=3_000_000, offset=65_536)
    text = "\n".join(plain(row.spans) for row in rows_of(reply, "raw"))
    assert "bytes 65,536–131,072 of 3,000,000" in text
    assert "2.9 MiB" in text
    for cells, words in ((60, "  < > other parts"), (45, "  < > parts"), (36, "  < >")):
        rows = element_rows(reply, render(render_job(reply, "raw", cells)), cells)
        (part,) = [plain(row.spans) for row in rows if "bytes 65,536" in plain(row.spans)]
        assert part == f" bytes 65,536–131,072 of 3,000,000{words}", "no word is cut"


def test_the_offsets_of_a_part_in_hexadecimal_are_those_of_the_whole() -> None:
    reply = details(3, b"\0" * 64, size=3_000_000, offset=65_536)
    text = "\n".join(plain(row.spans) for row in rows_of(reply))
    assert "010000 00 00" in text


def test_an_element_that_is_gone_is_said_to_be() -> None:
    rows = rows_of(ElementDetails(9, False), "raw")
    text = "\n".join(plain(row.spans) for row in rows)
    assert "no longer kept" in text


def test_a_failed_node_says_what_happened_and_what_to_do() -> None:
    flow = fan_out()
    picture = fail_node(snapshot(flow, calls=9), "log-proc")
    text = "\n".join(plain(row.spans) for row in node_rows(flow, picture, "log-proc", None, 60))
    assert "x E0804 Trap  trap" in text
    assert "retry the failed call" in text
    assert "Mend the component, or skip the element." in text
    assert "\x1b" not in text


def test_timestamps_outside_of_the_calendar_do_not_break_the_view() -> None:
    assert moment(1_767_225_600_123_000_000) == "2026-01-01 00:00:00.123Z"
    assert moment(2**64 * 1_000_000_000).endswith(" ns")


def test_long_names_are_whole_in_the_title_and_told_apart_at_the_ports() -> None:
    names = [f"customer-invoice-normalisation-eu-west-{number}-primary" for number in (1, 2, 3)]
    flow = graph((names[0], "", names[1]), (names[0], "", names[2]))
    rows = [plain(row.spans) for row in node_rows(flow, None, names[0], None, 36)]
    assert "".join(row.strip() for row in rows[:2]).startswith(names[0])
    ports = [row for row in rows if row.startswith(" to ")]
    assert len(set(ports)) == 2
    assert all(cell_len(row) <= 36 for row in rows)


async def test_only_a_part_of_a_payload_is_asked_for_and_the_next_on_request() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        upcoming = NextCall("router", Export.ROUTE, 7, 6)
        picture = snapshot(link.flow, calls=9, next_call=upcoming)
        await show(app, pilot, link, Update(Health.READY, snapshot=picture))
        assert link.sent[-1] == ReadElement(7, 0, 65_536)
        reply = details(7, b"a" * 65_536, size=200_000)
        await show(app, pilot, link, Update(Health.READY, replies=(reply,)))
        assert "0–65,536 of 200,000" in text_of(app)
        await pilot.press("3", "greater_than_sign")
        assert link.sent[-1] == ReadElement(7, 65_536, 65_536)
        await pilot.press("less_than_sign")
        assert link.sent[-1] == ReadElement(7, 0, 65_536)


async def test_v_changes_the_form_of_the_payload() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        upcoming = NextCall("router", Export.ROUTE, 7, 6)
        picture = snapshot(link.flow, calls=9, next_call=upcoming)
        await show(app, pilot, link, Update(Health.READY, snapshot=picture))
        await show(app, pilot, link, Update(Health.READY, replies=(details(7),)))
        assert 'type     "log"' in text_of(app)
        await pilot.press("v")
        await settle(app, pilot)
        assert '"type": "log"' in text_of(app)
        await pilot.press("v")
        await settle(app, pilot)
        assert '{"type":"log"' in text_of(app)
        await pilot.press("v")
        await settle(app, pilot)
        assert "000000 7b 22" in text_of(app)


async def test_a_viewer_stays_chosen_and_v_on_a_payload_with_one_viewer_chooses_none() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        inspector = panes_of(app).inspector
        for element, payload, shown in (
            (7, b"\xff\0", "000000 ff 00"),
            (8, b'{"a":1}', '{"a":1}'),
            (9, b'{"b":2}', '{"b":2}'),
        ):
            upcoming = NextCall("router", Export.ROUTE, element, 6)
            picture = snapshot(link.flow, calls=element, next_call=upcoming)
            await show(app, pilot, link, Update(Health.READY, snapshot=picture))
            reply = details(element, payload)
            await show(app, pilot, link, Update(Health.READY, replies=(reply,)))
            for _ in range(2 if element == 8 else element == 7):
                await pilot.press("v")
            await settle(app, pilot)
            assert shown in text_of(app)
            assert inspector.viewer == (None if element == 7 else "raw")
        assert reply.summary is not None
        kept = panes_of(app).viewers.of(payload_part(reply), reply.summary.source)
        assert kept == "raw", "it is kept for the project, next to those of whole payloads"


async def test_an_answer_to_an_older_question_is_left_out() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        upcoming = NextCall("router", Export.ROUTE, 7, 6)
        picture = snapshot(link.flow, calls=9, next_call=upcoming)
        await show(app, pilot, link, Update(Health.READY, snapshot=picture))
        late = details(3, b"an older element")
        await show(app, pilot, link, Update(Health.READY, replies=(late,)))
        assert "an older element" not in text_of(app)


@pytest.mark.parametrize(
    ("payload", "copied", "said"),
    [
        (b"x" * 65_536, "x" * 65_536, "Copied 65,536 characters through the terminal"),
        ("é".encode() * 40_000, "é" * 40_000, "Copied 40,000 characters through the terminal"),
        (b"\xff" * 65_537, " ".join(["ff"] * 65_537), "Copied 196,610 characters through"),
        (b"x" * 100_000, "x" * 100_000, "Copied 100,000 characters through"),
        (
            b"x" * 100_001,
            "x" * 65_536,
            "Copied 65,536 characters: bytes 0–65,536 of 100,001, since up to 97.7 KiB are",
        ),
    ],
)
async def test_a_payload_is_copied_whole_or_the_part_is_said(
    payload: bytes, copied: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard_copy, "copy_natively", lambda _text: None)
    monkeypatch.setattr(copying, "COPY_BYTES", 100_000)
    link = ReadingLink(payload)
    async with opened(link) as (app, pilot):
        got: list[str] = []
        monkeypatch.setattr(app, "copy_to_clipboard", got.append)
        panes_of(app).selection = ElementRef(7)
        await settle(app, pilot)
        await pilot.press("3", "y")
        await settle(app, pilot)
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert got == [copied]
        assert said in " ".join(text_of(app).split())


async def test_what_is_shown_is_copied_when_the_whole_is_no_longer_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clipboard_copy, "copy_natively", lambda _text: None)
    link = FakeLink()
    async with opened(link) as (app, pilot):
        got: list[str] = []
        monkeypatch.setattr(app, "copy_to_clipboard", got.append)
        panes_of(app).selection = ElementRef(7)
        reply = details(7, b"x" * 9, size=10)
        await show(app, pilot, link, Update(Health.READY, replies=(reply,)))
        await pilot.press("3", "y")
        gone = WholePayload(ReadPayload(7, COPY_BYTES))
        await show(app, pilot, link, Update(Health.READY, replies=(gone,)))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert got == ["x" * 9]
        assert "Copied 9 characters: bytes 0–9 of 10" in text_of(app)
