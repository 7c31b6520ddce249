"""One call looked into: while it is made, and as the event log keeps it."""

from __future__ import annotations

from dataclasses import replace

from runtime.model.call import CallInProgress, CopyCount, Export, NextCall, Printed
from runtime.protocol.call_report import CallReport, CallRun, ReadCall
from runtime.protocol.element_summary import CallElement
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import (
    FakeLink,
    busy_update,
    details,
    element_line,
    inspected,
    opened,
    panes_of,
    printed,
    show,
    snapshot,
    text_of,
)
from workbench.text.lines import plain
from workbench.view import CallRef, ElementRef

BEFORE = b'{"level":"warn","ms":20}'
AFTER = b'{"level":"error","ms":20}'
RUN = CallRun(
    "log-proc",
    Export.PROCESS,
    "emitted 1 -> log-sink",
    3_214_000_000,
    187_000,
    given=CallElement(9, element_line(7, BEFORE), BEFORE),
    outputs=(CallElement(9, element_line(8, AFTER), AFTER),),
    outputs_in_all=3,
    copies=CopyCount(2, 48, 1, 25),
    fuel=41_200,
    printed=(Printed("stdout", b"one\ntwo\x1b[2J", False),),
    printed_bytes=11,
)
LONG = CallInProgress(5, "router", Export.ROUTE, 6, 1_300_000_000, 5_000_000_000)


async def test_enter_on_an_event_looks_into_its_call_and_one_that_takes_long_shows_itself() -> None:
    link = FakeLink()
    async with opened(link, (120, 50)) as (app, pilot):
        await show(app, pilot, link, busy_update(link.flow))
        await pilot.press("5", "up", "enter")
        subject = panes_of(app).selection
        assert isinstance(subject, CallRef)
        assert ReadCall(subject.call) in link.sent
        report = CallReport(subject.call, RUN)
        await show(app, pilot, link, Update(Health.READY, replies=(CallReport(1), report)))
        text = inspected(app)
        assert "3 Call: log-proc process(#6)" in text_of(app)
        assert f"call {subject.call:,}" in text
        assert "> emitted 1 -> log-sink" in text
        assert "187 µs" in text
        assert "2x, 48 B" in text
        assert "41.2k" in text
        assert 'level "warn"' in text
        assert "and 2 more elements" in text
        assert "1 differ, 1 equal" not in text  # of several outputs none is what the input became
        assert "printed in this call, stdout, not granted" in text
        assert "order with stdout" not in text
        assert "\x1b" not in text
        assert panes_of(app).context.element == ElementRef(8, 8)

        only = Update(
            Health.READY, replies=(CallReport(subject.call, replace(RUN, outputs_in_all=1)),)
        )
        await show(app, pilot, link, only)
        assert "1 differ, 1 equal" in inspected(app)
        assert "+ ▾" not in inspected(app)
        assert '"error"' in inspected(app)
        pair = (Printed("stdout", b"one", True), Printed("stderr", b"two", True))
        both = CallReport(subject.call, replace(RUN, printed=pair))
        await show(app, pilot, link, Update(Health.READY, replies=(both,)))
        assert "stderr, order with stdout not told" in inspected(app)
        gone = Update(Health.READY, replies=(CallReport(subject.call),))
        await show(app, pilot, link, gone)
        assert "is not in the event log here" in " ".join(inspected(app).split())
        await pilot.press("escape", "escape", "escape")
        assert "3 Inspector" in text_of(app)

        # A call that takes long is shown as far as it is known.
        del link.sent[:]
        upcoming = NextCall("router", Export.ROUTE, 7, 6)
        picture = snapshot(link.flow, calls=4, next_call=upcoming)
        await show(app, pilot, link, Update(Health.READY, snapshot=picture))
        waits = details(7, BEFORE)
        await show(app, pilot, link, Update(Health.READY, replies=(waits,)))
        chunk = printed(LONG.node, "so far so good\n", call=LONG.number)
        other = printed(LONG.node, "of another call\n", call=4)
        await show(app, pilot, link, Update(Health.READY, call=LONG, printed=(other, chunk)))
        text = text_of(app)
        assert "3 Call: router route(#6)" in text
        assert "running 1.3 s of 5 s" in text
        drawn = [plain(row.spans).strip() for row in panes_of(app).inspector.rows]
        bar = next(row for row in drawn if "▇" in row)
        assert bar.count("▇") == round(len(bar) * 1.3 / 5)
        assert "so far so good" in inspected(app)
        assert "of another call" not in inspected(app)
        assert 'level "warn"' in inspected(app)
        assert not [one for one in link.sent if isinstance(one, ReadCall)]
        assert "the last one took 0 ns" not in inspected(app)
        await show(app, pilot, link, Update(Health.READY, snapshot=snapshot(link.flow, calls=5)))
        assert "3 Inspector" in text_of(app)

        await pilot.press("5", "G", "enter")  # what follows its end opens what is last
        log, subject = panes_of(app).event_log, panes_of(app).selection
        assert log.cursor == len(log.rows) - 1
        assert isinstance(subject, CallRef)
