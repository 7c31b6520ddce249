"""New projects and components: what is written, and what never is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from runtime.flow.link import check_manifest
from runtime.flow.manifest.manifest_file import load_manifest
from runtime.model.errors import ExitCode, Severity, StudioError
from runtime.model.linked import Role
from runtime.scaffold.manifest_edit import ManifestEdit
from runtime.scaffold.project import new_component, new_project
from runtime.scaffold.templates import LANGUAGES
from workbench.cli import main

LONGEST_PATH = 4095
"""Bytes of a path, on Linux."""

every_language = pytest.mark.parametrize("language", LANGUAGES)
every_role = pytest.mark.parametrize("role", list(Role))


def project(folder: Path, language: str = "c") -> Path:
    new_project(folder, LANGUAGES[language])
    return folder / "Torvyn.toml"


def mistakes(manifest: Path) -> list[str]:
    """What is wrong with a manifest but for components that are not built yet."""
    found = check_manifest(manifest).diagnostics
    return [item.message for item in found if item.severity is Severity.ERROR]


@every_language
def test_a_new_project_has_a_manifest_without_mistakes_and_sources_of_three_components(
    tmp_path: Path, language: str
) -> None:
    manifest = project(tmp_path / "my shop", language)
    loaded = load_manifest(manifest)
    assert loaded.manifest.torvyn is not None
    assert loaded.manifest.torvyn.name == "my-shop"
    assert mistakes(manifest) == []
    for component in loaded.manifest.component:
        folder = manifest.parent / component.path
        assert any(file.is_file() for file in folder.iterdir()), folder
    assert (manifest.parent / "wit/torvyn-streaming/worlds.wit").is_file()


@every_role
@every_language
def test_a_new_component_of_each_role_and_language_fits_into_the_flow(
    tmp_path: Path, language: str, role: Role
) -> None:
    manifest = project(tmp_path / "p")
    made = new_component(manifest, "extra-1", role, LANGUAGES[language])
    assert made.wiring.text
    assert mistakes(manifest) == []
    assert {"extra-1"} <= load_manifest(manifest).manifest.flow["main"].nodes.keys()
    with pytest.raises(StudioError, match="there is a component 'extra-1' already"):
        new_component(manifest, "extra-1", role, LANGUAGES[language])


def test_crates_of_a_project_are_built_into_one_folder_unless_it_has_some(tmp_path: Path) -> None:
    config = ".cargo/config.toml"
    assert (project(tmp_path / "new", "rust").parent / config).is_file()
    mixed = project(tmp_path / "mixed")
    new_component(mixed, "first", Role.FILTER, LANGUAGES["rust"])
    assert (mixed.parent / config).is_file()
    (mixed.parent / config).unlink()
    new_component(mixed, "second", Role.FILTER, LANGUAGES["rust"])
    assert not (mixed.parent / config).exists()


def test_a_component_comes_behind_the_node_that_is_named(tmp_path: Path) -> None:
    manifest = project(tmp_path / "p")
    new_component(manifest, "check", Role.FILTER, LANGUAGES["c"], after="source")
    edges = load_manifest(manifest).manifest.flow["main"].edges
    ways = {(edge.source.node, edge.target.node) for edge in edges}
    assert ways == {("source", "check"), ("check", "processor"), ("processor", "sink")}
    with pytest.raises(StudioError, match="did you mean 'source'"):
        new_component(manifest, "again", Role.FILTER, LANGUAGES["c"], after="sorce")


ODD = """\
# The first line.\r
[torvyn]\r
name = "odd" # with a remark\r
version = "0.1.0"\r
contract_version = "0.1.0"\r
[[component]]\r
name = "in"\r
path = "parts/in"\r
# About the flow.\r
[flow."a b"]\r
[flow."a b".nodes.in]\r
component = "in"\r
interface = "torvyn:streaming/source"\r
config = '''\r
[not.a.table]\r
# not a comment\r
'''\r
[flow."a b".nodes.out]\r
component = "in"\r
interface = "torvyn:streaming/sink"\r
[[flow."a b".edges]]\r
from = { node = "in", port = "output" }\r
to   = { port = 'input', node = 'out' } # the only one\r
[runtime]\r
worker_threads = 2\r
"""


def test_comments_order_line_ends_and_all_other_text_of_the_manifest_stay(tmp_path: Path) -> None:
    manifest = tmp_path / "Torvyn.toml"
    manifest.write_bytes(b"\xef\xbb\xbf" + ODD.encode())
    manifest.chmod(0o640)
    made = new_component(manifest, "mid", Role.PROCESSOR, LANGUAGES["python"])
    assert made.folder == tmp_path / "parts" / "mid"
    after = manifest.read_bytes()
    assert after.startswith(b"\xef\xbb\xbf")
    assert manifest.stat().st_mode & 0o777 == 0o640
    assert after.count(b"\n") == after.count(b"\r\n")
    lines = after.decode("utf-8-sig").split("\r\n")
    changed = [line for line in ODD.split("\r\n") if line not in lines]
    assert changed == ["to   = { port = 'input', node = 'out' } # the only one"]
    assert 'to   = { port = "input", node = "mid" } # the only one' in lines
    rest = iter(lines)
    assert all(line in rest for line in ODD.split("\r\n") if line and line not in changed)
    assert mistakes(manifest) == []
    assert lines.index('name = "mid"') < lines.index("# About the flow.")


def test_a_component_that_nothing_leads_to_is_written_as_a_comment(tmp_path: Path) -> None:
    manifest = tmp_path / "Torvyn.toml"
    head = '[torvyn]\nname = "p"\nversion = "0.1.0"\ncontract_version = "0.1.0"\n'
    manifest.write_text(head)
    made = new_component(manifest, "first", Role.ROUTER, LANGUAGES["c"])
    assert not made.wiring.text
    text = manifest.read_text()
    assert text.startswith(head)
    assert "# [flow.main.nodes.first]" in text
    assert '# from = { node = "first", port = "odd" }' in text
    assert [item.name for item in load_manifest(manifest).manifest.component] == ["first"]


def test_tables_that_cannot_be_added_to_leave_everything_as_it_was(tmp_path: Path) -> None:
    manifest = tmp_path / "Torvyn.toml"
    text = '[torvyn]\nname = "p"\nversion = "0.1.0"\ncontract_version = "0.1.0"\n'
    text = 'component = [{ name = "a", path = "a" }]\n' + text
    manifest.write_text(text)
    with pytest.raises(StudioError, match=r"add this yourself:\n\[\[component\]\]"):
        new_component(manifest, "b", Role.SINK, LANGUAGES["c"])
    assert manifest.read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["Torvyn.toml"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "notes").write_text("mine")
    with pytest.raises(StudioError, match="the folder is not empty: notes"):
        project(folder)
    (folder / "notes").unlink()
    manifest = project(folder)
    taken = folder / "components" / "mine"
    taken.mkdir()
    before = manifest.read_bytes()
    with pytest.raises(StudioError, match="folder exists already"):
        new_component(manifest, "mine", Role.SINK, LANGUAGES["c"])
    assert manifest.read_bytes() == before
    assert list(taken.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../up", "a b", "-x", "ä", "a/b", "a\n"])
def test_names_that_are_no_names_are_refused(tmp_path: Path, name: str) -> None:
    manifest = project(tmp_path / "p")
    with pytest.raises(StudioError, match="cannot be the name of a component"):
        new_component(manifest, name, Role.SINK, LANGUAGES["c"])


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_manifest_that_cannot_be_written_leaves_no_folder(tmp_path: Path) -> None:
    manifest = project(tmp_path / "p")
    manifest.parent.chmod(0o555)
    try:
        with pytest.raises(StudioError, match="cannot be written"):
            new_component(manifest, "x", Role.SINK, LANGUAGES["c"])
    finally:
        manifest.parent.chmod(0o755)


def test_a_manifest_that_cannot_be_replaced_leaves_no_contracts_either(tmp_path: Path) -> None:
    manifest = project(tmp_path / "p")
    shutil.rmtree(manifest.parent / "wit")
    # What takes its place would have a longer path, and hardly any may be longer.
    folder = tmp_path
    while (left := LONGEST_PATH - len(bytes(folder / manifest.name)) - 1) > 1:
        folder /= "n" * min(left - 1, 200)
    folder.mkdir(parents=True)
    manifest.symlink_to(manifest.rename(folder / manifest.name))
    before = sorted(manifest.parent.rglob("*"))
    with pytest.raises(StudioError, match="cannot be written"):
        new_component(manifest, "x", Role.SINK, LANGUAGES["rust"])
    assert sorted(manifest.parent.rglob("*")) == before


def test_a_text_without_tables_takes_one_at_its_end() -> None:
    edit = ManifestEdit(b"a = 1 # one\n# the end\n")
    edit.add("[b]\n", ("b",))
    assert edit.data == b"a = 1 # one\n\n[b]\n# the end\n"


@every_language
def test_the_components_of_a_new_project_build_and_run(
    tmp_path: Path, language: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """With each language's own tools, where they are."""
    manifest = project(tmp_path / "p", language)
    wanted = os.environ.get("TORVYN_TEST_TEMPLATES", "").split(",")
    if language not in wanted:
        pytest.skip(f"TORVYN_TEST_TEMPLATES does not name {language}")
    if language == "javascript":
        shared = Path(os.environ["TORVYN_TEST_NODE_MODULES"])
        (manifest.parent / "node_modules").symlink_to(shared)
    for role in (Role.FILTER, Role.ROUTER, Role.AGGREGATOR):
        new_component(manifest, role.value, role, LANGUAGES[language])
    assert main(["build", str(manifest)]) == ExitCode.OK
    capfd.readouterr()
    assert main(["run", str(manifest)]) == ExitCode.OK
    told = capfd.readouterr().out.splitlines()
    printed = [line for line in told if not line.startswith("[torvyn]")]
    assert printed == ["#0 EVENT 1 + EVENT 3", "#1 EVENT 5", "complete"]
