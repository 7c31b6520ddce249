"""What calls leave to those who do not keep them."""

from __future__ import annotations

from runtime.execution.call_inputs import inputs_of_calls
from runtime.model.call import Accepted, Answer, Call, Emitted, Exhausted, Export, Printed, Signal
from runtime.model.element import Buffer, Element
from runtime.model.events import CallFinished

SAID = Answer(Accepted(Signal.READY), printed=(Printed("stdout", b"said", True),))


def element(number: int) -> Element:
    return Element(number, number, "source", 10 + number, 0, "", Buffer(b"x"), ())


def test_inputs_are_told_by_node_in_order_with_pulls_and_what_printed() -> None:
    first, second, third = map(element, (1, 2, 3))
    quiet = Answer(Accepted(Signal.READY))
    calls = [
        CallFinished(Call(1, "source", Export.INIT), SAID, 0),
        CallFinished(Call(2, "source", Export.PULL), Answer(Emitted(())), 0),
        CallFinished(Call(3, "sink", Export.PUSH, first), SAID, 0),
        CallFinished(Call(4, "other", Export.PUSH, second), quiet, 0),
        CallFinished(Call(5, "source", Export.PULL), Answer(Exhausted()), 0),
        CallFinished(Call(6, "sink", Export.PUSH, third), quiet, 0),
    ]
    elements, sequences, pulls = inputs_of_calls(calls)
    assert elements == {"sink": [first, third], "other": [second]}
    assert sequences == {3: 11}
    assert pulls == {"source": 2}
    assert inputs_of_calls([]) == ({}, {}, {})
