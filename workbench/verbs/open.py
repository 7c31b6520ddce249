"""`torvyn-studio [MANIFEST]`: the workbench."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypedDict, Unpack

import click

from runtime.flow.error_rules import GivenRule
from runtime.model.errors import ExitCode
from runtime.model.outline import FlowOutline
from runtime.model.output_file import require_writable
from runtime.opening.check import check_manifest_file
from runtime.opening.open import FlowOpener, SessionOptions, process_link
from runtime.opening.open_replay import ReplayOpener, replay_link
from runtime.opening.recordings import manifest_of
from runtime.opening.restore import RestoringOpener, restoring_link
from runtime.protocol.requests import JumpTo
from runtime.protocol.updates import Health, SessionClient
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.reader import RecordingReader, end_of_recording
from runtime.recording.file.spool import STANDARD_INPUT, comes_through_a_pipe, spooled
from runtime.session.recording_file import RecordingSettings
from runtime.session.saved_branches import LAST
from workbench.app import StudioApp
from workbench.arrangement.arrange import LayoutName
from workbench.dialogs.quit import SAVED_FOLDER
from workbench.settings.config_file import Config, config_lines, config_path, read_config
from workbench.settings.preferences import Preferences
from workbench.terminal.ascii_signs import needs_ascii
from workbench.terminal.keyboard import read_keys_from_terminal
from workbench.terminal.screen_driver import terminal_given_back
from workbench.theme import THEME_NAMES
from workbench.verbs.arguments import MANIFEST_WORD, manifest_and_flow, names_manifest
from workbench.verbs.options.on_error import OnError, require_nodes
from workbench.verbs.options.overwrite_flag import overwrite_option, require_file
from workbench.verbs.options.trust_flag import trust_option
from workbench.verbs.run_options import redaction

MIB = 1024 * 1024


class OpenArguments(TypedDict):
    """What the command line gives."""

    words: tuple[str, ...]
    flow: str | None
    record: Path | None
    overwrite: bool
    redactions: tuple[str, ...]
    ring: int | None
    replay: Path | None
    inputs: tuple[str, ...]
    force: bool
    no_mouse: bool
    no_watch: bool
    poll: bool
    retry_on_reload: bool
    trust: bool
    on_error: tuple[GivenRule, ...]
    config: Path | None
    print_config: bool
    theme: str | None
    ascii_signs: bool
    restore: bool
    tour: bool


@click.command("open")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]", type=MANIFEST_WORD)
@click.option("--flow", help="Name of the flow; without it, the alphabetically first one.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Record the whole session into a file.",
)
@overwrite_option
@click.option(
    "--redact",
    "redactions",
    multiple=True,
    metavar="RULE",
    help="Keep out of files what a JSON path ($..password) or a regular expression finds.",
)
@click.option(
    "--ring",
    type=click.IntRange(min=1),
    metavar="MIB",
    help="Memory for the recording that is always on, 64 unless config.toml says more; stepping "
    "back needs it.",
)
@click.option(
    "--replay",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take the inputs, and the order of calls, from a recording; - is standard input.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[SOURCE=]FILE",
    help="Lines of a file in place of what a source gives.",
)
@click.option(
    "--on-error",
    type=OnError(),
    multiple=True,
    metavar="[NODE=]POLICY",
    help="What follows a failed call, of all nodes or of one: stop (the default), skip, fail, "
    "retry or retry(N, 200ms). It counts more than .torvyn/studio/settings.toml.",
)
@click.option("--force", is_flag=True, help="Replay with another flow than was recorded.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
@click.option("--no-watch", is_flag=True, help="Leave changed components and manifests alone.")
@click.option("--poll", is_flag=True, help="Look at files every second: for network drives.")
@click.option(
    "--retry-on-reload", is_flag=True, help="Make a failed call again with each new build."
)
@click.option("--theme", type=click.Choice(THEME_NAMES), help="Colours of this session.")
@click.option("--ascii", "ascii_signs", is_flag=True, help="Draw with ASCII signs alone.")
@click.option(
    "--restore",
    is_flag=True,
    help="Go on with the calls that were saved when the workbench was left.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Settings in place of config.toml in the user's configuration folder.",
)
@click.option(
    "--print-config",
    is_flag=True,
    help="Print the settings that hold, as a file to begin with, and end.",
)
@click.option("--tour", is_flag=True, hidden=True)
@trust_option
def command(**arguments: Unpack[OpenArguments]) -> int:
    """Open the workbench, paused before the first call."""
    config = read_config(arguments["config"])
    if arguments["print_config"]:
        for text in config_lines(config, arguments["config"] or config_path()):
            print(text)
        return ExitCode.OK
    opening = _opening(arguments, config)
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise click.UsageError(
            "the workbench needs a terminal; use `torvyn-studio run` for a flow without a screen"
        )
    if arguments["overwrite"] and arguments["record"] is not None:
        _remove_file(arguments["record"])
    restored = opening.restored
    app = StudioApp(
        opening.open_link,
        title=opening.title,
        outline=opening.outline,
        project=opening.manifest,
        preferences=_preferences(arguments, config),
        keeps_marks=arguments["replay"] is None,
        begin_with=None if restored is None else JumpTo(restored),
        tour=arguments["tour"],
    )
    with terminal_given_back():
        app.run(mouse=config.mouse and not arguments["no_mouse"])
    if app.failure is not None:
        raise app.failure
    if app.return_code:
        return app.return_code
    return ExitCode.BAD_INPUT if app.health is Health.INVALID else ExitCode.OK


class _Opening(NamedTuple):
    """What is opened, and what is shown of it until then."""

    open_link: Callable[[], SessionClient]
    title: str
    outline: FlowOutline
    manifest: Path
    restored: int | None = None
    """Calls that are repeated because they were saved when the workbench was left."""


def _preferences(arguments: OpenArguments, config: Config) -> Preferences:
    signs = "ascii" if arguments["ascii_signs"] else config.signs
    return Preferences(
        theme=arguments["theme"] or config.theme,
        ascii_signs=signs == "ascii" or (signs == "auto" and needs_ascii(os.environ)),
        layout=LayoutName(config.layout),
        pace=config.calls_per_second,
        keys=config.keys,
    )


def _opening(arguments: OpenArguments, config: Config) -> _Opening:
    """Raises `StudioError`, `click.UsageError`."""
    options, inputs = _options(arguments, config), arguments["inputs"]
    if any(text.rpartition("=")[2] == "-" for text in inputs):
        raise click.UsageError(
            "the workbench reads keys from standard input: give --input a file, or use "
            "`torvyn-studio run --input -`"
        )
    _require_recording(arguments["record"], overwrite=arguments["overwrite"])
    if arguments["replay"] is not None:
        return _replay(arguments["replay"], arguments, options)
    if arguments["force"]:
        raise click.UsageError("--force needs --replay FILE")
    manifest, name = manifest_and_flow(arguments["words"], arguments["flow"])
    flow = check_manifest_file(manifest, name)
    require_nodes(options.on_error, flow.name, [node.name for node in flow.nodes])
    title = manifest.parent.resolve().name
    last = manifest.parent / SAVED_FOLDER / LAST
    if (arguments["restore"] or config.restore) and not inputs and last.is_file():
        return _restored(last, title, flow, manifest, options)
    if arguments["restore"]:
        raise click.UsageError(f"--restore: {last} is not there; `q` offers to save it")
    return _Opening(
        lambda: process_link(manifest, flow.name, options, inputs), title, flow, manifest
    )


def _replay(recording: Path, arguments: OpenArguments, options: SessionOptions) -> _Opening:
    if options.on_error:
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
    opener = ReplayOpener(
        recording.absolute(),
        manifest.absolute(),
        name,
        options,
        arguments["inputs"],
        arguments["force"],
    )
    return _Opening(lambda: replay_link(opener), recording.name, flow, manifest)


def _from_pipe(recording: Path) -> Path:
    """A file with what comes through the pipe, as long as the command runs.

    Raises `StudioError`, `click.UsageError`.
    """
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


def _restored(
    last: Path, title: str, flow: FlowOutline, manifest: Path, options: SessionOptions
) -> _Opening:
    end = end_of_recording(last)
    opener = RestoringOpener(
        ReplayOpener(last.absolute(), manifest.absolute(), flow.name, options),
        FlowOpener(manifest.absolute(), flow.name, options),
    )
    calls = 0 if end is None else end.last_call
    return _Opening(lambda: restoring_link(opener), title, flow, manifest, calls)


def _options(arguments: OpenArguments, config: Config) -> SessionOptions:
    return SessionOptions(
        watch=not arguments["no_watch"],
        poll_only=arguments["poll"],
        retry_on_reload=arguments["retry_on_reload"],
        trusted=arguments["trust"],
        on_error=arguments["on_error"],
        recording=RecordingSettings(
            path=arguments["record"],
            ring_bytes=(arguments["ring"] or config.ring) * MIB,
            options=RecordingOptions(redactor=redaction(arguments["redactions"])),
        ),
    )
