"""All files that a test needs, by their digests, so that it can be run on another machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import msgspec

from runtime.flow.manifest.manifest_file import MANIFEST_NAME, load_manifest
from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.source_text import SourceText
from runtime.flow.resolve import BUILD_DIR, Resolver
from runtime.headless.golden.golden_test import GoldenTest
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.input_file import read_input
from runtime.opening.recorded.recordings import manifest_of
from runtime.recording.file.reader import RecordingReader

_RECORDING = "test.rec"
_ASSERTIONS = "test.expect"


class GoldenBundle(msgspec.Struct, frozen=True):
    """A test whose paths are those in a folder of its own."""

    test: GoldenTest
    files: dict[str, str]
    """SHA-256 by path in that folder."""

    def unpack(self, folder: Path, contents: Mapping[str, bytes]) -> GoldenTest:
        """Write the files into an empty folder; the test, with its paths there.

        `contents` are by digest. Raises `ValueError` for one that is not what its digest says.
        """
        for name, digest in self.files.items():
            data = contents[digest]
            if hashlib.sha256(data).hexdigest() != digest:
                raise ValueError(f"{name} arrived as another file than was sent")
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        assertions = self.test.assertions
        return msgspec.structs.replace(
            self.test,
            recording=str(folder / self.test.recording),
            manifest=str(folder / MANIFEST_NAME),
            assertions=None if assertions is None else str(folder / assertions),
        )


def bundle(test: GoldenTest, contents: dict[str, bytes]) -> GoldenBundle:
    """Collect what a test needs; each content is put into `contents` once, by its digest.

    Raises:
        StudioError: a file is not there or cannot be read, or a component is named by a path,
            which means nothing on another machine.
    """
    recording = Path(test.recording)
    manifest = manifest_of(recording) if test.manifest is None else Path(test.manifest)
    wanted: dict[str, Path] = {_RECORDING: recording, MANIFEST_NAME: manifest}
    if test.assertions is not None:
        wanted[_ASSERTIONS] = Path(test.assertions)
    wanted |= _components(recording, manifest)
    files: dict[str, str] = {}
    for name, path in wanted.items():
        data = read_input(path, "a file of the test", "Check the path.")
        files[name] = digest = hashlib.sha256(data).hexdigest()
        contents.setdefault(digest, data)
    assertions = None if test.assertions is None else _ASSERTIONS
    moved = msgspec.structs.replace(
        test, recording=_RECORDING, manifest=None, assertions=assertions
    )
    return GoldenBundle(moved, files)


def _components(recording: Path, manifest: Path) -> dict[str, Path]:
    """The files of the components of the recorded flow, where a manifest looks for them first."""
    loaded = load_manifest(manifest)
    with RecordingReader(recording) as reader:
        name = reader.header.flow
    flow = loaded.manifest.flow.get(name)
    if flow is None:
        raise StudioError([_no_flow(manifest, name)])
    declared = {item.name: item for item in loaded.manifest.component if item.name}
    problems = Problems(str(manifest), SourceText(""))
    resolver = Resolver(
        directory=loaded.directory,
        components=declared,
        build=loaded.manifest.build,
        working_directory=Path.cwd(),
        environment=os.environ,
    )
    found: dict[str, Path] = {}
    for reference in {node.component for node in flow.nodes.values()}:
        if reference not in declared and "://" in reference:
            raise StudioError([_by_path(manifest, reference)])
        path = resolver.resolve(reference, (), problems)
        if path is not None:
            found[str(PurePosixPath(BUILD_DIR) / f"{reference}.wasm")] = path
    if problems.has_errors:
        raise StudioError(problems.diagnostics())
    return found


def _no_flow(manifest: Path, name: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.FLOW_NOT_FOUND,
        f"the manifest has no flow '{name}', which was recorded",
        "Name the manifest that the recording was made with.",
        file=str(manifest),
    )


def _by_path(manifest: Path, reference: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.COMPONENT,
        f"'{reference}' is the path of a file of this machine, so the test cannot be sent to "
        "another one",
        "Declare the component in [[component]], and name it.",
        file=str(manifest),
    )
