"""What a component remembers is read, kept, and taken up by another instance of it."""

from __future__ import annotations

import weakref

import pytest

from runtime.model.call import Export, Failed
from runtime.model.linked import Limits, Role
from runtime.wasm.guest_memory import (
    PAGE_BYTES,
    GuestDebug,
    GuestImage,
    GuestMemory,
    HandleCount,
    NotAvailable,
)
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import AGGREGATOR, ROUTER, component, printer
from tests.support.wasm.layers import make_layer, needs_native
from tests.support.wasm.remembering_guests import KEEPS_STDOUT, REMEMBERS, TRAPS_AT_SEVEN


@pytest.fixture(scope="module")
def debug_host() -> Host:
    return Host(None, make_layer("native", GuestDebug.COMPILED))


def memory_of(node: OneNode) -> GuestMemory:
    memory = node.invoker.memory("node")
    assert not isinstance(memory, NotAvailable), memory.why
    return memory


def image_of(node: OneNode, last: GuestImage | None = None) -> GuestImage:
    image = memory_of(node).take(last)
    assert not isinstance(image, NotAvailable), image.why
    return image


def calls(node: OneNode, first: int, last: int) -> list[tuple[object, ...]]:
    """Outcome, fuel, printed bytes and memory of each of these calls."""
    made: list[tuple[object, ...]] = []
    for number in range(first, last):
        answer = node.call(data=f"{number % 3}{number * 7919}".encode())
        made.append((answer.outcome, answer.fuel, answer.printed, answer.memory_bytes))
    return made


def fresh(host: Host, data: bytes, role: Role, *, grants: tuple[str, ...] = ()) -> OneNode:
    node = OneNode(host, data, role, lifecycle=False, grants=grants)
    assert not isinstance(node.start().outcome, Failed)
    return node


@needs_native
@pytest.mark.parametrize(
    ("core", "role"),
    [(REMEMBERS, Role.AGGREGATOR), (ROUTER, Role.ROUTER)],
    ids=["stateful aggregator", "router"],
)
def test_a_fresh_instance_goes_on_from_an_image(debug_host: Host, core: str, role: Role) -> None:
    data = component(core, role)
    with fresh(debug_host, data, role) as node, fresh(debug_host, data, role) as other:
        calls(node, 0, 50)
        image = image_of(node)
        # The component goes on in between, and its memory grows: the image does not change.
        expected = calls(node, 50, 90)
        assert memory_of(other).restore(image) is None
        assert calls(other, 50, 90) == expected
        with fresh(debug_host, data, role) as control:
            unlike = calls(control, 50, 90) != expected
            assert unlike == (core is REMEMBERS)  # a router remembers nothing


@needs_native
def test_images_share_what_did_not_change_and_say_what_did(debug_host: Host) -> None:
    data = component(REMEMBERS, Role.AGGREGATOR)
    with fresh(debug_host, data, Role.AGGREGATOR) as node:
        memory = memory_of(node)
        first = image_of(node)
        assert memory.sizes() == first.sizes == [2 * 65536]
        calls(node, 0, 2)
        second = image_of(node, first)
        third = image_of(node, second)
        # Two pages: what the component keeps, and where it is given lists and makes results.
        assert {page.offset for page in memory.changed_pages(second, first)} == {0, 4096, 8192}
        assert all(page.bytes_unlike <= 40 for page in memory.changed_pages(second, first))
        assert memory.changed_globals(second, first) == 1
        assert memory.changed_pages(third, second) == []
        assert third.bytes_used < PAGE_BYTES < second.bytes_used < 4 * (PAGE_BYTES + 100)
        assert second.read(0, 4096, 4) == memory.read(0, 4096, 4) == (2).to_bytes(4, "little")
        assert first.read(0, 4096, 4) == bytes(4)
        assert second.read(0, 4090, 2 * 4096) == memory.read(0, 4090, 2 * 4096)
        assert len(second.read(0, 2 * 65536 - 3, 100)) == 3
        assert second.read(0, 2**40, 1) == b""
        with pytest.raises(IndexError):
            second.read(1, 0, 1)
        calls(node, 2, 8)
        fourth = image_of(node, third)
        assert fourth.sizes == [3 * 65536]
        assert memory.changed_pages(fourth, third)[-1] == (0, 3 * 65536 - PAGE_BYTES, 1)


@needs_native
def test_a_component_that_holds_stdout_needs_its_first_call_again(debug_host: Host) -> None:
    data = printer(body=KEEPS_STDOUT)
    granted = ("wasi-stdout",)
    with (
        fresh(debug_host, data, Role.SINK, grants=granted) as node,
        fresh(debug_host, data, Role.SINK, grants=granted) as other,
        fresh(debug_host, data, Role.SINK, grants=granted) as bare,
    ):
        calls(node, 0, 30)
        held = memory_of(node).held()
        # `init` is a call only of a component that has one.
        assert (held.live, held.changed_after, held.changing) == (1, 1, None)
        assert memory_of(node).handles() == [HandleCount("output-stream", None, None, 1)]
        image = image_of(node)
        expected = calls(node, 30, 40)
        assert all(printed for _, _, printed, _ in expected)

        calls(other, 0, 1)
        assert memory_of(other).restore(image) is None
        assert calls(other, 30, 40) == expected
        # Without it the handle means nothing, and the component traps.
        assert memory_of(bare).restore(image) is None
        failure = bare.failure(data=b"x")
        assert "unknown handle index" in failure.message or failure.crashed


@needs_native
def test_buffers_that_are_held_are_counted_and_never_made_again(debug_host: Host) -> None:
    with fresh(debug_host, component(AGGREGATOR, Role.AGGREGATOR), Role.AGGREGATOR) as node:
        calls(node, 0, 1)
        assert memory_of(node).held()[:2] == (1, 1)
        calls(node, 1, 5)
        # It keeps two, and the next ones are given: what is held counts as changed by each.
        assert memory_of(node).held()[:2] == (2, 5)
        assert memory_of(node).handles() == [
            HandleCount("mutable-buffer", 5, 5, 0),
            HandleCount("buffer", 5, 3, 2),
        ]
        node.call(Export.FLUSH)
        assert memory_of(node).held()[:2] == (0, 6)


@needs_native
def test_a_closed_instance_is_freed_with_its_memory(debug_host: Host) -> None:
    data = component(REMEMBERS, Role.AGGREGATOR)
    with fresh(debug_host, data, Role.AGGREGATOR) as node:
        calls(node, 0, 3)
        image = image_of(node)
        gone = weakref.ref(node.invoker._instances["node"])
    assert gone() is None
    assert image.read(0, 4096, 1) == b"\3"  # an image outlives its instance


@needs_native
def test_a_component_that_trapped_goes_on_from_before_and_traps_again(debug_host: Host) -> None:
    data = component(TRAPS_AT_SEVEN, Role.AGGREGATOR)
    with fresh(debug_host, data, Role.AGGREGATOR) as node:
        calls(node, 0, 5)
        image = image_of(node)
        calls(node, 5, 6)
        first = node.failure(data=b"x")
        assert first.crashed
        # What it remembered when it trapped can be seen, and nothing goes on from there.
        assert memory_of(node).read(0, 4096, 1) == b"\7"
        node.start()
        assert memory_of(node).restore(image) is None
        calls(node, 5, 6)
        assert node.failure(data=b"x").message == first.message


@needs_native
def test_an_image_that_does_not_fit_is_refused(debug_host: Host) -> None:
    data = component(REMEMBERS, Role.AGGREGATOR)
    with (
        fresh(debug_host, data, Role.AGGREGATOR) as node,
        OneNode(debug_host, component(ROUTER, Role.ROUTER, pages=3), Role.ROUTER) as router,
        OneNode(debug_host, data, Role.AGGREGATOR, limits=Limits(memory_bytes=2 * 65536)) as small,
    ):
        router.start()
        small.start()
        before = image_of(node)
        calls(node, 0, 8)
        # It has grown since: memory cannot shrink, and what follows would take other fuel.
        assert memory_of(node).restore(before) == NotAvailable(
            "its memory is larger than it was then"
        )
        assert isinstance(memory_of(router).restore(before), NotAvailable)
        assert isinstance(memory_of(small).restore(image_of(node)), NotAvailable)


@pytest.mark.parametrize("layer", ["direct", pytest.param("native", marks=needs_native)])
def test_where_memory_cannot_be_read_that_is_the_answer(layer: str) -> None:
    with OneNode(Host(None, make_layer(layer)), component(ROUTER, Role.ROUTER), Role.ROUTER) as one:
        assert one.invoker.memory("node") == NotAvailable("there is no instance")
        one.start()
        memory = one.invoker.memory("node")
        assert isinstance(memory, NotAvailable)
        assert ("native call layer" in memory.why) == (layer == "direct")


@needs_native
def test_code_of_both_kinds_is_cached_side_by_side(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("compiled")
    data = component(ROUTER, Role.ROUTER)
    compiled: list[str] = []
    for debug in (GuestDebug.OFF, GuestDebug.COMPILED) * 2:
        host = Host(folder, make_layer("native", debug))
        host.on_compile = lambda debug=debug: compiled.append(debug.value)
        with OneNode(host, data, Role.ROUTER) as node:
            node.start()
            readable = not isinstance(node.invoker.memory("node"), NotAvailable)
            assert readable == (debug is GuestDebug.COMPILED)
    assert compiled == ["off", "compiled"]


@needs_native
def test_readable_code_carries_nothing_for_a_debugger() -> None:
    data = component(REMEMBERS, Role.AGGREGATOR)
    layer = make_layer("native", GuestDebug.COMPILED)
    sizes = {
        mode: len(layer.serialize(layer.compile(data, mode))) for mode in ("plain", "readable")
    }
    # With what stops inside of a call need, such a small component takes 1.6 times the plain code.
    assert sizes["readable"] < 1.2 * sizes["plain"]


@needs_native
def test_an_interpreter_is_compiled_for_it_only_when_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from runtime.wasm.native import native_layer
    from runtime.wasm.producers import Producers

    python = Producers(modules=("libpython3.14.so",))
    monkeypatch.setattr(native_layer, "read_producers", lambda _: python)
    modes = [make_layer("native", debug).mode(b"") for debug in GuestDebug]
    assert modes == ["plain", "plain", "readable"]
