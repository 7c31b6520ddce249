"""Sends orders by their risk: high to port analytics, low to port delivery, unknown to both."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports.types import ProcessError_InvalidInput, StreamElement

PORTS = {
    "high": ["analytics"],
    "low": ["delivery"],
    "unknown": ["analytics", "delivery"],
}


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        pass

    def teardown(self) -> None:
        pass


class Router(exports.Router):
    def route(self, element: StreamElement) -> list[str]:
        risk = json.loads(element.payload.read_all()).get("risk")
        if risk not in PORTS:
            raise Err(ProcessError_InvalidInput(f"risk is {risk!r}"))
        return PORTS[risk]
