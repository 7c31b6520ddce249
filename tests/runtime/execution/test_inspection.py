"""What the session tells of a node whose call failed."""

from __future__ import annotations

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.execution.event_log import EventLog
from runtime.execution.inspection import SessionInspector
from runtime.execution.recent_elements import RecentElements
from runtime.model.call import (
    Answer,
    Call,
    CopyCount,
    Export,
    FailureKind,
    Finished,
    Outcome,
    Printed,
)
from runtime.model.commands import Start
from runtime.model.events import CallFinished
from runtime.model.linked import ErrorPolicy, Role
from runtime.protocol.call_report import REPORTED_PRINTED_BYTES, CallReport, ReadCall
from tests.support.engine.fakes import FakeInvoker, emitted, failed, linear


class Chatty(FakeInvoker):
    """Its processor writes more than is told of it, and says what it used."""

    def plainly(self, call: Call) -> Outcome | Answer:
        if call.export is Export.PULL:
            return emitted(b"payload")
        if call.export is not Export.PROCESS:
            return super().plainly(call)
        text = b"x" * REPORTED_PRINTED_BYTES + b"end"
        wrote = (Printed("stdout", text, True), Printed("stderr", b"", True))
        copies = CopyCount(1, 7, 1, 3)
        return Answer(emitted(b"out"), 900, copies, wrote, len(text), fuel=77)


class Failing(FakeInvoker):
    """Its processor fails on the third element, after it wrote to stdout and stderr."""

    def plainly(self, call: Call) -> Outcome | Answer:
        element = call.element
        if call.export is Export.PULL:
            return emitted(b"payload %d" % call.number)
        if call.export is Export.PROCESS and element is not None and element.sequence == 2:
            long = b"x" * REPORTED_PRINTED_BYTES + b"end"
            printed = (Printed("stdout", long, False), Printed("stderr", b"no", False))
            return Answer(failed(FailureKind.INVALID_INPUT), printed=printed)
        return super().plainly(call)


def test_a_failed_call_is_told_with_its_input_the_last_good_one_and_what_it_printed() -> None:
    flow = linear(Role.PROCESSOR)
    engine = Engine(flow, Failing(flow), EngineOptions(on_error=ErrorPolicy.STOP))
    log = EventLog()
    inspector = SessionInspector(flow, engine, log, RecentElements())
    name = next(node.name for node in flow.nodes if node.role is Role.PROCESSOR)
    log.extend(engine.apply(Start(wall_ns=0)))
    assert inspector.calls(name, 3).failed is None
    while (told := inspector.calls(name, 3).failed) is None:
        events = engine.step()
        assert events, "it did not fail"
        log.extend(events)
    assert told.export == "process"
    assert told.input is not None
    assert told.last_good is not None
    assert (told.input.call, told.input.about.sequence) == (told.call, 2)
    assert told.last_good.about.sequence == 1
    assert told.last_good.call < told.call
    assert told.input.payload.startswith(b"payload ")
    assert told.input.payload != told.last_good.payload
    assert len(told.printed) == REPORTED_PRINTED_BYTES
    assert told.printed.endswith(b"end")
    # What initialises it again, once it crashed, is not the call that is looked into.
    log.extend([CallFinished(Call(99, name, Export.INIT), Answer(Finished()), 0)])
    assert inspector.calls(name, 3).failed == told


def test_a_call_is_told_by_its_number_with_what_went_in_and_came_out() -> None:
    flow = linear(Role.PROCESSOR)
    engine = Engine(flow, Chatty(flow), EngineOptions())
    log = EventLog()
    inspector = SessionInspector(flow, engine, log, RecentElements())
    log.extend(engine.apply(Start(wall_ns=0)))
    for _ in range(6):
        log.extend(engine.step())
    runs = [inspector.call(ReadCall(number)).run for number in range(log.count)]
    run = next(one for one in runs if one is not None and one.export is Export.PROCESS)
    assert (run.duration_ns, run.fuel, run.copies.write_bytes) == (900, 77, 3)
    assert run.given is not None
    assert run.given.payload == b"payload"
    assert [one.payload for one in run.outputs] == [b"out"]
    assert run.outputs_in_all == 1
    assert [(one.stream, one.data[-3:]) for one in run.printed] == [("stdout", b"end")]
    assert len(run.printed[0].data) == REPORTED_PRINTED_BYTES < run.printed_bytes
    assert run.failure is None
    assert inspector.call(ReadCall(10_000)) == CallReport(10_000)
