"""Payloads that were made to be slow are shown all the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.call import Export, NextCall
from runtime.protocol.updates import Health, Update
from tests.support.narrow import present
from tests.support.workbench.fakes import FakeLink, details, opened, show, snapshot, text_of
from workbench.payloads.json_viewer import LEAST_CHARACTERS, MOST_TIMES, reindent
from workbench.payloads.lexers import MarkupLexer, lexer_for
from workbench.payloads.limits import PART_BYTES
from workbench.payloads.rendering import TOOK_TOO_LONG, RenderJob, render
from workbench.payloads.viewer import PayloadPart
from workbench.text.lines import StyleRole, plain

CSH = b'"' + b"\\" * 60
"""Holds the csh lexer of Pygments for longer than anyone waits."""


def roles(data: bytes, content_type: str) -> set[object]:
    lines = render(RenderJob(PayloadPart(data, content_type), "raw", 60)).lines
    return {span.role for row in lines for span in row}


@pytest.mark.parametrize(
    "content_type", ["application/x-csh", "text/x-python", "text/x-yaml", "text/css", "nonsense"]
)
def test_a_content_type_does_not_choose_a_lexer_that_may_be_slow(content_type: str) -> None:
    assert lexer_for(PayloadPart(CSH, content_type)) is None
    assert roles(CSH, content_type) == {StyleRole.TEXT}


def test_json_and_markup_are_coloured() -> None:
    assert StyleRole.NUMBER in roles(b'{"a": 1}', "application/json")
    for content_type in ("text/html; charset=utf-8", "application/xml", "application/atom+xml"):
        found = roles(b'<!-- c --><a b="c">&amp;</a>', content_type)
        assert {StyleRole.NAME, StyleRole.STRING, StyleRole.FAINT} <= found


@given(st.text("<>!-?[]CDATA&;#=\"'/ab \n", max_size=60))
def test_markup_loses_nothing_and_every_token_has_what_its_rule_looked_at(text: str) -> None:
    tokens = list(MarkupLexer(ensurenl=False, stripnl=False).get_tokens(text))
    assert "".join(value for _, value in tokens) == text


async def test_the_screen_goes_on_while_a_payload_made_to_be_slow_is_shown() -> None:
    link = FakeLink()
    async with opened(link) as (app, pilot):
        reply = details(7, CSH)
        about = replace(present(reply.summary), content_type="application/x-csh")
        upcoming = NextCall("router", Export.ROUTE, 7, 6)
        picture = snapshot(link.flow, calls=9, next_call=upcoming)
        update = Update(Health.READY, snapshot=picture, replies=(replace(reply, summary=about),))
        await show(app, pilot, link, update)
        assert '"' + "\\" * 20 in text_of(app)
        await pilot.press("question_mark")
        assert "Help  " in text_of(app)


def test_what_takes_too_long_is_shown_plain_and_that_is_said() -> None:
    part = PayloadPart(b'{"a": [1, "x"]}', "application/json")
    shown = render(RenderJob(part, None, 60), seconds=-1)
    assert shown.note == TOOK_TOO_LONG
    assert [plain(row) for row in shown.lines] == ['{"a": [1, "x"]}']
    assert {span.role for row in shown.lines for span in row} == {StyleRole.TEXT}
    assert render(RenderJob(part, None, 60), seconds=60).note == ""


@pytest.mark.parametrize(
    "text",
    [
        "[" * 900 + "]" * 900,
        "[" * 900 + ",".join("1" * 20_000) + "]" * 900,
        '{"a":' * 700 + "1" + "}" * 700,
    ],
)
def test_json_that_is_nested_deeply_does_not_become_mostly_spaces(text: str) -> None:
    made = reindent(text)
    assert made == text or len(made) <= len(text) + max(len(text) * MOST_TIMES, LEAST_CHARACTERS)
    assert json.loads(made) == json.loads(text)


def test_the_largest_part_is_rendered_to_its_end() -> None:
    data = b"[" + b",".join([b"1"] * (PART_BYTES // 2 - 1)) + b"]"
    part = PayloadPart(data, "application/json")
    shown = render(RenderJob(part, "formatted", 60), seconds=60)
    assert len(shown.lines) == PART_BYTES // 2 + 1
    tree = render(RenderJob(part, "tree", 60), seconds=60)
    assert len(tree.lines) == 1 + PART_BYTES // 2 - 1
    assert plain(tree.lines[-1]).split() == [str(PART_BYTES // 2 - 2), "1"]
