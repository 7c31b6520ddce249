"""A node is tried next to its flow, which knows nothing of it."""

from __future__ import annotations

from pathlib import Path

from runtime.model.call import Emitted, Export, Failed
from runtime.model.linked import Role
from runtime.protocol.components.node_tries import NodeInput, NodeTry, ReadNodeInput, TryNode
from runtime.protocol.requests import JumpTo, StepCall
from runtime.protocol.updates import Update
from runtime.wasm.native.extension import find_layer
from tests.support.session_driver import opened
from tests.support.studio_projects import Project
from tests.support.wasm.guests import ECHO, LIFECYCLE, component, printer
from tests.support.wasm.recorded_guests import counting_source


def the_try(update: Update) -> NodeTry:
    (reply,) = update.replies
    assert isinstance(reply, NodeTry)
    return reply


def test_a_try_changes_nothing_and_its_instance_stays_until_a_fresh_one_is_wanted(
    tmp_path: Path,
) -> None:
    nodes = {
        "source": (Role.SOURCE, counting_source(12)),
        "middle": (Role.PROCESSOR, component(ECHO + LIFECYCLE, Role.PROCESSOR, lifecycle=True)),
        "sink": (Role.SINK, printer()),
    }
    driver = opened(Project(tmp_path, nodes).write())
    try:
        driver.ask(*[StepCall()] * 4)
        before, queues = driver.snapshot, driver.queues()
        (given,) = driver.ask(ReadNodeInput("middle")).replies
        assert isinstance(given, NodeInput)
        (_, waiting), *_ = queues[0]
        assert (given.payload, given.sequence) == (waiting, 0)

        tried = the_try(driver.ask(TryNode("middle", b"hello", "text/plain")))
        assert [call.export for call in tried.calls] == [Export.INIT, Export.PROCESS]
        outcome = tried.calls[1].answer.outcome
        assert isinstance(outcome, Emitted)
        assert outcome.outputs[0].payload.data == b"hello"
        assert tried.calls[1].sizes == (5,)
        assert tried.calls[1].answer.fuel > 0
        again = the_try(driver.ask(TryNode("middle", b"x")))
        assert ([call.export for call in again.calls], again.elements) == ([Export.PROCESS], 2)
        fresh = the_try(driver.ask(TryNode("middle", b"x", fresh=True)))
        assert (fresh.calls[0].export, fresh.elements) == (Export.INIT, 1)

        printed = the_try(driver.ask(TryNode("sink", b"out")))
        assert {(one.stream, one.granted) for one in printed.calls[-1].printed} == {
            ("stdout", True),
            ("stderr", False),
        }
        # Which came first is known on one call layer alone.
        assert printed.calls[-1].order_known is (find_layer() is not None)
        assert all(call.order_known for call in (*tried.calls, *again.calls, *fresh.calls))
        pulled = the_try(driver.ask(TryNode("source")))
        assert isinstance(pulled.calls[-1].answer.outcome, Emitted)
        assert the_try(driver.ask(TryNode("nobody"))).refused == "the flow has no node nobody"

        assert (driver.snapshot, driver.queues(), driver.output()) == (before, queues, "")
        driver.ask(JumpTo(2))
        assert not isinstance(
            the_try(driver.ask(TryNode("middle"))).calls[-1].answer.outcome, Failed
        )
        assert driver.snapshot.calls == 2
    finally:
        driver.session.close()
