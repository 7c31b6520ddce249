"""The fan-out sample's own components, driven by hand through the invoker."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from runtime.model.call import (
    Accepted,
    Answer,
    Call,
    CopyCount,
    Emitted,
    Exhausted,
    Export,
    Failed,
    Finished,
    Ports,
    Signal,
)
from runtime.model.element import Element
from runtime.model.linked import (
    LIFECYCLE_INTERFACE,
    ROLE_INTERFACES,
    LinkedFlow,
    LinkedNode,
    Role,
)
from runtime.wasm.host import Host
from runtime.wasm.wasm_invoker import WasmInvoker

SAMPLE = Path(__file__).parents[4] / "sample_flows" / "fan-out"
BUILD = SAMPLE / ".torvyn" / "build"
NODES = {
    "source": ("event-source", Role.SOURCE),
    "router": ("event-router", Role.ROUTER),
    "metric-proc": ("metric-processor", Role.PROCESSOR),
    "log-proc": ("log-processor", Role.PROCESSOR),
    "metric-sink": ("metric-sink", Role.SINK),
    "log-sink": ("log-sink", Role.SINK),
}
BRANCHES = {"metrics": "metric", "logs": "log"}
EXPECTED = {
    "metric-sink": [
        '[metric-sink] Received metric: {"type":"metric","name":"cpu_usage","value":72.5,'
        '"processed_by":"metrics-pipeline"}',
        '[metric-sink] Received metric: {"type":"metric","name":"mem_used","value":4096,'
        '"processed_by":"metrics-pipeline"}',
        "[metric-sink] Stream complete.",
    ],
    "log-sink": [
        '[log-sink] Received log: {"type":"log","level":"info","message":"user login successful",'
        '"processed_by":"log-pipeline"}',
        '[log-sink] Received log: {"type":"log","level":"warn","message":"disk usage above 80%",'
        '"processed_by":"log-pipeline"}',
        "[log-sink] Stream complete.",
    ],
}


def linked(name: str, component: str, role: Role) -> LinkedNode:
    path = BUILD / f"{component}.wasm"
    return LinkedNode(
        name,
        role,
        f"{ROLE_INTERFACES[role]}@0.1.0",
        component,
        str(path),
        hashlib.sha256(path.read_bytes()).hexdigest(),
        f"{LIFECYCLE_INTERFACE}@0.1.0",
        grants=("stdio:stdout",),
    )


class Driver:
    """Makes the calls in order and adds up what they cost and print."""

    def __init__(self, invoker: WasmInvoker) -> None:
        self.invoker = invoker
        self.number = 0
        self.copies = CopyCount()
        self.printed: dict[str, bytes] = {}

    def call(self, node: str, export: Export, element: Element | None = None) -> Answer:
        self.number += 1
        answer = self.invoker.invoke(Call(self.number, node, export, element, "{}"))
        assert not isinstance(answer.outcome, Failed), answer
        self.copies = CopyCount(*map(sum, zip(self.copies, answer.copies, strict=True)))
        for chunk in answer.printed:
            self.printed[node] = self.printed.get(node, b"") + chunk.data
        return answer

    def element(self, answer: Answer, sequence: int) -> Element:
        assert isinstance(answer.outcome, Emitted)
        (output,) = answer.outcome.outputs
        assert output.content_type == "application/json"
        return Element(1, 1, "source", sequence, 1, output.content_type, output.payload)


@pytest.mark.skipif(not BUILD.is_dir(), reason="the sample's components are not built")
def test_the_sample_prints_and_copies_what_the_contract_says(tmp_path: Path) -> None:
    flow = LinkedFlow(
        "main", str(SAMPLE / "Torvyn.toml"), tuple(linked(n, *c) for n, c in NODES.items()), ()
    )
    invoker = WasmInvoker(flow, Host(tmp_path))
    try:
        run = Driver(invoker)
        for node in NODES:
            assert run.call(node, Export.INIT).outcome == Finished()
        for sequence in range(4):
            element = run.element(run.call("source", Export.PULL), sequence)
            ports = run.call("router", Export.ROUTE, element).outcome
            assert isinstance(ports, Ports)
            (port,) = ports.names
            branch = BRANCHES[port]
            processed = run.element(run.call(f"{branch}-proc", Export.PROCESS, element), sequence)
            accepted = run.call(f"{branch}-sink", Export.PUSH, processed).outcome
            assert accepted == Accepted(Signal.READY)
        assert run.call("source", Export.PULL).outcome == Exhausted()
        for node in ("metric-sink", "log-sink"):
            run.call(node, Export.COMPLETE)
        for node in NODES:
            assert invoker.live_handles(node) == 0
        for node in reversed(NODES):
            run.call(node, Export.TEARDOWN)
    finally:
        invoker.close()
    printed = {node: text.decode().splitlines() for node, text in run.printed.items()}
    assert printed == EXPECTED
    # docs/torvyn-facts.md#fan-out
    assert run.copies.reads + run.copies.writes == 20
    assert run.copies.read_bytes + run.copies.write_bytes == 1_366


@pytest.mark.skipif(not BUILD.is_dir(), reason="the sample's components are not built")
def test_a_file_that_changed_since_it_was_linked_is_not_run(host: Host, tmp_path: Path) -> None:
    node = linked("router", *NODES["router"])
    copy = tmp_path / "router.wasm"
    for content, reason in ((b"changed", "not the file"), (None, "No such file")):
        if content is None:
            copy.unlink()
        else:
            copy.write_bytes(content)
        moved = LinkedNode(
            "router", node.role, node.interface, "c", str(copy), node.digest, node.lifecycle
        )
        invoker = WasmInvoker(LinkedFlow("main", "", (moved,), ()), host)
        outcome = invoker.invoke(Call(1, "router", Export.INIT)).outcome
        assert isinstance(outcome, Failed)
        assert reason in outcome.failure.message
        assert str(copy) in outcome.failure.message
        invoker.close()
