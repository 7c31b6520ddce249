"""What the screen knows, after each update."""

from __future__ import annotations

from runtime.protocol.updates import Health, Update
from tests.support.workbench.changed_graphs import without_log_branch
from tests.support.workbench.fakes import PROBLEMS, FakeLink, fan_out
from workbench.view import EdgeRef, NodeRef, View, followed


def test_a_session_that_could_not_be_opened_stays_invalid_until_a_flow_comes() -> None:
    link = FakeLink()
    view = View(Health.READY).after(link.opened())
    for invalid in (view, View()):
        gone = invalid.after(Update(Health.INVALID, problems=PROBLEMS))
        assert (gone.health, gone.flow, gone.snapshot) == (Health.INVALID, None, None)
        assert gone.after(Update(Health.READY)) == gone
        assert gone.after(link.opened()).health is Health.READY


def test_a_view_is_equal_when_an_update_says_nothing() -> None:
    view = View(Health.READY).after(FakeLink().opened())
    assert view.after(Update(Health.READY)) == view


def test_a_selection_follows_into_another_graph_or_falls_back() -> None:
    flow = fan_out()
    new = without_log_branch(flow)
    assert followed(NodeRef("router"), flow, new) == NodeRef("router")
    assert followed(NodeRef("log-proc"), flow, new) is None
    assert followed(EdgeRef(3), flow, new) == EdgeRef(2)
    assert followed(EdgeRef(4), flow, new) is None
