"""Turns an order into a shipping label, one line of text. Refunds ship nothing and are dropped."""

import json

from wit_world import exports
from wit_world.imports import buffer_allocator
from wit_world.imports.types import (
    ElementMeta,
    OutputElement,
    ProcessResult,
    ProcessResult_Drop,
    ProcessResult_Emit,
    StreamElement,
)

CONTENT_TYPE = "text/plain"


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        pass

    def teardown(self) -> None:
        pass


class Processor(exports.Processor):
    def process(self, input: StreamElement) -> ProcessResult:
        order = json.loads(input.payload.read_all())
        if order["kind"] == "refund":
            return ProcessResult_Drop()
        text = f"{order['region']:<8}{order['customer']:<9}#{order['id']}".encode()
        buffer = buffer_allocator.allocate(len(text))
        buffer.append(text)
        buffer.set_content_type(CONTENT_TYPE)
        return ProcessResult_Emit(OutputElement(ElementMeta(0, 0, CONTENT_TYPE), buffer.freeze()))
