"""Nodes with the network: no call of theirs is made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.extension.installed import REFUSED_VARIABLE
from runtime.headless.replay import HeadlessReplay, ReplayOptions
from runtime.model.errors import StudioError
from runtime.model.events import StopReason
from runtime.model.linked import Role
from runtime.opening.open import open_flow
from runtime.opening.recorded.recordings import open_recording
from runtime.opening.trust.trust import require_trust
from runtime.protocol.requests import Fork
from runtime.recording.encoding import OutputLevel, RecordingOptions
from runtime.session.recording_file import RecordingSettings
from runtime.timetravel.seeking.going_on import BEGUN_AGAIN
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import Project
from tests.support.wasm.guests import printer
from tests.support.wasm.layers import needs_native
from tests.support.wasm.network_guest import network_guest, request, requesting_source
from tests.support.wasm.remembering_guests import KEEPS_STDOUT
from tests.support.wasm.upper_case_server import HERE, UpperCaseServer

ELEMENTS = 12
pytestmark = needs_native


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[UpperCaseServer]:
    monkeypatch.delenv(REFUSED_VARIABLE, raising=False)
    made = UpperCaseServer()
    yield made
    made.close()


def flow(folder: Path, server: UpperCaseServer) -> Path:
    payload = request("C", HERE, server.port, b"hello")
    nodes = {
        "source": (Role.SOURCE, requesting_source(payload, ELEMENTS)),
        "fetch": (Role.PROCESSOR, network_guest()),
        "sink": (Role.SINK, printer(body=KEEPS_STDOUT)),
    }
    grants = f'[security.grants.fetch]\ncapabilities = ["network:tcp-connect:{HERE}"]\n'
    return Project(folder, nodes, grants).write()


def session(manifest: Path, **options: object) -> Driver:
    return opened(manifest, trusted=True, **options)


def test_going_on_from_the_past_and_replays_tell_nobody_again(
    tmp_path: Path, server: UpperCaseServer
) -> None:
    manifest, file = flow(tmp_path, server), tmp_path / "digests.rec"
    recording = RecordingSettings(file, options=RecordingOptions(OutputLevel.DIGEST))
    driver = session(manifest, recording=recording)
    end, whole = driver.run(), driver.output()
    assert end.stop is StopReason.END_OF_STREAM, driver.log[-3:]
    assert server.accepted == ELEMENTS
    assert whole.count("\0HELLO") == ELEMENTS

    driver.go(end.calls // 2)
    driver.ask(Fork())
    assert server.accepted == ELEMENTS
    assert BEGUN_AGAIN in driver.log
    seen = sum(node.calls for node in driver.snapshot.nodes if node.name == "fetch")
    forked = driver.run()
    assert (forked.stop, forked.delivered) == (end.stop, end.delivered)
    assert whole.endswith(driver.output())
    made = sum(node.calls for node in forked.nodes if node.name == "fetch") - seen
    assert 0 < server.accepted - ELEMENTS <= made
    driver.session.close()

    server.accepted = 0
    replayed = open_recording(file, manifest, admit=lambda linked: linked)
    assert any("fetch has the network" in note.message for note in replayed.notes)
    report = HeadlessReplay(replayed, ReplayOptions(), lambda *_: None).run()
    assert report.divergence is None
    assert report.run.snapshot.delivered == end.delivered
    assert server.accepted == 0


def test_a_grant_of_the_network_needs_the_users_word(
    tmp_path: Path, server: UpperCaseServer
) -> None:
    manifest = flow(tmp_path, server)
    with pytest.raises(StudioError, match=f"fetch may connect to {HERE}"):
        open_flow(manifest, admit=require_trust)
    driver = opened(manifest)
    driver.run()
    assert server.accepted == 0
    driver.session.close()
