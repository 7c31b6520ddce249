"""Every branch of a session written to a folder, when the user leaves and wants to keep them."""

from __future__ import annotations

import time
from pathlib import Path

from runtime.execution.resources import SessionResources
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import FlowState
from runtime.model.files.project_files import BRANCH_INDEX
from runtime.model.files.replaced_file import staged_file
from runtime.protocol.replies import SavedBranches
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import header_of
from runtime.recording.format import EndLine
from runtime.recording.recorder import save
from runtime.recording.run_facts import run_facts
from runtime.timetravel.branches import Branch, Branches
from runtime.timetravel.recorded.branch_index import branch_file, saved_numbers, write_index
from runtime.wasm.host import surfaces_of


def save_branches(
    branches: Branches, resources: SessionResources, options: RecordingOptions, folder: Path
) -> SavedBranches:
    """Write each branch, in place of what was saved before; says why when one cannot be.

    The files of branches that were to be restored, and are not, stay.
    """
    made: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BRANCH_INDEX).unlink(missing_ok=True)  # it is of the files before
        for branch in branches.kept:
            path = branch_file(folder, branch.number, current=branch is branches.current)
            _save(branch, resources, options, path)
            made.append(str(path))
        for number in saved_numbers(folder):
            path = branch_file(folder, number)
            if str(path) not in made and number not in branches.unrestored:
                path.unlink()
        write_index(folder, branches.index())
    except StudioError as error:
        return SavedBranches(tuple(made), error.diagnostics[0])
    except OSError as error:
        return SavedBranches(tuple(made), _cannot(folder, error))
    return SavedBranches(tuple(made))


def _save(
    branch: Branch, resources: SessionResources, options: RecordingOptions, path: Path
) -> None:
    """Raises `OSError`, `StudioError`: what was saved before is there until this one is whole."""
    flow = branch.flow
    surfaces = surfaces_of(resources.known.compiled(flow))
    facts = run_facts(flow, surfaces, resources.manifest_text, resources.options)
    ended = branch.ended
    end = EndLine(
        state=(FlowState.RUNNING if ended is None else ended.state).value,
        detail="" if ended is None else ended.detail,
        calls=branch.ring.calls_kept,
        last_call=branch.calls,
        wall_ns=time.time_ns(),
    )
    with staged_file(path) as staged:
        header = header_of(flow, facts, options, path)
        failed = save(branch.ring, staged, header, options, end, overwrite=True)
        if failed is not None:
            raise StudioError([failed])


def _cannot(folder: Path, error: OSError) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the branches cannot be saved: {error.strerror or error}",
        "make room and let the folder be written, or quit without saving",
        str(error.filename or folder),
    )
