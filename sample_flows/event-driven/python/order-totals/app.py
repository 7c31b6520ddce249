"""Totals per customer in windows: emits them after every N orders and starts again; flush emits the
rest. Refunds count against the total.

Config: {"every": N}; 10 without it.
"""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import buffer_allocator
from wit_world.imports.types import (
    ElementMeta,
    OutputElement,
    ProcessError_InvalidInput,
    StreamElement,
)

CONTENT_TYPE = "application/json"

every = 10
taken = 0
window = 0
totals: dict[str, int] = {}


def closed(last: bool) -> OutputElement:
    """The window as an element; the next one begins."""
    global taken, window
    report = {"window": window, "orders": taken, "totals": dict(sorted(totals.items()))}
    if last:
        report["last"] = True
    taken = 0
    window += 1
    totals.clear()
    text = json.dumps(report, separators=(",", ":")).encode()
    buffer = buffer_allocator.allocate(len(text))
    buffer.append(text)
    buffer.set_content_type(CONTENT_TYPE)
    return OutputElement(ElementMeta(0, 0, CONTENT_TYPE), buffer.freeze())


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        global every
        try:
            every = int(json.loads(config).get("every", every))
        except (ValueError, AttributeError) as error:
            raise Err(ProcessError_InvalidInput(f"config: {error}")) from None
        if every < 1:
            raise Err(ProcessError_InvalidInput(f"config: every is {every}, must be 1 or more"))

    def teardown(self) -> None:
        pass


class Aggregator(exports.Aggregator):
    def ingest(self, element: StreamElement) -> OutputElement | None:
        global taken
        order = json.loads(element.payload.read_all())
        sign = -1 if order["kind"] == "refund" else 1
        totals[order["customer"]] = totals.get(order["customer"], 0) + sign * order["cents"]
        taken += 1
        return closed(last=False) if taken >= every else None

    def flush(self) -> list[OutputElement]:
        return [closed(last=True)] if taken else []
