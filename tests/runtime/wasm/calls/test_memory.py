"""Many calls and many instances take no more memory than few."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from runtime.model.call import Call, Export, Failed
from runtime.model.element import Buffer, Element
from runtime.model.linked import Role
from runtime.wasm.host import Host
from tests.support.examples import repetitions
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import AGGREGATOR, ECHO, ROUTER, component

STATUS = Path("/proc/self/status")
LIBC = ctypes.CDLL(None)
pytestmark = pytest.mark.skipif(
    not STATUS.exists() or not hasattr(LIBC, "mallinfo2"), reason="needs Linux and its C library"
)


class _Mallinfo(ctypes.Structure):
    _fields_ = [(f"field{index}", ctypes.c_size_t) for index in range(10)]


def allocated_bytes() -> int:
    """What the C library has handed out, wasmtime's share included."""
    LIBC.mallinfo2.restype = _Mallinfo
    info = LIBC.mallinfo2()
    return int(info.field7) + int(info.field4)


def resident_bytes() -> int:
    for line in STATUS.read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


@pytest.mark.parametrize(
    ("core", "role"),
    [(ROUTER, Role.ROUTER), (ECHO, Role.PROCESSOR), (AGGREGATOR, Role.AGGREGATOR)],
    ids=["router", "processor", "aggregator"],
)
def test_memory_is_flat_over_thousands_of_calls(host: Host, core: str, role: Role) -> None:
    exports = {
        Role.ROUTER: Export.ROUTE,
        Role.PROCESSOR: Export.PROCESS,
        Role.AGGREGATOR: Export.INGEST,
    }
    payloads = [Buffer(f"1{index:060}".encode()) for index in range(7)]
    with OneNode(host, component(core, role), role) as node:
        node.start()
        invoke = node.invoker.invoke

        def calls(count: int) -> None:
            for number in range(count):
                element = Element(1, 1, "s", number, 1, "text/plain", payloads[number % 7])
                answer = invoke(Call(number, "node", exports[role], element))
                assert not isinstance(answer.outcome, Failed)

        calls(2_000)
        allocated, resident = allocated_bytes(), resident_bytes()
        calls(repetitions(20_000))
        # One leaked value a call would be 128 kB in 4,000 calls.
        assert allocated_bytes() - allocated < 64 * 1024
        assert resident_bytes() - resident < 1024 * 1024


def test_memory_is_flat_over_many_instances(host: Host) -> None:
    with OneNode(host, component(ROUTER, Role.ROUTER), Role.ROUTER) as node:

        def instances(count: int) -> None:
            for _ in range(count):
                node.start()
                node.call(data=b"1")

        instances(30)
        allocated, resident = allocated_bytes(), resident_bytes()
        instances(150)
        assert allocated_bytes() - allocated < 256 * 1024
        assert resident_bytes() - resident < 4 * 1024 * 1024
