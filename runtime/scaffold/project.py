"""New projects, and new components in a project."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path, PurePosixPath

from runtime.flow.manifest.manifest_file import (
    MANIFEST_NAME,
    LoadedManifest,
    choose_flow,
    load_manifest,
    read_manifest,
)
from runtime.flow.manifest.tables import Flow
from runtime.model.codes import Code
from runtime.model.errors import StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import Role
from runtime.scaffold.manifest_edit import ManifestEdit, edited_manifest
from runtime.scaffold.new_files import refusal, remove_files, rewrite_file, write_new
from runtime.scaffold.templates import (
    CARGO_CONFIG,
    TemplateLanguage,
    component_files,
    project_files,
)
from runtime.scaffold.wiring import (
    INPUT,
    OUTPUT,
    OUTPUTS,
    Wiring,
    commented,
    edge_table,
    node_table,
    wire,
)

COMPONENTS_FOLDER = "components"
FIRST_ROLES = (Role.SOURCE, Role.PROCESSOR, Role.SINK)
"""The components of a new project."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_PRINTS = 'capabilities = ["stdio:stdout"]\n'


@dataclass(frozen=True, slots=True)
class NewComponent:
    """What `new_component` has made."""

    folder: Path
    files: tuple[Path, ...]
    wiring: Wiring
    manifest: Path
    flow: str | None


def new_project(directory: Path, language: TemplateLanguage) -> tuple[Path, ...]:
    """A project whose source, processor and sink run at once; gives its files.

    Raises:
        StudioError: the folder holds something, or cannot be written.
    """
    _check_empty(directory)
    files = dict(project_files(language))
    for role in FIRST_ROLES:
        at = PurePosixPath(COMPONENTS_FOLDER, role.value)
        made = component_files(language, role, role.value, directory / at, directory)
        files |= {at / path: content for path, content in made.items()}
    files[PurePosixPath(MANIFEST_NAME)] = _manifest(_project_name(directory), language).encode()
    return write_new(directory, files)


def new_component(
    manifest: Path,
    name: str,
    role: Role,
    language: TemplateLanguage,
    flow: str | None = None,
    after: str | None = None,
) -> NewComponent:
    """A component with its folder, its `[[component]]`, its node and its edges.

    Raises:
        StudioError: the manifest has errors or no such flow, the name is taken or cannot be one,
            the folder exists, or something cannot be written.
    """
    data = read_manifest(manifest)
    loaded = load_manifest(manifest, data)
    chosen = choose_flow(loaded, flow) if loaded.manifest.flow or flow is not None else None
    if loaded.problems.has_errors:
        raise StudioError(loaded.problems.diagnostics())
    flow_name, tables = chosen or (None, Flow())
    _check_name(name, loaded, tables)
    wiring = wire(tables, name, role, after)
    folder = loaded.directory / _components_folder(loaded) / name
    if folder.exists():
        advice = "Choose another name, or remove the folder."
        raise refusal(Code.IO, "the component's folder exists already", advice, folder)
    files = component_files(language, role, name, folder, loaded.directory)
    edit = ManifestEdit(data)
    path = folder.relative_to(loaded.directory).as_posix()
    _add_tables(edit, flow_name or "main", name, role, language, path, wiring)
    read = edited_manifest(loaded.path, edit)
    if read is None or len(read.manifest.component) != len(loaded.manifest.component) + 1:
        raise _cannot_be_edited(loaded, name, role, language, path)
    needed = _missing_contracts(language, loaded)
    needed |= {PurePosixPath(path) / at: content for at, content in files.items()}
    written = write_new(loaded.directory, needed)
    try:
        rewrite_file(loaded.path, edit.data)
    except StudioError:
        remove_files(written)
        raise
    return NewComponent(folder, written, wiring, loaded.path, flow_name)


def _missing_contracts(
    language: TemplateLanguage, loaded: LoadedManifest
) -> dict[PurePosixPath, bytes]:
    """The contracts, and what else the language needs, of a project that has none yet.

    Where crates are built is left as it is in a project that has some.
    """
    project = loaded.directory
    needed = dict(project_files(language))
    if any((project / item.path / "Cargo.toml").exists() for item in loaded.manifest.component):
        needed.pop(PurePosixPath(CARGO_CONFIG), None)
    if (project / "wit").exists():
        needed = {path: text for path, text in needed.items() if path.parts[0] != "wit"}
    return {path: text for path, text in needed.items() if not (project / path).exists()}


def _add_tables(
    edit: ManifestEdit,
    flow: str,
    name: str,
    role: Role,
    language: TemplateLanguage,
    path: str,
    wiring: Wiring,
) -> None:
    edit.add(_component_table(name, path, language), ("component",))
    node = node_table(flow, name, role)
    edges = [edge_table(flow, *edge) for edge in wiring.edges]
    if not edges:
        # Connected to nothing, it would be an error of the flow.
        note = "# To be completed: what the node is connected to.\n"
        ends = [("NODE", OUTPUT, name, INPUT)] if role is not Role.SOURCE else []
        ends += [(name, port, "NODE", INPUT) for port in OUTPUTS.get(role, (OUTPUT,))]
        stub = "".join(commented(edge_table(flow, *end)) for end in ends)
        edit.add(note + commented(node) + stub, ("flow", flow))
        return
    if wiring.moved is not None:
        end = ("flow", flow, "edges", wiring.moved.index, "to")
        edit.replace_string((*end, "node"), name)
        edit.replace_string((*end, "port"), INPUT)
    if role is Role.SINK:
        edit.add(f"[security.grants.{name}]\n{_PRINTS}", ("security",), ("component",))
    edit.add(node, ("flow", flow, "nodes"), ("flow", flow))
    for edge in edges:
        edit.add(edge, ("flow", flow, "edges"), ("flow", flow))


def _component_table(name: str, path: str, language: TemplateLanguage) -> str:
    return f'[[component]]\nname = "{name}"\npath = "{path}"\nlanguage = "{language.name}"\n'


def _cannot_be_edited(
    loaded: LoadedManifest, name: str, role: Role, language: TemplateLanguage, path: str
) -> StudioError:
    tables = _component_table(name, path, language)
    tables += "\n" + node_table("main", name, role)
    return refusal(
        Code.SEMANTIC,
        "its components or nodes are not written as tables of their own, which is what this "
        "command can add to",
        f"Write them as [[component]] and [flow.NAME.nodes.NODE], or add this yourself:\n{tables}",
        loaded.path,
    )


def _components_folder(loaded: LoadedManifest) -> Path:
    """Where the project's last component lies, if that is inside the project."""
    for component in reversed(loaded.manifest.component):
        folder = Path(component.path).parent
        if not folder.is_absolute() and ".." not in folder.parts and folder.parts:
            return folder
    return Path(COMPONENTS_FOLDER)


def _check_name(name: str, loaded: LoadedManifest, flow: Flow) -> None:
    if not _NAME.fullmatch(name):
        message = f"'{name}' cannot be the name of a component"
        help_ = 'Write letters, digits, "-" and "_", beginning with a letter or digit.'
        raise refusal(Code.INVALID_VALUE, message, help_)
    components = [component.name for component in loaded.manifest.component]
    for what, names in (("component", components), ("node", list(flow.nodes))):
        if name in names:
            message = f"there is a {what} '{name}' already"
            raise refusal(Code.DUPLICATE, message, "Choose another name.", loaded.path)


def _check_empty(directory: Path) -> None:
    try:
        held = sorted(path.name for path in directory.iterdir() if path.name != ".git")
    except FileNotFoundError:
        return
    except OSError as error:
        why = f"no project can be made here: {error.strerror or error}"
        raise refusal(Code.IO, why, "Name a folder that does not exist yet.", directory) from None
    if held:
        more = " …" if len(held) > 3 else ""
        message = f"the folder is not empty: {', '.join(held[:3])}{more}"
        help_ = "Name a new folder; `new --component NAME` adds to a project that is there."
        raise refusal(Code.IO, message, help_, directory)


def _project_name(directory: Path) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", directory.resolve().name).strip("-")
    return name or "project"


def _manifest(name: str, language: TemplateLanguage) -> str:
    """A new project's manifest."""
    first, _, last = FIRST_ROLES
    components = "\n".join(
        _component_table(role.value, f"{COMPONENTS_FOLDER}/{role.value}", language)
        for role in FIRST_ROLES
    )
    nodes = "\n".join(node_table("main", role.value, role) for role in FIRST_ROLES)
    pairs = pairwise(FIRST_ROLES)
    edges = "\n".join(
        edge_table("main", start.value, OUTPUT, end.value, INPUT) for start, end in pairs
    )
    return f"""\
# {" ── ".join(role.value for role in FIRST_ROLES)}

[torvyn]
name = "{name}"
version = "0.1.0"
contract_version = "0.1.0"
description = "From a {first.value} to a {last.value}"

# A component: its name, and the folder of its source. It is built to .torvyn/build/<name>.wasm.

{components}
# What a node may do outside the flow, by the node's name. Nothing else is allowed to it.

[security.grants.{last.value}]
{_PRINTS}
# A node runs one component; `interface` says in which role.

[flow.main]

{nodes}
# An edge is a queue from an output port to an input port.

{edges}"""
