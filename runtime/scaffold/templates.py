"""The templates of components: real sources, one folder a language and role."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from runtime.build.bundled import COMPONENTS, bundled_folder
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import Role
from runtime.scaffold.contracts import ROLE_WORLDS, contract_files, package_of
from runtime.scaffold.new_files import Files

WIT_IN_TEMPLATES = "../../wit"
"""Where the sources of a template name the project's contracts, seen from the component."""

CARGO_CONFIG = ".cargo/config.toml"
"""Where Cargo looks for the configuration of a project's crates."""


@dataclass(frozen=True, slots=True)
class TemplateLanguage:
    """A language that components can be written in."""

    name: str
    ignored: tuple[str, ...]
    """What version control leaves out, besides `.torvyn/`."""
    prepare: str | None = None
    """What is typed once in a new project before the first build."""
    named_files: tuple[str, ...] = ()
    """Suffixes of files that are named like the role, and then like the component."""
    project_files: tuple[tuple[str, str], ...] = ()
    """What a project has once: the template's file, and where it goes in the project."""


LANGUAGES: dict[str, TemplateLanguage] = {
    language.name: language
    for language in (
        TemplateLanguage(
            "rust", ("target/",), project_files=(("cargo-config.toml", CARGO_CONFIG),)
        ),
        TemplateLanguage(
            "python", ("__pycache__/", "wit_world/", "componentize_py_*", "poll_loop.py")
        ),
        TemplateLanguage("c", (), named_files=(".c",)),
        TemplateLanguage(
            "javascript",
            ("node_modules/",),
            prepare="npm install",
            named_files=(".js",),
            project_files=(("package.json", "package.json"),),
        ),
    )
}
"""By the name that the manifest has."""


def component_files(
    language: TemplateLanguage, role: Role, name: str, folder: Path, project: Path
) -> Files:
    """The files of a component, relative to its folder.

    `folder` is where they will lie; where its sources name the contracts, and the project has none
    in `wit/`, they are brought along.
    """
    template = bundled_folder(COMPONENTS) / "templates" / language.name
    files: dict[PurePosixPath, bytes] = {}
    for path in _files_below(template / role.value):
        relative = PurePosixPath(path.relative_to(template / role.value).as_posix())
        if path.stem == role.value and path.suffix in language.named_files:
            relative = relative.with_name(name + path.suffix)
        files[relative] = path.read_bytes()
    for path in sorted(template.glob("*.h")):
        files[PurePosixPath(path.name)] = path.read_bytes()
    crate = files.get(PurePosixPath("Cargo.toml"))
    if crate is not None:
        old, new = f'name = "{role.value}"'.encode(), f'name = "{name}"'.encode()
        files[PurePosixPath("Cargo.toml")] = crate.replace(old, new, 1)
    return _with_contracts(files, role, folder, project)


def project_files(language: TemplateLanguage) -> Files:
    """What a new project has besides its manifest and components, relative to its folder."""
    ignored = "".join(f"{line}\n" for line in (".torvyn/", *language.ignored))
    files = {PurePosixPath(".gitignore"): ignored.encode()}
    for wit_path, content in contract_files().items():
        files[PurePosixPath("wit") / wit_path] = content
    template = bundled_folder(COMPONENTS) / "templates" / language.name
    for name, path in language.project_files:
        files[PurePosixPath(path)] = (template / name).read_bytes()
    return files


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _with_contracts(
    files: dict[PurePosixPath, bytes], role: Role, folder: Path, project: Path
) -> dict[PurePosixPath, bytes]:
    """The sources with the right path to the contracts, and the contracts if need be."""
    told = f"{WIT_IN_TEMPLATES}/{package_of(role)}".encode()
    if not any(told in content for content in files.values()):
        return files
    shared = project / "wit" / package_of(role)
    if shared.is_dir() or not (project / "wit").exists():
        here = Path(os.path.relpath(shared, folder)).as_posix()
    else:
        here = "wit"
        for path, content in contract_files(ROLE_WORLDS[role]).items():
            files[PurePosixPath("wit") / path] = content
    return {path: content.replace(told, here.encode()) for path, content in files.items()}
