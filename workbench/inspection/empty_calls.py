"""Lifecycle calls that do nothing, since their component exports none: no step is for them."""

from __future__ import annotations

from dataclasses import replace

from runtime.model.call import Export, NextCall
from runtime.model.linked import LinkedFlow


def empty_calls(flow: LinkedFlow, upcoming: NextCall | None) -> int:
    """How many calls in a row, from the next one on, have no function to call.

    `init` goes through the nodes in their order, `teardown` in the opposite one.
    """
    if upcoming is None or upcoming.export not in (Export.INIT, Export.TEARDOWN):
        return 0
    nodes = flow.nodes if upcoming.export is Export.INIT else flow.nodes[::-1]
    names = [node.name for node in nodes]
    if upcoming.node not in names:
        return 0
    count = 0
    for node in nodes[names.index(upcoming.node) :]:
        if node.lifecycle is not None:
            break
        count += 1
    return count


def first_real_call(flow: LinkedFlow, upcoming: NextCall) -> NextCall:
    """The next call that has a function: what a step makes."""
    passed = empty_calls(flow, upcoming)
    if not passed or upcoming.export is not Export.INIT:
        return upcoming
    names = [node.name for node in flow.nodes]
    after = names.index(upcoming.node) + passed
    if after < len(names):
        return replace(upcoming, node=names[after])
    source = next(iter(flow.sources), upcoming.node)
    return replace(upcoming, node=source, export=Export.PULL)
