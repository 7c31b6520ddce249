"""How calls grow with the payload: read whole by the component, and passed on unread."""

from __future__ import annotations

import tempfile
from pathlib import Path

from runtime.model.call import Export
from runtime.model.element import MAX_BUFFER_BYTES
from runtime.model.linked import Role
from runtime.recording.recorder import Recorder
from runtime.recording.ring.ring import Ring
from runtime.wasm.direct.direct_layer import DirectLayer
from tests.benchmarks.calls.call_layers import ROUTE_ALL, floor, stock, way
from tests.benchmarks.engine.engine_hops import fan
from tests.benchmarks.performance.curves.bytes_as_text import LEAST, TRIED, read_as_text
from tests.benchmarks.performance.flows import (
    DIRECT,
    ENGINE,
    FLOOR,
    RECORDED,
    STOCK,
    layers,
    running,
)
from tests.benchmarks.performance.results import Curve, Line, Point, Spread
from tests.benchmarks.performance.rounds import Effort, Way, in_turns
from tests.support.wasm.guests import ELEMENT, component
from tests.support.wasm.layers import make_layer

SIZES = tuple(8 << shift for shift in (0, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21))
"""8 B to 16 MiB."""
QUICK_SIZES = (8, 64, 8 << 10, 256 << 10)
STOCK_MOST = 32 << 10
FLOOR_MOST = 2 << 20
RECORDED_MOST = 1 << 20
PASSED = f"""
  ;; names a port, and leaves its payload unread
  (func (export "route") {ELEMENT}
    (call $release (local.get $payload) (local.get $context))
    (i32.store (i32.const 4) (i32.const 256))
    (i32.store (i32.const 8) (i32.const 1))
    (i32.store (i32.const 256) (i32.const 1024))
    (i32.store (i32.const 260) (i32.const 7))
    (call $ok))
  (data (i32.const 1024) "metrics")
"""


def _router(core: str) -> bytes:
    return component(core, Role.ROUTER, pages=32)


def payload_read(effort: Effort) -> Curve:
    """A routed call whose component reads the whole payload."""
    data = _router(ROUTE_ALL)
    made = {name: make_layer(name) for name in layers()}
    direct = made[DIRECT]
    lines = {name: Line(name, []) for name in (*made, STOCK, FLOOR, TRIED)}
    lines[
        DIRECT
    ].ends = f"a component is given at most {direct.max_given_bytes:,} bytes at once (E0308)"
    lines[STOCK].ends = "a call takes longer than a tenth of a second"
    lines[FLOOR].ends = "its lists take the same memory as the direct layer's"
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-floor-") as folder:
        for size in QUICK_SIZES if effort.quick else SIZES:
            payload = b"1" * size
            ways: dict[str, Way] = {
                name: way(layer, data, Role.ROUTER, Export.ROUTE, payload, False)
                for name, layer in made.items()
                if size <= layer.max_given_bytes
            }
            if size <= STOCK_MOST:
                ways[STOCK] = stock(DirectLayer(), data, Role.ROUTER, Export.ROUTE, payload, False)
            if size >= LEAST:
                # Every other byte is one that UTF-8 needs two for.
                ways[TRIED] = read_as_text(b"1\xff" * (size // 2))
            found = in_turns(ways, effort)
            lowest = floor(Path(folder), data, size) if size <= FLOOR_MOST else None
            if lowest is not None:
                found[FLOOR] = Spread.of([lowest(effort.seconds) for _ in range(effort.rounds)])
            for name, spread in found.items():
                lines[name].points.append(Point(size, spread))
    return Curve(
        "payload-read",
        "A routed call that reads its whole payload",
        "payload, bytes",
        "microseconds a call",
        list(lines.values()),
    )


def payload_passed(effort: Effort) -> Curve:
    """A payload that nobody reads: the call, the engine, and the recording."""
    data = _router(PASSED)
    sizes = QUICK_SIZES if effort.quick else SIZES[::2]
    lines: dict[str, Line] = {}
    for size in sizes:
        payload = b"1" * size
        ways: dict[str, Way] = {
            f"routed call, {name}": way(
                make_layer(name), data, Role.ROUTER, Export.ROUTE, payload, False
            )
            for name in layers()
        }
        ways[ENGINE] = _engine(payload, None)
        if size <= RECORDED_MOST:
            ways[RECORDED] = _engine(payload, Ring())
        for name, spread in in_turns(ways, effort).items():
            lines.setdefault(name, Line(name, [])).points.append(Point(size, spread))
    assert sizes[-1] <= MAX_BUFFER_BYTES
    lines[RECORDED].ends = (
        "the recording reads payloads when it is full, which a few calls with larger ones make it "
        "in some repetitions and not in others"
    )
    return Curve(
        "payload-passed",
        "A payload that no component reads",
        "payload, bytes",
        "microseconds a call",
        list(lines.values()),
    )


def _engine(payload: bytes, ring: Ring | None) -> Way:
    """Calls with ready-made answers, source, processor and four sinks, recorded or not."""
    step = running(fan(Role.PROCESSOR), ENGINE, payload=payload).engine.step
    if ring is None:

        def plain(count: int) -> None:
            for _ in range(count):
                step()

        return plain
    recorder = Recorder(ring)

    def recorded(count: int) -> None:
        for _ in range(count):
            recorder.stepped(step())

    return recorded
