"""What was printed before a place of the past that is shown counts as lost."""

from __future__ import annotations

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
