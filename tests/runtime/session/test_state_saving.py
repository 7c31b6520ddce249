"""What a node's component remembers is saved as a component, which goes on from there elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.model.call import Answer, Export
from runtime.model.events import CallFinished
from runtime.model.linked import Role
from runtime.protocol.components.saved_component import SaveComponent, SavedComponent
from runtime.protocol.requests import Fork
from runtime.timetravel import guest_checkpoints
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.host import Host
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import Project
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import component, printer
from tests.support.wasm.layers import make_layer, needs_native, use_layer
from tests.support.wasm.recorded_guests import counting_source
from tests.support.wasm.remembering_guests import KEEPS_STDOUT, REMEMBERS
from workbench.cli import main

APART = 100
LIFECYCLE = """
  (func (export "init") (param i32 i32) (result i32)
    (i32.store (i32.const 4096) (i32.const 0)) (call $ok))
  (func (export "teardown"))
"""
"""Its `init` begins the count again."""


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    use_layer("native", monkeypatch)
    monkeypatch.setattr(guest_checkpoints, "CALLS_APART", APART)
    monkeypatch.setattr(guest_checkpoints, "BYTES_A_CALL", 1 << 20)
    monkeypatch.setattr("runtime.timetravel.checkpoints.CALLS_APART", APART)
    nodes = {
        "source": (Role.SOURCE, counting_source(200)),
        "mid": (Role.AGGREGATOR, component(REMEMBERS + LIFECYCLE, Role.AGGREGATOR, lifecycle=True)),
        "sink": (Role.SINK, printer(body=KEEPS_STDOUT)),
    }
    made = opened(Project(tmp_path, nodes).write())
    yield made
    made.session.close()


def saved(driver: Driver, node: str = "mid") -> SavedComponent:
    (reply,) = driver.ask(SaveComponent(node)).replies
    assert isinstance(reply, SavedComponent)
    assert reply.words in driver.log
    return reply


def calls_of(driver: Driver, after: int) -> list[CallFinished]:
    """The calls of `mid` after one."""
    entries = driver.session._time.branch.ring.entries_backwards()
    made = [entry for entry in entries if isinstance(entry, CallFinished)]
    return [
        event
        for event in made[::-1]
        if event.call.node == "mid"
        and event.call.number > after
        and event.call.export is Export.INGEST
    ]


def made_by(host: Host, data: bytes, events: list[CallFinished]) -> list[Answer]:
    """What a component answers to the calls, from its beginning on."""
    with OneNode(host, data, Role.AGGREGATOR) as node:
        node.start()
        return [node.call(data=event.call.element.payload.data) for event in events]  # type: ignore[union-attr]


@needs_native
def test_a_saved_component_goes_on_as_the_node_did_on_both_layers(driver: Driver) -> None:
    driver.step(150)
    here = driver.snapshot.calls
    reply = saved(driver)
    assert reply.path is not None
    assert reply.path.endswith(f"mid-at-{here}.wasm")
    assert f"after call {here}. Its init and teardown are left out" in reply.words
    driver.run()
    later = calls_of(driver, here)
    assert len(later) > 60
    data = Path(reply.path).read_bytes()
    for layer in (make_layer("native", GuestDebug.COMPILED), make_layer("direct")):
        host = Host(None, layer)
        assert [item.name for item in host.inspect(data).exports] == [
            "torvyn:aggregation/aggregator@0.1.0",
            "torvyn-studio:saved-state/lifecycle@0.1.0",
        ]
        again = made_by(host, data, later)
        assert [(one.outcome, one.fuel) for one in again] == [
            (event.answer.outcome, event.answer.fuel) for event in later
        ]
    assert main(["inspect", reply.path]) == 0
    # A second one never takes the place of the first.
    assert saved(driver).path != reply.path


@needs_native
def test_in_the_past_the_last_checkpoint_is_saved_or_it_is_said_why_not(driver: Driver) -> None:
    driver.run()
    kept = [one.calls for one in driver.session._time.branch.checkpoints.guests._kept]
    driver.go(kept[1] + 7)
    reply = saved(driver)
    assert reply.path is not None
    assert f"the last checkpoint before this place, after call {kept[1]:,}" in reply.words
    later = calls_of(driver, kept[1])
    host = Host(None, make_layer("direct"))
    again = made_by(host, Path(reply.path).read_bytes(), later)
    assert [one.outcome for one in again] == [event.answer.outcome for event in later]
    driver.go(kept[0] - 1)
    early = saved(driver)
    assert early.path is None
    assert early.words.endswith("F goes on from here")
    driver.ask(Fork())
    assert saved(driver).path is not None


@needs_native
def test_what_cannot_stand_for_itself_is_refused_with_the_reason(
    driver: Driver, tmp_path: Path
) -> None:
    assert saved(driver).words.endswith("it has no instance")
    driver.step(60)
    sink = saved(driver, "sink")
    assert sink.path is None
    assert "it holds handles of the host, such as stdout" in sink.words
    assert "no such node" in saved(driver, "nobody").words
    artifact = tmp_path / ".torvyn" / "build" / "mid.wasm"
    artifact.write_bytes(counting_source(3))
    assert saved(driver).words.endswith("another build by now than the one that runs")
    assert not list(tmp_path.glob("*.wasm"))


def test_the_direct_layer_says_that_it_takes_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_layer("direct", monkeypatch)
    made = opened(
        Project(
            tmp_path,
            {"source": (Role.SOURCE, counting_source(9))} | {"sink": (Role.SINK, printer())},
        ).write()
    )
    made.step(4)
    assert "native" in saved(made, "source").words
    made.session.close()
