"""`torvyn-studio [MANIFEST]`: the workbench."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict, Unpack

import click

from runtime.flow.error_rules import GivenRule
from runtime.model.errors import ExitCode
from runtime.model.outline import FlowOutline
from runtime.model.output_file import require_writable
from runtime.opening.check import check_manifest_file
from runtime.opening.open import SessionOptions, process_link
from runtime.opening.open_replay import ReplayOpener, replay_link
from runtime.opening.recordings import manifest_of
from runtime.protocol.updates import Health, SessionClient
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.reader import RecordingReader
from runtime.recording.ring.ring import RING_BYTES
from runtime.session.recording_file import RecordingSettings
from workbench.app import StudioApp
from workbench.terminal.screen_driver import terminal_given_back
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
    ring: int
    replay: Path | None
    inputs: tuple[str, ...]
    force: bool
    no_mouse: bool
    no_watch: bool
    poll: bool
    retry_on_reload: bool
    trust: bool
    on_error: tuple[GivenRule, ...]


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
    default=RING_BYTES // MIB,
    show_default=True,
    metavar="MIB",
    help="Memory for the recording that is always on; stepping back needs it.",
)
@click.option(
    "--replay",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take the inputs, and the order of calls, from a recording.",
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
@trust_option
def command(**arguments: Unpack[OpenArguments]) -> int:
    """Open the workbench, paused before the first call."""
    open_link, title, outline, project = _link(arguments)
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise click.UsageError(
            "the workbench needs a terminal; use `torvyn-studio run` for a flow without a screen"
        )
    if arguments["overwrite"] and arguments["record"] is not None:
        _remove_file(arguments["record"])
    app = StudioApp(open_link, title=title, outline=outline, project=project)
    with terminal_given_back():
        app.run(mouse=not arguments["no_mouse"])
    if app.failure is not None:
        raise app.failure
    if app.return_code:
        return app.return_code
    return ExitCode.BAD_INPUT if app.health is Health.INVALID else ExitCode.OK


def _link(
    arguments: OpenArguments,
) -> tuple[Callable[[], SessionClient], str, FlowOutline, Path]:
    """What opens the session, a title for it, the graph to draw until then, the manifest.

    Raises `StudioError`, `click.UsageError`.
    """
    options, inputs = _options(arguments), arguments["inputs"]
    if any(text.rpartition("=")[2] == "-" for text in inputs):
        raise click.UsageError(
            "the workbench reads keys from standard input: give --input a file, or use "
            "`torvyn-studio run --input -`"
        )
    _require_recording(arguments["record"], overwrite=arguments["overwrite"])
    manifest, name = manifest_and_flow(arguments["words"], arguments["flow"])
    recording = arguments["replay"]
    if recording is None:
        if arguments["force"]:
            raise click.UsageError("--force needs --replay FILE")
        flow = check_manifest_file(manifest, name)
        require_nodes(options.on_error, flow.name, [node.name for node in flow.nodes])
        title = manifest.parent.resolve().name
        return lambda: process_link(manifest, flow.name, options, inputs), title, flow, manifest
    if options.on_error:
        raise click.UsageError("--on-error: a replay follows the error policies of its recording")
    if not names_manifest(arguments["words"]):
        manifest = manifest_of(recording)
    with RecordingReader(recording) as reader:
        name = name or reader.header.flow
    flow = check_manifest_file(manifest, name)
    opener = ReplayOpener(
        recording.absolute(), manifest.absolute(), name, options, inputs, arguments["force"]
    )
    return lambda: replay_link(opener), recording.name, flow, manifest


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


def _options(arguments: OpenArguments) -> SessionOptions:
    return SessionOptions(
        watch=not arguments["no_watch"],
        poll_only=arguments["poll"],
        retry_on_reload=arguments["retry_on_reload"],
        trusted=arguments["trust"],
        on_error=arguments["on_error"],
        recording=RecordingSettings(
            path=arguments["record"],
            ring_bytes=arguments["ring"] * MIB,
            options=RecordingOptions(redactor=redaction(arguments["redactions"])),
        ),
    )
