"""A component without lifecycle costs no step."""

from __future__ import annotations

from dataclasses import replace

from runtime.model.call import Export, NextCall
from runtime.model.linked import LinkedFlow
from tests.support.workbench.fakes import fan_out
from workbench.inspection.empty_calls import empty_calls, first_real_call


def with_lifecycle(*names: str) -> LinkedFlow:
    flow = fan_out()
    nodes = tuple(
        replace(node, lifecycle="torvyn:streaming/lifecycle" if node.name in names else None)
        for node in flow.nodes
    )
    return replace(flow, nodes=nodes)


def lifecycle_call(node: str, export: Export = Export.INIT) -> NextCall:
    return NextCall(node, export, None, None)


def test_calls_without_a_function_are_passed_up_to_the_next_that_has_one() -> None:
    flow = with_lifecycle("router")
    names = [node.name for node in flow.nodes]
    assert empty_calls(flow, lifecycle_call("source")) == names.index("router")
    assert first_real_call(flow, lifecycle_call("source")) == lifecycle_call("router")
    assert empty_calls(flow, lifecycle_call("router")) == 0
    assert empty_calls(flow, lifecycle_call("source", Export.PULL)) == 0
    assert empty_calls(flow, None) == 0
    none = with_lifecycle()
    assert empty_calls(none, lifecycle_call("source")) == len(names)
    assert first_real_call(none, lifecycle_call("source")) == lifecycle_call("source", Export.PULL)
    assert empty_calls(flow, lifecycle_call(names[-1], Export.TEARDOWN)) == len(names) - 1 - (
        names.index("router")
    )
