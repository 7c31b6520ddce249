"""`torvyn-studio demo`: the samples, listed and copied, from a checkout and from a wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.studio_projects import ROOT, studio

SAMPLES = ROOT / "sample_flows"


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_samples_are_listed_with_a_sentence_each(tmp_path: Path) -> None:
    done = studio("demo", cwd=tmp_path)
    assert done.returncode == 0
    listed = [line.split("  ", 1) for line in done.stdout.decode().splitlines() if line[0] != " "]
    assert [name for name, _ in listed] == sorted(path.name for path in SAMPLES.iterdir())
    assert all(len(sentence.strip()) > 10 for _, sentence in listed)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_stands_alone_with_sources_and_prints_what_the_sample_does(tmp_path: Path) -> None:
    done = studio("demo", "event-driven", "--no-open", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines()[0] == "cd event-driven"
    copy = tmp_path / "event-driven"
    assert (copy / "components/order-source/src/lib.rs").is_file()
    assert (copy / "components/Cargo.toml").is_file()
    assert (copy / "wit/torvyn-streaming/types.wit").is_file()
    assert "../" not in (copy / "Torvyn.toml").read_text()
    ran = studio("run", cwd=copy)
    assert ran.stdout == (SAMPLES / "event-driven/expected-output.txt").read_bytes()
    assert studio("check", cwd=copy).returncode == 0
    recording = next(copy.glob("*.rec"))
    assert studio("replay", recording.name, "--expect", cwd=copy).returncode == 0


def test_nothing_is_written_over(tmp_path: Path) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    assert studio("demo", "fan-out", str(target), "--no-open").returncode == 0
    before = files(target)
    again = studio("demo", "fan-out", str(target), "--no-open")
    assert again.returncode == 2
    assert b"writes over nothing" in again.stderr
    assert files(target) == before
    taken = tmp_path / "file"
    taken.write_text("mine")
    assert studio("demo", "fan-out", str(taken), "--no-open").returncode == 2
    assert taken.read_text() == "mine"


def test_an_unknown_sample_is_told_with_the_nearest(tmp_path: Path) -> None:
    done = studio("demo", "fanout", cwd=tmp_path)
    assert done.returncode == 2
    assert b"did you mean 'fan-out'?" in done.stderr


def test_without_a_terminal_nothing_is_copied_that_cannot_be_opened(tmp_path: Path) -> None:
    done = studio("demo", "fan-out", cwd=tmp_path)
    assert done.returncode == 2
    assert b"--no-open" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked as pip does."""
    folder = tmp_path_factory.mktemp("wheel")
    wheels = pytest.importorskip("hatchling.builders.wheel", reason='pip install -e ".[dev]"')
    (wheel,) = wheels.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    site = folder / "site"
    zipfile.ZipFile(wheel).extractall(site)
    return site


def test_a_wheel_holds_the_samples_and_copies_them_as_a_checkout_does(
    installed: Path, tmp_path: Path
) -> None:
    assert studio("demo", "event-driven", "here", "--no-open", cwd=tmp_path).returncode == 0
    done = subprocess.run(
        [sys.executable, "-m", "workbench.cli", "demo", "event-driven", "wheel", "--no-open"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    from_wheel = files(tmp_path / "wheel")
    here = {name: data for name, data in files(tmp_path / "here").items() if "python-" not in name}
    assert from_wheel == here


def test_a_wheel_holds_nothing_that_was_built_on_this_machine(installed: Path) -> None:
    names = list(files(installed))
    assert any(name.startswith("runtime/bundled/wit/") for name in names)
    unwanted = ("/target/", "Cargo.lock", "/python-", "__pycache__", "/.torvyn/studio/")
    assert [name for name in names if any(part in name for part in unwanted)] == []
