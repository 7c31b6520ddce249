from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.hotreload.refusals import KEPT, Refusals
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.watch import sources
from runtime.watch.sources import (
    MOST_FOLLOW_UPS,
    BuildTrigger,
    SourceTree,
    read_sources,
    source_directories,
    tree_digest,
    tree_stamp,
)


def tree(root: Path) -> SourceTree:
    return SourceTree("router", (root,))


def test_outputs_caches_and_editor_files_are_no_sources(tmp_path: Path) -> None:
    for name in (
        "src/lib.rs",
        "Cargo.toml",
        "wit/world.wit",
        "target/wasm32-wasip2/release/x.wasm",
        "target/debug/build.rs",
        ".git/HEAD",
        ".torvyn/build/x.wasm",
        "node_modules/a/index.js",
        "__pycache__/app.pyc",
        "router.wasm",
        "src/.lib.rs.swp",
        "src/lib.rs~",
        "src/.#lib.rs",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    found = {str(Path(path).relative_to(tmp_path)) for path in read_sources(tree(tmp_path))}
    assert found == {"src/lib.rs", "Cargo.toml", "wit/world.wit"}
    directories = source_directories(tree(tmp_path))
    assert directories == {tmp_path, tmp_path / "src", tmp_path / "wit"}


def test_the_digest_follows_contents_and_names_not_times(tmp_path: Path) -> None:
    source = tmp_path / "lib.rs"
    source.write_text("one")
    first = tree_digest(read_sources(tree(tmp_path)))
    stamp = tree_stamp(tree(tmp_path))
    source.write_text("one")
    assert tree_digest(read_sources(tree(tmp_path))) == first
    source.rename(tmp_path / "main.rs")
    assert tree_digest(read_sources(tree(tmp_path))) != first
    assert tree_stamp(tree(tmp_path)) != stamp


def test_a_tree_that_is_not_there_has_no_stamp(tmp_path: Path) -> None:
    assert tree_stamp(tree(tmp_path / "missing")) is None
    assert read_sources(tree(tmp_path / "missing")) == {}


def test_a_root_may_be_one_file_of_a_folder_that_is_not_watched_otherwise(tmp_path: Path) -> None:
    own, shared = tmp_path / "router", tmp_path / "shared"
    for file in (own / "main.c", shared / "frame.h", shared / "other.h"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(file.name)
    both = SourceTree("router", (own, shared / "frame.h"))
    assert set(read_sources(both)) == {str(own / "main.c"), str(shared / "frame.h")}
    assert source_directories(both) == {own, shared}
    before = tree_stamp(both), tree_digest(read_sources(both))
    (shared / "other.h").write_text("edited")
    assert (tree_stamp(both), tree_digest(read_sources(both))) == before
    (shared / "frame.h").write_text("edited")
    assert tree_stamp(both) != before[0]
    assert tree_digest(read_sources(both)) != before[1]


def test_a_root_that_is_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.h")
    assert read_sources(tree(tmp_path / "pipe.h")) == {}


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "lib.rs").write_text("one")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "self.rs").symlink_to(tmp_path / "self.rs")
    assert set(read_sources(tree(tmp_path))) == {str(tmp_path / "lib.rs")}


def test_of_too_many_files_those_of_the_first_root_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_FILES", 2)
    for name in ("own/a.rs", "own/b.rs", "shared/c.rs"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    found = read_sources(SourceTree("router", (tmp_path / "own", tmp_path / "shared")))
    assert {Path(path).name for path in found} == {"a.rs", "b.rs"}


def test_changed_sources_start_a_build_and_the_same_contents_do_not() -> None:
    trigger = BuildTrigger({"lib.rs": "1"})
    assert not trigger.changed({"lib.rs": "1"})
    assert trigger.changed({"lib.rs": "2"})
    trigger.started({"lib.rs": "2"})
    assert not trigger.finished({"lib.rs": "2"})
    assert not trigger.changed({"lib.rs": "2"})


def test_an_edit_during_a_build_asks_for_one_follow_up() -> None:
    trigger = BuildTrigger({"lib.rs": "1"})
    trigger.started({"lib.rs": "1"})
    assert not trigger.changed({"lib.rs": "2"})
    assert trigger.finished({"lib.rs": "2"})
    trigger.started({"lib.rs": "2"})
    assert not trigger.finished({"lib.rs": "2"})
    assert trigger.generated == frozenset()


def test_a_build_that_generates_a_source_once_settles_after_one_follow_up() -> None:
    trigger = BuildTrigger({"lib.rs": "1"})
    assert run_builds(trigger, {"lib.rs": "1"}, lambda _: {"bindings.rs": "same"}) == 2


def test_a_build_that_always_changes_a_source_ends_and_the_source_is_known_as_generated() -> None:
    trigger = BuildTrigger({"lib.rs": "1", "stamp.rs": "0"})
    files = {"lib.rs": "1", "stamp.rs": "0"}
    assert run_builds(trigger, files, lambda n: {"stamp.rs": f"s{n}"}) == 1 + MOST_FOLLOW_UPS
    assert trigger.generated == {"stamp.rs"}
    assert trigger.changed({**files, "lib.rs": "2"})
    assert run_builds(trigger, {**files, "lib.rs": "2"}, lambda n: {"stamp.rs": f"t{n}"}) == 1


def test_a_generated_source_that_changes_while_nothing_builds_is_the_users() -> None:
    trigger = BuildTrigger({"stamp.rs": "0"})
    files = {"stamp.rs": "0"}
    run_builds(trigger, files, lambda n: {"stamp.rs": f"s{n}"})
    assert not trigger.changed(files)
    assert trigger.changed({"stamp.rs": "mine"})
    assert trigger.generated == frozenset()


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3)), max_size=40))
def test_no_build_whatever_it_writes_follows_itself_for_ever(
    writes: list[dict[str, int]],
) -> None:
    trigger = BuildTrigger({"a": "0"})
    count = run_builds(
        trigger,
        {"a": "0"},
        lambda n: {
            name: f"{n}.{value}"
            for name, value in (writes[n % len(writes)].items() if writes else ())
        },
    )
    assert count <= 1 + MOST_FOLLOW_UPS


def run_builds(
    trigger: BuildTrigger, files: dict[str, str], build: Callable[[int], dict[str, str]]
) -> int:
    """Build as the trigger asks; `build` says what the n-th build writes. Returns the builds."""
    count = 0
    again = True
    while again:
        trigger.started(files)
        files.update(build(count))
        count += 1
        again = trigger.finished(files)
        assert count < 100
    return count


def reason(text: str) -> tuple[Diagnostic, ...]:
    return (Diagnostic(Severity.ERROR, Code.EXPORT_MISSING, text, "Export it."),)


def test_a_refusal_is_told_once_per_content() -> None:
    refusals = Refusals()
    assert refusals.refuse("a.wasm", "d1", reason("no router"))
    assert not refusals.refuse("a.wasm", "d1", reason("no router"))
    assert refusals.refuse("a.wasm", "d2", reason("cut off"))
    assert not refusals.refuse("a.wasm", "d1", reason("no router"))
    assert refusals.refuse("b.wasm", "d1", reason("no router"))
    assert refusals.reasons("a.wasm", "d2") == reason("cut off")


def test_problems_are_those_of_what_lies_on_disk() -> None:
    refusals = Refusals()
    refusals.refuse("a.wasm", "d1", reason("one"))
    refusals.refuse("a.wasm", "d2", reason("two"))
    refusals.refuse("b.wasm", "d3", reason("three"))
    assert refusals.problems() == reason("two") + reason("three")
    refusals.clear("a.wasm")
    assert refusals.problems() == reason("three")
    assert refusals.reasons("a.wasm", "d1") == reason("one")
    refusals.forget()
    assert refusals.problems() == ()
    assert refusals.refuse("a.wasm", "d1", reason("one"))


def test_refusals_are_bounded() -> None:
    refusals = Refusals()
    for number in range(KEPT + 10):
        refusals.refuse("a.wasm", str(number), reason(str(number)))
    assert refusals.reasons("a.wasm", "0") is None
    assert refusals.problems() == reason(str(KEPT + 9))
