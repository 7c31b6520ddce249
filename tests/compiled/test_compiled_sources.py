"""What is named for compiling can be compiled without meaning something else."""

from __future__ import annotations

import ast
from pathlib import Path

import tomli

from tests.compiled.compiled_tree import ROOT

BUILD = tomli.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
HOOK = BUILD["targets"]["wheel"]["hooks"]["custom"]


def structs(file: Path) -> list[str]:
    """Classes that are structs of msgspec."""
    classes = [node for node in ast.walk(ast.parse(file.read_text())) if type(node) is ast.ClassDef]
    return [
        f"{file.relative_to(ROOT)}: {one.name}"
        for one in classes
        if any(ast.unparse(base).split(".")[-1] == "Struct" for base in one.bases)
    ]


def test_no_struct_of_msgspec_is_compiled_as_it_would_lose_its_options() -> None:
    named = [ROOT / name for name in HOOK["modules"]]
    sources = {file for path in named for file in (path.rglob("*.py") if path.is_dir() else [path])}
    interpreted = {ROOT / name for name in HOOK["interpreted"]}
    assert interpreted < sources
    assert all(file.is_file() for file in sources)
    assert [found for file in sorted(sources - interpreted) for found in structs(file)] == []
    assert any(structs(file) for file in interpreted)
