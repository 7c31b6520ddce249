"""Answers to whoever looks into queues, elements and calls; nothing of the flow changes."""

from __future__ import annotations

from collections.abc import Callable

from runtime.execution.inspection import SessionInspector
from runtime.protocol.call_report import ReadCall
from runtime.protocol.replies import Reply
from runtime.protocol.requests import FindCall, ListQueue, ReadElement, ReadPayload
from runtime.session.request_table import RequestTable


def answer_looks(
    table: RequestTable, inspector: Callable[[], SessionInspector], reply: Callable[[Reply], None]
) -> None:
    """Have the table answer: `inspector` looks where the flow stands, `reply` sends."""

    def queue(asked: ListQueue) -> None:
        reply(inspector().queue(asked.edge, asked.offset, asked.count))

    def element(asked: ReadElement) -> None:
        reply(inspector().element(asked.element_id, asked.offset, asked.length))

    table.on(ListQueue, queue)
    table.on(ReadElement, element)
    table.on(ReadPayload, lambda asked: reply(inspector().payload(asked)))
    table.on(FindCall, lambda asked: reply(inspector().call_of(asked)))
    table.on(ReadCall, lambda asked: reply(inspector().call(asked)))
