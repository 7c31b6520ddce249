"""Reads a manifest: `Torvyn.toml`, or a standalone pipeline (docs/torvyn-facts.md#manifest)."""

from __future__ import annotations

import codecs
from pathlib import Path

from runtime.flow.manifest.problems import Problems, diagnostic
from runtime.flow.manifest.source_text import (
    MAX_MANIFEST_BYTES,
    Position,
    SourceText,
    TextError,
    dotted,
    read_bytes,
)
from runtime.flow.manifest.tables import MANIFEST, Flow, Manifest
from runtime.model.codes import Code
from runtime.model.errors import Severity, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.nearest import did_you_mean

MANIFEST_NAME = "Torvyn.toml"
_WASM = b"\0asm"
_RECORDING = b'{"type":"header"'
NO_FLOW_HELP = "add [flow.main] with nodes and edges; `torvyn-studio run` prints one to paste"


@dataclass(frozen=True, slots=True)
class LoadedManifest:
    """A manifest as it could be read, with all that is wrong with it so far."""

    path: Path
    """Absolute."""
    manifest: Manifest
    problems: Problems

    @property
    def directory(self) -> Path:
        """The folder that the manifest's own paths are relative to."""
        return self.path.parent


def load_manifest(path: Path, text: bytes | None = None) -> LoadedManifest:
    """Reads and checks everything but the graphs; `text` stands for the file's content.

    Raises:
        StudioError: the file cannot be read, is not TOML, or holds nothing.
    """
    shown_path = str(path)
    source = SourceText("")
    data = read_manifest(path) if text is None else text
    try:
        source = SourceText.decode(data)
        values = source.parse()
    except TextError as fault:
        raise _other_file(data, shown_path) or _not_toml(fault, shown_path) from None
    if not values:
        message = "the manifest is empty"
        help_ = "describe the project in [torvyn] and its flow in [flow.main]"
        raise _refusal(Code.MISSING_FIELD, message, help_, shown_path, Position(1, 1))
    problems = Problems(shown_path, source)
    manifest = MANIFEST.read(values, (), problems) or Manifest()
    _check_project(manifest, values.keys() >= {"torvyn"}, path, problems)
    _check_component_names(manifest, problems)
    return LoadedManifest(path.absolute(), manifest, problems)


def choose_flow(loaded: LoadedManifest, name: str | None) -> tuple[str, Flow] | None:
    """The named flow, else the alphabetically first (docs/torvyn-facts.md#manifest).

    `flow.main` names the flow `main`. None after noting that there is no such flow.
    """
    flows = loaded.manifest.flow
    if name is None and flows:
        name = min(flows)
    if name is not None and name not in flows:
        name = name.removeprefix("flow.")
    if name is not None and name in flows:
        return name, flows[name]
    if name is None or not flows:
        message = "the manifest has no flow"
        help_ = NO_FLOW_HELP
    else:
        message = f"there is no flow '{name}'"
        help_ = did_you_mean(name, flows, "flows")
    loaded.problems.error(Code.FLOW_NOT_FOUND, ("flow",) if flows else (), message, help_)
    return None


def read_manifest(path: Path) -> bytes:
    """The manifest's bytes. Raises `StudioError` when it cannot be read or is too large."""
    file = str(path)
    try:
        data = read_bytes(path, MAX_MANIFEST_BYTES)
    except FileNotFoundError:
        message = f"there is no file {path.name or file}"
        help_ = "name the manifest, or change into the folder that holds Torvyn.toml"
        raise _refusal(Code.FILE_NOT_FOUND, message, help_, file) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"the manifest cannot be read: {reason}"
        raise _refusal(Code.IO, message, _reading_help(path), file) from None
    if data is None:
        with path.open("rb") as other_file:
            start = other_file.read(64)
        if (other := _other_file(start, file)) is not None:
            raise other
        message = f"the manifest is larger than {MAX_MANIFEST_BYTES // 1024} KiB"
        help_ = "name the manifest itself; data belongs in its own files"
        raise _refusal(Code.IO, message, help_, file)
    return data


def _reading_help(path: Path) -> str:
    try:
        inside = path.is_dir() and (path / MANIFEST_NAME).is_file()
    except OSError:
        inside = False
    if inside:
        return f"name the file in it: {path / MANIFEST_NAME}"
    return "name a file that you may read"


def _refusal(
    code: Code,
    message: str,
    help_: str,
    file: str,
    place: Position | None = None,
    key: str | None = None,
) -> StudioError:
    return StudioError([diagnostic(Severity.ERROR, code, message, help_, file, place, key)])


def _other_file(start: bytes, file: str) -> StudioError | None:
    """What to say of a file that is no manifest, but one of the other files that verbs take."""
    if start.startswith(_WASM):
        message = "this is WebAssembly, not a manifest"
        help_ = f"look into it: torvyn-studio inspect {file}; call it: torvyn-studio try {file}"
    elif start.removeprefix(codecs.BOM_UTF8).startswith(_RECORDING):
        message = "this is a recording, not a manifest"
        help_ = f"open it: torvyn-studio --replay {file}; repeat it: torvyn-studio replay {file}"
    else:
        return None
    return _refusal(Code.SYNTAX, message, help_, file)


def _not_toml(fault: TextError, file: str) -> StudioError:
    path = fault.path
    is_node = len(path) == 4 and (path[0], path[2]) == ("flow", "nodes")
    code = Code.DUPLICATE_NODE if is_node else Code.SYNTAX
    return _refusal(code, fault.message, fault.hint, file, fault.position, dotted(path))


def _check_project(manifest: Manifest, has_project: bool, path: Path, problems: Problems) -> None:
    standalone = bool(manifest.flow) and path.name != MANIFEST_NAME
    if not has_project and not standalone:
        problems.error(
            Code.MISSING_FIELD,
            (),
            "the manifest has no [torvyn]",
            'add [torvyn] with name, version and contract_version = "0.1.0"',
        )


def _check_component_names(manifest: Manifest, problems: Problems) -> None:
    seen: set[str] = set()
    for index, component in enumerate(manifest.component):
        if component.name and component.name in seen:
            problems.error(
                Code.DUPLICATE,
                ("component", index, "name"),
                f"a second component is named '{component.name}'",
                "give each [[component]] its own name",
                value=True,
            )
        seen.add(component.name)
