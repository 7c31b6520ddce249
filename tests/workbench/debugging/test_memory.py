"""The memory pane: what a node's component has in its memory, and what its calls change of it."""

from __future__ import annotations

from dataclasses import replace

from runtime.protocol.components.memory_report import (
    ChangedPlace,
    HandleLine,
    MemoryChange,
    MemoryGrowth,
    MemoryReport,
    NamedVariable,
    NamedVariables,
    ReadMemory,
)
from runtime.protocol.components.saved_component import SaveComponent, SavedComponent
from runtime.protocol.requests import StepCall
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import FakeLink, asked, opened, panes_of, show, text_of
from workbench.memory.memory_rows import memory_rows
from workbench.memory.memory_screen import SHOWN_BYTES, wanted_bytes
from workbench.text.lines import plain
from workbench.view import NodeRef
from workbench.widgets.line_view import LineView

NODE = "metric-proc"
PAGE = ChangedPlace(1, 8192, 37)
READ = MemoryReport(
    ReadMemory(NODE, length=SHOWN_BYTES),
    "native",
    calls=12,
    sizes=(131_072, 65_536),
    known_bytes=196_608,
    limit_bytes=16 * 1024**2,
    change=MemoryChange(11, 1, (PAGE,), 1, 37, 2),
    growths=(MemoryGrowth(9, 131_072, 196_608),),
    handles=(HandleLine("buffer", 12, 12, 0, 0), HandleLine("mutable-buffer", 12, 9, 3, 3)),
    handles_since=9,
    data=b"hello, memory" + bytes(50),
)
UNREAD = MemoryReport(
    ReadMemory(NODE),
    "direct",
    calls=3,
    unreadable="the native call layer is not in use",
    known_bytes=65_536,
)


def words(report: MemoryReport, cells: int = 80) -> str:
    return "\n".join(plain(row.spans) for row in memory_rows(report, cells))


def test_the_rows_tell_sizes_changes_leaks_and_bytes() -> None:
    text = words(READ)
    for part in (
        "192.0 KiB of the 16.0 MiB it may have",
        "memory 1  64.0 KiB",
        "call 9  grew by 64.0 KiB",
        "Changed by the last call",
        "37 bytes in 1 page",
        "memory 1, 0x002000  37 bytes",
        "2 of its globals",
        "buffer  12 made, 12 dropped, 0 live",
        "mutable-buffer  12 made, 9 dropped, 3 live  leak? 3 more than 3 calls ago",
        "Bytes of memory 0 from 0x000000",
        "hello, memory",
    ):
        assert part in text, (part, text)
    assert "64 bytes, all of them 0" in words(replace(READ, data=bytes(64)))
    assert "nowhere" in words(replace(READ, found=False))
    assert "nothing in its memory" in words(replace(READ, change=MemoryChange(11, 1, (), 0, 0, 0)))


def test_the_direct_layer_says_what_it_cannot_show_and_what_would() -> None:
    text = words(UNREAD)
    assert "64.0 KiB, as it declares" in text
    assert "not shown, because the native call layer is not in use; `make native`" in text
    assert "Changed" not in text


def test_what_is_looked_for_is_text_or_bytes() -> None:
    assert wanted_bytes("taken") == b"taken"
    assert wanted_bytes("0x00 ff") == b"\0\xff"


TAKEN = NamedVariable("taken", "tally", 0, 0x10450, 4, "8", True)
LABEL = NamedVariable("process::label", "char[12]", 0, 0x1045C, 12, '"idle"', False)
NAMED = replace(READ, named=NamedVariables((TAKEN, LABEL), 5, "the first 2 variables were read"))


def test_variables_are_named_and_those_that_changed_are_marked() -> None:
    text = words(NAMED)
    for part in (
        "Variables, 1 of them changed",
        " * taken           8  tally, 0x010450",
        '   process::label  "idle"  char[12], 0x01045c',
        "3 more",
        "there may be more: the first 2 variables were read",
    ):
        assert part in text, (part, text)
    assert "of libraries" not in text
    foreign = NAMED.named.variables[0]._replace(name="errno", library=True)
    both = replace(NAMED, named=NamedVariables((*NAMED.named.variables, foreign), 3))
    assert words(both).index("process::label") < words(both).index("Variables of libraries")
    assert words(both).index("Variables of libraries") < words(both).index("errno")
    none = replace(READ, named=NamedVariables(why="its debug information cannot be read: 7"))
    assert "not named, because its debug information cannot be read: 7" in words(none)
    assert "names none" in words(READ)
    assert "Variables" not in words(UNREAD)


async def test_a_variable_is_found_by_name_and_enter_shows_its_bytes() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        panes_of(app).selection = NodeRef(NODE)
        await pilot.press("W")
        await pilot.pause()
        await show(app, pilot, link, Update(Health.READY, replies=(NAMED,)))
        await pilot.press("slash", *"LABEL", "enter")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        wanted = ReadMemory(NODE, 0, LABEL.address, SHOWN_BYTES)
        assert asked(link)[-1] == wanted
        came = replace(NAMED, asked=wanted, offset=LABEL.address, data=b"idle" + bytes(8))
        await show(app, pilot, link, Update(Health.READY, replies=(came,)))
        view = app.screen.query_one("#memory-rows", LineView)
        assert view.cursor is not None
        assert "from 0x01045c" in plain(view.rows[view.cursor].spans)
        assert "idle" in plain(view.rows[view.cursor + 1].spans)
        # No other variable has it in its name: from there on the bytes are searched.
        await pilot.press("n")
        assert asked(link)[-1] == ReadMemory(NODE, 0, LABEL.address + 1, SHOWN_BYTES, b"LABEL")


async def test_a_node_is_saved_as_a_component_from_the_pane_and_by_its_key() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        panes_of(app).selection = NodeRef(NODE)
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert [one for one in asked(link) if isinstance(one, SaveComponent)] == [
            SaveComponent(NODE)
        ]
        reply = SavedComponent(NODE, "/p/n-at-7.wasm", f"{NODE} is saved as n-at-7.wasm")
        await show(app, pilot, link, Update(Health.READY, replies=(reply,)))
        assert "is saved as n-at-7.wasm" in text_of(app)
        await pilot.press("W")
        await pilot.pause()
        await show(app, pilot, link, Update(Health.READY, replies=(READ,)))
        await pilot.press("w")
        assert asked(link)[-1] == SaveComponent(NODE)
        refused = SavedComponent(NODE, None, "it cannot be saved: it holds handles of the host")
        await show(app, pilot, link, Update(Health.READY, replies=(refused,)))
        view = app.screen.query_one("#memory-rows", LineView)
        assert [plain(row.spans).strip() for row in view.rows[:2]] == ["Not saved", refused.words]


async def test_a_node_s_memory_is_opened_stepped_searched_and_paged() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        panes_of(app).selection = NodeRef(NODE)
        await pilot.press("W")
        await pilot.pause()
        assert asked(link)[-1] == ReadMemory(NODE, length=SHOWN_BYTES)
        await show(app, pilot, link, Update(Health.READY, replies=(READ,)))
        assert "37 bytes in 1 page" in text_of(app)
        await pilot.press("s")
        assert asked(link)[-2:] == [StepCall(NODE), ReadMemory(NODE, length=SHOWN_BYTES)]
        await pilot.press("right_square_bracket")
        assert asked(link)[-1] == ReadMemory(NODE, 0, SHOWN_BYTES, SHOWN_BYTES)
        await pilot.press("m")
        assert asked(link)[-1] == ReadMemory(NODE, 1, 0, SHOWN_BYTES)
        await pilot.press("slash", *"taken", "enter")
        await pilot.pause()
        assert asked(link)[-1] == ReadMemory(NODE, 1, 0, SHOWN_BYTES, b"taken")
        await pilot.press("n")
        assert asked(link)[-1] == ReadMemory(NODE, 1, 1, SHOWN_BYTES, b"taken")
        await pilot.press(*["down"] * 8, "enter")
        assert asked(link)[-1] == ReadMemory(NODE, PAGE.memory, PAGE.offset, SHOWN_BYTES)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is panes_of(app).screen
