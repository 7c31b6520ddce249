"""What was printed before a place of the past that is shown counts as lost."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from runtime.execution.output_buffer import OutputBuffer


def test_what_was_printed_before_a_checkpoint_counts_as_lost() -> None:
    live = OutputBuffer()
    live.printed("sink", 1, "stdout", b"12345", True)
    live.take()
    live.printed("sink", 2, "stdout", b"678", True)
    live.printed("other", 3, "stdout", b"x", True)
    totals = live.totals()
    assert totals == {"sink": 8, "other": 1}
    past = OutputBuffer()
    past.begin_after(totals)
    past.printed("sink", 4, "stdout", b"9", True)
    chunks, lost = past.take_all()
    assert [chunk.data for chunk in chunks] == [b"9"]
    assert dict(lost) == {"sink": 8, "other": 1}
    assert past.totals() == {"sink": 9, "other": 1}
    past.clear()
    assert past.take_all()[0] == ()


def test_chunks_of_a_call_without_order_say_so_once_and_again() -> None:
    buffer = OutputBuffer()
    buffer.printed("sink", 1, "stdout", b"1", True)
    buffer.printed("sink", 2, "stdout", b"2", True, False)
    buffer.printed("sink", 2, "stderr", b"3", True, False)
    taken = buffer.take()[0]
    assert [one.order_known for one in taken] == [True, False, False]
    assert pickle.loads(pickle.dumps(taken)) == taken
    buffer.printed("sink", 3, "stderr", b"4", True)
    assert [one.order_known for one in buffer.take()[0]] == [True]
    assert [one.order_known for one in buffer.take_all()[0]] == [True, False, False, True]


@given(st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5)), max_size=4)))
def test_what_was_given_out_is_given_again_in_its_order_or_counted_as_lost(
    polls: list[list[tuple[str, int]]],
) -> None:
    keeper = OutputBuffer(limit=20, again=30)
    written = {"a": b"", "b": b""}
    for number, writes in enumerate(polls):
        for call, (node, size) in enumerate(writes):
            data = bytes([65 + number % 26]) * size
            written[node] += data
            keeper.printed(node, 100 * number + call, "stdout", data, granted=True)
        keeper.take()
    chunks, lost = keeper.take_all()
    calls = [chunk.call for chunk in chunks]
    assert calls == sorted(calls)
    for node, whole in written.items():
        left = b"".join(chunk.data for chunk in chunks if chunk.node == node)
        assert whole.endswith(left)
        assert len(left) + dict(lost).get(node, 0) == len(whole)
        assert min(len(whole), 30 - 5) <= len(left) <= 30
    assert keeper.take_all() == (chunks, lost)


def test_what_is_printed_while_it_is_muted_is_dropped() -> None:
    keeper = OutputBuffer()
    keeper.muted = True
    keeper.printed("sink", 1, "stdout", b"shown before", True)
    keeper.muted = False
    keeper.printed("sink", 2, "stdout", b"new", True)
    assert [chunk.data for chunk in keeper.take()[0]] == [b"new"]
    assert keeper.totals() == {"sink": 3}
