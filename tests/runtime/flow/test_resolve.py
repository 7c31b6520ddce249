from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from runtime.build.artifacts import locate_output
from runtime.build.plan import ComponentSource
from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.source_text import SourceText
from runtime.flow.manifest.tables import Build, Component
from runtime.flow.resolve import Resolver
from runtime.model.errors import Diagnostic, Severity


class Project:
    """A manifest's folder inside a repository, and what resolving says."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".git").mkdir()
        self.folder = root / "flows" / "one"
        self.folder.mkdir(parents=True)
        self.said: tuple[Diagnostic, ...] = ()

    def put(self, path: str, age: int = 0) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
        os.utime(file, (10_000 - age, 10_000 - age))
        return file

    def find(
        self,
        reference: str,
        *components: Component,
        release: bool = True,
        cwd: str = ".",
        **environment: str,
    ) -> Path | None:
        problems = Problems("file", SourceText(""))
        resolver = Resolver(
            directory=self.folder,
            components={item.name: item for item in components},
            build=Build(release=release),
            working_directory=self.root / cwd,
            environment=environment,
        )
        found = resolver.resolve(reference, ("component",), problems)
        self.said = problems.diagnostics()
        assert (found is None) == any(item.severity is Severity.ERROR for item in self.said)
        assert all(item.code == "E0990" and item.help for item in self.said)
        return found

    @property
    def error(self) -> Diagnostic:
        (item,) = self.said
        return item


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


RUST = Component("my-part", "../../parts/my-part")


def test_the_build_folder_of_the_manifest_comes_first(project: Project) -> None:
    built = project.put("flows/one/.torvyn/build/my-part.wasm")
    project.put("parts/my-part/target/wasm32-wasip2/release/my_part.wasm", age=5)
    assert project.find("my-part", RUST) == built
    assert project.said == ()


def test_a_newer_file_that_is_not_taken_is_named(project: Project) -> None:
    built = project.put("flows/one/.torvyn/build/my-part.wasm", age=5)
    newer = project.put("parts/my-part/target/wasm32-wasip2/debug/my_part.wasm")
    assert project.find("my-part", RUST) == built
    assert project.error.severity is Severity.WARNING
    assert str(newer) in project.error.message


@pytest.mark.parametrize(
    "place",
    [
        "parts/my-part/target/wasm32-wasip2/release/my_part.wasm",
        "parts/my-part/target/wasm32-wasip1/release/my_part.wasm",
        "parts/my-part/target/wasm32-wasip2/debug/my_part.wasm",
        "parts/my-part/target/wasm32-wasip2/release/only-one.wasm",
        "parts/target/wasm32-wasip2/release/my_part.wasm",
        "parts/target/wasm32-wasip1/debug/my_part.wasm",
    ],
)
def test_the_usual_folders_of_cargo_are_searched(project: Project, place: str) -> None:
    project.put("parts/Cargo.toml").write_text('[workspace]\nmembers = ["*"]\n')
    file = project.put(place)
    assert project.find("my-part", RUST) == file


def test_the_profile_of_the_manifest_comes_first(project: Project) -> None:
    release = project.put("parts/my-part/target/wasm32-wasip2/release/my_part.wasm")
    debug = project.put("parts/my-part/target/wasm32-wasip2/debug/my_part.wasm")
    assert project.find("my-part", RUST) == release
    assert project.find("my-part", RUST, release=False) == debug


def test_cargo_names_the_file_after_the_package(project: Project) -> None:
    project.put("parts/my-part/Cargo.toml").write_text('[package]\nname = "real-name"\n')
    project.put("parts/my-part/target/wasm32-wasip2/release/my_part.wasm")
    file = project.put("parts/my-part/target/wasm32-wasip2/release/real_name.wasm")
    assert project.find("my-part", RUST) == file


def test_a_workspace_outside_of_the_repository_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text('[workspace]\nmembers = ["*"]\n')
    outside = tmp_path / "target" / "wasm32-wasip2" / "release" / "my_part.wasm"
    outside.parent.mkdir(parents=True)
    outside.write_bytes(b"")
    (tmp_path / "repo").mkdir()
    project = Project(tmp_path / "repo")
    assert project.find("my-part", RUST) is None
    assert str(outside) not in project.error.message


def test_a_missing_component_names_every_place_and_the_remedy(project: Project) -> None:
    project.put("parts/Cargo.toml").write_text("[workspace]\n")
    project.put("parts/my-part/src/lib.rs")
    assert project.find("my-part", RUST) is None
    assert "run 'torvyn-studio build'" in project.error.help
    for place in [
        "flows/one/.torvyn/build/my-part.wasm",
        "parts/my-part/target/wasm32-wasip2/release/my_part.wasm",
        "parts/target/wasm32-wasip1/debug/my_part.wasm",
    ]:
        assert str(project.root / place) in project.error.message
    assert "there is no folder" not in project.error.message
    assert project.find("gone", Component("gone", "nowhere")) is None
    assert "there is no folder" in project.error.message


@pytest.mark.parametrize(
    "place",
    [
        "parts/my-part/my-part.wasm",
        "parts/my-part/my_part.wasm",
        "parts/my-part/build/anything.wasm",
    ],
)
@pytest.mark.parametrize(
    "component",
    [
        Component("my-part", "../../parts/my-part", "python"),
        Component("my-part", "../../parts/my-part", "rust", "make"),
    ],
)
def test_other_languages_and_own_commands_build_beside_their_source(
    project: Project, place: str, component: Component
) -> None:
    file = project.put(place)
    assert project.find("my-part", component) == file
    assert project.find("my-part", RUST) is None


def test_several_files_in_a_build_folder_are_not_guessed_from(project: Project) -> None:
    project.put("parts/my-part/build/a.wasm")
    project.put("parts/my-part/build/b.wasm")
    assert project.find("my-part", Component("my-part", "../../parts/my-part", "zig")) is None


def test_file_references_count_from_the_working_directory(project: Project) -> None:
    file = project.put("flows/one/x.wasm")
    assert project.find("file://one/x.wasm", cwd="flows") == file
    assert project.find(f"file://{file}") == file
    assert project.find("file://x.wasm") is None
    assert "working directory" in project.error.message
    assert f"write file://{file}" in project.error.help


@pytest.mark.parametrize(
    ("reference", "message", "help_"),
    [
        ("oci://registry/x:1", "oci://", "file://PATH"),
        ("mock://x", "mock://", "component's name"),
        ("https://x/y.wasm", "https://", "download"),
        ("ftp://x", "ftp://", "file://PATH"),
        ("file://", "there is no file", "absolute path"),
        ("x.wasm", "bare path", "file://x.wasm"),
        ("a/b", "bare path", "file://a/b"),
        ("my-prt", "no component 'my-prt'", "did you mean 'my-part'?"),
        ("zzz", "no component 'zzz'", "the declared components are: my-part"),
    ],
)
def test_references_that_can_not_be_met_say_what_to_write(
    project: Project, reference: str, message: str, help_: str
) -> None:
    assert project.find(reference, RUST) is None
    assert message in project.error.message
    assert help_ in project.error.help


def test_without_declared_components_the_help_shows_how_to_declare_one(project: Project) -> None:
    assert project.find("zzz") is None
    assert "[[component]]" in project.error.help


@pytest.mark.parametrize("path", ["x\0y", "x" * 5000, "loop", "file"])
def test_folders_that_can_not_be_searched_are_a_problem(project: Project, path: str) -> None:
    (project.folder / "loop").symlink_to("loop")
    (project.folder / "file").write_text("")
    assert project.find("a", Component("a", path)) is None
    assert project.find("a", Component("a", path, "zig")) is None
    assert project.find(f"file://{path}/a") is None


@pytest.mark.parametrize("variable", ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"])
@pytest.mark.parametrize("named", ["", "relative"])
def test_the_target_directory_that_the_environment_names_is_searched_as_build_does(
    project: Project, variable: str, named: str
) -> None:
    folder = "parts/my-part/relative" if named else "elsewhere"
    file = project.put(f"{folder}/wasm32-wasip2/release/my_part.wasm")
    given: dict[str, Any] = {variable: named or str(project.root / folder)}
    assert project.find("my-part", RUST, **given) == file
    source = ComponentSource(
        "my-part", project.root / "parts/my-part", project.folder / "Torvyn.toml"
    )
    assert locate_output(source, 0, given) == file
    assert project.find("my-part", RUST) is None


def test_a_target_directory_of_a_cargo_configuration_is_searched(project: Project) -> None:
    project.put("parts/.cargo/config.toml").write_text('[build]\ntarget-dir = "made"\n')
    file = project.put("parts/made/wasm32-wasip2/release/my_part.wasm")
    assert project.find("my-part", RUST) == file


def test_in_a_shared_target_directory_only_the_name_tells_whose_a_file_is(
    project: Project,
) -> None:
    project.put("elsewhere/wasm32-wasip2/release/other.wasm")
    assert project.find("my-part", RUST, CARGO_TARGET_DIR=str(project.root / "elsewhere")) is None
