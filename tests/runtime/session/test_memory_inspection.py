"""The memory of a node's component is looked into between two calls, on both call layers."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.model.linked import Role
from runtime.protocol.components.memory_report import MemoryReport, ReadMemory
from runtime.protocol.requests import SessionRequest, StepCall
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import Project
from tests.support.wasm.guests import ELEMENT, component, printer
from tests.support.wasm.layers import LAYERS, needs_native, use_layer
from tests.support.wasm.recorded_guests import counting_source

TALLIES = Path(__file__).parents[1] / "wasm" / "dwarf" / "tallies.wasm"
WASM_PAGE = 64 * 1024
NEEDLE_AT = 5000
HOARDER = component(
    f"""
    (data (i32.const {NEEDLE_AT}) "needle")
    (func (export "process") {ELEMENT}
      (drop (call $new (i64.const 1)))
      (drop (memory.grow (i32.const 1)))
      (i32.store8 (i32.const 6000) (i32.add (i32.load8_u (i32.const 6000)) (i32.const 1)))
      (call $release (local.get $payload) (local.get $context))
      (call $nothing (i32.const 1)))
    """,
    Role.PROCESSOR,
)
"""Keeps a buffer, grows by a page and counts, with every call."""


def looked(driver: Driver, *requests: SessionRequest) -> MemoryReport:
    (reply,) = driver.ask(*requests).replies
    assert isinstance(reply, MemoryReport)
    return reply


@pytest.mark.parametrize("layer", LAYERS)
def test_a_node_s_memory_is_looked_into(
    layer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_layer(layer, monkeypatch)
    nodes = {
        "source": (Role.SOURCE, counting_source(9)),
        "middle": (Role.PROCESSOR, HOARDER),
        "sink": (Role.SINK, printer()),
    }
    driver = opened(Project(tmp_path, nodes).write())
    try:
        driver.ask(*[StepCall()] * 6)
        call, look = StepCall("middle"), ReadMemory("middle", 0, NEEDLE_AT, 6)
        first = looked(driver, look)
        assert (first.layer, first.change, first.known_bytes > 0) == (layer, None, True)
        driver.ask(*[StepCall("source")] * 4)
        looked(driver, look)
        second = looked(driver, call, look)
        (leaked,) = (handle for handle in second.handles if handle.kind == "mutable-buffer")
        assert leaked.made is not None
        assert leaked.dropped is not None
        assert leaked.made - leaked.dropped == leaked.live
        # Of its calls, `init` made none.
        assert (leaked.live, leaked.grown) == (second.calls - 1, second.calls - first.calls)
        assert second.handles_since == first.calls
        nobody = looked(driver, ReadMemory("nobody"))
        assert nobody.unreadable == "the flow has no node nobody"
        if layer == "direct":
            assert second.unreadable == "the native call layer is not in use"
            assert (second.sizes, second.data, second.change) == ((), b"", None)
            return
        assert second.unreadable == ""
        assert (second.offset, second.data) == (NEEDLE_AT, b"needle")
        change = second.change
        assert change is not None
        assert (change.calls, change.after_call) == (1, second.calls - 1)
        pages = [(page.memory, page.offset) for page in change.pages]
        assert (0, 6000 // 4096 * 4096) in pages
        assert change.page_count == len(pages)
        assert change.bytes_unlike == sum(page.bytes_unlike for page in change.pages) > 0
        assert second.sizes[0] == first.sizes[0] + (second.calls - first.calls) * WASM_PAGE
        (grown, *_) = second.growths
        assert grown.after - grown.before == WASM_PAGE
        # Looking at another part is no other moment: what the call changed still stands there.
        found = looked(driver, ReadMemory("middle", 0, 9000, 64, b"needle"))
        assert (found.change, found.offset, found.found) == (change, NEEDLE_AT, True)
        assert found.data.startswith(b"needle")
        lost = looked(driver, ReadMemory("middle", 0, 9000, 8, b"no such thing"))
        assert (lost.offset, lost.found) == (9000, False)
    finally:
        driver.session.close()


@needs_native
def test_variables_of_a_c_component_are_named_and_those_that_a_call_changed_are_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_layer("native", monkeypatch)
    nodes = {
        "source": (Role.SOURCE, counting_source(9)),
        "middle": (Role.PROCESSOR, TALLIES.read_bytes()),
        "sink": (Role.SINK, printer()),
    }
    driver = opened(Project(tmp_path, nodes).write())
    artifact = Path(driver.session.flow.by_name["middle"].artifact)
    try:
        call, look = StepCall("middle"), ReadMemory("middle")
        # Both that can be are initialized, and an element waits for the one in the middle.
        driver.ask(*[StepCall()] * 4)
        before = {item.name: item for item in looked(driver, look).named.variables}
        assert not any(item.changed for item in before.values())
        made = looked(driver, call, look)
        after = {item.name: item for item in made.named.variables}
        assert made.named.count == len(after) == 14
        assert (before["taken"].value, after["taken"].value) == ("7", "8")
        assert (before["level"].value, after["level"].value) == ("BUSY (5)", "CALM (0)")
        assert (before["label"].value, after["label"].value) == ('"idle"', '"Bdle"')
        assert (before["below"].value, after["below"].value) == ("-3", "-4")
        assert (before["process::calls"].value, after["process::calls"].value) == ("0", "1")
        assert {name for name, item in after.items() if item.changed} >= {
            "taken", "level", "ratio", "label", "below", "recent", "totals", "process::calls"
        }  # fmt: skip
        unlike = {name for name in after if before[name].value != after[name].value}
        assert unlike <= {name for name, item in after.items() if item.changed}
        assert not after["mark"].changed
        place = after["label"]
        assert looked(driver, ReadMemory("middle", 0, place.address, 4)).data == b"Bdle"
        # The names are those of the build that runs, and of no other.
        artifact.write_bytes(b"another")
        assert looked(driver, look).named == made.named
        plain = looked(driver, ReadMemory("source")).named
        assert plain.variables == ()
        assert "no debug information" in plain.why
    finally:
        driver.session.close()
