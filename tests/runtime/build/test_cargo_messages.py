from __future__ import annotations

import json
from pathlib import Path

from runtime.build.output.cargo_messages import CargoMessages


def artifact(package: Path, *files: Path) -> str:
    """A line as cargo 1.96 writes it, without what is not read."""
    message = {
        "reason": "compiler-artifact",
        "manifest_path": str(package / "Cargo.toml"),
        "target": {"kind": ["cdylib"], "crate_types": ["cdylib"], "name": "router"},
        "filenames": [str(file) for file in files],
        "fresh": False,
    }
    return json.dumps(message, separators=(",", ":"))


def test_the_packages_own_artifact_counts_before_those_of_other_members(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("dependency.rlib", "other.wasm", "router.wasm")]
    for file in files:
        file.touch()
    messages = CargoMessages(tmp_path / "router")
    assert messages.feed(artifact(tmp_path / "dependency", files[0]))
    assert messages.output is None
    assert messages.feed(artifact(tmp_path / "other", files[1]))
    assert messages.output == files[1]
    assert messages.feed(artifact(tmp_path / "router", files[2]))
    assert messages.feed('{"reason":"build-finished","success":true}')
    assert messages.output == files[2]


def test_text_for_people_is_no_message(tmp_path: Path) -> None:
    messages = CargoMessages(tmp_path)
    for line in ("   Compiling router v0.1.0", "", "{", '{"reason":', "error: no"):
        assert not messages.feed(line)
    assert messages.output is None


def test_an_artifact_that_is_not_there_does_not_count(tmp_path: Path) -> None:
    messages = CargoMessages(tmp_path)
    assert messages.feed(artifact(tmp_path, tmp_path / "gone.wasm"))
    assert messages.output is None
    for odd in ('{"reason":"compiler-artifact"}', '{"reason":"compiler-artifact","filenames":[1]}'):
        assert messages.feed(odd)
    assert messages.output is None
