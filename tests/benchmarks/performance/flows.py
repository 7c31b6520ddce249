"""Flows of small components, run by the engine through each way of calling components."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.engine.options import EngineOptions
from runtime.model.commands import Start
from runtime.model.element import Buffer
from runtime.model.linked import (
    ROLE_INTERFACES,
    Limits,
    LinkedEdge,
    LinkedFlow,
    LinkedNode,
    Role,
    SchedulePolicy,
)
from runtime.wasm.host import Host
from runtime.wasm.stock.stock_invoker import StockComponents, StockInvoker
from runtime.wasm.wasm_invoker import WasmInvoker
from tests.benchmarks.engine.engine_hops import ReadyAnswers
from tests.support.engine.fakes import WALL_NS, flow
from tests.support.wasm.guests import ELEMENT, SINK, component
from tests.support.wasm.layers import make_layer, native_extension
from tests.support.wasm.recorded_guests import counting_source

NATIVE, DIRECT, STOCK, FLOOR = "native", "direct", "stock binding", "C host"
LEAST = "least through ctypes"
ENGINE = "engine alone"
RECORDED = "engine and recording"
SAMPLE = Path(__file__).parents[3] / "sample_flows" / "fan-out"
NO_LIMITS = Limits(fuel=0, memory_bytes=64 << 20, call_timeout_ms=0)
NO_END = 2**31 - 1
_READ_AND_PASS = f"""
  ;; reads its payload, and lets it through
  (func (export "evaluate") {ELEMENT}
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (i32.store8 (i32.const 4) (i32.const 1))
    (call $ok))
"""


def layers() -> tuple[str, ...]:
    """The call layers that are installed."""
    return (NATIVE, DIRECT) if native_extension() is not None else (DIRECT,)


def ways() -> tuple[str, ...]:
    """Every way in which a flow can be run; `ENGINE` answers instead of components."""
    return (*layers(), STOCK, ENGINE)


def guests() -> dict[Role, bytes]:
    """A component of each role: it reads its payload, and does nothing else."""
    return {
        Role.SOURCE: counting_source(NO_END),
        Role.FILTER: component(_READ_AND_PASS, Role.FILTER),
        Role.SINK: component(SINK, Role.SINK),
    }


def guest_flow(
    roles: Mapping[str, Role],
    edges: Sequence[LinkedEdge],
    folder: Path,
    components: Mapping[Role, bytes],
) -> LinkedFlow:
    """A flow whose nodes are these components, which are written into `folder`."""

    def placed(node: LinkedNode) -> LinkedNode:
        data = components[node.role]
        digest = hashlib.sha256(data).hexdigest()
        path = folder / f"{digest[:16]}.wasm"
        if not path.exists():
            path.write_bytes(data)
        return replace(
            node,
            interface=f"{ROLE_INTERFACES[node.role]}@0.1.0",
            lifecycle=None,
            artifact=str(path),
            digest=digest,
            limits=NO_LIMITS,
        )

    return flow(roles, edges, node=placed)


def sample_project(folder: Path, elements: int) -> Path:
    """The manifest of a copy of the fan-out sample whose source gives so many elements."""
    project = folder / "project"
    shutil.copytree(SAMPLE, project)
    source = project / ".torvyn" / "build" / "event-source.wasm"
    source.write_bytes(counting_source(elements))
    return project / "Torvyn.toml"


class _Closable(Protocol):
    def close(self) -> None: ...


@dataclass
class RunningFlow:
    """A flow that has begun, and does not end by itself."""

    engine: Engine
    _invoker: _Closable | None

    def calls(self, count: int) -> None:
        """Make so many calls."""
        step = self.engine.step
        for _ in range(count):
            step()

    def close(self) -> None:
        """End its instances."""
        if self._invoker is not None:
            self._invoker.close()


def running(
    linked: LinkedFlow,
    way: str,
    schedule: SchedulePolicy = SchedulePolicy.CONSUMER_FIRST,
    payload: bytes | None = None,
) -> RunningFlow:
    """The flow, run that way; `payload` is what ready-made answers give as output."""
    invoker, closable = _invoker(linked, way, payload)
    engine = Engine(linked, invoker, EngineOptions(schedule=schedule))
    engine.apply(Start(WALL_NS))
    begun = RunningFlow(engine, closable)
    begun.calls(4 * len(linked.nodes) + 64)
    return begun


def _invoker(
    linked: LinkedFlow, way: str, payload: bytes | None
) -> tuple[Invoker, _Closable | None]:
    if way == ENGINE:
        return ReadyAnswers(Buffer(payload) if payload is not None else None), None
    if way == STOCK:
        stock = StockInvoker(StockComponents(linked))
        return stock, stock
    host = Host(None, make_layer(way))
    compiled = {
        node.digest: host.compile(Path(node.artifact).read_bytes()) for node in linked.nodes
    }
    wasm = WasmInvoker(linked, host, compiled=compiled, on_print=_ignored)
    return wasm, wasm


def _ignored(*_chunk: object) -> None:
    """What components print goes nowhere."""


Shape = Callable[[int, Path], LinkedFlow]
"""A flow of some size, whose components are written into a folder."""
