"""The screen with a whole payload: every key of it, on a scripted session."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from runtime.protocol.element_summary import CallElement
from runtime.protocol.replies import CallElements, FailedCall, NodeCalls, WholePayload
from runtime.protocol.requests import FindCall, JumpToElement, ReadPayload, Request
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    PRESENT,
    FakeLink,
    asked,
    busy_update,
    element_line,
    fail_node,
    inspected,
    opened,
    settle,
    show,
    snapshot,
    text_of,
)
from workbench.app import StudioApp
from workbench.dialogs.breakpoint_dialog import BreakpointScreen
from workbench.dialogs.payload_editor import PayloadScreen
from workbench.payload_view.keys_dialog import PayloadKeysScreen
from workbench.payload_view.picture_support import no_pictures
from workbench.payload_view.screen import PayloadViewScreen
from workbench.payload_view.screen_words import head_line
from workbench.payloads.viewer import PayloadPart
from workbench.settings.preferences import Preferences
from workbench.text.keys import use_keys
from workbench.text.lines import plain, width_of

ORDER = {
    "type": "order",
    "customer": {"name": "Žofie", "city": "Praha"},
    "items": [{"sku": number, "left": 40 - number} for number in range(30)],
    "note": "call before noon",
}


class PayloadLink(FakeLink):
    """Answers for payloads: the one of an element, and what its call made of it."""

    def __init__(self, payload: bytes, after: bytes | None = None) -> None:
        super().__init__()
        self.payloads = {7: payload, 8: after if after is not None else payload}
        self.content_type = "application/json"

    def send(self, request: Request) -> None:
        super().send(request)
        match request:
            case ReadPayload(element_id):
                data = self.payloads[element_id]
                about = replace(
                    element_line(element_id, data[:160], len(data)),
                    content_type=self.content_type,
                )
                reply = WholePayload(request, about, data=data)
                self.push(replace(self._latest, replies=(reply,)))
            case FindCall():
                found = CallElements(
                    request, 9, "log-proc", "process", element_line(7), element_line(8)
                )
                self.push(replace(self._latest, replies=(found,)))


@asynccontextmanager
async def looking(
    payload: bytes,
    after: bytes | None = None,
    *,
    content_type: str = "application/json",
    size: tuple[int, int] = (80, 24),
) -> AsyncIterator[tuple[StudioApp, Pilot[None], PayloadViewScreen]]:
    """The payload of the next element, looked into with Enter in the inspector."""
    link = PayloadLink(payload, after)
    link.content_type = content_type
    async with opened(link, size) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await pilot.press("3", "enter")
        await rest(app, pilot)
        assert isinstance(app.screen, PayloadViewScreen)
        yield app, pilot, app.screen


async def rest(app: StudioApp, pilot: Pilot[None]) -> None:
    """Until nothing is read, opened or searched any more."""
    await settle(app, pilot)
    for _ in range(2):
        await app.workers.wait_for_complete()
        await pilot.pause()


async def press(app: StudioApp, pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await rest(app, pilot)


async def find(app: StudioApp, pilot: Pilot[None], text: str) -> None:
    await pilot.press("slash")
    app.screen.query_one(Input).value = text
    await pilot.pause()
    await rest(app, pilot)


async def test_a_tree_folds_is_searched_and_says_where_the_cursor_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(
        "workbench.terminal.clipboard_copy.copy_natively",
        lambda text: copied.append(text) or "a test",  # type: ignore[func-returns-value]
    )
    async with looking(json.dumps(ORDER, ensure_ascii=False).encode()) as (app, pilot, screen):
        assert "▸ items     [30]" in text_of(app)
        assert 'city  "Praha"' in text_of(app)
        await press(app, pilot, "down", "down", "down")
        assert '$.customer.name   string   "Žofie"' in text_of(app)
        await press(app, pilot, "y")
        await press(app, pilot, "Y")
        assert copied == ['"Žofie"', "$.customer.name"]
        await press(app, pilot, "left", "enter")
        assert 'city  "Praha"' not in text_of(app)
        await press(app, pilot, "right")
        assert 'city  "Praha"' in text_of(app)
        await find(app, pilot, "sku")
        assert "30 found" in text_of(app)
        await press(app, pilot, "enter", "n")
        assert "$.items[1].sku   number   1" in text_of(app)
        await press(app, pilot, "N", "N")
        assert "$.items[29].sku" in text_of(app)
        await press(app, pilot, "escape", "g")
        assert "found" not in text_of(app)
        await press(app, pilot, "z", "z")
        assert text_of(app).count("sku") > 2
        await press(app, pilot, "end")
        assert '$.note   string   "call before noon"' in text_of(app)
        await press(app, pilot, "pageup", "pagedown", "k", "j", "home")
        assert " $   object" in text_of(app)
        await press(app, pilot, "end", "b")
        assert isinstance(app.screen, BreakpointScreen)
        assert app.screen.query_one("#break-when", Input).value == 'json.note == "call before noon"'
        await press(app, pilot, "enter")
        assert "json.note" in text_of(app).splitlines()[-2]  # that it was set
        await press(app, pilot, "question_mark")
        assert isinstance(app.screen, PayloadKeysScreen)
        await press(app, pilot, "escape", "q")
        assert app.screen is not screen


async def test_digits_and_v_choose_the_way_and_a_choice_is_kept_for_its_content_type() -> None:
    rows = "\n".join(json.dumps({"host": f"web-{n}", "cpu": n * 9}) for n in range(12))
    async with looking(rows.encode(), content_type="application/x-ndjson") as (app, pilot, _):
        assert "1 table" in text_of(app)
        assert " row  host    cpu" in text_of(app)
        lines = text_of(app).splitlines()
        head = next(row for row in lines if "row  host" in row)
        assert head.index("host") == lines[lines.index(head) + 1].index("web-0")
        await press(app, pilot, "right", "vertical_line", "vertical_line")
        assert "Sorted by cpu, last first." in text_of(app)
        assert " vcpu" in text_of(app)
        assert "fold" not in text_of(app).splitlines()[-1]
        assert "| sort" in text_of(app).splitlines()[-1]
        await press(app, pilot, "enter")
        assert "Nothing folds here." in text_of(app)
        await press(app, pilot, "g")
        assert "line 12 $.cpu   number   99" in text_of(app)
        await find(app, pilot, 'cpu > 50 && host != "web-7"')
        assert "5 found" in text_of(app)
        await find(app, pilot, "/web-(3|4)/")
        assert "2 found" in text_of(app)
        await find(app, pilot, "size > 3")
        assert '"size" is not a field' in text_of(app)
        await press(app, pilot, "escape", "2")
        assert "Formatted" in text_of(app) or "Raw" in text_of(app)
        await press(app, pilot, "v")
        chosen = app.screen
        assert isinstance(chosen, PayloadViewScreen)
        await press(app, pilot, "escape", "V")
        assert isinstance(app.screen, PayloadViewScreen)
        assert app.screen is not chosen
        assert "Table" not in text_of(app).splitlines()[1]


async def test_before_and_after_of_a_call_are_compared_and_n_goes_through_the_differences() -> None:
    after = {**ORDER, "customer": {"name": "Žofie Nová", "city": "Praha"}, "note": "none"}
    sides = (json.dumps(ORDER).encode(), json.dumps(after).encode())
    for size in ((120, 30), (80, 24)):
        async with looking(*sides, size=size) as (app, pilot, screen):
            await press(app, pilot, "5")
            title = "before and after log-proc process(#6), call 9"
            assert title[: None if size[0] == 120 else 24] in text_of(app)
            assert "2 differ" in text_of(app)
            await press(app, pilot, "n")
            assert "$.customer.name" in text_of(app)
            assert "difference 1 of 2" in text_of(app)
            assert 'type      "order"' in text_of(app)
            await press(app, pilot, "v")
            assert 'type      "order"' not in text_of(app)
            await press(app, pilot, "n", "n", "N")
            assert "$.note" in text_of(app)
            assert screen is app.screen


async def test_a_payload_is_saved_whole_and_never_over_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = b"\0" + bytes(range(256)) * 300
    async with looking(data, content_type="") as (app, pilot, _):
        assert "000000 00 00 01" in text_of(app)
        await press(app, pilot, "w", "enter")
        assert (tmp_path / "source-6.bin").read_bytes() == data
        assert "Saved 75.0 KiB to" in text_of(app)
        await press(app, pilot, "w", "enter")
        assert "is not written over" in text_of(app)
        assert (tmp_path / "source-6.bin").read_bytes() == data
        await find(app, pilot, "ABC")
        await press(app, pilot, "enter")
        assert "offset 0x40" in text_of(app)
        await press(app, pilot, "e")
        assert "paused flow" in text_of(app) or isinstance(app.screen, PayloadScreen)


async def test_what_cannot_be_looked_into_is_said() -> None:
    link = PayloadLink(b"{}")
    async with opened(link) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        gone = WholePayload(ReadPayload(7, 67_108_864))
        link.payloads = {7: b""}
        link.send = lambda request: link.sent.append(request)  # type: ignore[method-assign]
        await pilot.press("V")
        await show(app, pilot, link, Update(Health.READY, replies=(gone,)))
        assert "not kept any more" in text_of(app)
        large = replace(gone, summary=element_line(7, size=99_000_000))
        await pilot.press("V")
        await show(app, pilot, link, Update(Health.READY, replies=(large,)))
        assert "up to 64.0 MiB can be looked into" in text_of(app)
        assert plain(()) == ""


async def test_an_image_is_drawn_into_the_room_there_is_or_it_is_said_why_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pil = pytest.importorskip("PIL.Image")
    file = io.BytesIO()
    pil.new("RGB", (640, 480), "red").save(file, "PNG")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    async with looking(file.getvalue(), content_type="image/png") as (app, pilot, _):
        assert "PNG  640x480  8 bit RGB" in text_of(app)
        assert text_of(app).count("▀" * 45) == 17
        await pilot.resize_terminal(120, 36)
        await rest(app, pilot)
        assert text_of(app).count("▀" * 77) == 29
        await press(app, pilot, "2")
        assert "89 50 4e 47" in text_of(app)
        monkeypatch.setattr(app, "no_color", True)
        await press(app, pilot, "1")
        assert "Not drawn: NO_COLOR is set" in text_of(app)
        assert "89 50 4e 47" in text_of(app)
    plain_terminal = StudioApp(
        lambda: FakeLink(), title="", preferences=Preferences(ascii_signs=True)
    )
    assert "ASCII" in no_pictures(plain_terminal)
    monkeypatch.delenv("COLORTERM")
    monkeypatch.setenv("TERM", "xterm")
    assert "fewer than 256" in no_pictures(StudioApp(lambda: FakeLink(), title=""))


async def test_keys_of_an_error_compare_its_input_and_go_to_its_origin() -> None:
    link = PayloadLink(b'{"note": "hello"}', b'{"number": 40, "note": "hello"}')
    given, good = (
        CallElement(call, element_line(number), link.payloads[number])
        for call, number in ((14, 7), (11, 8))
    )
    async with opened(link, (120, 36)) as (app, pilot):
        picture = fail_node(snapshot(link.flow, calls=14), "log-proc")
        await show(app, pilot, link, Update(Health.READY, snapshot=picture, timeline=PRESENT))
        failed = FailedCall(14, "process", given, good, b"")
        await show(
            app, pilot, link, Update(Health.READY, replies=(NodeCalls("log-proc", (), failed),))
        )
        assert "D differ: input #6 against #7" in inspected(app)
        await pilot.press("o")
        assert asked(link)[-1] == JumpToElement(7)
        await press(app, pilot, "D")
        assert isinstance(app.screen, PayloadViewScreen)
        assert "against the last good input, #7" in text_of(app)
        assert "1 differ, 1 equal" in text_of(app)
        await press(app, pilot, "n")
        assert "$.number" in text_of(app)


async def test_keys_of_the_payload_screen_are_the_users_there_and_in_the_help() -> None:
    try:
        async with looking(b'{"a": 1}') as (app, pilot, _):
            await press(app, pilot, "escape")
            use_keys({"payload-path": ("P",), "payload-copy": ()})
            await press(app, pilot, "V")
            assert " P path " in text_of(app)
            assert "value" not in text_of(app).splitlines()[-1]
            await press(app, pilot, "Y")
            assert "Copied" not in text_of(app)
            await press(app, pilot, "down", "P")
            assert "Copied the path" in text_of(app)
            await press(app, pilot, "question_mark")
            assert "P   " in text_of(app)
            await press(app, pilot, "escape", "escape", "question_mark")
            app.screen.query_one(Input).value = "path under"
            await rest(app, pilot)
            assert "Looking into a payload (V)" in text_of(app)
            assert "P   " in text_of(app)
    finally:
        use_keys({})


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "x" * 100_000, "日本" * 500],
    ids=["none", "text", "x", "wide"],
)
def test_a_long_content_type_leaves_the_element_its_name(content_type: str) -> None:
    part = PayloadPart(b"12345", content_type)
    for cells in (60, 80, 200):
        head = head_line("Payload #123,456 from source", part, cells)
        assert width_of(head) <= cells
        assert plain(head).startswith(" Payload #123,456 from source ")
        assert plain(head).endswith("  5 B ")
