"""`:open`: whether a file can be opened in place of the present one, and how."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from runtime.opening.check_manifest_file import check_manifest_file
from runtime.opening.process.specification import SessionSpecification, session_client
from workbench.opened_file import OpenedFile
from workbench.verbs.options.arguments import DEFAULT_MANIFEST

MANIFEST_SUFFIX = ".toml"
"""Of a manifest; every other file is a recording."""


def look_into(path: Path, *, like: SessionSpecification) -> OpenedFile:
    """The session of a manifest, of a folder's manifest, or of a recording.

    It is set as `like` is, but for what was said of that one file: its inputs, its recording, its
    error policies, and that it may be trusted.

    Raises:
        StudioError: the manifest has errors, or the recording is damaged or without its manifest.
    """
    like = replace(
        like, inputs=(), trusted=False, on_error=(), record=None, force=False, restore=None
    )
    if path.is_dir() or path.suffix == MANIFEST_SUFFIX:
        manifest = path / DEFAULT_MANIFEST if path.is_dir() else path
        flow = check_manifest_file(manifest)
        found = replace(like, manifest=manifest, flow=flow.name, replay=None)
        title = manifest.absolute().parent.name
        return OpenedFile(partial(session_client, found), title, flow, manifest)
    # What reads recordings is imported for a replay alone.
    from runtime.opening.recorded.recordings import manifest_of
    from runtime.recording.file.reader import RecordingReader

    with RecordingReader(path) as reader:
        reader.check()
        name = reader.header.flow
    manifest = manifest_of(path)
    flow = check_manifest_file(manifest, name)
    found = replace(like, manifest=manifest, flow=name, replay=path)
    return OpenedFile(partial(session_client, found), path.name, flow, manifest, keeps_marks=False)
