"""Hot reload on real components: nothing is lost or doubled, and bad builds change nothing."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from runtime.child.inline import InlineClient
from runtime.hotreload.builds import ComponentBuild
from runtime.model.events import FlowState, StopReason
from runtime.model.linked import Role
from runtime.model.snapshot import FlowSnapshot
from runtime.opening.open import FlowOpener, SessionOptions
from runtime.protocol.builds.build_updates import NodeBuild
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.requests import Continue, Pause, Rollback, SetComparing, StepCall
from runtime.protocol.updates import Health, Update
from tests.support.examples import repetitions
from tests.support.studio_projects import Project, sink, source
from tests.support.wasm.guests import ECHO, ELEMENT, LIFECYCLE, component, printer

ELEMENTS = 1_000
SWAPS = 20
PATIENCE_SECONDS = 30.0
PAGE_BYTES = 4096

NUMBERED = f"""
  ;; gives "0000\\n", "0001\\n", … one element each
  (global $n (mut i32) (i32.const 0))
  (func $digit (param $at i32) (param $unit i32)
    (i32.store8 (local.get $at) (i32.add (i32.const 48)
      (i32.rem_u (i32.div_u (global.get $n) (local.get $unit)) (i32.const 10)))))
  (func (export "pull") (result i32)
    (if (i32.eq (global.get $n) (i32.const {ELEMENTS}))
      (then (return (call $nothing (i32.const 0)))))
    (call $digit (i32.const 512) (i32.const 1000)) (call $digit (i32.const 513) (i32.const 100))
    (call $digit (i32.const 514) (i32.const 10)) (call $digit (i32.const 515) (i32.const 1))
    (i32.store8 (i32.const 516) (i32.const 10))
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (call $some (call $made (i32.const 512) (i32.const 5)) (i32.const 1000) (i32.const 10)))
  (func (export "notify-backpressure") (param i32))
"""
PRINTING = f"""
  (func (export "push") {ELEMENT} (local $out i32)
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (local.set $out (call $stdout))
    (call $put (local.get $out) (i32.load (i32.const 64)) (i32.load (i32.const 68))
      (i32.const 96))
    (call $close (local.get $out))
    (i32.store8 (i32.const 4) (i32.const 0))
    (call $ok))
  (func (export "complete") (result i32) (call $ok))
"""
TRAP = f'(func (export "process") {ELEMENT} unreachable)'


def echo(build: int) -> bytes:
    """Builds that do the same and differ in their bytes."""
    return component(ECHO + f'(data (i32.const 2000) "build {build}")', Role.PROCESSOR)


class Workbench:
    """A session that is polled until something holds, with everything it said."""

    def __init__(self, manifest: Path, **options: Any) -> None:
        self.folder = manifest.parent
        self.manifest = manifest
        self.link = InlineClient(FlowOpener(manifest, "main", SessionOptions(**options)))
        self.updates: list[Update] = []
        self.builds: dict[str, NodeBuild] = {}
        self.poll()

    def poll(self) -> Update:
        update = self.link.poll()
        self.updates.append(update)
        for build in update.builds or ():
            self.builds[build.node] = build
        return update

    def wait(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, self.log()[-10:]
            self.poll()
            time.sleep(0.002)

    def wait_for_build(self, node: str, digest: str) -> None:
        self.wait(lambda: self.builds[node].digest == digest)

    def wait_for_calls(self, more: int) -> None:
        before = self.snapshot.calls
        self.wait(lambda: self.snapshot.calls > before + more)

    def log(self) -> list[str]:
        return [line.text for update in self.updates for line in update.events]

    def printed(self) -> str:
        chunks = [chunk.data for update in self.updates for chunk in update.printed]
        return b"".join(chunks).decode()

    @property
    def invoker(self) -> Any:
        """Looked into to see that instances are the same objects."""
        assert self.link._session is not None
        return self.link._session.execution.invoker

    @property
    def snapshot(self) -> FlowSnapshot:
        return next(item.snapshot for item in reversed(self.updates) if item.snapshot is not None)

    @property
    def problems(self) -> list[str]:
        found = [item.problems for item in self.updates if item.problems is not None]
        return [problem.message for problem in found[-1]] if found else []

    def artifact(self, node: str) -> Path:
        return self.folder / ".torvyn" / "build" / f"{node}.wasm"

    def replace(self, node: str, data: bytes) -> str:
        """An atomic rename, as most linkers do it."""
        target = self.artifact(node)
        new = target.with_suffix(".new")
        new.write_bytes(data)
        new.rename(target)
        return hashlib.sha256(data).hexdigest()

    def write_slowly(self, node: str, data: bytes) -> str:
        """In place and in parts, while the flow goes on."""
        with self.artifact(node).open("wb") as file:
            part = len(data) // 4 + 1
            for start in range(0, len(data), part):
                file.write(data[start : start + part])
                file.flush()
                os.fsync(file.fileno())
                self.poll()
                time.sleep(0.02)
        return hashlib.sha256(data).hexdigest()


@pytest.fixture
def numbered(tmp_path: Path) -> Iterator[Workbench]:
    nodes = {
        "source": (Role.SOURCE, component(NUMBERED, Role.SOURCE)),
        "mid": (Role.PROCESSOR, echo(0)),
        "sink": (Role.SINK, printer(body=PRINTING)),
    }
    bench = Workbench(Project(tmp_path, nodes).write())
    yield bench
    bench.link.close()


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Workbench]:
    nodes = {
        "source": (Role.SOURCE, source()),
        "mid": (Role.PROCESSOR, component(TRAP, Role.PROCESSOR)),
        "sink": (Role.SINK, printer(body=PRINTING)),
    }
    bench = Workbench(Project(tmp_path, nodes).write())
    yield bench
    bench.link.close()


def test_a_thousand_elements_survive_twenty_swaps(numbered: Workbench) -> None:
    bench = numbered
    invoker = bench.invoker
    bench.link.send(Continue(calls_per_second=2_000))
    bench.wait(lambda: bench.snapshot.calls > 20)
    others = [invoker._instances[name] for name in ("source", "sink")]
    shown = []
    digests = []
    for swap in range(1, SWAPS + 1):
        if swap % 3 == 0:
            bench.link.send(Pause())
        write = bench.replace if swap % 2 else bench.write_slowly
        digest = write("mid", echo(swap))
        bench.wait_for_build("mid", digest)
        digests.append(digest)
        shown.append(bench.builds["mid"].reloads)
        bench.link.send(Continue(calls_per_second=2_000))
        bench.wait_for_calls(30)
    assert bench.snapshot.state is not FlowState.COMPLETED
    bench.link.send(Continue())
    bench.wait(lambda: bench.snapshot.stop is StopReason.END_OF_STREAM)
    assert bench.printed() == "".join(f"{number:04d}\n" for number in range(ELEMENTS))
    assert shown == list(range(1, SWAPS + 1))
    sources, sinks = others
    assert sources.crashed is None
    assert sinks.crashed is None
    told = [
        line.text
        for update in bench.updates
        for line in update.events
        if line.mark is CallMark.RELOAD and line.node == "mid"
    ]
    assert len(told) == SWAPS
    assert all(digest[:7] in text for digest, text in zip(digests, told, strict=True))


def test_other_instances_are_the_same_objects_after_a_swap(numbered: Workbench) -> None:
    bench = numbered
    for _ in range(10):
        bench.link.send(StepCall())
    bench.poll()
    invoker = bench.invoker
    before = dict(invoker._instances)
    digest = bench.replace("mid", echo(1))
    bench.wait(lambda: bench.builds["mid"].digest == digest)
    after = invoker._instances
    assert after["source"] is before["source"]
    assert after["sink"] is before["sink"]
    assert after["mid"] is not before["mid"]
    assert invoker.digest("mid") == digest


@pytest.mark.parametrize(
    ("artifact", "says"),
    [
        pytest.param(echo(1)[:400], "cut off", id="half a file"),
        pytest.param(echo(1)[:8], "empty", id="an empty component"),
        pytest.param(source(), "torvyn:streaming/source", id="the wrong interface"),
        pytest.param(wat2wasm("(module)"), "core module", id="a core module"),
    ],
)
def test_a_bad_build_leaves_the_old_one_and_says_why(
    numbered: Workbench, artifact: bytes, says: str
) -> None:
    bench = numbered
    live = bench.builds["mid"].digest
    for _ in range(6):
        bench.link.send(StepCall())
    bench.replace("mid", artifact)
    bench.wait(lambda: any(says in problem for problem in bench.problems))
    assert bench.builds["mid"].digest == live
    bench.wait(lambda: any("is not taken" in text for text in bench.log()))
    told = sum("is not taken" in text for text in bench.log())
    os.utime(bench.artifact("mid"))
    good = bench.replace("mid", echo(2))
    bench.wait(lambda: bench.builds["mid"].digest == good)
    bench.wait(lambda: not bench.problems)
    assert sum("is not taken" in text for text in bench.log()) == told == 1


def test_a_build_that_gains_a_lifecycle_is_taken(numbered: Workbench) -> None:
    bench = numbered
    for _ in range(6):
        bench.link.send(StepCall())
    digest = bench.replace("mid", component(ECHO + LIFECYCLE, Role.PROCESSOR, lifecycle=True))
    bench.wait(lambda: bench.builds["mid"].digest == digest)
    bench.link.send(Continue())
    bench.wait(lambda: bench.snapshot.stop is StopReason.END_OF_STREAM)
    assert bench.printed() == "".join(f"{number:04d}\n" for number in range(ELEMENTS))


def test_a_build_whose_init_fails_is_not_taken(tmp_path: Path) -> None:
    picky = component(ECHO + LIFECYCLE, Role.PROCESSOR, lifecycle=True)
    nodes = {
        "source": (Role.SOURCE, source()),
        "mid": (Role.PROCESSOR, echo(0)),
        "sink": (Role.SINK, sink()),
    }
    keys = {"mid": 'config = "Internal trouble"'}
    bench = Workbench(Project(tmp_path, nodes, node_keys=keys).write())
    live = bench.builds["mid"].digest
    for _ in range(6):
        bench.link.send(StepCall())
    bench.replace("mid", picky)
    bench.wait(lambda: any("Internal trouble" in problem for problem in bench.problems))
    assert bench.builds["mid"].digest == live
    bench.link.send(Continue())
    bench.wait(lambda: bench.snapshot.stop is StopReason.END_OF_STREAM)
    assert bench.snapshot.delivered == 3
    bench.link.close()


def test_a_failed_element_waits_and_is_retried_through_the_new_code(failing: Workbench) -> None:
    bench = failing
    bench.link.send(Continue())
    bench.wait(lambda: bench.snapshot.stop is StopReason.TRAP)
    digest = bench.replace("mid", echo(1))
    bench.wait(lambda: bench.builds["mid"].digest == digest)
    assert not bench.printed()
    bench.link.send(StepCall("mid"))
    bench.link.send(Continue())
    bench.wait(lambda: bench.snapshot.stop is StopReason.END_OF_STREAM)
    assert bench.printed() == "abc"


def test_retry_on_reload_makes_the_call_by_itself(tmp_path: Path) -> None:
    nodes = {
        "source": (Role.SOURCE, source()),
        "mid": (Role.PROCESSOR, component(TRAP, Role.PROCESSOR)),
        "sink": (Role.SINK, printer(body=PRINTING)),
    }
    bench = Workbench(Project(tmp_path, nodes).write(), retry_on_reload=True)
    bench.link.send(Continue())
    bench.wait(lambda: bench.snapshot.stop is StopReason.TRAP)
    calls = bench.snapshot.calls
    bench.replace("mid", echo(1))
    bench.wait(lambda: bench.snapshot.calls == calls + 1)
    assert any("process(#0) emitted 1" in text for text in bench.log())
    bench.link.close()


def test_going_back_to_an_earlier_build_lasts_until_the_file_changes(numbered: Workbench) -> None:
    bench = numbered
    for _ in range(6):
        bench.link.send(StepCall())
    first = bench.builds["mid"].digest
    digests = [first]
    for build in range(1, 8):
        digests.append(bench.replace("mid", echo(build)))
        bench.wait(lambda: bench.builds["mid"].digest == digests[-1])
    assert bench.builds["mid"].earlier == tuple(reversed(digests[2:7]))
    bench.link.send(Rollback("mid"))
    bench.wait(lambda: bench.builds["mid"].digest == digests[6])
    assert bench.builds["mid"].rolled_back
    for _ in range(100):
        bench.poll()
        time.sleep(0.005)
    assert bench.builds["mid"].digest == digests[6]
    newer = bench.replace("mid", echo(99))
    bench.wait(lambda: bench.builds["mid"].digest == newer)
    bench.link.send(Rollback("mid", first))
    bench.poll()
    assert any("no earlier build" in text for text in bench.log())


def test_a_rolled_back_node_stays_so_when_another_one_is_rebuilt(numbered: Workbench) -> None:
    bench = numbered
    for _ in range(6):
        bench.link.send(StepCall())
    first = bench.builds["mid"].digest
    bench.wait_for_build("mid", bench.replace("mid", echo(1)))
    bench.link.send(Rollback("mid"))
    bench.wait_for_build("mid", first)
    other = printer(body=PRINTING + '(data (i32.const 2000) "another")')
    bench.wait_for_build("sink", bench.replace("sink", other))
    text = bench.manifest.read_text()
    bench.manifest.write_text(text + "\n[flow.main.backpressure]\ndefault_queue_depth = 7\n")
    bench.wait(lambda: bench.snapshot.edges[0].capacity == 7)
    assert bench.builds["mid"].digest == first
    assert bench.invoker.digest("mid") == first


def test_a_swap_shows_what_the_new_build_answers_otherwise(numbered: Workbench) -> None:
    bench = numbered
    bench.link.send(Continue(calls_per_second=2_000))
    # How the calls are shared among the nodes follows how long they took.
    bench.wait(lambda: {node.name: node for node in bench.snapshot.nodes}["mid"].elements_in > 10)
    bench.link.send(Pause())
    shouting = component(
        ECHO.replace(
            "(call $release (local.get $payload) (local.get $context))",
            """(call $release (local.get $payload) (local.get $context))
            (i32.store8 (i32.load (i32.const 64)) (i32.const 33))""",
            1,
        ),
        Role.PROCESSOR,
    )
    bench.replace("mid", shouting)
    bench.wait(lambda: any(update.comparisons for update in bench.updates))
    (comparison,) = (item for update in bench.updates for item in update.comparisons)
    assert comparison.node == "mid"
    assert comparison.inputs == comparison.different > 10
    assert "!000" in comparison.text
    bench.link.send(SetComparing(on=False))
    digest = bench.replace("mid", echo(5))
    bench.wait(lambda: bench.builds["mid"].digest == digest)
    assert sum(len(update.comparisons) for update in bench.updates) == 1


def test_a_changed_manifest_is_applied_to_what_changed(numbered: Workbench) -> None:
    bench = numbered
    bench.link.send(Continue(calls_per_second=2_000))
    bench.wait(lambda: bench.snapshot.calls > 60)
    bench.link.send(Pause())
    invoker = bench.invoker
    before = dict(invoker._instances)
    text = bench.manifest.read_text()
    deeper = text.replace(
        'to = { node = "sink", port = "input" }',
        'to = { node = "sink", port = "input" }\nqueue_depth = 3',
    )
    bench.manifest.write_text(deeper)
    bench.wait(lambda: bench.snapshot.edges[1].capacity == 3)
    assert invoker._instances == before
    bench.link.send(Continue())
    bench.wait(lambda: bench.snapshot.stop is StopReason.END_OF_STREAM)
    assert bench.printed() == "".join(f"{number:04d}\n" for number in range(ELEMENTS))


def test_a_bad_manifest_changes_nothing_and_is_forgotten_when_mended(numbered: Workbench) -> None:
    bench = numbered
    bench.poll()
    text = bench.manifest.read_text()
    bench.manifest.write_text(text.replace("interface", "intreface"))
    bench.wait(lambda: any("intreface" in problem for problem in bench.problems))
    digest = bench.replace("mid", echo(1))
    bench.wait(lambda: bench.builds["mid"].digest == digest)
    bench.manifest.write_text(text)
    bench.wait(lambda: not bench.problems)


def test_an_edge_added_to_the_manifest_gets_its_node(tmp_path: Path) -> None:
    nodes = {
        "source": (Role.SOURCE, component(NUMBERED, Role.SOURCE)),
        "sink": (Role.SINK, printer(body=PRINTING)),
    }
    project = Project(tmp_path, nodes)
    bench = Workbench(project.write())
    bench.link.send(Continue(calls_per_second=2_000))
    bench.wait(lambda: bench.snapshot.calls > 60)
    project.nodes = {
        "source": nodes["source"],
        "mid": (Role.PROCESSOR, echo(0)),
        "sink": nodes["sink"],
    }
    project.write()
    bench.wait(lambda: any(node.name == "mid" for node in bench.snapshot.nodes))
    bench.link.send(Continue())
    bench.wait(lambda: bench.snapshot.stop is StopReason.END_OF_STREAM)
    printed = bench.printed().splitlines()
    assert printed == sorted(set(printed))
    assert bench.snapshot.pulled == bench.snapshot.delivered + bench.snapshot.dropped == ELEMENTS
    assert any(line.mark is CallMark.RELOAD for update in bench.updates for line in update.events)
    bench.link.close()


def test_hundreds_of_swaps_leave_memory_flat(numbered: Workbench) -> None:
    bench = numbered
    for _ in range(6):
        bench.link.send(StepCall())
    session: Any = bench.link._session
    builds = [echo(number) for number in range(2)]
    swapper = session.execution.swapper
    compiled = [swapper._host.compile(data) for data in builds]
    node = session.flow.by_name["mid"]
    made = [ComponentBuild(replace(node, digest=item.digest), item, 0) for item in compiled]
    resident = []
    swaps = repetitions(500)
    for number in range(swaps):
        assert not swapper.swap([made[number % 2]], compare=True).reasons
        if number % (swaps // 5) == 0:
            resident.append(int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES)
    assert len(bench.invoker._instances) == 3
    assert resident[-1] - resident[0] < 8 * 1024 * 1024
    assert bench.poll().health is Health.READY
