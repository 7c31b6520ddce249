"""What the screen asks for a project that is somebody else's, perhaps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.model.access import Need
from runtime.protocol.requests import AnswerTrust
from runtime.protocol.trust_question import TrustKind, TrustQuestion
from runtime.protocol.updates import Health, Update
from tests.support.workbench.fakes import FakeLink, asked, fan_out, opened, show, text_of
from workbench.bars.header_line import header
from workbench.dialogs.trust_dialog import TrustScreen
from workbench.inspection.tables.access_rows import access_rows
from workbench.text.lines import plain
from workbench.view import View

GRANTS = TrustQuestion(
    TrustKind.GRANTS, "/somewhere/project", ("sink may write /", "sink [b]gets[/b] all"), "k1"
)
BUILD = TrustQuestion(TrustKind.BUILD, "/somewhere/project", ("a is built with `make`",), "k2")


def answers(link: FakeLink) -> list[object]:
    return [request for request in asked(link) if isinstance(request, AnswerTrust)]


@pytest.mark.parametrize(
    ("key", "yes"), [("y", True), ("n", False), ("escape", False), ("enter", False)]
)
@pytest.mark.parametrize("question", [GRANTS, BUILD])
async def test_a_question_names_what_is_asked_for_and_only_y_agrees(
    question: TrustQuestion, key: str, yes: bool
) -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, question=question))
        assert isinstance(app.screen, TrustScreen)
        text = text_of(app)
        assert question.project in text
        for sentence in question.asked:
            assert sentence in text
        await pilot.press(key)
        await pilot.pause()
        assert not isinstance(app.screen, TrustScreen)
        assert answers(link) == [AnswerTrust(question.key, yes)]


async def test_a_question_is_shown_once_until_another_one_comes() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        await show(app, pilot, link, Update(Health.READY, question=GRANTS))
        await pilot.press("n")
        await show(app, pilot, link, Update(Health.READY, question=GRANTS))
        assert not isinstance(app.screen, TrustScreen)
        assert set(answers(link)) == {AnswerTrust(GRANTS.key, False)}
        await show(app, pilot, link, Update(Health.READY, question=BUILD))
        assert isinstance(app.screen, TrustScreen)


def test_header_and_inspector_say_that_grants_are_denied() -> None:
    flow = fan_out()
    needs = (Need("environment:read", ("wasi:cli/environment@0.2.3",)),)
    node = replace(flow.nodes[0], withheld=("environment:read",), grants=(), needs=needs)
    view = View(Health.READY, flow=replace(flow, nodes=(node, *flow.nodes[1:])))
    assert f"grants denied to {node.name}" in plain(header(view, "title", None, 120))
    rows = [plain(row.spans) for row in access_rows(node, (("environment:read", 3),), 60)]
    assert any(
        "environment:read" in row and "you did not agree" in row and "tried 3x" in row
        for row in rows
    )
