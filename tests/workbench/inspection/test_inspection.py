"""What the inspector says: payloads in every form, queues, nodes, elements."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.call import Export, NextCall
from runtime.protocol.requests import ReadElement
from runtime.protocol.updates import ElementDetails, Health, Update
from tests.support.workbench_fakes import (
    FakeLink,
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
from workbench.inspection.element import element_rows, moment
from workbench.inspection.node import node_rows
from workbench.payloads.json_viewer import reindent
from workbench.payloads.registry import VIEWERS, payload_lines, viewer_after, viewer_for
from workbench.payloads.viewer import PayloadPart, is_text
from workbench.text.lines import StyleRole, plain, width_of

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def text_of_payload(data: bytes, content_type: str, viewer: str | None = None) -> str:
    rows = payload_lines(PayloadPart(data, content_type), viewer, 76)
    return "\n".join(plain(row) for row in rows)


@given(JSON_VALUES)
def test_formatted_json_is_what_the_json_module_would_write(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert reindent(text) == json.dumps(value, ensure_ascii=False, indent=2)


def test_numbers_and_escapes_of_json_are_left_as_they_were() -> None:
    text = '{"a":1.50e+3,"b":"\\u0041\\"{,","c":[],"d":{ },"a":2}'
    made = reindent(text)
    assert "1.50e+3" in made
    assert '"\\u0041\\"{,"' in made
    assert made.count('"a"') == 2
    assert "[]" in made
    assert "{}" in made


@pytest.mark.parametrize("text", ["{", "not json", '{"a":', "[" * 100_000])
def test_what_is_not_json_is_left_as_it_is(text: str) -> None:
    assert reindent(text) == text


def test_json_is_coloured_and_broken_into_lines() -> None:
    rows = payload_lines(PayloadPart(b'{"a":[1,"x"]}', "application/json"), None, 60)
    assert [plain(row) for row in rows] == ["{", '  "a": [', "    1,", '    "x"', "  ]", "}"]
    styles = {span.role for row in rows for span in row}
    assert {StyleRole.NAME, StyleRole.NUMBER, StyleRole.STRING} <= styles


def test_json_is_found_without_a_content_type_and_shown_raw_when_asked() -> None:
    assert text_of_payload(b'{"a":1}', "") == '{\n  "a": 1\n}'
    assert text_of_payload(b'{"a":1}', "application/json", "raw") == '{"a":1}'


def test_binary_is_shown_in_hexadecimal_whatever_it_is_called() -> None:
    text = text_of_payload(bytes(range(20)), "text/plain")
    assert text.splitlines()[0].startswith("000000 00 01 02")
    assert text.splitlines()[1].startswith("000010 10 11 12 13")


def test_every_viewer_has_a_name_of_its_own_and_the_last_accepts_every_payload() -> None:
    assert len({viewer.name for viewer in VIEWERS}) == len(VIEWERS)
    for data in (b"", b"{}", b"a", b"\xff", b"\0"):
        assert VIEWERS[-1].accepts(PayloadPart(data))


def test_the_viewers_that_accept_a_payload_go_round() -> None:
    def names(part: PayloadPart) -> list[str]:
        shown = [viewer_for(part).name]
        for _ in VIEWERS:
            shown.append(viewer_after(part, shown[-1]).name)
        return shown

    assert names(PayloadPart(b"{}")) == ["formatted", "raw", "hex", "formatted"]
    assert names(PayloadPart(b"text")) == ["raw", "hex", "raw", "hex"]
    assert names(PayloadPart(b"\xff")) == ["hex", "hex", "hex", "hex"]


def test_a_viewer_that_was_chosen_shows_what_it_accepts_and_the_first_one_the_rest() -> None:
    assert viewer_for(PayloadPart(b"{}"), "raw").name == "raw"
    assert viewer_for(PayloadPart(b"\xff"), "raw").name == "hex"


def test_a_character_cut_in_the_middle_is_still_text() -> None:
    assert is_text("é".encode()[:1])
    assert not is_text(b"\xff\xfe")
    assert not is_text(b"a\0b")


@given(
    st.binary(max_size=400) | st.text(max_size=200).map(str.encode),
    st.sampled_from([viewer.name for viewer in VIEWERS]),
    st.sampled_from(["", "text/html", "application/json"]),
)
def test_no_payload_breaks_the_view_or_is_wider_than_it(
    data: bytes, viewer: str, content_type: str
) -> None:
    rows = payload_lines(PayloadPart(data, content_type), viewer, 50)
    assert rows
    assert all(width_of(row) <= 50 for row in rows)
    assert "\x1b" not in "".join(plain(row) for row in rows)


def test_a_part_of_a_large_payload_says_which_part_it_is() -> None:
    reply = details(3, b"x" * 65_536, size=3_000_000, offset=65_536)
    text = "\n".join(plain(row.spans) for row in element_rows(reply, "raw", 60))
    assert "bytes 65,536–131,072 of 3,000,000" in text
    assert "2.9 MiB" in text


def test_the_offsets_of_a_part_in_hexadecimal_are_those_of_the_whole() -> None:
    reply = details(3, b"\0" * 64, size=3_000_000, offset=65_536)
    text = "\n".join(plain(row.spans) for row in element_rows(reply, None, 60))
    assert "010000 00 00" in text


def test_an_element_that_is_gone_is_said_to_be() -> None:
    rows = element_rows(ElementDetails(9, False), "raw", 60)
    text = "\n".join(plain(row.spans) for row in rows)
    assert "no longer kept" in text


def test_a_failed_node_says_what_happened_and_what_to_do() -> None:
    flow = fan_out()
    picture = fail_node(snapshot(flow, calls=9), "log-proc")
    text = "\n".join(plain(row.spans) for row in node_rows(flow, picture, "log-proc", None, 60))
    assert "x Trap [E0804]" in text
    assert "Mend the component, or skip the element." in text
    assert "\x1b" not in text


def test_timestamps_outside_of_the_calendar_do_not_break_the_view() -> None:
    assert moment(1_767_225_600_123_000_000) == "2026-01-01 00:00:00.123Z"
    assert moment(2**64 * 1_000_000_000).endswith(" ns")


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
        assert '"type": "log"' in text_of(app)
        await pilot.press("v")
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
            if element < 9:
                await pilot.press("v")
            assert shown in text_of(app)
            assert inspector.viewer == (None if element == 7 else "raw")


async def test_an_answer_to_an_older_question_is_left_out() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        upcoming = NextCall("router", Export.ROUTE, 7, 6)
        picture = snapshot(link.flow, calls=9, next_call=upcoming)
        await show(app, pilot, link, Update(Health.READY, snapshot=picture))
        late = details(3, b"an older element")
        await show(app, pilot, link, Update(Health.READY, replies=(late,)))
        assert "an older element" not in text_of(app)
