"""A call that failed: what the inspector says of it, and the key that makes it again."""

from __future__ import annotations

from runtime.model.call import Failure, FailureKind
from runtime.model.codes import Code
from runtime.model.component.stack import StackFrame
from runtime.protocol.element_summary import CallElement, ElementSummary
from runtime.protocol.replies import FailedCall
from runtime.protocol.requests import StepCall
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    FakeLink,
    asked,
    fail_node,
    opened,
    panes_of,
    show,
    snapshot,
    text_of,
)
from workbench.actions.labels import footer_actions
from workbench.actions.table import BY_ID
from workbench.inspection.failure import failure_rows
from workbench.text.lines import plain, width_of

FAILURE = Failure.of(
    FailureKind.INVALID_INPUT,
    'field "number" is missing in the record; expected an object with the keys number and note',
    Code.COMPONENT_FAILED,
    "Look at the element's payload.",
    crashed=False,
)._replace(
    frames=(
        StackFrame("rust_panic", "/rustc/library/std/src/panicking.rs", 3, 1, runtime=True),
        StackFrame("lib::parse_record", "src/lib.rs", 41, 9),
    ),
    stderr=b"parsing record 4\n\x1b[2Jodd\n",
)


def given(sequence: int, call: int, payload: bytes) -> CallElement:
    about = ElementSummary(
        sequence + 1, sequence + 1, "source", sequence, 0, "application/json", len(payload), payload
    )
    return CallElement(call, about, payload)


FAILED = FailedCall(
    call=14,
    export="process",
    input=given(4, 14, b'{"note": "hello"}'),
    last_good=given(3, 11, b'{"number": 40, "note": "well"}'),
    printed=b"to stdout\n",
)


def shown(cells: int, failed: FailedCall | None = FAILED, *, past: bool = False) -> list[str]:
    rows = failure_rows(FAILURE, failed, cells, past=past)
    assert all(width_of(row.spans) <= cells for row in rows)
    return [plain(row.spans).rstrip() for row in rows]


def test_code_and_whole_message_come_first_then_what_explains_them() -> None:
    rows = shown(38)
    assert rows[0].startswith(f" x {FAILURE.code} {FAILURE.name}  invalid-input")
    assert rows[1] == "   process(#4), call 14"
    text = " ".join(row.strip() for row in rows)
    assert FAILURE.message in text
    assert "src/lib.rs:41:9 in lib::parse_record" in text
    assert "rust_panic" not in text
    headings = [row.split(" ─")[0].strip() for row in rows if " ─" in row]
    assert headings == [
        "where",
        "input #4",
        "last good input #3",
        "printed in this call, stderr",
        "printed in this call, stdout",
        "now",
    ]
    assert "to stdout" in text
    assert "\\x1b[2Jodd" in text
    assert "\x1b" not in text


def test_with_room_the_last_good_input_stands_next_to_the_failed_one() -> None:
    (heading,) = (row for row in shown(100) if "last good input" in row)
    assert "input #4" in heading
    assert "│" in heading


def test_of_a_call_in_the_past_only_the_keys_that_work_there_are_named() -> None:
    assert any("retry the failed call" in row for row in shown(60))
    past = shown(60, past=True)
    assert not any("retry the failed call" in row for row in past)
    assert any("to the stop before" in row for row in past)


def test_before_the_session_has_answered_the_failure_itself_is_there() -> None:
    rows = shown(60, None)
    assert any("missing in the record" in row for row in rows)
    assert not any("input #" in row for row in rows)


async def test_r_makes_the_failed_call_again() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        failed = fail_node(snapshot(link.flow, calls=12), "log-proc")
        await show(app, pilot, link, Update(Health.READY, snapshot=failed))
        assert "r s S retry x skips" in text_of(app)
        assert BY_ID["retry"] in footer_actions(panes_of(app).context)
        await pilot.press("r")
        assert asked(link) == [StepCall("log-proc")]
        await show(app, pilot, link, Update(Health.READY, snapshot=snapshot(link.flow, calls=13)))
        await pilot.press("r")
        assert "retry needs a failed element." in text_of(app)
