"""Calls that crashed and whose node was revived right after: a replay answers them.

So the instance stays as it was before the call, which is what the revived one remembers.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from runtime.model.commands import Revive
from runtime.recording.call_step import CallStep, ReplayStep


def is_revived(
    step: CallStep, following: Iterator[ReplayStep]
) -> tuple[bool, Iterator[ReplayStep]]:
    """Whether the node of a call that crashed is revived before the next call; what follows."""
    ahead: list[ReplayStep] = []
    for one in following:
        ahead.append(one)
        if isinstance(one, CallStep):
            break
    revived = any(isinstance(one, Revive) and one.node == step.node for one in ahead)
    return revived, chain(ahead, following)
