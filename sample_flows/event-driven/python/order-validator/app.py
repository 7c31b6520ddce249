"""Lets well-formed orders pass; says on stderr why another one is rejected."""

import json
import sys

from wit_world import exports
from wit_world.imports.types import StreamElement

FIELDS = {
    "id": (int, "a whole number"),
    "customer": (str, "text"),
    "kind": (str, "text"),
    "cents": (int, "a whole number"),
}


def why_rejected(text: bytes) -> str | None:
    try:
        order = json.loads(text)
    except ValueError:
        return "not JSON"
    if not isinstance(order, dict):
        return "not an object"
    for name, (kind, called) in FIELDS.items():
        if name not in order:
            return f"{name} is missing"
        if not isinstance(order[name], kind) or isinstance(order[name], bool):
            return f"{name} is {json.dumps(order[name])}, not {called}"
    return None


class Lifecycle(exports.Lifecycle):
    def init(self, config: str) -> None:
        pass

    def teardown(self) -> None:
        pass


class Filter(exports.Filter):
    def evaluate(self, element: StreamElement) -> bool:
        reason = why_rejected(element.payload.read_all())
        if reason is None:
            return True
        print(f"rejected #{element.meta.sequence}: {reason}", file=sys.stderr)
        return False
