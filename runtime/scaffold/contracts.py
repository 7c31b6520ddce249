"""Torvyn's contracts as files that every WIT tool takes, or as one text."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from runtime.build.bundled import wit_packages
from runtime.build.worlds import worlds_in
from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import ROLE_INTERFACES, Role
from runtime.model.text.nearest import did_you_mean
from runtime.scaffold.new_files import Files, refusal

_PACKAGE = re.compile(r"^package\s+([\w:-]+@[\w.]+)\s*;\n", re.MULTILINE)
_USED = re.compile(r"\b(torvyn):([\w-]+)/")

ROLE_WORLDS: dict[Role, str] = {
    Role.SOURCE: "data-source",
    Role.PROCESSOR: "managed-transform",
    Role.FILTER: "content-filter",
    Role.ROUTER: "content-router",
    Role.AGGREGATOR: "stream-aggregator",
    Role.SINK: "data-sink",
}
"""The world that a component of each role is built for, with the lifecycle in it."""


@dataclass(frozen=True, slots=True)
class _Package:
    folder: Path
    worlds: tuple[str, ...]
    uses: tuple[str, ...]
    """Names of the folders of the packages that it uses."""

    def texts(self) -> dict[str, bytes]:
        """Its WIT, by name of the file."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.glob("*.wit"))}


def world_names() -> tuple[str, ...]:
    """Every world of the contracts."""
    return tuple(world for package in _packages() for world in package.worlds)


def package_of(role: Role) -> str:
    """The folder of the package that has a role's interface, e.g. `torvyn-filtering`."""
    return ROLE_INTERFACES[role].partition("/")[0].replace(":", "-")


def contract_files(world: str | None = None) -> Files:
    """The contracts as files, each package with the ones it uses in `deps/`.

    Of a world: its package at the top. Without one: a folder for each package.

    Raises:
        StudioError: there is no such world.
    """
    packages = {package.folder.name: package for package in _packages()}
    if world is not None:
        return _with_deps(_package_with(world, packages), packages, PurePosixPath())
    files: dict[PurePosixPath, bytes] = {}
    for name, package in packages.items():
        files |= _with_deps(package, packages, PurePosixPath(name))
    return files


def contract_text(world: str | None = None) -> str:
    """The contracts as one WIT text of nested packages; of a world, what it needs.

    Raises:
        StudioError: there is no such world.
    """
    packages = {package.folder.name: package for package in _packages()}
    if world is None:
        chosen = list(packages.values())
    else:
        main = _package_with(world, packages)
        chosen = [*(packages[name] for name in main.uses), main]
    return "\n".join(_nested(package) for package in chosen)


def _packages() -> list[_Package]:
    found = []
    for folder in wit_packages():
        texts = [path.read_text("utf-8") for path in folder.glob("*.wit")]
        used = {f"{space}-{name}" for text in texts for space, name in _USED.findall(text)}
        worlds = tuple(world.name for world in worlds_in(folder))
        found.append(_Package(folder, worlds, tuple(sorted(used - {folder.name}))))
    return found


def _package_with(world: str, packages: dict[str, _Package]) -> _Package:
    for package in packages.values():
        if world in package.worlds:
            return package
    message = f"the contracts have no world '{world}'"
    raise refusal(Code.INVALID_VALUE, message, did_you_mean(world, world_names(), "worlds"))


def _with_deps(
    package: _Package, packages: dict[str, _Package], at: PurePosixPath
) -> dict[PurePosixPath, bytes]:
    files = {at / name: text for name, text in package.texts().items()}
    for used in package.uses:
        texts = packages[used].texts()
        files |= {at / "deps" / used / name: text for name, text in texts.items()}
    return files


def _nested(package: _Package) -> str:
    """A package as `package NAME { … }`, which may stand in one file with others."""
    name, parts = "", []
    for text in package.texts().values():
        body = text.decode()
        found = _PACKAGE.search(body)
        assert found is not None
        name = found[1]
        # A comment above the line describes the package.
        parts.append((body[: found.start()] + body[found.end() :]).strip("\n"))
    lines = "\n\n".join(parts).splitlines()
    inside = "\n".join(f"    {line}" if line else "" for line in lines)
    return f"package {name} {{\n{inside}\n}}\n"
