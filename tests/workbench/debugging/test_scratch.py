"""The scratch pane: a node is called on what is typed, and what came back is shown."""

from __future__ import annotations

from dataclasses import replace

from runtime.model.call import Answer, CopyCount, Emitted, Export, Failed, Finished, Output, Printed
from runtime.model.element import Buffer
from runtime.protocol.components.node_tries import (
    NodeInput,
    NodeTry,
    ReadNodeInput,
    TriedExport,
    TryNode,
)
from runtime.protocol.updates import Health, Update
from tests.support.recording_flows import trap
from tests.support.workbench.fakes import FakeLink, asked, opened, panes_of, show, text_of
from workbench.inspection.tables.try_rows import try_rows
from workbench.view import NodeRef


async def test_a_node_is_tried_on_its_last_input_and_on_what_is_typed() -> None:
    link = FakeLink()
    async with opened(link, (80, 24)) as (app, pilot):
        panes_of(app).selection = NodeRef("metric-proc")
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert asked(link)[-1] == ReadNodeInput("metric-proc")
        given = NodeInput("metric-proc", b'{"a":1}', "application/json", 7)
        await show(app, pilot, link, Update(Health.READY, replies=(given,)))
        assert "7 bytes of #7" in text_of(app)
        await pilot.press("ctrl+s")
        assert asked(link)[-1] == TryNode("metric-proc", b'{"a":1}', "application/json")
        output = Output(Buffer(b"made of it", "text/plain"), "text/plain")
        answer = Answer(Emitted((output,)), 51_000, CopyCount(1, 7, 1, 10), fuel=1234)
        call = TriedExport(Export.PROCESS, answer, (10,))
        tried = NodeTry("metric-proc", "ab" * 32, (call,), 1)
        await show(app, pilot, link, Update(Health.READY, replies=(tried,)))
        text = text_of(app)
        for words in ("process  1 output", "1,234 fuel", "1 read 7 B, 1 write 10 B", "made of it"):
            assert words in text
        assert "build abababa, 1 try" in text
        await pilot.press("x", "f5")
        assert asked(link)[-1] == TryNode(
            "metric-proc", b'x{"a":1}', "application/json", fresh=True
        )
        failed = replace(call, answer=Answer(trap("it broke")), sizes=())
        again = replace(tried, calls=(failed,), elements=2)
        await show(app, pilot, link, Update(Health.READY, replies=(again,)))
        assert "FAILED" in text_of(app)
        assert "E?" not in text_of(app)
        assert "it broke" in text_of(app)
        assert isinstance(failed.answer.outcome, Failed)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is panes_of(app).screen


def test_what_a_call_printed_stands_with_what_is_not_known_of_it() -> None:
    wrote = (Printed("stdout", b"out", True), Printed("stderr", b"err", False))
    answer = Answer(Finished(), printed_bytes=6 + 1024)
    call = TriedExport(Export.PUSH, answer, printed=wrote, order_known=False)
    rows = try_rows(NodeTry("sink", "ab" * 32, (call,), 1), 60)
    text = ["".join(span.text for span in row.spans).strip() for row in rows]
    assert text[-6:] == [
        "stdout",
        "out",
        "stderr E?, not granted",
        "err",
        "… 1.0 KiB more",
        "E? when, among the call's lines on stdout, is not known",
    ]
    known = replace(call, answer=answer._replace(printed_bytes=6), order_known=True)
    rows = try_rows(NodeTry("sink", "ab" * 32, (known,), 1), 60)
    text = ["".join(span.text for span in row.spans).strip() for row in rows]
    assert text[-2:] == ["stderr, not granted", "err"]
