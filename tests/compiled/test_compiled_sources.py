"""What is named for compiling can be compiled without meaning something else."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import tomli

from tests.compiled.compiled_tree import ROOT

BUILD = tomli.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
HOOK = BUILD["targets"]["wheel"]["hooks"]["custom"]


INTERPRETED = {ROOT / name for name in HOOK["interpreted"]}


def named_sources() -> set[Path]:
    """The files that are named, and those in the folders that are named."""
    named = [ROOT / name for name in HOOK["modules"]]
    return {file for path in named for file in (path.rglob("*.py") if path.is_dir() else [path])}


def imported(file: Path) -> set[str]:
    """Modules that a file names in its imports, and the names it takes from them as such."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def structs(file: Path) -> list[str]:
    """Classes that are structs of msgspec."""
    classes = [node for node in ast.walk(ast.parse(file.read_text())) if type(node) is ast.ClassDef]
    return [
        f"{file.relative_to(ROOT)}: {one.name}"
        for one in classes
        if any(ast.unparse(base).split(".")[-1] == "Struct" for base in one.bases)
    ]


def test_no_struct_of_msgspec_is_compiled_as_it_would_lose_its_options() -> None:
    sources = named_sources()
    assert sources > INTERPRETED
    assert all(file.is_file() for file in sources)
    assert [found for file in sorted(sources - INTERPRETED) for found in structs(file)] == []
    assert any(structs(file) for file in INTERPRETED)


def test_packages_whose_types_the_compiler_reads_are_there_while_a_wheel_is_built() -> None:
    seen: set[Path] = set()
    packages: set[str] = set()
    waiting = named_sources() - INTERPRETED
    while waiting:
        seen |= waiting
        modules = {module for file in waiting for module in imported(file)}
        packages |= {module.partition(".")[0] for module in modules}
        files = {ROOT / f"{module.replace('.', '/')}.py" for module in modules}
        waiting = {file for file in files if file.is_file()} - seen
    foreign = {
        name for name in packages if name not in sys.stdlib_module_names and name != "runtime"
    }
    assert foreign == set(HOOK["imported"])
    pinned = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert all(any(own.startswith(f"{name}==") for own in pinned) for name in foreign)
