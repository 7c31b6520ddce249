"""`run --where`, `run --break`, `record --where` and `trace --where` on the fan-out sample."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.studio_projects import ROOT, studio

SAMPLE = str(ROOT / "sample_flows" / "fan-out" / "Torvyn.toml")


def test_where_tells_of_the_calls_for_which_it_holds() -> None:
    done = studio("run", SAMPLE, "--where", 'node == "router" && json.type == "log"')
    assert done.returncode == 0
    told = [line for line in done.stderr.decode().splitlines() if line.startswith("call ")]
    assert [line.split()[2:4] for line in told] == [
        ["router", "route(#1)"],
        ["router", "route(#3)"],
    ]
    assert "note: 2 calls told of" in done.stderr.decode()
    done = studio("run", SAMPLE, "--json", "--where", "outputs.size() > 0 && seq == 2")
    calls = [json.loads(line) for line in done.stdout.splitlines()]
    found = [one for one in calls if one["type"] == "call"]
    assert {"source", "router"} <= {one["node"] for one in found}
    assert all(one["outputs"] == 1 for one in found)


def test_a_breakpoint_ends_the_run_with_a_recording_up_to_there(tmp_path: Path) -> None:
    done = studio("run", SAMPLE, "--break", 'router when json.type == "log"', cwd=tmp_path)
    said = done.stderr.decode()
    assert done.returncode == 4, said
    assert 'Breakpoint: router input, json.type == "log", before call' in said
    assert '  json.type = "log"' in said
    (recording,) = tmp_path.glob("*.rec")
    assert recording.name == "main-break.rec"
    again = studio("replay", str(recording), cwd=tmp_path)
    assert again.returncode == 0, again.stderr.decode()
    named = tmp_path / "a.rec"
    stops = ("--break", "any error", "--break", "router when size > 1")
    done = studio("run", SAMPLE, "--json", *stops, "--record", str(named), cwd=tmp_path)
    assert done.returncode == 4
    assert named.exists()
    hit = json.loads(done.stdout.splitlines()[-1])["breakpoint"]
    call, values = hit.pop("call"), hit.pop("values")
    assert call > 1
    assert int(values["size"]) > 1
    assert hit == {
        "number": 2,
        "where": "router input",
        "when": "size > 1",
        "happened": "router input, size > 1",
        "before": True,
        "node": "router",
        "edge": "source -> router",
    }


def test_a_breakpoint_that_is_not_met_leaves_no_recording(tmp_path: Path) -> None:
    done = studio("run", SAMPLE, "--break", "any error", cwd=tmp_path)
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_mistakes_are_told_with_their_place_before_anything_runs(tmp_path: Path) -> None:
    breaks = ["--break", "json.x = 2", "--break", "router inptu", "--break", "sise > 1"]
    done = studio("run", SAMPLE, *breaks, cwd=tmp_path)
    said = done.stderr.decode()
    assert done.returncode == 2
    assert "equal is ==\n    json.x = 2\n           ^" in said
    assert '"inptu" is no place of router' in said
    assert "did you mean size?" in said
    assert done.stdout == b""
    assert studio("run", SAMPLE, "--where", "size >").returncode == 2


def test_a_recording_of_some_calls_says_so_and_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "some.rec"
    done = studio("record", SAMPLE, "-o", str(file), "--where", 'export == "pull" || seq == 1')
    assert done.returncode == 0, done.stderr.decode()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[0]["where"] == 'export == "pull" || seq == 1'
    calls = [line for line in lines if line["type"] == "call"]
    assert {one["export"] for one in calls if "element" not in one} == {"pull"}
    assert len(calls) > 4
    refused = studio("replay", str(file))
    assert refused.returncode == 2
    assert "holds the calls alone for which" in refused.stderr.decode()
    assert studio("trace", str(file)).returncode == 2
    part = studio("replay", str(file), "--at", "source:output")
    assert part.returncode in (0, 1), part.stderr.decode()
    assert "damaged" not in part.stderr.decode()


def test_a_trace_is_of_the_elements_that_had_such_a_call() -> None:
    done = studio("trace", SAMPLE, "--where", 'json.type == "log"')
    text = done.stdout.decode()
    assert "source#1" in text
    assert "source#3" in text
    assert "source#0" not in text
