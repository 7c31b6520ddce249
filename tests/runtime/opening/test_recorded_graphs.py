"""Recordings during which the graph changed, repeated."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.model.commands import Relink
from runtime.model.errors import StudioError
from runtime.model.linked import Limits
from runtime.opening.open import SessionOptions
from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.opening.recorded.recordings import open_recording
from runtime.session.recording_file import RecordingSettings
from tests.support.recording_flows import lines_of, resealed
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import ROOT, studio

SAMPLE = ROOT / "sample_flows" / "fan-out"
MORE = """
[flow.main.nodes.extra]
component = "metric-sink"
interface = "torvyn:streaming/sink"

[[flow.main.edges]]
from = { node = "metric-proc", port = "output" }
to = { node = "extra", port = "input" }
"""


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A recording of the sample during which a sink was added; the manifest has it now."""
    project = tmp_path / "fan-out"
    shutil.copytree(SAMPLE, project)
    manifest, path = project / "Torvyn.toml", project / "changed.rec"
    driver = opened(manifest, watch=True, recording=RecordingSettings(path))
    driver.step(16)
    manifest.write_text(manifest.read_text() + MORE)
    driver.wait_for_reload()
    assert driver.run().state.ended
    driver.session.close()
    assert [line["verb"] for line in lines_of(path) if line["type"] == "command"][:2] == [
        "start",
        "relink",
    ]
    pushed = [line for line in lines_of(path) if line.get("export") == "push"]
    assert {"extra", "metric-sink"} <= {str(line["node"]) for line in pushed}
    return path


def test_it_is_repeated_and_is_a_test(changed: Path) -> None:
    done = studio("replay", str(changed))
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.count(b"[metric-sink] Received") == 3
    done = studio("replay", str(changed), "--expect")
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    assert b"sink extra" in done.stdout
    made = changed.with_name("made.rec")
    done = studio("replay", str(changed), "--update", "-o", str(made))
    build = changed.parent / ".torvyn" / "build"
    shutil.copy(build / "log-sink.wasm", build / "metric-sink.wasm")
    done = studio("replay", str(changed), "--expect")
    assert done.returncode == 1, done.stderr.decode()
    assert b"sink extra: " in done.stdout


def test_it_is_followed_in_the_workbench(changed: Path) -> None:
    manifest = changed.with_name("Torvyn.toml")
    driver = Driver(ReplayOpener(changed, manifest, "main", SessionOptions(watch=False)))
    snapshot = driver.run()
    assert snapshot.state.ended
    assert "extra" in {node.name for node in snapshot.nodes}
    assert not [text for text in driver.log if "diverge" in text]
    driver.session.close()


def test_what_nodes_may_do_is_todays_manifests(changed: Path) -> None:
    recorded = open_recording(changed)
    given = replace(
        recorded.flow,
        nodes=tuple(
            replace(node, grants=("network:all",), limits=Limits(1, 2, 3), digest="f" * 64)
            for node in recorded.flow.nodes
        ),
    )
    made = recorded.relinked(Relink(given)).flow
    assert made.nodes == recorded.flow.nodes
    lines = changed.read_bytes().replace(b'"grants":[]', b'"grants":["network:all"]')
    changed.write_bytes(resealed(lines.splitlines()))
    done = studio("replay", str(changed))
    assert done.returncode == 2
    assert b"grants: recorded network:all, found none" in done.stderr


def test_a_node_that_the_manifest_lost_is_named(changed: Path) -> None:
    manifest = changed.with_name("Torvyn.toml")
    manifest.write_text(manifest.read_text().replace(MORE, ""))
    done = studio("replay", str(changed))
    assert done.returncode == 2
    assert b"a sink 'extra' that the manifest does not have" in done.stderr
    assert b"deterministic" not in done.stderr


def test_another_flow_is_still_refused(changed: Path) -> None:
    manifest = changed.with_name("Torvyn.toml")
    text = manifest.read_text().replace("default_queue_depth = 64", "default_queue_depth = 2")
    manifest.write_text(text)
    with pytest.raises(StudioError, match="of another flow"):
        open_recording(changed)
    done = studio("replay", str(changed), "--force")
    assert done.returncode == 2
    assert b"its own changed while it ran" in done.stderr
