from __future__ import annotations

import hashlib
import os
import queue
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchfiles._rust_notify import RustNotify

from runtime.watch import watcher
from runtime.watch.file_changes import (
    FileArriving,
    FileBack,
    FileGone,
    FileKind,
    FileUnreadable,
    SettledFile,
    SourcesChanged,
    WatchDegraded,
    WatchedFile,
    WatchEvent,
)
from runtime.watch.sources import SourceTree
from runtime.watch.watcher import ArtifactWatcher

DEADLINE_S = 20.0
REST_S = 0.4
"""Longer than any quiet time: what was to be reported by then, was."""


def component(number: int, size: int = 200) -> bytes:
    """A whole component: a header and one custom section, whose content tells them apart."""
    content = b"\x04note" + number.to_bytes(4, "little") + bytes(size)
    length = len(content)
    return b"\0asm\x0d\0\1\0\0" + bytes([length & 0x7F | 0x80, length >> 7]) + content


class Watching:
    """A running watcher and what it reported."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[WatchEvent] = queue.SimpleQueue()
        self.arriving: list[FileArriving] = []
        self.watcher: ArtifactWatcher | None = None

    def start(self, *files: Path | WatchedFile, **options: object) -> ArtifactWatcher:
        watched = [file if isinstance(file, WatchedFile) else WatchedFile(file) for file in files]
        self.watcher = ArtifactWatcher(watched, self.take, **options)  # type: ignore[arg-type]
        self.watcher.start()
        return self.watcher

    def take(self, event: WatchEvent) -> None:
        if isinstance(event, FileArriving):
            self.arriving.append(event)
        else:
            self.events.put(event)

    def next(self) -> WatchEvent:
        return self.events.get(timeout=DEADLINE_S)

    def settled(self) -> SettledFile:
        event = self.next()
        assert isinstance(event, SettledFile), event
        assert hashlib.sha256(event.data).hexdigest() == event.digest
        return event

    def rest(self) -> list[WatchEvent]:
        time.sleep(REST_S)
        found = []
        while not self.events.empty():
            found.append(self.events.get())
        return found


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watching]:
    # Without the safety net: change events alone must do, where polling is not asked for.
    monkeypatch.setattr(watcher, "POLL_S", 3600.0)
    made = Watching()
    yield made
    if made.watcher is not None:
        assert made.watcher.stop(DEADLINE_S)


@pytest.fixture(params=[False, True], ids=["events", "poll"])
def poll_only(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def replace(path: Path, data: bytes) -> None:
    """Write next to the path and rename over it, as most tools do."""
    staged = path.with_name(path.name + ".new")
    staged.write_bytes(data)
    staged.replace(path)


def test_a_slow_write_is_reported_once_and_whole(
    tmp_path: Path, watching: Watching, poll_only: bool
) -> None:
    path = tmp_path / "a.wasm"
    watching.start(path, poll_only=poll_only)
    whole = component(1, 10_000)
    with path.open("wb") as stream:
        for start in range(0, len(whole), 1_000):
            stream.write(whole[start : start + 1_000])
            stream.flush()
            time.sleep(0.1)
    assert watching.settled().data == whole
    assert watching.rest() == []


def test_each_of_ten_atomic_renames_is_reported(
    tmp_path: Path, watching: Watching, poll_only: bool
) -> None:
    path = tmp_path / "a.wasm"
    watching.start(path, poll_only=poll_only)
    for number in range(10):
        replace(path, component(number))
        assert watching.settled().data == component(number)
    assert watching.rest() == []


def test_the_report_says_what_was_read_and_when(tmp_path: Path, watching: Watching) -> None:
    path = tmp_path / "a.wasm"
    watching.start(path)
    before = time.monotonic_ns()
    path.write_bytes(component(1))
    event = watching.settled()
    assert (event.path, event.kind, event.size) == (path, FileKind.ARTIFACT, len(component(1)))
    assert event.mtime_ns == path.stat().st_mtime_ns
    # File times tick every few milliseconds.
    assert before - 20_000_000 <= event.written_ns < event.settled_ns <= time.monotonic_ns()


def test_touching_and_rewriting_the_same_content_is_no_news(
    tmp_path: Path, watching: Watching, poll_only: bool
) -> None:
    path = tmp_path / "a.wasm"
    path.write_bytes(component(1))
    known = hashlib.sha256(component(1)).hexdigest()
    watching.start(WatchedFile(path, known=known), poll_only=poll_only)
    path.touch()
    assert watching.rest() == []
    replace(path, component(1))
    assert watching.rest() == []
    replace(path, component(2))
    assert watching.settled().data == component(2)


def test_a_content_that_differs_from_the_known_one_at_start_is_reported(
    tmp_path: Path, watching: Watching
) -> None:
    path = tmp_path / "a.wasm"
    path.write_bytes(component(2))
    watching.start(WatchedFile(path, known=hashlib.sha256(component(1)).hexdigest()))
    assert watching.settled().data == component(2)


def test_forgetting_the_known_content_makes_it_news(tmp_path: Path, watching: Watching) -> None:
    path = tmp_path / "a.wasm"
    watching.start(path)
    replace(path, component(1))
    watching.settled()
    assert watching.watcher is not None
    watching.watcher.know(path, None)
    replace(path, component(1))
    assert watching.settled().data == component(1)


def test_a_swapped_link_is_reported(tmp_path: Path, watching: Watching, poll_only: bool) -> None:
    for number in (1, 2):
        folder = tmp_path / f"build{number}"
        folder.mkdir()
        (folder / "a.wasm").write_bytes(component(number))
    link = tmp_path / "live" / "a.wasm"
    link.parent.mkdir()
    link.symlink_to("../build1/a.wasm")
    watching.start(link, poll_only=poll_only)
    assert watching.settled().data == component(1)
    staged = link.with_name("staged")
    staged.symlink_to("../build2/a.wasm")
    staged.replace(link)
    assert watching.settled().data == component(2)
    replace(tmp_path / "build2" / "a.wasm", component(3))
    assert watching.settled().data == component(3)
    replace(tmp_path / "build1" / "a.wasm", component(4))
    assert watching.rest() == []


def test_a_linked_directory_that_is_pointed_elsewhere_is_reported(
    tmp_path: Path, watching: Watching
) -> None:
    for number in (1, 2):
        folder = tmp_path / f"build{number}"
        folder.mkdir()
        (folder / "a.wasm").write_bytes(component(number))
    link = tmp_path / "current"
    link.symlink_to("build1", target_is_directory=True)
    watching.start(link / "a.wasm")
    assert watching.settled().data == component(1)
    (tmp_path / "staged").symlink_to("build2", target_is_directory=True)
    (tmp_path / "staged").replace(link)
    assert watching.settled().data == component(2)


def test_a_first_build_in_directories_that_do_not_exist_yet_is_reported(
    tmp_path: Path, watching: Watching, poll_only: bool
) -> None:
    path = tmp_path / "flow" / ".torvyn" / "build" / "a.wasm"
    watching.start(path, poll_only=poll_only)
    assert watching.rest() == []
    path.parent.mkdir(parents=True)
    path.write_bytes(component(1))
    assert watching.settled().data == component(1)


def test_a_removed_directory_is_reported_gone_and_its_new_self_is_watched(
    tmp_path: Path, watching: Watching, poll_only: bool
) -> None:
    path = tmp_path / "build" / "a.wasm"
    path.parent.mkdir()
    path.write_bytes(component(1))
    watching.start(path, poll_only=poll_only)
    watching.settled()
    shutil.rmtree(path.parent)
    assert watching.next() == FileGone(path, FileKind.ARTIFACT)
    path.parent.mkdir()
    path.write_bytes(component(1))
    digest = hashlib.sha256(component(1)).hexdigest()
    assert watching.next() == FileBack(path, FileKind.ARTIFACT, digest)
    replace(path, component(2))
    assert watching.settled().data == component(2)


def test_a_cut_off_component_is_not_reported_before_it_is_completed(
    tmp_path: Path, watching: Watching
) -> None:
    path = tmp_path / "a.wasm"
    watching.start(path)
    whole = component(1)
    path.write_bytes(whole[:100])
    time.sleep(0.4)
    path.write_bytes(whole)
    assert watching.settled().data == whole
    path.write_bytes(whole[:8])
    assert watching.settled().data == whole[:8]


def test_the_manifest_is_reported_whatever_it_holds(tmp_path: Path, watching: Watching) -> None:
    manifest = tmp_path / "Torvyn.toml"
    manifest.write_text("[torvyn]\n")
    watching.start(WatchedFile(manifest, FileKind.MANIFEST))
    assert watching.settled().kind is FileKind.MANIFEST
    manifest.write_bytes(b"")
    assert watching.settled().data == b""


def test_other_files_in_the_same_directory_are_no_business_of_ours(
    tmp_path: Path, watching: Watching
) -> None:
    watching.start(tmp_path / "a.wasm")
    (tmp_path / "b.wasm").write_bytes(component(1))
    (tmp_path / "a.wasm.d").mkdir()
    assert watching.rest() == []


def test_a_directory_or_an_unreadable_file_in_the_place_is_told_and_survived(
    tmp_path: Path, watching: Watching
) -> None:
    path = tmp_path / "a.wasm"
    path.mkdir()
    big = tmp_path / "b.wasm"
    with big.open("wb") as stream:
        stream.truncate(300 * 1024 * 1024)
    watching.start(path, big)
    event = watching.next()
    assert isinstance(event, FileUnreadable)
    assert (event.path, event.problem.code) == (big, "E0001")
    assert watching.rest() == []
    path.rmdir()
    path.write_bytes(component(1))
    assert watching.settled().path == path


def test_the_watched_paths_can_be_replaced_while_watching(
    tmp_path: Path, watching: Watching, poll_only: bool
) -> None:
    one, two = tmp_path / "one" / "a.wasm", tmp_path / "two" / "b.wasm"
    for path in (one, two):
        path.parent.mkdir()
    watcher = watching.start(one, poll_only=poll_only)
    replace(one, component(1))
    assert watching.settled().path == one
    watcher.update([WatchedFile(one), WatchedFile(two)])
    replace(two, component(2))
    assert watching.settled().path == two
    watcher.update([WatchedFile(two)])
    replace(one, component(3))
    assert watching.rest() == []
    replace(two, component(4))
    assert watching.settled().path == two


def test_sources_are_reported_by_component_when_their_contents_change(
    tmp_path: Path, watching: Watching, poll_only: bool
) -> None:
    root = tmp_path / "router"
    (root / "target").mkdir(parents=True)
    (root / "lib.rs").write_text("one")
    watching.start(sources=[SourceTree("router", (root,))], poll_only=poll_only)
    assert watching.rest() == []
    (root / "target" / "out.rs").write_text("built")
    (root / "router.wasm").write_bytes(component(1))
    (root / "lib.rs").touch()
    assert watching.rest() == []
    (root / "src" / "deep").mkdir(parents=True)
    (root / "src" / "deep" / "new.rs").write_text("two")
    event = watching.next()
    assert isinstance(event, SourcesChanged)
    assert event.component == "router"
    assert {Path(path).name for path in event.files} == {"lib.rs", "new.rs"}
    (root / "src" / "deep" / "new.rs").write_text("three")
    assert isinstance(watching.next(), SourcesChanged)
    assert watching.rest() == []


def test_a_single_file_among_the_sources_is_reported_however_it_is_written(
    tmp_path: Path, watching: Watching, poll_only: bool
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    header = shared / "frame.h"
    header.write_text("one")
    watching.start(sources=[SourceTree("router", (header,))], poll_only=poll_only)
    assert watching.rest() == []
    (shared / "other.h").write_text("not watched")
    assert watching.rest() == []
    header.write_text("two")
    assert isinstance(watching.next(), SourcesChanged)
    replace(header, b"three")
    event = watching.next()
    assert isinstance(event, SourcesChanged)
    assert set(event.files) == {str(header)}


def test_an_edit_made_while_the_roots_of_a_component_change_is_told(
    tmp_path: Path, watching: Watching, poll_only: bool
) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    for folder in (own, shared):
        folder.mkdir()
        (folder / "lib.rs").write_text("one")
    watcher = watching.start(sources=[SourceTree("router", (own,))], poll_only=poll_only)
    assert watching.rest() == []
    (own / "lib.rs").write_text("two")
    watcher.update([], [SourceTree("router", (own, shared))])
    event = watching.next()
    assert isinstance(event, SourcesChanged)
    # Told at once or in two steps, the last word holds both.
    last = [event, *(item for item in watching.rest() if isinstance(item, SourcesChanged))][-1]
    assert set(last.files) == {str(own / "lib.rs"), str(shared / "lib.rs")}


def test_stop_is_idempotent_and_nothing_is_reported_after_it(
    tmp_path: Path, watching: Watching
) -> None:
    path = tmp_path / "a.wasm"
    watcher = watching.start(path)
    watcher.start()
    assert watcher.stop(DEADLINE_S)
    assert watcher.stop(DEADLINE_S)
    assert not [thread for thread in threading.enumerate() if thread.name == "torvyn-watch"]
    replace(path, component(1))
    assert watching.rest() == []
    watcher.start()
    assert not [thread for thread in threading.enumerate() if thread.name == "torvyn-watch"]


def test_a_watcher_that_never_started_stops() -> None:
    assert ArtifactWatcher([], print).stop()


def test_without_change_events_it_says_so_and_polls(
    tmp_path: Path, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr(watcher, "RustNotify", refuse)
    path = tmp_path / "a.wasm"
    watching.start(path)
    event = watching.next()
    assert isinstance(event, WatchDegraded)
    assert "OS file watch limit" in event.problem.message
    for number in range(3):
        replace(path, component(number))
        assert watching.settled().data == component(number)
    assert watching.rest() == []


def test_changes_that_no_event_tells_of_are_found_by_the_poll(
    tmp_path: Path, watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf_folder = tmp_path / "deaf"
    deaf_folder.mkdir()
    monkeypatch.setattr(watcher, "POLL_S", 0.2)
    monkeypatch.setattr(
        watcher, "RustNotify", lambda _, *rest: RustNotify([str(deaf_folder)], *rest)
    )
    path = tmp_path / "a.wasm"
    root = tmp_path / "router"
    root.mkdir()
    watching.start(path, sources=[SourceTree("router", (root,))])
    for number in range(3):
        replace(path, component(number))
        assert watching.settled().data == component(number)
    (root / "lib.rs").write_text("one")
    assert isinstance(watching.next(), SourcesChanged)


def test_a_file_that_loses_its_permission_is_told(tmp_path: Path, watching: Watching) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser may read every file")
    path = tmp_path / "a.wasm"
    path.write_bytes(component(1))
    path.chmod(0)
    watching.start(path)
    assert isinstance(watching.next(), FileUnreadable)


def test_a_whole_component_is_told_of_before_it_has_settled(
    watching: Watching, tmp_path: Path
) -> None:
    path = tmp_path / "a.wasm"
    watching.start(path)
    whole = component(1)
    path.write_bytes(whole)
    assert watching.settled().data == whole
    # Read while its stamp still changes, the same content may be told of twice.
    told = [event.data for event in watching.arriving]
    assert told
    assert set(told) == {whole}
    path.write_bytes(whole[:-1])
    assert isinstance(watching.next(), SettledFile)
    assert len(watching.arriving) == len(told)
