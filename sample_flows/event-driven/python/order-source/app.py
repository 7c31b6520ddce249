"""Emits order events as JSON, the same ones every time; every seventh is malformed.

Config: {"count": N} orders, then the source is exhausted; 60 without it.
"""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import buffer_allocator
from wit_world.imports.types import (
    BackpressureSignal,
    ElementMeta,
    OutputElement,
    ProcessError_InvalidInput,
)

CONTENT_TYPE = "application/json"
CUSTOMERS = ("ada", "bela", "chen", "dolores", "eve")
KINDS = ("order", "order", "refund")
MALFORMED = (
    '{"id":6,"customer":"ada"',
    '{"customer":"bela","kind":"order","cents":100}',
    '{"id":20,"customer":"chen","kind":"order","cents":"many"}',
    "",
)

count = 60
made = 0


def order(number: int) -> str:
    if number % 7 == 6:
        return MALFORMED[number // 7 % len(MALFORMED)]
    fields = {
        "id": number,
        "customer": CUSTOMERS[number * 3 % len(CUSTOMERS)],
        "kind": KINDS[number % len(KINDS)],
        "cents": 500 + number * 137 % 9000,
    }
    return json.dumps(fields, separators=(",", ":"))


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        global count
        try:
            count = int(json.loads(config).get("count", count))
        except (ValueError, AttributeError) as error:
            raise Err(ProcessError_InvalidInput(f"config: {error}")) from None

    def teardown(self) -> None:
        pass


class Source(exports.Source):
    def pull(self) -> OutputElement | None:
        global made
        if made >= count:
            return None
        text = order(made).encode()
        made += 1
        buffer = buffer_allocator.allocate(len(text))
        buffer.append(text)
        buffer.set_content_type(CONTENT_TYPE)
        return OutputElement(ElementMeta(0, 0, CONTENT_TYPE), buffer.freeze())

    def notify_backpressure(self, signal: BackpressureSignal) -> None:
        pass
