"""What conditions see of calls that an engine made."""

from __future__ import annotations

import json

from runtime.expression.call_record import CallRecord, payload_json
from runtime.expression.expression import Condition
from runtime.expression.expression_error import MissingError
from runtime.model.call import Answer, Call, Outcome, Ports
from runtime.model.events import CallFinished
from runtime.model.linked import Role
from runtime.model.text.json_text import NO_JSON, json_value
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker

FLOW = fakes.flow(
    {"a": Role.SOURCE, "b": Role.SOURCE, "way": Role.ROUTER, "one": Role.SINK, "two": Role.SINK},
    [
        fakes.edge("a", "way"),
        fakes.edge("b", "way", into="more"),
        fakes.edge("way", "one", port="p1"),
        fakes.edge("way", "two", port="p2"),
    ],
)


class Answers(FakeInvoker):
    """JSON from one source, text from the other; even numbers to both sinks, others to one."""

    def plainly(self, call: Call) -> Outcome | Answer:
        """See `FakeInvoker.plainly`."""
        if call.node == "a" and call.export == "pull":
            number = self._given["a"]
            made = super().plainly(call)
            return fakes.emitted(json.dumps({"n": number}).encode()) if number < 3 else made
        if call.node == "way" and call.element is not None and call.element.sequence % 2:
            return Answer(Ports(("p2",)), 2_500_000, fuel=70)
        return super().plainly(call)


def calls() -> list[CallFinished]:
    """All calls of a run."""
    engine = fakes.started(FLOW, Answers(FLOW))
    return fakes.of_type(fakes.finish(engine), CallFinished)


MADE = calls()


def numbers(text: str) -> list[str]:
    """The calls for which the condition holds, as `node.export#element`."""
    condition = Condition(text)
    found = [event for event in MADE if condition.holds(CallRecord(event, FLOW))]
    return [
        f"{event.call.node}.{event.call.export}"
        + (f"#{event.call.element.sequence}" if event.call.element else "")
        for event in found
    ]


def test_a_call_is_seen_with_its_element() -> None:
    assert numbers('node == "way" && json.n == 1') == ["way.route#1"]
    assert numbers('export == "pull" && json.n == 1') == ["a.pull"]
    moved = {"b.pull", "way.route#2", "one.push#2", "two.push#2"}
    assert set(numbers('text == "b 2" && size == 3')) == moved
    assert numbers("seq == 1 && node == 'one'") == []
    pulls = numbers('content_type == "text/plain" && export == "pull" && seq > 1')
    assert set(pulls) == {"a.pull", "b.pull"}


def test_an_edge_is_the_one_that_the_element_came_by() -> None:
    assert numbers('edge == "b -> way:more" && seq == 0') == ["way.route#0"]
    assert numbers('edge == "way:p2 -> two" && seq == 1') == ["two.push#1", "two.push#1"]
    assert len(numbers('edge == ""')) == len([one for one in MADE if one.call.element is None])


def test_a_port_is_the_one_that_the_call_put_something_out_at() -> None:
    assert set(numbers('port == "p2"')) == {"way.route#1"}
    assert set(numbers('outputs.exists(o, o.port == "p2")')) == {f"way.route#{n}" for n in range(3)}
    assert set(numbers('port == "output"')) == {"a.pull", "b.pull"}
    assert set(numbers("outputs.size() == 2 && outputs[1].json.n == 2")) == {"way.route#2"}


def test_what_a_call_took_is_known_of_each() -> None:
    assert set(numbers("ms > 2")) == {"way.route#1"}
    assert set(numbers("fuel == 70")) == {"way.route#1"}
    assert len(numbers("ms < 2")) + 2 == len(MADE)


def test_a_payload_is_json_here_where_it_is_json_everywhere() -> None:
    texts = ("1", " [1]", "{}", "null", "NaN", "-Infinity", '"a"', "-1", "true", "false", "")
    coded = [text.encode(name) for text in texts for name in ("utf-8", "utf-8-sig", "utf-16")]
    coded += [text.encode(name) for text in texts for name in ("utf-16-be", "utf-32", "utf-32-le")]
    for data in (*coded, *(bytes((byte,)) + rest for byte in range(256) for rest in (b"", b"1"))):
        try:
            found = repr(payload_json(data))
        except MissingError:
            found = repr(NO_JSON)
        assert found == repr(json_value(data)), data


def test_what_has_no_element_has_no_size() -> None:
    assert "a.init" not in numbers("size >= 0") + numbers("!(size >= 0)") + numbers("seq != 7")
    condition = Condition("size >= 0")
    assert not condition.holds(CallRecord(MADE[0], FLOW))
    assert condition.missing == 1
