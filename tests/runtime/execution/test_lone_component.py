"""A component called by itself."""

from __future__ import annotations

from runtime.execution.lone_component import LonePrints
from runtime.model.call import Printed


def test_what_a_call_prints_is_kept_up_to_a_bound_with_what_is_known_of_its_order() -> None:
    whole, bounded = LonePrints(), LonePrints(6)
    for prints in (whole, bounded):
        prints("sink", 1, "stdout", b"four", True)
        prints("sink", 1, "stderr", b"five5", False, False)
        prints("sink", 1, "stdout", b"more", True)
    four = Printed("stdout", b"four", True)
    assert whole.take() == (
        (four, Printed("stderr", b"five5", False), Printed("stdout", b"more", True)),
        False,
    )
    assert bounded.take() == ((four, Printed("stderr", b"fi", False)), False)
    for prints in (whole, bounded):
        assert prints.take() == ((), True)
        prints("sink", 2, "stdout", b"four", True)
        assert prints.take() == ((four,), True)
