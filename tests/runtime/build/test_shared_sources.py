from __future__ import annotations

import os
from pathlib import Path

import pytest

from runtime.build.plan import ComponentSource
from runtime.build.sources.shared_sources import MOST_SHARED, shared_sources


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The project's folder; there are files around it too."""
    folder = tmp_path.resolve() / "target" / "project"
    (folder / "router").mkdir(parents=True)
    return folder


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def shared(root: Path, command: str | None = None) -> list[str]:
    """Relative to the project."""
    source = ComponentSource("router", root / "router", root / "Torvyn.toml", "c", command)
    return sorted(os.path.relpath(path, root) for path in shared_sources(source))


def test_path_dependencies_count_and_those_of_them(root: Path) -> None:
    put(
        root / "router" / "Cargo.toml",
        """
        [dependencies]
        serde = "1"
        frames = { path = "../frames" }
        inner = { path = "inner" }
        lost = { path = "../lost" }
        [build-dependencies]
        codegen = { path = "../codegen", optional = true }
        [dev-dependencies]
        testing = { path = "../testing" }
        [target.'cfg(target_arch = "wasm32")'.dependencies]
        clock.path = "../../outside/clock"
        """,
    )
    put(root / "router" / "inner" / "Cargo.toml", '[dependencies]\nunits.path = "../../units"')
    put(root / "frames" / "Cargo.toml", '[dependencies]\nrouter.path = "../router"')
    put(root / "codegen" / "Cargo.toml", '[dependencies]\nframes.path = "../frames"')
    for folder in ("testing", "units", "../outside/clock"):
        put(root / folder / "Cargo.toml", "[package]")
    put(root / "unrelated" / "Cargo.toml", "[package]")
    assert shared(root) == ["../outside/clock", "codegen", "frames", "units"]


def test_dependencies_through_the_workspace_count_with_its_manifest(root: Path) -> None:
    workspace = '[workspace.dependencies]\nframes.path = "libs/frames"\nserde = "1"\n'
    put(root / "Cargo.toml", workspace)
    put(root / "libs" / "frames" / "Cargo.toml", "[package]")
    crate = put(root / "router" / "Cargo.toml", '[dependencies]\nserde = "1"\n')
    assert shared(root) == []
    crate.write_text("[dependencies]\nframes = { workspace = true }\n")
    assert shared(root) == ["Cargo.toml", "libs/frames"]
    put(root / "ws" / "Cargo.toml", '[workspace.dependencies]\nframes.path = "own"\n')
    put(root / "ws" / "own" / "Cargo.toml", "[package]")
    crate.write_text(
        '[package]\nworkspace = "../ws"\n[dependencies]\nframes = { workspace = true }\n'
    )
    assert shared(root) == ["ws/Cargo.toml", "ws/own"]


def test_of_a_crate_around_the_component_its_own_files_count(root: Path) -> None:
    put(root / "Cargo.toml", "[package]")
    put(root / "src" / "lib.rs")
    put(root / "other" / "src" / "lib.rs")
    put(root / "router" / "Cargo.toml", '[dependencies]\nwhole.path = ".."\n')
    assert shared(root) == ["Cargo.toml", "src"]


def test_included_files_count_and_what_they_include(root: Path) -> None:
    put(
        root / "router" / "src" / "main.c",
        '#include <stdio.h>\n#include "own.h"\n  #  include "../../shared/frame.h"\n'
        '#include "../../shared/lost.h"\n// #include "../../shared/other.h"\n'
        f'#include "{put(root / "absolute.h")}"\n',
    )
    put(root / "router" / "src" / "own.h", '#include "main.c"\n')
    put(root / "shared" / "frame.h", '#include "bytes.h"\n#include "frame.h"\n')
    put(root / "shared" / "bytes.h", '#include "frame.h"\n')
    put(root / "shared" / "other.h")
    assert shared(root) == ["shared/bytes.h", "shared/frame.h"]


def test_what_the_build_command_names_in_the_project_counts(root: Path) -> None:
    put(root / "Torvyn.toml")
    put(root / "tools" / "build.py")
    put(root / "include" / "a.h")
    put(root / "defaults.ini")
    put(root / "router" / "own.py")
    put(root / "made" / "a.txt")
    put(root.parent / "outside.py")
    command = (
        "../tools/build.py own.py -I../include --config=../defaults.ini --manifest ../Torvyn.toml"
        " -o ../made --out=../made -C .. ../../outside.py ../lost.py /etc/hosts"
    )
    assert shared(root, command) == ["defaults.ini", "include", "tools/build.py"]


def test_outputs_and_caches_never_count(root: Path) -> None:
    for name in ("target/a", "dist/a", ".torvyn/build/a", "node_modules/a", "made.wasm"):
        put(root / name)
    command = "make ../target ../dist/a ../.torvyn/build ../.torvyn ../node_modules ../made.wasm"
    assert shared(root, command) == []


def test_links_are_followed_once_and_circles_end(root: Path) -> None:
    put(root / "frames" / "Cargo.toml", '[dependencies]\nagain.path = "../linked"\n')
    (root / "linked").symlink_to(root / "frames")
    (root / "circle").symlink_to(root / "circle")
    (root / "into").symlink_to(root / "router")
    put(
        root / "router" / "Cargo.toml",
        '[dependencies]\na.path = "../linked"\nb.path = "../circle"\nc.path = "../into"\n',
    )
    put(root / "router" / "main.c", '#include "../circle"\n#include "main.c"\n')
    assert shared(root, "make ../circle ../linked ../into") == ["frames"]


def test_what_cannot_be_read_names_nothing(root: Path) -> None:
    crate = root / "router" / "Cargo.toml"
    for text in ("[dependencies", "dependencies = 1", '[dependencies]\na = "1"\nb.path = 2\n'):
        put(crate, text)
        assert shared(root) == []
    put(crate, '[target]\na = 1\n[dependencies]\nb.path = "a\\u0000b"\nc.path = "../c"\n')
    crate.parent.with_name("c").mkdir()
    os.mkfifo(root / "c" / "Cargo.toml")
    os.mkfifo(root / "pipe.h")
    (root / "router" / "main.c").write_bytes(b'#include "../pipe.h"\n#include "../\xff\x00.h"\n')
    assert shared(root, "make ../pipe.h") == []


def test_the_number_of_them_is_bounded(root: Path) -> None:
    names = [f"h{number}.h" for number in range(MOST_SHARED + 20)]
    for name in names:
        put(root / "shared" / name)
    lines = "".join(f'#include "../shared/{name}"\n' for name in names)
    put(root / "router" / "main.c", lines)
    assert len(shared(root)) == MOST_SHARED


def test_what_the_user_may_not_read_does_not_count(root: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser may read every file")
    put(root / "shut" / "Cargo.toml", "[package]").parent.chmod(0)
    put(root / "secret.h").chmod(0)
    put(root / "router" / "Cargo.toml", '[dependencies]\na.path = "../shut"\n')
    put(root / "router" / "main.c", '#include "../secret.h"\n#include "../shut/a.h"\n')
    assert shared(root, "make ../shut ../secret.h ../shut/Cargo.toml") == []
