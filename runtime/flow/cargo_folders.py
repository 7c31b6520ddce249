"""Cargo's target directories, configured ones included; building and linking look into the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli

_VARIABLES = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR")


def configured_target_dirs(package: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Target directories that the environment or a Cargo configuration names, in Cargo's order.

    The configuration in Cargo's own folder ($CARGO_HOME, else ~/.cargo) comes last
    (https://doc.rust-lang.org/cargo/reference/config.html#hierarchical-structure).
    Relative ones count from the package's folder when the environment names them (builds run
    there), and from the folder that holds `.cargo` when a configuration does. Raises nothing.
    """
    named = next((environment[name] for name in _VARIABLES if environment.get(name)), None)
    if named is not None:
        yield package / named
    configured = [folder / ".cargo" for folder in (package, *package.parents)]
    home = _cargo_home(environment)
    if home is not None:
        configured.append(home)
    for folder in dict.fromkeys(configured):
        for name in ("config.toml", "config"):
            build = read_toml(folder / name).get("build", {})
            if isinstance(build, dict) and isinstance(build.get("target-dir"), str):
                yield folder.parent / build["target-dir"]


def _cargo_home(environment: Mapping[str, str]) -> Path | None:
    given = environment.get("CARGO_HOME")
    if given:
        return Path(given)
    home = environment.get("HOME")
    return Path(home) / ".cargo" if home else None


def read_toml(path: Path) -> Mapping[str, Any]:
    """A TOML file's tables; empty when there is no such file, or it cannot be read."""
    try:
        return tomli.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
