"""Fifteen tasks done by keys on three flows, each counted in keys pressed.

Run it as `python -m tests.benchmarks.screen.tasks_by_keys`. The flows are the fan-out sample, a
chain of 20, and 42 nodes in eight lanes; each task is done in a workbench of 120 by 36 on a real
session, and counted only when what it is for is there. Text that is typed counts a key a character;
Enter and ctrl+s count too.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from runtime.build.samples import copy_sample, samples
from runtime.model.linked import ROLE_INTERFACES, LinkedFlow, Role
from runtime.protocol.updates import Health
from tests.support.process_sessions import process_link
from tests.support.studio_projects import HEAD
from tests.support.wasm.guests import ECHO, ELEMENT, component, printer
from tests.support.wasm.recorded_guests import counting_source
from tests.support.workbench.pictures import Stage
from tests.support.workbench.wide_flows import chain, regions
from workbench.actions.context import PaneName
from workbench.app import StudioApp
from workbench.dialogs.comparison import ComparisonScreen
from workbench.dialogs.help import HelpScreen
from workbench.dialogs.payload_editor import PayloadScreen
from workbench.screens.panes import Panes
from workbench.view import EdgeRef, NodeRef

SIZE = (120, 36)
ELEMENTS = 40


class Task(NamedTuple):
    """Something a developer wants, and how it is known to be done."""

    name: str
    keys: Callable[[Panes], list[str]]
    done: Callable[[Stage], bool]
    before: Callable[[Stage], Awaitable[None]] | None = None
    """What is not counted: it brings the flow to where the task begins."""


def _keys(*names: str) -> Callable[[Panes], list[str]]:
    return lambda _panes: list(names)


def _calls(stage: Stage) -> int:
    return stage.calls()


def _active(name: PaneName) -> Callable[[Stage], bool]:
    return lambda stage: stage.panes.active is name


def _last_sink(panes: Panes) -> str:
    flow = panes.view.flow
    assert flow is not None
    return flow.nodes[-1].name


def _fifth(panes: Panes) -> list[str]:
    return ["2", *["down"] * 5, "enter"]


async def _element_waits(stage: Stage) -> None:
    """Step until the next call is given an element, once what was asked for before is done."""
    calls = -1
    while calls != stage.calls():
        calls = stage.calls()
        await stage.pilot.pause(0.3)
    for _ in range(200):
        snapshot = stage.panes.view.snapshot
        upcoming = None if snapshot is None else snapshot.next_call
        if upcoming is not None and upcoming.element_id is not None:
            break
        await stage.step(1)
    await stage.until(lambda: stage.panes.context.editable is not None)


async def _four_back(stage: Stage) -> None:
    await stage.step(4)
    await stage.step(3, "left_square_bracket", -1)
    await stage.until(lambda: stage.panes.view.past)


def _branches(stage: Stage) -> int:
    timeline = stage.panes.view.timeline
    return 0 if timeline is None else len(timeline.branches)


def _marks(stage: Stage) -> tuple[int, ...]:
    timeline = stage.panes.view.timeline
    return () if timeline is None else timeline.marks


TASKS: tuple[Task, ...] = (
    Task("see which call is next, and its node", _keys(),
         lambda stage: bool(stage.panes.view.snapshot and stage.panes.view.snapshot.next_call)),
    Task("send one element through the flow", _keys("S"), lambda stage: _calls(stage) > 4),
    Task("look at what the next call is given", _keys("3"),
         lambda stage: stage.panes.inspector.element is not None, _element_waits),
    Task("look into the last node", _keys("1", "G", "enter"),
         lambda stage: stage.panes.selection == NodeRef(_last_sink(stage.panes))),
    Task("look into the fifth queue", _fifth,
         lambda stage: stage.panes.selection == EdgeRef(4)),
    Task("come back to the next call in the graph", _keys("1", "full_stop"),
         _active(PaneName.FLOW)),
    Task("undo the last call", _keys("left_square_bracket"),
         lambda stage: stage.panes.view.past),
    Task("go to call 3", _keys("number_sign", "3", "enter"),
         lambda stage: _calls(stage) == 3),
    Task("go back to the present", _keys("E"), lambda stage: not stage.panes.view.past),
    Task("mark this place", _keys("m"), lambda stage: bool(_marks(stage))),
    Task("edit what the next call is given, on a branch of its own",
         _keys("e", "x", "ctrl+s"), lambda stage: _branches(stage) > 1, None),
    Task("see in what the two branches differ", _keys("D"),
         lambda stage: isinstance(stage.app.screen, ComparisonScreen)),
    Task("run, and see why it is no faster", _keys("escape", "space", "8"),
         _active(PaneName.SLOW)),
    Task("read what the keys of this pane do", _keys("question_mark"),
         lambda stage: isinstance(stage.app.screen, HelpScreen)),
    Task("see all problems", _keys("escape", "6"), _active(PaneName.PROBLEMS)),
)  # fmt: skip


async def _editable_past(stage: Stage) -> None:
    """Go back until a call is next that is given an element, and nothing else is looked at."""
    stage.panes.selection = None
    for _ in range(60):
        await stage.pilot.pause(0.05)
        if stage.panes.view.past and stage.panes.context.editable is not None:
            return
        await stage.step(1, "left_square_bracket", -1)
    raise TimeoutError("no call of the past is given an element")


async def count_keys(manifest: Path, title: str) -> list[int]:
    """Keys of each task, in order; raises `TimeoutError` for one that is not done by its keys."""
    counted = []
    app = StudioApp(lambda: process_link(manifest, "main"), title=title)
    async with app.run_test(size=SIZE) as pilot:
        stage = Stage(app, pilot)
        await stage.until(lambda: app.health is Health.READY and stage.panes.view.ready)
        for task in TASKS:
            if task.before is not None:
                await task.before(stage)
            if task.name.startswith("edit"):
                await _editable_past(stage)
            keys = task.keys(stage.panes)
            for key in keys:
                await pilot.press(key)
                await pilot.pause(0.1)
                if key == "e":
                    await stage.until(lambda: isinstance(app.screen, PayloadScreen))
            try:
                await stage.until(lambda task=task: task.done(stage))  # type: ignore[misc]
            except TimeoutError:
                raise TimeoutError(f"{title}: {task.name}") from None
            counted.append(len(keys))
    return counted


def write_flow(folder: Path, flow: LinkedFlow) -> Path:
    """A project with that graph, of components in WAT; gives its manifest."""
    build = folder / ".torvyn" / "build"
    build.mkdir(parents=True)
    ports = {
        node.name: [flow.edges[edge].source_port for edge in node.outputs] for node in flow.nodes
    }
    parts, made = [HEAD], {}
    for node in flow.nodes:
        role = Role.PROCESSOR
        if not node.inputs:
            role = Role.SOURCE
        elif not node.outputs:
            role = Role.SINK
        elif len(ports[node.name]) > 1:
            role = Role.ROUTER
        made[role.value] = role
        parts.append(f'[flow.main.nodes.{node.name}]\ncomponent = "{role.value}"\n'
                     f'interface = "{ROLE_INTERFACES[role]}"\n')  # fmt: skip
    for edge in flow.edges:
        parts.append("[[flow.main.edges]]")
        parts.append(f'from = {{ node = "{edge.source}", port = "{edge.source_port}" }}')
        parts.append(f'to = {{ node = "{edge.target}", port = "input" }}')
    first_port = next((names[0] for names in ports.values() if len(names) > 1), "output")
    guests: dict[Role, Callable[[], bytes]] = {
        Role.SOURCE: lambda: counting_source(ELEMENTS),
        Role.PROCESSOR: lambda: component(ECHO, Role.PROCESSOR),
        Role.ROUTER: lambda: component(router_to(first_port), Role.ROUTER),
        Role.SINK: printer,
    }
    for name, role in made.items():
        parts.append(f'[[component]]\nname = "{name}"\npath = "{name}"\n')
        (build / f"{name}.wasm").write_bytes(guests[role]())
    manifest = folder / "Torvyn.toml"
    manifest.write_text("\n".join(parts))
    return manifest


def router_to(port: str) -> str:
    """A router that names that port for every element."""
    return f"""
      (func (export "route") {ELEMENT}
        (call $release (local.get $payload) (local.get $context))
        (i32.store (i32.const 4) (i32.const 256))
        (i32.store (i32.const 8) (i32.const 1))
        (i32.store (i32.const 256) (i32.const 1024))
        (i32.store (i32.const 260) (i32.const {len(port)}))
        (call $ok))
      (data (i32.const 1024) "{port}")
    """


def main() -> int:
    """The table."""
    with tempfile.TemporaryDirectory() as folder:
        sample = next(item for item in samples() if item.name == "fan-out")
        copy_sample(sample, Path(folder) / "fan-out")
        manifests = {
            "fan-out": Path(folder) / "fan-out" / "Torvyn.toml",
            "chain of 20": write_flow(Path(folder) / "chain", chain(20)),
            "42 nodes": write_flow(Path(folder) / "lanes", regions()),
        }
        columns = [asyncio.run(count_keys(path, name)) for name, path in manifests.items()]
    print(f"{'task':58} " + " ".join(f"{name:>11}" for name in manifests))
    for index, task in enumerate(TASKS):
        row = " ".join(f"{column[index]:11}" for column in columns)
        print(f"{task.name:58} {row}")
    print(f"{'all':58} " + " ".join(f"{sum(column):11}" for column in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
