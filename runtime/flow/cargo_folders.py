"""Cargo's target directories, configured ones included; building and linking look into the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


def commanded(words: Sequence[str], option: str) -> Iterator[str]:
    """What a command line of Cargo gives to an option, e.g. `--target-dir`, in order."""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == option and (equals or index + 1 < len(words)):
            yield value if equals else words[index + 1]


def commanded_target_dirs(package: Path, words: Sequence[str]) -> Iterator[Path]:
    """Target directories that a command line of Cargo names, run in the package's folder."""
    for value in commanded(words, "--target-dir"):
        yield package / value
    for setting in commanded(words, "--config"):
        try:
            build = tomli.loads(setting).get("build", {})
        except (ValueError, RecursionError):
            build = read_toml(package / setting).get("build", {})
        if isinstance(build, dict) and isinstance(build.get("target-dir"), str):
            yield package / build["target-dir"]


def profile_folder(profile: str) -> str:
    """The folder of a profile's output (https://doc.rust-lang.org/cargo/reference/profiles.html)."""
    return {"dev": "debug", "test": "debug", "bench": "release"}.get(profile, profile)


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
