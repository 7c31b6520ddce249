"""Makes a copy of this checkout in which the engine is compiled, to run the tests in.

    python -m tests.compiled.compiled_tree FOLDER

The compiled modules come out of a wheel, built as a user builds it, and lie next to the sources of
the copy alone: this checkout has none, before and after. FOLDER/tree is the copy, and
FOLDER/venv/bin/python runs in it with the packages of this environment. The wheel is built again
only when what it is made of changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from hashlib import blake2b
from pathlib import Path

import tomli

ROOT = Path(__file__).parent.parent.parent
PURE_SOURCES = "TORVYN_STUDIO_PURE_SOURCES"
"""Set by `make fast-test`: the checkout that the copy was made of."""


def main() -> None:
    """Build what is out of date, and copy the rest; prints what is there in the end."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1]).absolute()
    wheel = _wheel(folder)
    tree = folder / "tree"
    _copy(tree)
    with zipfile.ZipFile(wheel) as archive:
        compiled = [name for name in archive.namelist() if name.endswith((".so", ".pyd"))]
        archive.extractall(tree, compiled)
    python = _environment(folder / "venv", tree)
    program = (
        "from runtime.engine.compiled import engine_is_compiled as compiled; exit(not compiled())"
    )
    if subprocess.run([python, "-c", program], cwd=tree).returncode:
        sys.exit(f"the engine in {tree} is not the compiled one")
    print(f"{len(compiled)} compiled modules in {tree}")


def _wheel(folder: Path) -> Path:
    key = _key()
    out = folder / "wheels" / key
    if not list(out.glob("*.whl")):
        shutil.rmtree(folder / "wheels", ignore_errors=True)
        environ = {**os.environ, "TORVYN_STUDIO_COMPILED": "1"}
        # A folder of its own until it is whole.
        building = folder / "wheels" / "building"
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(building)]
        subprocess.run(command, cwd=ROOT, env=environ, check=True)
        building.rename(out)
    (wheel,) = out.glob("*.whl")
    return wheel


def _key() -> str:
    """What the compiled modules depend on, as a word."""
    build = tomli.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    settings = build["targets"]["wheel"]["hooks"]["custom"]
    digest = blake2b(f"{sys.version} {settings}".encode(), digest_size=8)
    files = [ROOT / "hatch_build.py", *(ROOT / "runtime" / "model").rglob("*.py")]
    for name in settings["modules"]:
        path = ROOT / name
        files += path.rglob("*.py") if path.is_dir() else [path]
    for file in sorted(set(files)):
        digest.update(f"\0{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _copy(tree: Path) -> None:
    """What git knows, or would add: no build of the checkout, and no compiled module."""
    shutil.rmtree(tree, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    for name in os.fsdecode(listed).split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, tree / name)


def _environment(folder: Path, tree: Path) -> Path:
    """An interpreter whose packages are this one's, but for the project: that is the copy."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True)
    # Folders named there are searched, and the .pth files in them are not: the one that names
    # this checkout has no effect.
    lines = f"{tree}\n{sysconfig.get_path('purelib')}\n"
    (Path(packages.stdout.strip()) / "compiled_tree.pth").write_text(lines)
    _scripts(Path(sys.executable).parent, python)
    return python


def _scripts(originals: Path, python: Path) -> None:
    """The programs of the packages, e.g. wasm-tools; those in Python run in the copy's."""
    for original in originals.iterdir():
        script = python.parent / original.name
        if script.exists() or original.name.startswith("activate") or not original.is_file():
            continue
        program, place = original.read_bytes(), os.fsencode(originals)
        if program.startswith(b"#!") and place in program:
            script.write_bytes(program.replace(place, os.fsencode(python.parent)))
            script.chmod(0o755)
        else:
            script.symlink_to(original)


if __name__ == "__main__":
    main()
