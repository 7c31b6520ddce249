"""Breakpoints kept with the project."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from runtime.breakpoints.breakpoint_set import MOST_BREAKPOINTS
from runtime.breakpoints.store import BREAKPOINTS_FILE, BreakpointStore, KeptBreakpoints, SaveReport
from runtime.model.linked import Role
from runtime.protocol.break_places import parse_place
from runtime.protocol.breakpoints import Breakpoint, Then, Watch
from tests.support.engine import fakes

FLOW = fakes.linear(Role.PROCESSOR)
BREAKPOINTS = (
    Breakpoint(1, parse_place("processor0", FLOW), 'json.level == "warn"', Then.ONCE, 3, 10, False),
    Breakpoint(2, parse_place("any error", FLOW)),
    Breakpoint(3, parse_place("source -> processor0", FLOW), "size > 4096", Then.LOG),
)
WATCHES = (Watch(1, 'queue("source").depth', stops=True), Watch(2, "json.value"))


def test_what_is_kept_comes_back_and_other_flows_stay(tmp_path: Path) -> None:
    store = BreakpointStore(tmp_path / "Torvyn.toml")
    assert store.load(FLOW) == KeptBreakpoints()
    assert store.save("other", BREAKPOINTS[:1], ()) == SaveReport()
    assert store.save(FLOW.name, BREAKPOINTS, WATCHES) == SaveReport()
    assert store.load(FLOW) == KeptBreakpoints(BREAKPOINTS, WATCHES)
    assert len(store.load(replace(FLOW, name="other")).breakpoints) == 1
    assert [path.name for path in (tmp_path / BREAKPOINTS_FILE).parent.iterdir()] == [
        "breakpoints.json"
    ]


def test_two_workbenches_on_one_project_keep_what_each_of_them_set(tmp_path: Path) -> None:
    def places(store: BreakpointStore) -> list[str]:
        kept = store.load(FLOW)
        return [one.place.words for one in kept.breakpoints] + [one.text for one in kept.watches]

    one, two = (BreakpointStore(tmp_path / "Torvyn.toml") for _ in range(2))
    one.save(FLOW.name, BREAKPOINTS[:1], ())
    assert places(two) == ["processor0 input"]
    two.save(FLOW.name, BREAKPOINTS[:2], WATCHES[1:])
    one.save(FLOW.name, (BREAKPOINTS[0], BREAKPOINTS[2]), ())
    one.save(FLOW.name, BREAKPOINTS[2:], ())  # deletes its first, which both know
    assert places(BreakpointStore(tmp_path / "Torvyn.toml")) == [
        "source -> processor0",
        "any error",
        "json.value",
    ]
    two.save(FLOW.name, (), ())
    assert places(BreakpointStore(tmp_path / "Torvyn.toml")) == ["source -> processor0"]


def test_what_is_no_breakpoint_is_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / BREAKPOINTS_FILE
    path.parent.mkdir(parents=True)
    entries = [{"where": "gone"}, {"where": "any error"}, {"where": "any drop", "when": "size >"}]
    content = {
        "format": 1,
        "flows": {"main": {"breakpoints": entries, "watches": [{"watch": "1 +"}]}},
    }
    path.write_text(json.dumps(content))
    store = BreakpointStore(tmp_path / "Torvyn.toml")
    kept = store.load(FLOW)
    assert [one.place.words for one in kept.breakpoints] == ["any error"]
    assert [problem.partition(".json: ")[2] for problem in kept.problems] == [
        'breakpoint 1 is left out: "gone" is no node; nodes: source, processor0, sink',
        "breakpoint 3 is left out: a value is missing here",
        "watch 1 is left out: a value is missing here",
    ]
    for name in ("breakpoints-2.json", ""):  # said and kept once, then there is nothing to keep
        note = store.save("main", kept.breakpoints, ()).note
        assert note.endswith(f"what it held before is in {name}" if name else "")
        assert bool(note) == bool(name)
    assert json.loads(path.with_name("breakpoints-2.json").read_text()) == content
    assert len(list(path.parent.iterdir())) == 2
    many = [{"where": "any error"}] * (MOST_BREAKPOINTS + 1)
    path.write_text(json.dumps({"flows": {"main": {"breakpoints": many}}}))
    (problem,) = store.load(FLOW).problems
    assert problem.endswith(f"breakpoints after the first {MOST_BREAKPOINTS} are left out")


def test_a_file_that_cannot_be_used_is_told_and_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / BREAKPOINTS_FILE
    path.parent.mkdir(parents=True)
    store = BreakpointStore(tmp_path / "Torvyn.toml")
    for content, why in (
        ("{", "is not used: Input data was truncated"),
        ('{"format": 9}', "is not used: it is of format 9, of a newer release"),
        ("x" * 2_000_000, "is not used: it is too large"),
        (
            '{"flows": {"main": {"breakpoints": [{"where": "a", "every": 0}]}}}',
            "Expected `int` >= 1",
        ),
        ('{"x": ' + "[" * 500_000, "is not used: "),
    ):
        path.write_text(content)
        (problem,) = store.load(FLOW).problems
        assert why in problem
        report = store.save("main", BREAKPOINTS, ())
        name = report.note.rpartition(" ")[2]
        assert report.problem == ""
        assert path.with_name(name).read_text() == content
        assert store.load(FLOW).breakpoints == BREAKPOINTS
    assert len(list(path.parent.iterdir())) == 6
    shutil.rmtree(path.parent)
    path.parent.write_text("no folder")
    assert "cannot be written" in store.save("main", (), ()).problem
