"""Cargo's target directories, configured ones included; building and linking look into the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli

_VARIABLES = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR")


def configured_target_dirs(package: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Target directories that the environment or a Cargo configuration names, in Cargo's order.

    Relative ones count from the package's folder when the environment names them (builds run
    there), and from the folder that holds `.cargo` when a configuration does. Raises nothing.
    """
    named = next((environment[name] for name in _VARIABLES if environment.get(name)), None)
    if named is not None:
        yield package / named
    for folder in (package, *package.parents):
        for name in ("config.toml", "config"):
            build = read_toml(folder / ".cargo" / name).get("build", {})
            if isinstance(build, dict) and isinstance(build.get("target-dir"), str):
                yield folder / build["target-dir"]


def read_toml(path: Path) -> Mapping[str, Any]:
    """A TOML file's tables; empty when there is no such file, or it cannot be read."""
    try:
        return tomli.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
