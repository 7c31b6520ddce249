"""Finds the file of a component (docs/torvyn-facts.md#components)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import partial
from pathlib import Path

from runtime.flow.cargo_folders import configured_target_dirs, read_toml
from runtime.flow.manifest.problems import Help, Problems
from runtime.flow.manifest.source_text import KeyPath
from runtime.flow.manifest.tables import Build, Component
from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.nearest import did_you_mean

BUILD_DIR = Path(".torvyn") / "build"
"""Where built components lie, relative to the manifest."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_OTHER_SCHEMES = {
    "oci": "fetch the artifact, and write file://PATH or declare it in [[component]]",
    "mock": "Torvyn keeps mock:// for its own tests; write a component's name",
    "https": "download the file, and write file://PATH",
    "http": "download the file, and write file://PATH",
}


class _UnresolvedError(Exception):
    def __init__(self, message: str, help_: Help) -> None:
        self.message = message
        self.help = help_
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves the `component` keys of one manifest."""

    directory: Path
    """Folder of the manifest, absolute."""
    components: Mapping[str, Component]
    """By name."""
    build: Build
    working_directory: Path
    """What `file://` paths are relative to, as in Torvyn: that of the process."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """May name Cargo's target directory, see `configured_target_dirs`."""

    def resolve(self, reference: str, at: KeyPath, problems: Problems) -> Path | None:
        """Absolute path of an existing file, or None after noting why there is none."""
        try:
            found = self._candidates(reference)
        except _UnresolvedError as error:
            problems.error(Code.COMPONENT, at, error.message, error.help, value=True)
            return None
        ages = {place: _age(place) for place in found}
        newest = max(found, key=ages.__getitem__)
        if ages[newest] > ages[found[0]]:
            problems.warning(
                Code.COMPONENT,
                at,
                f"'{reference}' is taken from {found[0]}, which is older than {newest}",
                "run 'torvyn-studio build', or remove the file you do not want",
                value=True,
            )
        return found[0]

    def _candidates(self, reference: str) -> list[Path]:
        """Existing files, the best first and never none."""
        scheme = _SCHEME.fullmatch(reference)
        if scheme is not None and scheme[1].lower() == "file":
            return [self._file(scheme[2])]
        if scheme is not None:
            kind = scheme[1].lower()
            help_ = _OTHER_SCHEMES.get(kind, "write a component's name, or file://PATH")
            raise _UnresolvedError(f"components cannot be fetched from {kind}://", help_)
        if reference in self.components:
            return self._built(self.components[reference])
        if any(mark in reference for mark in "/\\") or reference.endswith(".wasm"):
            help_ = f"write file://{reference}, or name a [[component]]"
            raise _UnresolvedError(f"'{reference}' is a bare path", help_)
        if not self.components:
            help_ = "declare it in [[component]] with name and path, or write file://PATH"
            raise _UnresolvedError(f"there is no component '{reference}'", help_)
        raise _UnresolvedError(
            f"there is no component '{reference}'",
            partial(did_you_mean, reference, self.components, "declared components"),
        )

    def _file(self, path: str) -> Path:
        found = self.working_directory / path
        if path and _is_file(found):
            return found.absolute()
        help_ = "write an absolute path, or start torvyn-studio in another folder"
        if path and _is_file(self.directory / path):
            help_ = f"write file://{self.directory / path}"
        message = f"there is no file {found}; file:// counts from the working directory"
        raise _UnresolvedError(message, help_)

    def _built(self, component: Component) -> list[Path]:
        try:
            places = list(dict.fromkeys(self.places(component)))
        except (OSError, ValueError, RuntimeError) as error:
            message = f"the folder of component '{component.name}' cannot be searched: {error}"
            raise _UnresolvedError(message, "correct 'path' in its [[component]]") from None
        found = [place for place in places if _is_file(place)]
        if found:
            return found
        folder = self.directory / component.path
        missing = "" if _is_dir(folder) else f" (there is no folder {folder})"
        looked = "".join(f"\n  {place}" for place in places)
        message = f"component '{component.name}' is not built{missing}; looked at{looked}"
        raise _UnresolvedError(message, "run 'torvyn-studio build'")

    def places(self, component: Component) -> Iterator[Path]:
        """Every place a built component may lie, the best first."""
        yield self.directory / BUILD_DIR / f"{component.name}.wasm"
        folder = (self.directory / component.path).resolve()
        if component.language == "rust":
            yield from self._cargo_places(component, folder)
        if component.language != "rust" or component.build_command is not None:
            yield folder / f"{component.name}.wasm"
            yield folder / f"{component.name.replace('-', '_')}.wasm"
            yield from _only_wasm(folder / "build")

    def _cargo_places(self, component: Component, folder: Path) -> Iterator[Path]:
        package = read_toml(folder / "Cargo.toml").get("package")
        named = package.get("name") if isinstance(package, dict) else None
        name = named if isinstance(named, str) else component.name
        file = f"{name.replace('-', '_')}.wasm"
        profiles = ("release", "debug") if self.build.release else ("debug", "release")
        targets = dict.fromkeys((self.build.target, "wasm32-wasip2", "wasm32-wasip1"))
        # In a folder shared with other crates only the name tells whose a file is.
        shared = list(configured_target_dirs(folder, self.environment))
        workspace = self._workspace(folder)
        if workspace is not None:
            shared.append(workspace / "target")
        for profile in profiles:
            for target in targets:
                own = folder / "target" / target / profile
                yield own / file
                yield from _only_wasm(own)
                for target_dir in shared:
                    yield target_dir / target / profile / file

    def _workspace(self, folder: Path) -> Path | None:
        """The Cargo workspace around a package, inside the manifest's repository.

        Outside of any repository, inside the folder that holds both manifest and package.
        """
        inside = self.directory.resolve()
        around = (inside, *inside.parents)
        repository = next((parent for parent in around if (parent / ".git").exists()), None)
        limit = repository or Path(os.path.commonpath([inside, folder]))
        for parent in folder.parents:
            if not parent.is_relative_to(limit):
                return None
            if "workspace" in read_toml(parent / "Cargo.toml"):
                return parent
        return None


def _only_wasm(folder: Path) -> Iterator[Path]:
    found = sorted(folder.glob("*.wasm"))
    if len(found) == 1:
        yield found[0]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
