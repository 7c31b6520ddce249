"""What may import what, and that the map of the code is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST_FILE = 400


def _modules(package: str) -> list[str]:
    files = sorted((ROOT / package).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def _loaded_after(imports: list[str]) -> set[str]:
    lines = [f"import {name}" for name in imports]
    program = "\n".join([*lines, "import sys", "print(*sys.modules, sep='\\n')"])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_runtime_loads_no_terminal_package() -> None:
    loaded = _loaded_after(_modules("runtime"))
    assert "runtime.session" in loaded
    assert not loaded & {"textual", "rich", "workbench"}


def test_the_command_line_loads_neither_screen_nor_wasmtime_before_a_verb_is_called() -> None:
    loaded = _loaded_after(["workbench.cli"])
    assert "click" in loaded
    assert not loaded & {"textual", "wasmtime"}


@pytest.mark.parametrize("package", ["runtime", "workbench"])
def test_no_file_outgrows_its_concept(package: str) -> None:
    long_files = [
        str(file.relative_to(ROOT))
        for file in (ROOT / package).rglob("*.py")
        if len(file.read_text().splitlines()) > LONGEST_FILE
    ]
    assert long_files == []


def test_every_file_of_the_contributing_table_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|") and "`" in line]
    paths = [path for row in rows for path in re.findall(r"`([^`]+)`", row.split("|")[2])]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []
