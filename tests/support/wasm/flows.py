"""Makes one-node flows of test guests, and calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.model.call import Answer, Call, Export, Failed, Failure, Printed
from runtime.model.element import Buffer, Element
from runtime.model.linked import (
    LIFECYCLE_INTERFACE,
    ROLE_INTERFACES,
    Limits,
    LinkedFlow,
    LinkedNode,
    Role,
)
from runtime.wasm.call_layer import Compiled
from runtime.wasm.host import Host
from runtime.wasm.wasm_invoker import WasmInvoker

EXPORT_OF = {
    Role.SOURCE: Export.PULL,
    Role.PROCESSOR: Export.PROCESS,
    Role.FILTER: Export.EVALUATE,
    Role.ROUTER: Export.ROUTE,
    Role.AGGREGATOR: Export.INGEST,
    Role.SINK: Export.PUSH,
}


def an_element(data: bytes = b"data", kind: str = "text/plain") -> Element:
    """An element with this payload."""
    return Element(1, 1, "source", 0, 1, kind, Buffer(data, kind))


def a_node(
    compiled: Compiled,
    role: Role,
    *,
    lifecycle: bool = False,
    limits: Limits | None = None,
    grants: tuple[str, ...] = (),
    config: str = "{}",
    version: str = "0.1.0",
    interpreter: str = "",
) -> LinkedNode:
    """A node named "node" of a compiled guest."""
    return LinkedNode(
        "node",
        role,
        f"{ROLE_INTERFACES[role]}@{version}",
        "guest",
        "",
        compiled.digest,
        f"{LIFECYCLE_INTERFACE}@{version}" if lifecycle else None,
        config=config,
        limits=limits or Limits(),
        grants=grants,
        interpreter=interpreter,
    )


def by_stream(answer: Answer) -> tuple[Printed, ...]:
    """What a call printed, stdout first: only the native layer knows in which order it did."""
    found: dict[str, Printed] = {}
    for item in answer.printed:
        before = found.get(item.stream)
        data = item.data if before is None else before.data + item.data
        found[item.stream] = item._replace(data=data)
    return tuple(found[stream] for stream in ("stdout", "stderr") if stream in found)


class OneNode:
    """A flow of one node, for calls by hand."""

    def __init__(self, host: Host, data: bytes, role: Role, **options: Any) -> None:
        names = ("host_inputs", "on_print", "on_denied", "flow_id")
        given = {name: options.pop(name) for name in names if name in options}
        self.compiled = host.compile(data)
        self.node = a_node(self.compiled, role, **options)
        self.role = role
        self.number = 0
        self.invoker = WasmInvoker(
            LinkedFlow("main", "Torvyn.toml", (self.node,), ()),
            host,
            compiled={self.compiled.digest: self.compiled},
            **given,
        )

    def __enter__(self) -> OneNode:
        return self

    def __exit__(self, *_error: object) -> None:
        self.invoker.close()

    def call(
        self, export: Export | None = None, data: bytes | None = None, argument: str = ""
    ) -> Answer:
        """Make the call; without `export` the one an element is for."""
        self.number += 1
        export = export or EXPORT_OF[self.role]
        element = an_element(data) if data is not None else None
        return self.invoker.invoke(Call(self.number, "node", export, element, argument))

    def start(self, config: str = "{}") -> Answer:
        """`init`."""
        return self.call(Export.INIT, argument=config)

    def failure(self, *call: Any, **options: Any) -> Failure:
        """The failure of a call that must fail."""
        answer = self.call(*call, **options)
        assert isinstance(answer.outcome, Failed), answer
        return answer.outcome.failure


Factory = Callable[..., OneNode]
