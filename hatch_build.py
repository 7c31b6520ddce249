"""Compiles the engine with mypyc while a wheel is built, for those who ask for it.

    TORVYN_STUDIO_COMPILED=1 pip install .

Without that variable a wheel holds Python alone, and nothing here runs. What is compiled stands in
`pyproject.toml` (`[tool.hatch.build.targets.wheel.hooks.custom]`). Nothing is written next to the
sources: the compiled modules go from a temporary folder into the wheel, beside the Python files
that they were made of. docs/compiled-engine.md tells the rest.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASKED_FOR = "TORVYN_STUDIO_COMPILED"
"""Set to anything but 0, the engine is compiled."""
SHARED_LIBRARY = "torvyn_studio"
"""What the one library with the code of all modules is named after."""


class CompiledEngineHook(BuildHookInterface[Any]):
    """Adds the compiled modules to a wheel."""

    _built: Path | None = None

    def dependencies(self) -> list[str]:
        """What compiles, and whose types it reads; nothing for those who do not compile."""
        if not _asked_for():
            return []
        compiler: str = self.config["compiler"]
        imported = tuple(self.config["imported"])
        return [
            compiler,
            *(own for own in self.metadata.core.dependencies if own.startswith(imported)),
        ]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile. Raises RuntimeError for an editable install: that runs the sources."""
        if not _asked_for():
            return
        if version == "editable":
            raise RuntimeError(
                f"{ASKED_FOR} is set, and an editable install runs the sources as they are: "
                "unset it, or install without --editable"
            )
        self._built = built = Path(tempfile.mkdtemp(prefix="torvyn-studio-compiled-"))
        with chdir(self.root):
            sources = set(_sources(self.config["modules"])) - set(self.config["interpreted"])
            _compile(sorted(sources), built)
        for file in (built / "lib").rglob("*"):
            if file.is_file():
                build_data["force_include"][str(file)] = str(file.relative_to(built / "lib"))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder, as the wheel is written."""
        if self._built is not None:
            shutil.rmtree(self._built)


def _asked_for() -> bool:
    return os.environ.get(ASKED_FOR, "0") not in ("", "0")


def _sources(modules: list[str]) -> Iterator[str]:
    """The files that are named, and those in the folders that are named."""
    for name in modules:
        path = Path(name)
        yield from (file.as_posix() for file in (path.rglob("*.py") if path.is_dir() else [path]))


def _compile(sources: list[str], built: Path) -> None:
    # Imported here, as these are there only when `dependencies` asked for them.
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    options = ["--strict", "--explicit-package-bases", f"--cache-dir={built / 'cache'}"]
    extensions = mypycify(
        [*options, *sources],
        opt_level="3",
        debug_level="0",
        target_dir=str(built / "c"),
        group_name=SHARED_LIBRARY,
    )
    # No call of `setup`: it would read pyproject.toml, which is hatchling's here.
    command = build_ext(Distribution({"name": SHARED_LIBRARY, "ext_modules": extensions}))
    command.build_lib = str(built / "lib")
    command.build_temp = str(built / "objects")
    command.ensure_finalized()
    command.run()
