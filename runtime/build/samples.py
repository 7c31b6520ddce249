"""The sample flows that come with torvyn-studio, and copies of them to work in."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from runtime.build.bundled import COMPONENTS, SAMPLE_FLOWS, WIT, bundled_folder
from runtime.flow.manifest.manifest_file import MANIFEST_NAME, load_manifest
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.lazy.dataclass import dataclass

_SHARED = "../../components/"
"""Where a sample's manifests find components in the repository."""
_SHARED_PATH = re.compile(rf'"{re.escape(_SHARED)}([\w-]+)"')
_NOT_COPIED = shutil.ignore_patterns("cache", "studio", "target", "Cargo.lock", "__pycache__")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample flow as it is installed."""

    name: str
    description: str
    """One sentence, the manifest's own."""
    flows: tuple[str, ...]
    """In alphabetical order."""
    folder: Path


def samples() -> tuple[Sample, ...]:
    """Every sample, by name. Raises `StudioError` when this installation lacks them."""
    manifests = sorted(bundled_folder(SAMPLE_FLOWS).glob(f"*/{MANIFEST_NAME}"))
    return tuple(_sample(manifest) for manifest in manifests)


def copy_sample(sample: Sample, target: Path) -> None:
    """A copy that stands alone: the flow, what is built of it, and the components' sources.

    `target` is made, or is an empty folder. Raises `StudioError` when there is something in it,
    or it cannot be written.
    """
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise _refused(target, "there is something already, and a copy writes over nothing")
        shutil.copytree(sample.folder, target, ignore=_NOT_COPIED, dirs_exist_ok=True)
        _bring_sources(target)
    except OSError as error:
        raise _refused(target, f"cannot be written: {error.strerror or error}") from None


def _sample(manifest: Path) -> Sample:
    tables = load_manifest(manifest).manifest
    return Sample(
        name=manifest.parent.name,
        description=tables.torvyn.description if tables.torvyn is not None else "",
        flows=tuple(sorted(tables.flow)),
        folder=manifest.parent,
    )


def _bring_sources(target: Path) -> None:
    """Put the sources of shared components into the copy, and let its manifests name them there."""
    names: set[str] = set()
    for manifest in sorted(target.glob("*.toml")):
        text = manifest.read_text("utf-8")
        names.update(_SHARED_PATH.findall(text))
        manifest.write_text(text.replace(f'"{_SHARED}', f'"{COMPONENTS}/'), "utf-8")
    if not names:
        return
    shared = bundled_folder(COMPONENTS)
    for name in sorted(names):
        shutil.copytree(shared / name, target / COMPONENTS / name, ignore=_NOT_COPIED)
    shutil.copy(shared / "Cargo.toml", target / COMPONENTS)
    shutil.copytree(bundled_folder(WIT), target / WIT)


def _refused(target: Path, why: str) -> StudioError:
    problem = Diagnostic(
        Severity.ERROR, Code.IO, f"{target}: {why}", "Name a new folder.", file=str(target)
    )
    return StudioError([problem])
