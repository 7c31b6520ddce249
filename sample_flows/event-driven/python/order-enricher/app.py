"""Adds the customer's region and risk, from the table in its config.

Config: {"customers": {NAME: {"region": …, "risk": "low" | "high"}}}. A customer who is not in the
table gets region and risk "unknown".
"""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import buffer_allocator
from wit_world.imports.types import (
    ElementMeta,
    OutputElement,
    ProcessError_InvalidInput,
    ProcessResult,
    ProcessResult_Emit,
    StreamElement,
)

CONTENT_TYPE = "application/json"
UNKNOWN = {"region": "unknown", "risk": "unknown"}

customers: dict[str, dict[str, str]] = {}


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        try:
            customers.update(json.loads(config).get("customers", {}))
        except (ValueError, AttributeError) as error:
            raise Err(ProcessError_InvalidInput(f"config: {error}")) from None

    def teardown(self) -> None:
        pass


class Processor(exports.Processor):
    def process(self, input: StreamElement) -> ProcessResult:
        order = json.loads(input.payload.read_all())
        order.update(customers.get(order["customer"], UNKNOWN))
        text = json.dumps(order, separators=(",", ":")).encode()
        buffer = buffer_allocator.allocate(len(text))
        buffer.append(text)
        buffer.set_content_type(CONTENT_TYPE)
        return ProcessResult_Emit(OutputElement(ElementMeta(0, 0, CONTENT_TYPE), buffer.freeze()))
