"""Watches: values of the next element, of queues and of nodes, and when they changed."""

from __future__ import annotations

import pytest

from runtime.breakpoints.watch_set import WatchSet
from runtime.expression.expression_error import ExpressionError
from runtime.model.linked import Role
from runtime.protocol.breakpoints import Watch, WatchRow
from runtime.protocol.watch_words import NODE_MEMBERS, QUEUE_MEMBERS
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker

FLOW = fakes.linear(Role.PROCESSOR)


def test_a_watch_has_a_value_and_says_when_it_changed() -> None:
    engine = fakes.initialised(FLOW, FakeInvoker(FLOW, 2))
    watches = WatchSet()
    for text in ("text", 'queue("source").depth', 'node("sink").calls', 'queue("nowhere").depth'):
        watches.put(Watch(0, text))
    watches.put(Watch(0, 'node("source").state', stops=True))
    stopped: list[tuple[int, str]] = []
    seen: list[tuple[WatchRow, ...]] = []
    while not engine.state.ended:
        stopped += [(engine.calls, row.value) for row in watches.look(engine, engine.calls)]
        seen.append(watches.rows())
        engine.step()
    first, last = seen[1], seen[-1]
    assert [row.value for row in first] == ['"source 0"', "1", "1", "", '"ready"']
    assert [row.changed_at for row in first] == [None, 4, None, None, None]
    assert last[0].value == '"source 1+"'
    assert last[0].before == '"source 1"'
    assert last[3].problem == "no edge is named nowhere"
    assert stopped[0][1] == '"done"'
    assert watches.rows()[0].watch.number == 1


def test_every_member_can_be_read() -> None:
    engine = fakes.initialised(FLOW, FakeInvoker(FLOW, 2))
    watches = WatchSet()
    texts = [f'queue("source").{name}' for name in QUEUE_MEMBERS]
    texts += [f'node("source").{name}' for name in NODE_MEMBERS]
    for text in texts:
        watches.put(Watch(0, text))
    watches.look(engine, engine.calls)
    assert [row.watch.text for row in watches.rows() if not row.value] == []


def test_a_watch_that_is_no_expression_is_refused_and_one_can_be_put_in_place_of_another() -> None:
    watches = WatchSet()
    with pytest.raises(ExpressionError, match="did you mean depth"):
        watches.put(Watch(0, 'queue("a").deph'))
    watches.put(Watch(0, "seq"))
    watches.put(Watch(1, "size", stops=True))
    assert watches.definitions == (Watch(1, "size", stops=True),)
    watches.remove(1)
    assert len(watches) == 0


def test_elsewhere_a_watch_has_the_value_of_there_and_back_again_what_it_was() -> None:
    present = fakes.initialised(FLOW, FakeInvoker(FLOW, 3))
    past = fakes.initialised(FLOW, FakeInvoker(FLOW, 3))
    watches = WatchSet()
    watches.put(Watch(0, 'node("sink").calls', stops=True))
    while present.calls < 8:
        present.step()
        watches.look(present, present.calls)
    (left,) = watches.rows()
    assert left.changed_at is not None
    assert watches.look(past, past.calls, past=True) == []  # going there is no change
    assert watches.rows() == (WatchRow(left.watch, "1", followed=False),)
    changed = []
    while past.calls < 6:
        past.step()
        changed += watches.look(past, past.calls, past=True)
    assert [(row.before, row.value, row.changed_at, row.followed) for row in changed] == [
        ("1", "2", 6, True)
    ]
    assert watches.look(present, present.calls) == []
    assert watches.rows() == (left,)
    present.step()
    present.step()
    present.step()
    assert watches.look(present, present.calls) == []  # not followed over these calls
    assert not watches.rows()[0].followed
