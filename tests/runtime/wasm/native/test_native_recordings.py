"""The samples and their recordings run natively as they are shipped, and cross layers."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.model.linked import Role
from tests.support.samples import (
    EXPECTED,
    PRODUCER_FIRST,
    RECORDINGS,
    TRUSTED,
    flow_of,
    sample_id,
)
from tests.support.studio_projects import Project, source
from tests.support.wasm.guests import printer
from tests.support.wasm.layers import needs_native, use_layer
from tests.support.wasm.recorded_guests import stamper
from workbench.cli import main

pytestmark = needs_native


@pytest.fixture
def native(monkeypatch: pytest.MonkeyPatch) -> None:
    use_layer("native", monkeypatch)


@pytest.mark.usefixtures("native")
@pytest.mark.parametrize("expected", EXPECTED, ids=sample_id)
def test_a_sample_prints_the_same_natively(
    expected: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(expected.parent)
    order = {"backpressure": PRODUCER_FIRST, "grants": TRUSTED}.get(expected.parent.name, ())
    failed = "error" in flow_of(expected)
    assert main(["run", *flow_of(expected), *order]) == (1 if failed else 0)
    assert capfdbinary.readouterr().out == expected.read_bytes()


@pytest.mark.usefixtures("native")
@pytest.mark.parametrize("recording", RECORDINGS, ids=sample_id)
def test_a_recording_that_was_made_directly_repeats_natively(recording: Path) -> None:
    trust = TRUSTED if recording.parent.name == "grants" else ()
    assert main(["replay", str(recording), "--expect", *trust]) == 0


@pytest.mark.parametrize("first", ["direct", "native"])
def test_clock_random_and_prints_cross_from_layer_to_layer(
    first: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    nodes = {
        "source": (Role.SOURCE, source()),
        "stamper": (Role.PROCESSOR, stamper()),
        "sink": (Role.SINK, printer()),
    }
    manifest = Project(tmp_path, nodes).write()
    recording = str(tmp_path / "made.rec")
    said = []
    for layer, words in (
        (first, ["record", str(manifest), "-o", recording]),
        ("native" if first == "direct" else "direct", ["replay", recording, "--expect"]),
        ("native" if first == "direct" else "direct", ["replay", recording]),
    ):
        use_layer(layer, monkeypatch)
        assert main(words) == 0
        said.append(capfdbinary.readouterr().out)
    assert said[2] == said[0]
