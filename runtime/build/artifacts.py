"""Finds what a build made, and puts it where the flow takes it from.

Where Torvyn looks: docs/torvyn-facts.md#components.

Cargo says itself what it wrote (`--message-format=json`); its word counts. Other outputs are looked
for, in this order: Cargo's folders in the target directory that the command line names, of the
component, of the target directory that is configured, and of the workspace; then any `.wasm` below
the component. In each the file named like the package or the component counts first. Torvyn looks
into the component's own `target/` only, so it finds neither a workspace's outputs nor those of most
build commands.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from runtime.build.plan import ComponentSource
from runtime.build.sources.shared_sources import shared_sources
from runtime.flow.cargo_folders import (
    commanded,
    commanded_target_dirs,
    configured_target_dirs,
    profile_folder,
    read_toml,
)
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.files.replaced_file import replace_file
from runtime.model.lazy.dataclass import dataclass
from runtime.watch.sources import SourceTree, source_files
from runtime.watch.wasm_frame import Layer, is_finished, layer_of

_NOT_SEARCHED = frozenset({"deps", "incremental", "node_modules", "zig-cache"})
_MOST_SEARCHED = 20_000
"""Directory entries looked at below a component."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A component in its place."""

    path: Path
    digest: str
    """SHA-256 of the file."""
    size: int
    changed: bool
    """False when the content was there already, and the file was left alone."""


def locate_output(
    source: ComponentSource, since_ns: int, environment: Mapping[str, str]
) -> Path | Diagnostic:
    """The file a build made. `since_ns`: when it began, nanoseconds since the Unix epoch.

    A file written since counts, a component before the core module it was made of. An older one
    counts only when no source is newer than it: then the build had nothing to do. Raises nothing.
    """
    names = _names(source)
    # In a folder shared with other crates only the name tells whose a file is.
    own = source.directory / "target"
    candidates: list[Path] = []
    older: list[Path] = []
    for folder in _cargo_folders(source, environment):
        found = _choose(_wasm_in(folder), source, since_ns)
        if found is None or (found.name not in names and not folder.is_relative_to(own)):
            continue
        (candidates if _is_fresh(found, since_ns) else older).append(found)
    whole = [path for path in candidates if _layer(path) is Layer.COMPONENT]
    if whole:
        return whole[0]
    elsewhere = [path for path in _wasm_below(source.directory) if path not in older]
    fresh = [path for path in elsewhere if _is_fresh(path, since_ns) and path not in candidates]
    if candidates and not any(_layer(path) is Layer.COMPONENT for path in fresh):
        return candidates[0]
    if fresh:
        return _one_of(fresh, source)
    if _is_fresh(source.artifact, since_ns):
        return source.artifact
    earlier = _older_output(source, older, elsewhere)
    if isinstance(earlier, Path) and not _is_up_to_date(earlier, source):
        return _outdated(source, earlier)
    return earlier


def _older_output(
    source: ComponentSource, older: list[Path], elsewhere: list[Path]
) -> Path | Diagnostic:
    """The output of an earlier build, when there is one."""
    if older:
        return max(older, key=_written_ns)
    if source.artifact.is_file() and not elsewhere:
        return source.artifact
    return _one_of(elsewhere, source)


def _is_up_to_date(output: Path, source: ComponentSource) -> bool:
    """Whether no source of the component was written after the output, as `make` would ask."""
    tree = SourceTree(source.name, (source.directory, *shared_sources(source)))
    try:
        written_ns = output.stat().st_mtime_ns
    except OSError:
        return False
    return all(status.st_mtime_ns <= written_ns for _, status in source_files(tree))


def _outdated(source: ComponentSource, found: Path) -> Diagnostic:
    return _problem(
        source,
        f"component '{source.name}' was built, but the build wrote no .wasm file where it is "
        f"looked for; {found} is older than the sources",
        f"Have the build command write {source.name}.wasm into the component's directory.",
        found,
    )


def install_output(source: ComponentSource, output: Path) -> Installed | Diagnostic:
    """Copy a component to its place, by rename and only when its content differs.

    Refuses what is not a whole component, so that a bad build never reaches the flow.
    """
    try:
        data = output.read_bytes()
        problem = _not_a_component(source, output, data)
        if problem is not None:
            return problem
        digest = hashlib.sha256(data).hexdigest()
        target = source.artifact
        if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == digest:
            return Installed(target, digest, len(data), changed=False)
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, data)
    except OSError as error:
        return Diagnostic(
            Severity.ERROR,
            Code.IO,
            f"component '{source.name}' was built, but cannot be put in its place:"
            f" {error.strerror or error}",
            f"Make {source.artifact.parent} writable.",
            file=str(output),
        )
    return Installed(target, digest, len(data), changed=True)


def _cargo_folders(source: ComponentSource, environment: Mapping[str, str]) -> list[Path]:
    """Cargo's output folders that may hold this component, likeliest first."""
    line = (*(source.build_command or "").split(), *source.extra_args)
    targets = (*commanded(line, "--target"), source.target, "wasm32-wasip2", "wasm32-wasip1")
    profiles = [*map(profile_folder, commanded(line, "--profile")), source.profile]
    if source.build_command is not None:
        profiles += ["release", "debug"]  # it knows nothing of what the manifest asks for
    return [
        target_dir / target / profile
        for target_dir in dict.fromkeys(_target_dirs(source.directory, line, environment))
        for profile in dict.fromkeys(profiles)
        for target in dict.fromkeys(targets)
    ]


def _target_dirs(
    directory: Path, line: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Path]:
    yield from commanded_target_dirs(directory, line)
    yield directory / "target"
    yield from configured_target_dirs(directory, environment)
    for folder in directory.parents:
        if "workspace" in read_toml(folder / "Cargo.toml"):
            yield folder / "target"


def _names(source: ComponentSource) -> tuple[str, ...]:
    """File names the output may have, likeliest first."""
    manifest = read_toml(source.directory / "Cargo.toml")
    names = []
    for table in ("lib", "package"):
        value = manifest.get(table, {})
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            names.append(value["name"])
    names.append(source.name)
    stems = dict.fromkeys(form for name in names for form in (name.replace("-", "_"), name))
    return tuple(f"{stem}{suffix}" for stem in stems for suffix in (".wasm", ".component.wasm"))


def _choose(paths: list[Path], source: ComponentSource, since_ns: int) -> Path | None:
    """Components before core modules; by name, else the only one, else the only fresh one."""
    paths = [path for path in paths if _layer(path) is Layer.COMPONENT] or paths
    by_name = {path.name: path for path in paths}
    for name in _names(source):
        if name in by_name:
            return by_name[name]
    if len(paths) > 1:
        paths = [path for path in paths if _is_fresh(path, since_ns)]
    return paths[0] if len(paths) == 1 else None


def _one_of(paths: list[Path], source: ComponentSource) -> Path | Diagnostic:
    if not paths:
        return _problem(
            source,
            f"component '{source.name}' was built, but no .wasm file was found below"
            f" {source.directory} or in a Cargo target directory",
            f"Have the build command write {source.name}.wasm into the component's directory.",
        )
    paths = [path for path in paths if _layer(path) is Layer.COMPONENT] or paths
    names = _names(source)
    named = [path for path in paths if path.name in names]
    for choice in (named, paths):
        if len(choice) == 1:
            return choice[0]
    listed = ", ".join(str(path) for path in (named or paths)[:8])
    return _problem(
        source,
        f"component '{source.name}' was built, but it is not clear which file is it: {listed}",
        f"Remove the others, or name the output {source.name}.wasm.",
    )


def _wasm_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".wasm")
    except OSError:
        return []


def _wasm_below(directory: Path) -> list[Path]:
    found: list[Path] = []
    waiting = [str(directory)]
    looked_at = 0
    while waiting and looked_at < _MOST_SEARCHED:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    looked_at += 1
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in _NOT_SEARCHED and not entry.name.startswith("."):
                            waiting.append(entry.path)
                    elif entry.name.endswith(".wasm") and entry.is_file():
                        found.append(Path(entry.path))
        except OSError:
            continue
    return sorted(found)


def _written_ns(path: Path) -> int:
    try:
        status = path.stat()
    except OSError:
        return 0
    # A copy that keeps times (`cp -p`, Cargo's hard links) is new all the same.
    return max(status.st_mtime_ns, status.st_ctime_ns)


def _is_fresh(path: Path, since_ns: int) -> bool:
    return _written_ns(path) >= since_ns


def _layer(path: Path) -> Layer:
    try:
        with path.open("rb") as stream:
            return layer_of(stream.read(8))
    except OSError:
        return Layer.NEITHER


def _not_a_component(source: ComponentSource, output: Path, data: bytes) -> Diagnostic | None:
    if layer_of(data) is Layer.MODULE:
        return _problem(
            source,
            f"the build of component '{source.name}' made a core module, not a component",
            "Make it one: wasm-tools component new, or cargo build --target wasm32-wasip2.",
            output,
        )
    if layer_of(data) is not Layer.COMPONENT or not is_finished(data):
        return _problem(
            source,
            f"the build of component '{source.name}' made a file that is not a whole component"
            f" ({len(data):,} bytes)",
            "Build it again; look at the last lines of the build if that does not help.",
            output,
        )
    return None


def _problem(
    source: ComponentSource, message: str, advice: str, file: Path | None = None
) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.COMPONENT_NOT_FOUND,
        message,
        advice,
        file=str(file or source.manifest),
        key=f"component.{source.name}",
    )
