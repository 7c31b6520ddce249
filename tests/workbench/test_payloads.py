"""Editing payloads and making elements: what is read, typed, pasted, saved and left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.document._document import Document
from textual.pilot import Pilot
from textual.widgets import Input

from runtime.model.call import Export, NextCall
from runtime.protocol.replies import WholePayload
from runtime.protocol.requests import EditElement, InjectElement, ReadPayload
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PAYLOAD,
    SIZES,
    FakeLink,
    ReadingLink,
    branch_of_calls,
    busy_update,
    element_line,
    fail_node,
    on_branch,
    opened,
    panes_of,
    settle,
    show,
    snapshot,
    text_of,
)
from workbench.app import StudioApp
from workbench.dialogs.payload_editor import PayloadScreen
from workbench.payloads.hex_text import bytes_of_hex, hex_text
from workbench.payloads.limits import EDIT_BYTES
from workbench.payloads.typed_text import can_be_typed, typed_text
from workbench.view import EdgeRef, ElementRef, NodeRef, Selection
from workbench.widgets.panes.payload_area import PayloadArea


def saved(link: FakeLink) -> list[object]:
    return [one for one in link.sent if isinstance(one, EditElement | InjectElement)]


async def edit(
    app: StudioApp, pilot: Pilot[None], link: ReadingLink, element: int = 7
) -> PayloadArea:
    """Open the editor on an element."""
    panes_of(app).selection = ElementRef(element, element)
    await settle(app, pilot)
    await pilot.press("e")
    await settle(app, pilot)
    assert isinstance(app.screen, PayloadScreen)
    return app.screen.query_one(PayloadArea)


# ---- text and bytes


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{\n  "a": 1\n}\n',
        b"a\tb\n\n",
        "héllo 字 👩🚀 ❤\ufe0f e\u0301".encode(),
        b"q Q [red]x[/red]",
    ],
)
def test_text_is_edited_as_it_is(data: bytes) -> None:
    text = typed_text(data)
    assert text is not None
    assert Document(text).text.encode() == data


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"a\0b",
        b"a\r\nb",
        "👩\u200d🚀".encode(),
        b"a\rb",
        b"\x1b[31m",
        b"\x7f",
        "\x85".encode(),
        "a\u2028b".encode(),
        "a\u202eb".encode(),
        b"\xed\xa0\x80",
    ],
)
def test_what_an_editor_would_not_keep_is_edited_in_hexadecimal(data: bytes) -> None:
    assert typed_text(data) is None
    assert bytes_of_hex(hex_text(data)) == data


@given(st.text())
def test_every_text_that_can_be_typed_comes_back_from_the_editor_as_it_was(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    typed = typed_text(data)
    assert typed is None or Document(typed).text.encode() == data


@given(st.binary(max_size=200), st.sampled_from(["", " ", "\n", "  \t\n"]))
def test_hexadecimal_comes_back_however_it_is_spaced(data: bytes, blanks: str) -> None:
    assert bytes_of_hex(hex_text(data)) == data
    assert bytes_of_hex(blanks.join(hex_text(data).split())) == data
    assert bytes_of_hex(hex_text(data).upper()) == data


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("68\n6g", "Line 2: '6g' is not hexadecimal."),
        ("68 6", "Line 1: '6' has an odd number of digits."),
        ("0x68", "Line 1: '0x68' is not hexadecimal."),
        ("٣٣", "Line 1: '٣٣' is not hexadecimal."),
    ],
)
def test_wrong_hexadecimal_is_explained(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("'", ".")):
        bytes_of_hex(text)


def test_control_codes_cannot_be_typed() -> None:
    assert [can_be_typed(one) for one in "\n\ta字\x1b\r\x9b\u202e"] == [True] * 4 + [False] * 4


# ---- editing


@pytest.mark.parametrize("size", SIZES)
async def test_an_element_is_edited_and_saved(size: tuple[int, int]) -> None:
    link = ReadingLink()
    async with opened(link, size) as (app, pilot):
        area = await edit(app, pilot, link)
        text = text_of(app)
        assert "Edit the payload" in text
        assert "#6 from source" in text
        assert "ctrl+s saves  F2 hexadecimal  F3 file  F4 $EDITOR  F6 keep  esc" in text
        assert "62 bytes   text" in text
        assert area.text == PAYLOAD.decode()
        await pilot.press("Q", "q", "space", "s", "left_square_bracket", "question_mark")
        assert area.text == "Qq s[?" + PAYLOAD.decode()
        assert "68 bytes, was 62" in text_of(app)
        await pilot.press("ctrl+s")
        assert saved(link) == [EditElement(7, b"Qq s[?" + PAYLOAD, None)]
        assert not isinstance(app.screen, PayloadScreen)


async def test_the_content_type_is_edited_too() -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        await edit(app, pilot, link)
        await pilot.press("shift+tab")
        assert isinstance(app.focused, Input)
        await pilot.press("end", *"+q", "ctrl+s")
        assert saved(link) == [EditElement(7, PAYLOAD, "application/json+q")]


async def test_what_was_not_changed_is_not_sent() -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        await edit(app, pilot, link)
        await pilot.press("ctrl+s")
        assert saved(link) == []
        assert "Nothing was changed." in text_of(app)


async def test_lines_are_typed_and_json_is_left_as_it_is() -> None:
    pretty = b'{\n    "a" : 1,\n\t"b":[ ]\n}\n'
    link = ReadingLink(pretty)
    async with opened(link) as (app, pilot):
        area = await edit(app, pilot, link)
        area.move_cursor(area.document.end)
        await pilot.press("x", "enter", "ctrl+s")
        assert saved(link) == [EditElement(7, pretty + b"x\n", None)]


async def test_bytes_are_edited_in_hexadecimal_and_wrong_ones_are_not_saved() -> None:
    link = ReadingLink(b"\x00\xffabc\r\n")
    async with opened(link) as (app, pilot):
        area = await edit(app, pilot, link)
        assert area.text == "00 ff 61 62 63 0d 0a"
        assert "7 bytes   hexadecimal" in text_of(app)
        await pilot.press("g")
        assert "x Line 1: 'g00' is not hexadecimal." in text_of(app)
        await pilot.press("ctrl+s", "f2")
        assert isinstance(app.screen, PayloadScreen)
        assert saved(link) == []
        await pilot.press("backspace", "7", "f", "ctrl+s")
        assert saved(link) == [EditElement(7, b"\x7f\x00\xffabc\r\n", None)]


async def test_the_form_is_changed_where_the_bytes_allow_it() -> None:
    link = ReadingLink(b"hi\n")
    async with opened(link) as (app, pilot):
        area = await edit(app, pilot, link)
        await pilot.press("f2")
        assert area.text == "68 69 0a"
        await pilot.press("f2")
        assert area.text == "hi\n"
        await pilot.press("f2", "0", "0", "f2")
        assert area.text == "0068 69 0a"
        assert "No text: it has bytes or control codes" in text_of(app)
        await pilot.press("ctrl+s")
        assert saved(link) == [EditElement(7, b"\x00hi\n", None)]


async def test_a_paste_goes_into_the_text_without_control_codes() -> None:
    link = ReadingLink(b"")
    async with opened(link) as (app, pilot):
        area = await edit(app, pilot, link)
        app.post_message(events.Paste("q[red]\x1b[31m\r\nQ\x9b字"))
        await pilot.pause()
        assert area.text == "q[red][31m\nQ字"
        assert "2 control characters left out: F2 edits bytes." in text_of(app)
        await pilot.press("x")
        assert "left out" not in text_of(app)
        await pilot.press("ctrl+s")
        assert saved(link) == [EditElement(7, "q[red][31m\nQ字x".encode(), None)]


async def test_leaving_asks_only_when_something_was_changed() -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        await edit(app, pilot, link)
        await pilot.press("escape")
        assert not isinstance(app.screen, PayloadScreen)
        await edit(app, pilot, link)
        await pilot.press("x", "escape")
        assert "Leave without saving?" in text_of(app)
        await pilot.press("n")
        assert isinstance(app.screen, PayloadScreen)
        await pilot.press("escape", "y")
        await pilot.pause()
        assert not isinstance(app.screen, PayloadScreen)
        assert saved(link) == []


async def test_wrong_hexadecimal_counts_as_a_change() -> None:
    link = ReadingLink(b"\xff")
    async with opened(link) as (app, pilot):
        await edit(app, pilot, link)
        await pilot.press("z", "escape")
        assert "Leave without saving?" in text_of(app)


async def test_a_long_payload_is_read_whole_first() -> None:
    payload = bytes(range(256)) * 600
    link = ReadingLink(payload)
    async with opened(link) as (app, pilot):
        area = await edit(app, pilot, link)
        assert link.sent[-1] == ReadPayload(7, EDIT_BYTES)
        assert bytes_of_hex(area.text) == payload


async def test_the_largest_payload_is_edited_and_a_larger_one_refused_with_a_sentence() -> None:
    link = ReadingLink(b"x" * EDIT_BYTES)
    async with opened(link) as (app, pilot):
        area = await edit(app, pilot, link)
        assert len(area.text) == EDIT_BYTES
        await pilot.press("y")
        assert "x 256.0 KiB are too many: up to 256.0 KiB." in text_of(app)
        await pilot.press("ctrl+s")
        assert saved(link) == []
        await pilot.press("escape", "y")
        link.payload += b"x"
        await pilot.press("e")
        await settle(app, pilot)
        assert not isinstance(app.screen, PayloadScreen)
        assert "The payload has 256.0 KiB: up to 256.0 KiB can be edited." in text_of(app)


async def test_an_element_that_is_gone_is_not_edited() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes_of(app).selection = ElementRef(7, 7)
        await pilot.press("e")
        asked = ReadPayload(7, EDIT_BYTES)
        await show(app, pilot, link, Update(Health.READY, replies=(WholePayload(asked),)))
        assert "This element is not kept any more" in text_of(app)
        late = WholePayload(asked, element_line(7), data=b"late")
        await show(app, pilot, link, Update(Health.READY, replies=(late,)))
        assert not isinstance(app.screen, PayloadScreen)


async def test_an_editor_does_not_open_over_another_screen() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes_of(app).selection = ElementRef(7, 7)
        await pilot.press("e", "question_mark")
        whole = WholePayload(ReadPayload(7, EDIT_BYTES), element_line(7), data=b"{}")
        link.push(Update(Health.READY, replies=(whole,)))
        await settle(app, pilot)
        assert "Help  " in text_of(app)


async def test_nothing_is_edited_while_the_flow_runs() -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, replace(busy_update(link.flow), running=True))
        panes_of(app).selection = ElementRef(7, 7)
        await pilot.press("e")
        assert "edit needs a paused flow and an element in the inspector." in text_of(app)


async def test_the_failed_element_is_edited_without_a_selection() -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        failed = fail_node(snapshot(link.flow, calls=9), "log-proc")
        await show(app, pilot, link, Update(Health.READY, snapshot=failed))
        await pilot.press("e")
        await settle(app, pilot)
        await pilot.press("x", "ctrl+s")
        assert saved(link) == [EditElement(7, b"x" + PAYLOAD, None)]


@pytest.mark.parametrize(("node", "edited"), [("log-proc", True), ("router", False)])
async def test_of_a_selected_node_its_failed_element_is_edited(node: str, edited: bool) -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        failed = fail_node(snapshot(link.flow, calls=9), "log-proc")
        await show(app, pilot, link, Update(Health.READY, snapshot=failed))
        panes_of(app).selection = NodeRef(node)
        await pilot.press("e")
        await settle(app, pilot)
        assert isinstance(app.screen, PayloadScreen) is edited


async def test_in_the_past_it_is_said_that_saving_forks() -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, on_branch(branch_of_calls(20, 12)))
        await edit(app, pilot, link)
        assert "Y saving forks: another branch begins here" in text_of(app)


async def test_text_of_a_component_is_no_markup_in_the_editor() -> None:
    link = ReadingLink(b"[red]x[/] \xf0\x9f\x91\xa9")
    async with opened(link) as (app, pilot):
        await edit(app, pilot, link)
        assert "[red]x[/] 👩" in text_of(app)


async def test_a_content_type_that_cannot_be_shown_is_kept_when_it_is_left_alone() -> None:
    link = FakeLink()
    about = replace(element_line(7), content_type="a\x1b[31m")
    odd = WholePayload(ReadPayload(7, EDIT_BYTES), about, data=PAYLOAD)
    async with opened(link) as (app, pilot):
        panes_of(app).selection = ElementRef(7, 7)
        await pilot.press("e")
        await show(app, pilot, link, Update(Health.READY, replies=(odd,)))
        assert app.screen.query_one("#payload-type", Input).value == "a\\x1b[31m"
        await pilot.press("x", "ctrl+s")
        assert saved(link) == [EditElement(7, b"x" + PAYLOAD, None)]


# ---- injecting


@pytest.mark.parametrize(
    ("selection", "edge", "label"),
    [
        (EdgeRef(2), 2, "router:logs -> log-proc"),
        (NodeRef("metric-sink"), 3, "metric-proc -> metric-sink"),
    ],
)
async def test_an_element_is_put_into_an_edge(selection: Selection, edge: int, label: str) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes_of(app).selection = selection
        await pilot.press("i")
        text = text_of(app)
        assert "A new element" in text
        assert f"to {label}" in text
        await pilot.press(*"hi", "shift+tab", *"a/b", "ctrl+s")
        assert saved(link) == [InjectElement(edge, b"hi", "a/b")]


async def test_an_empty_element_can_be_injected_and_leaving_injects_none() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes_of(app).selection = EdgeRef(0)
        await pilot.press("i", "escape")
        assert saved(link) == []
        await pilot.press("i", "ctrl+s")
        assert saved(link) == [InjectElement(0, b"", "")]


@pytest.mark.parametrize("selection", [None, NodeRef("source"), ElementRef(7, 7)])
async def test_where_no_single_edge_is_meant_nothing_is_injected(selection: Selection) -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        panes_of(app).selection = selection
        await pilot.press("i")
        assert "inject needs a paused flow and a selected edge." in text_of(app)


async def test_the_editor_survives_a_session_that_ends_under_it() -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        await edit(app, pilot, link)
        link.push(Update(Health.DEAD, health_detail="killed"))
        await settle(app, pilot)
        await pilot.press("x", "ctrl+s")
        assert "The runtime is gone" in text_of(app)


@pytest.mark.parametrize("key", ["e", "number_sign", "R", "question_mark"])
async def test_the_editor_and_the_questions_can_be_drawn_at_any_size(key: str) -> None:
    link = ReadingLink()
    async with opened(link) as (app, pilot):
        timeline = branch_of_calls(20, 12)
        upcoming = NextCall("router", Export.ROUTE, 7, 6)
        picture = snapshot(link.flow, calls=9, next_call=upcoming)
        await show(app, pilot, link, replace(on_branch(timeline), snapshot=picture))
        for size in [(20, 5), (1, 1), (39, 12), (300, 90)]:
            if len(app.screen_stack) == 1:
                await pilot.press(key)
                await settle(app, pilot)
            assert len(app.screen_stack) == 2
            await pilot.resize_terminal(*size)
            assert text_of(app), size
            await pilot.press("1")
            assert text_of(app), size
        await pilot.resize_terminal(120, 36)
        await pilot.press("backspace", "escape")
        await pilot.pause()
        assert "1 Flow" in text_of(app)
