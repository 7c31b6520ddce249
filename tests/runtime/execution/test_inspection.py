"""What the session tells of a node whose call failed."""

from __future__ import annotations

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.execution.event_log import EventLog
from runtime.execution.inspection import PRINTED_SHOWN_BYTES, SessionInspector
from runtime.execution.recent_elements import RecentElements
from runtime.model.call import Answer, Call, Export, FailureKind, Outcome, Printed
from runtime.model.commands import Start
from runtime.model.linked import ErrorPolicy, Role
from tests.support.engine_fakes import FakeInvoker, emitted, failed, linear


class Failing(FakeInvoker):
    """Its processor fails on the third element, after it wrote to stdout and stderr."""

    def plainly(self, call: Call) -> Outcome | Answer:
        element = call.element
        if call.export is Export.PULL:
            return emitted(b"payload %d" % call.number)
        if call.export is Export.PROCESS and element is not None and element.sequence == 2:
            long = b"x" * PRINTED_SHOWN_BYTES + b"end"
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
    assert len(told.printed) == PRINTED_SHOWN_BYTES
    assert told.printed.endswith(b"end")
