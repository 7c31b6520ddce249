"""Opens the workbench on what the command line says: everything that `open` imports late."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

from runtime.child.child_process import ChildProcess
from runtime.model.errors import ExitCode
from runtime.model.files.output_file import require_writable
from runtime.model.files.project_files import LAST_RECORDING, STUDIO_FOLDER
from runtime.model.outline import FlowOutline
from runtime.opening.check_manifest_file import check_manifest_file
from runtime.opening.process.specification import SessionSpecification, session_client
from runtime.protocol.requests import RepeatTo
from runtime.protocol.updates import Health, SessionClient
from runtime.wasm.guest_memory import GuestDebug
from workbench.app import StudioApp
from workbench.arrangement.arrange import LayoutName
from workbench.settings.config_file import Config, config_lines, config_path, read_config
from workbench.settings.preferences import Preferences
from workbench.terminal.ascii_signs import needs_ascii
from workbench.terminal.keyboard import read_keys_from_terminal
from workbench.terminal.screen_driver import terminal_given_back
from workbench.verbs.opening.look_into import look_into
from workbench.verbs.opening.open_arguments import OpenArguments
from workbench.verbs.options.arguments import manifest_and_flow, names_manifest
from workbench.verbs.options.on_error import require_nodes
from workbench.verbs.options.overwrite_flag import require_file, require_unread

MIB = 1024 * 1024


def print_config(arguments: OpenArguments) -> int:
    """Print the settings that hold, as a file to begin with."""
    config = read_config(arguments["config"])
    for text in config_lines(config, arguments["config"] or config_path()):
        print(text)
    return ExitCode.OK


def open_workbench(arguments: OpenArguments, process: ChildProcess | None) -> int:
    """Run the workbench; its session is in `process`, which was started before.

    Gives the exit code. Raises `StudioError`, `click.UsageError`, and what ended the app that
    nobody foresaw.
    """
    config = read_config(arguments["config"])
    opening = _opening(arguments, config)
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise click.UsageError(
            "the workbench needs a terminal; use `torvyn-studio run` for a flow without a screen"
        )
    if arguments["overwrite"] and arguments["record"] is not None:
        _remove_file(arguments["record"])
    app = StudioApp(
        _Sessions(opening.specification, process).open,
        title=opening.title,
        outline=opening.outline,
        project=opening.specification.manifest,
        preferences=_preferences(arguments, config),
        keeps_marks=arguments["replay"] is None,
        begin_with=None if opening.restored is None else RepeatTo(opening.restored),
        tour=arguments["tour"],
        look_into=partial(look_into, like=opening.specification),
    )
    with terminal_given_back():
        app.run(mouse=config.mouse and not arguments["no_mouse"])
    if app.failure is not None:
        raise app.failure
    if app.return_code:
        return app.return_code
    return ExitCode.BAD_INPUT if app.health is Health.INVALID else ExitCode.OK


class _Sessions:
    """The session is begun at once, while the screen is made; others when they are asked for."""

    def __init__(self, specification: SessionSpecification, process: ChildProcess | None) -> None:
        self._specification = specification
        self._begun: SessionClient | None = session_client(specification, process)

    def open(self) -> SessionClient:
        """The first session, then further ones."""
        begun, self._begun = self._begun, None
        return begun or session_client(self._specification)


class _Opening(NamedTuple):
    """What is opened, and what is shown of it until then."""

    specification: SessionSpecification
    title: str
    outline: FlowOutline
    restored: int | None = None
    """Calls that are repeated because they were saved when the workbench was left."""


def _preferences(arguments: OpenArguments, config: Config) -> Preferences:
    signs = "ascii" if arguments["ascii_signs"] else config.signs
    return Preferences(
        theme=arguments["theme"] or config.theme,
        ascii_signs=signs == "ascii" or (signs == "auto" and needs_ascii(os.environ)),
        measures_signs=signs == "auto",
        layout=LayoutName(config.layout),
        pace=config.calls_per_second,
        keys=config.keys,
    )


def _opening(arguments: OpenArguments, config: Config) -> _Opening:
    """Raises `StudioError`, `click.UsageError`."""
    inputs = arguments["inputs"]
    if any(text.rpartition("=")[2] == "-" for text in inputs):
        raise click.UsageError(
            "the workbench reads keys from standard input: give --input a file, or use "
            "`torvyn-studio run --input -`"
        )
    _require_rules(arguments["redactions"])
    require_unread((arguments["record"],), (*arguments["words"], arguments["replay"], *inputs))
    _require_recording(arguments["record"], overwrite=arguments["overwrite"])
    if arguments["replay"] is not None:
        return _replay(arguments["replay"], arguments, config)
    if arguments["force"]:
        raise click.UsageError("--force needs --replay FILE")
    manifest, name = manifest_and_flow(arguments["words"], arguments["flow"])
    flow = check_manifest_file(manifest, name)
    require_nodes(arguments["on_error"], flow.name, [node.name for node in flow.nodes])
    opening = _Opening(
        _specification(arguments, config, manifest, flow.name),
        manifest.parent.resolve().name,
        flow,
    )
    last = manifest.parent / STUDIO_FOLDER / LAST_RECORDING
    if (arguments["restore"] or config.restore) and not inputs and last.is_file():
        return _restored(last, opening)
    if arguments["restore"]:
        raise click.UsageError(f"--restore: {last} is not there; `q` offers to save it")
    return opening


def _specification(
    arguments: OpenArguments, config: Config, manifest: Path, flow: str | None
) -> SessionSpecification:
    return SessionSpecification(
        manifest,
        flow,
        arguments["inputs"],
        watch=not arguments["no_watch"],
        poll_only=arguments["poll"],
        trusted=arguments["trust"],
        retry_on_reload=arguments["retry_on_reload"],
        guest_debug=GuestDebug(arguments["guest_debug"]),
        on_error=arguments["on_error"],
        record=arguments["record"],
        redactions=arguments["redactions"],
        ring_bytes=(arguments["ring"] or config.ring) * MIB,
    )


def _replay(recording: Path, arguments: OpenArguments, config: Config) -> _Opening:
    # What reads recordings is imported for a replay alone.
    from runtime.opening.recorded.recordings import manifest_of
    from runtime.recording.file.reader import RecordingReader
    from runtime.recording.file.spool import comes_through_a_pipe

    if arguments["on_error"]:
        raise click.UsageError("--on-error: a replay follows the error policies of its recording")
    folder = None
    if comes_through_a_pipe(recording):
        recording, folder = _from_pipe(recording), Path.cwd()
    manifest, name = manifest_and_flow(arguments["words"], arguments["flow"])
    if not names_manifest(arguments["words"]):
        manifest = manifest_of(recording, folder)
    with RecordingReader(recording) as reader:
        name = name or reader.header.flow
    flow = check_manifest_file(manifest, name)
    specification = replace(
        _specification(arguments, config, manifest, name),
        replay=recording,
        force=arguments["force"],
    )
    return _Opening(specification, recording.name, flow)


def _from_pipe(recording: Path) -> Path:
    """A file with what comes through the pipe, as long as the command runs.

    Raises `StudioError`, `click.UsageError`.
    """
    from runtime.recording.file.spool import STANDARD_INPUT, spooled

    is_stdin = recording == STANDARD_INPUT
    if is_stdin and sys.stdin.isatty():
        raise click.UsageError("--replay -: standard input is the terminal, not a recording")
    kept = click.get_current_context().with_resource(spooled(recording))
    if is_stdin:
        try:
            read_keys_from_terminal()
        except OSError:
            raise click.UsageError("the workbench needs a terminal for its keys") from None
    return kept


def _require_recording(path: Path | None, *, overwrite: bool) -> None:
    """Raises `StudioError` unless the session can be recorded into the file."""
    if overwrite:
        require_file("a recording: give --record FILE too", path)
    if path is not None:
        require_writable(path, "the recording", overwrite=overwrite)


def _remove_file(path: Path) -> None:
    """Make room for the session's recording; sessions themselves never write over a file."""
    if path.is_file():
        path.unlink()


def _restored(last: Path, opening: _Opening) -> _Opening:
    from runtime.recording.file.reader import end_of_recording

    end = end_of_recording(last)
    return opening._replace(
        specification=replace(opening.specification, restore=last),
        restored=0 if end is None else end.last_call,
    )


def _require_rules(redactions: tuple[str, ...]) -> None:
    """Raises `StudioError` for a rule that is none."""
    if redactions:
        from runtime.recording.redaction import Redaction

        Redaction(redactions)
