"""Which WIT world a component is built for; Torvyn's manifest does not say.

The WIT is the component's `wit/`, else the manifest's, else the packages the caller brings. Such
a folder holds one package, or (as `torvyn-studio wit` writes it) a folder for each of several.
Packages that it uses and does not bring in `deps/` are added from the manifest's and the caller's,
in a copy.
Of its worlds the one is taken that exports the interface of the node which uses the component;
where two differ only in `lifecycle`, the sources decide by mentioning it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LIFECYCLE_INTERFACE, contract_name

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PACKAGE = re.compile(r"^[ \t]*package\s+([\w:-]+)(?:@[\w.+-]+)?\s*;", re.MULTILINE)
_WORLD = re.compile(r"\bworld\s+%?([\w-]+)\s*\{")
_DECLARED = re.compile(r"^[ \t]*package\s+([\w:-]+(?:@[\w.+-]+)?)\s*[;{]", re.MULTILINE)
"""A package that is defined here, also one nested in a file of another."""
_USED = re.compile(r"(?<![\w-])%?([\w-]+:%?[\w-]+)/%?[\w-]+(@\d[\w+-]*(?:\.[\w+-]+)*)?")
"""An interface or world of another package, `torvyn:streaming/types@0.1.0`."""
_EXPORT = re.compile(r"\bexport\s+%?([\w:/-]+)(?:@[\w.+-]+)?\s*;")


@dataclass(frozen=True, slots=True)
class World:
    """A world of a WIT package."""

    name: str
    exports: tuple[str, ...]
    """Exported interfaces with their package, without version."""


@dataclass(frozen=True, slots=True)
class WitChoice:
    """The WIT and the world a component is built for."""

    path: Path
    """A directory in the layout of `wit/`: one package, others in `deps/`."""
    world: str


def worlds_in(directory: Path) -> tuple[World, ...]:
    """The worlds of the package whose files lie in a directory; deps/ is not looked into."""
    texts = [_COMMENT.sub("", _read(path)) for path in sorted(directory.glob("*.wit"))]
    packages = [found.group(1) for text in texts if (found := _PACKAGE.search(text))]
    package = packages[0] if packages else ""
    return tuple(world for text in texts for world in _worlds_of(text, package))


def choose_world(
    worlds: Iterable[World], interface: str | None, uses_lifecycle: bool
) -> World | None:
    """The only world, or the only one that exports the interface, lifecycle as the sources."""
    left = tuple(worlds)
    if len(left) > 1 and interface is not None:
        left = tuple(world for world in left if _exports(world, interface))
    if len(left) > 1:
        left = tuple(
            world for world in left if (LIFECYCLE_INTERFACE in world.exports) == uses_lifecycle
        )
    return left[0] if len(left) == 1 else None


def with_lifecycle(choice: WitChoice) -> WitChoice:
    """The same WIT with the world that exports `lifecycle` besides, if there is one."""
    worlds = worlds_in(choice.path)
    chosen = next((set(one.exports) for one in worlds if one.name == choice.world), set())
    for one in worlds:
        if set(one.exports) == chosen | {LIFECYCLE_INTERFACE}:
            return WitChoice(choice.path, one.name)
    return choice


def choose_wit(
    name: str,
    own: Iterable[Path],
    packages: Iterable[Path],
    interface: str | None,
    uses_lifecycle: bool,
    work: Path,
) -> WitChoice | Diagnostic:
    """The WIT and world for a component.

    `own` are directories to look in first, `packages` directories of one WIT package each that
    serve when `own` has none, and for what `own` uses and lacks. They are laid out in `work` as
    the tools expect them, unless what is chosen brings all it uses in its own `deps/`.
    Raises OSError when that cannot be written.
    """
    folders = tuple(own)
    available = (*(found for folder in folders for found in packages_in(folder)), *packages)
    brought = tuple(packages)
    for directory in folders:
        if any(directory.glob("*.wit")):
            worlds = worlds_in(directory)
            world = choose_world(worlds, interface, uses_lifecycle)
            if world is None:
                return _undecided(name, str(directory), worlds, interface)
            return WitChoice(_completed(directory, available, work / "wit"), world.name)
        inside = packages_in(directory)
        if inside:
            brought = inside
            break
    for package in brought:
        worlds = worlds_in(package)
        matching = [world for world in worlds if _exports(world, interface)]
        world = choose_world(matching, interface, uses_lifecycle)
        if world is not None:
            return WitChoice(_completed(package, available, work / "wit"), world.name)
    every = tuple(world for package in brought for world in worlds_in(package))
    return _undecided(name, "wit", every, interface)


def packages_in(directory: Path) -> tuple[Path, ...]:
    """The folders in a directory that hold a WIT package each, by name; deps/ is none."""
    found = {path.parent for path in directory.glob("*/*.wit")}
    return tuple(sorted(path for path in found if path.name != "deps"))


def _exports(world: World, interface: str | None) -> bool:
    if interface is None:
        return False
    return contract_name(interface) in map(contract_name, world.exports)


def _completed(folder: Path, available: tuple[Path, ...], target: Path) -> Path:
    """The folder, or a copy of it in `target` with the packages that it uses and lacks.

    A package that nobody has is left to the tool, which names it and the line that uses it.
    """
    parts = (folder, folder / "deps", *packages_in(folder / "deps"))
    added = _lacking(_texts(parts), available)
    if not added or any((folder / "deps").glob("*.wa*")):  # Packages in binary are not read.
        return folder
    shutil.rmtree(target, ignore_errors=True)
    # Links, so that a tool's error leads to the file that its author edits.
    for part in parts:
        place = target / part.relative_to(folder)
        place.mkdir(parents=True, exist_ok=True)
        for path in sorted(part.glob("*.wit")):
            (place / path.name).symlink_to(path.absolute())
    for number, package in enumerate(added):
        place = target / "deps" / package.name
        place = place.with_name(f"{package.name}-{number}") if place.exists() else place
        shutil.copytree(package, place)
    return target


def _lacking(texts: list[str], available: tuple[Path, ...]) -> tuple[Path, ...]:
    """Which packages texts use without defining them, with what those use in turn."""
    known = _declared(texts)
    wanted = _used(texts) - known
    added: list[Path] = []
    while wanted:
        name = min(wanted)
        wanted.discard(name)
        known.add(name)
        for package in available:
            inside = _texts([package])
            if name in _declared(inside):
                added.append(package)
                known |= _declared(inside)
                wanted = (wanted | _used(inside)) - known
                break
    return tuple(added)


def _texts(folders: Iterable[Path]) -> list[str]:
    return [
        _COMMENT.sub("", _read(path)) for folder in folders for path in sorted(folder.glob("*.wit"))
    ]


def _declared(texts: Iterable[str]) -> set[str]:
    """The packages that texts define, with their version."""
    return {found.replace("%", "") for text in texts for found in _DECLARED.findall(text)}


def _used(texts: Iterable[str]) -> set[str]:
    """The packages of which texts name interfaces, with their version."""
    return {
        (package + version).replace("%", "")
        for text in texts
        for package, version in _USED.findall(text)
    }


def _undecided(
    name: str, where: str, worlds: tuple[World, ...], interface: str | None
) -> Diagnostic:
    names = ", ".join(world.name for world in worlds) or "none"
    purpose = f"exports {interface}" if interface else "is used by a node"
    return Diagnostic(
        Severity.ERROR,
        Code.NO_EXPORTED_INTERFACE,
        f"it is not clear which world component '{name}' is built for: no single one {purpose}"
        f" (worlds found: {names})",
        "Put a wit/ with one world next to the sources, or write `build_command`.",
        file=where,
        key=f"component.{name}",
    )


def _worlds_of(text: str, package: str) -> Iterable[World]:
    for found in _WORLD.finditer(text):
        body = text[found.end() : _closing(text, found.end())]
        exports = tuple(
            name if "/" in name or not package else f"{package}/{name}"
            for name in _EXPORT.findall(body)
        )
        yield World(found.group(1), exports)


def _closing(text: str, start: int) -> int:
    depth = 1
    for position in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return len(text)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
