"""`torvyn-studio call`: one recorded call as a case of its own."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from runtime.headless.call_case import CallCase, call_title, write_case
from runtime.headless.call_history import call_history
from runtime.headless.case_read_me import DEBUG_PORT
from runtime.model.errors import ExitCode
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line, printable
from runtime.opening.components.component_report import component_file
from runtime.opening.recorded.recordings import manifest_of
from workbench.command_line.messages import say, show_failure, show_result
from workbench.text.figures import short_digest
from workbench.verbs.options.trust_flag import admission, trust_option


@click.command("call")
@click.argument("recording", type=click.Path(path_type=Path, readable=False))
@click.argument("number", type=click.IntRange(min=1), metavar="CALL")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False, readable=False),
    metavar="FOLDER",
    help="The new folder; by default FILE-call-N next to the recording.",
)
@click.option(
    "--component",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="FILE.wasm",
    help="The build to put in the case; by default the one of the recording's manifest.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@trust_option
def command(
    recording: Path,
    number: int,
    output: Path | None,
    component: Path | None,
    as_json: bool,
    trust: bool,
) -> int:
    """Write one recorded call as a case: a folder with its component, that `replay` runs.

    The case holds what the instance was called with before, since its `init`, so that the call
    finds the same state; limits, grants, configuration, clock and random numbers are the recorded
    ones. The flow it is from is not needed any more. Exit code 1 when the component that is put in
    the case does not answer as recorded.

    Its debug.wasm makes the same calls by itself, for a debugger of WebAssembly; there the clock
    and random numbers are the machine's.

    \b
    torvyn-studio call today.rec 42
    torvyn-studio replay today-call-42/call.rec
    wasmtime run -g 1234 today-call-42/debug.wasm
    """
    history = call_history(recording, number)
    folder = output or recording.with_name(f"{recording.stem}-call-{number}")
    file = component or component_file(manifest_of(recording), history.node.component)
    case = write_case(history, file, folder, admit=admission(trust=trust))
    if as_json:
        print(json_line(_fields(case)))
    else:
        show_result(f"Written: {case.recording}")
        say(_words(case))
        for words in _debugger_words(case):
            say(printable(words))
    if case.difference:
        show_failure(case.difference)
        return ExitCode.FAILED
    return ExitCode.OK


def _debugger_words(case: CallCase) -> list[str]:
    if case.debug_component is None:
        return [f"no component for a debugger was made of it: {case.not_composed}"]
    words = ("wasmtime", "run", "-g", DEBUG_PORT, *case.debug_options, str(case.debug_component))
    return [
        f"in a debugger: {shlex.join(words)}",
        f"then, in lldb: process connect --plugin=wasm connect://127.0.0.1:{DEBUG_PORT}",
    ]


def _words(case: CallCase) -> str:
    before = f"after {counted(case.earlier, 'call')} of its instance, " if case.earlier else ""
    if case.digest == case.node.digest:
        build = f"the recorded build {short_digest(case.digest)}"
    else:
        build = (
            f"build {short_digest(case.digest)}, not the recorded {short_digest(case.node.digest)}"
        )
    how = "does not answer as recorded:" if case.difference else "answers as recorded"
    return printable(f"{call_title(case.call)}, {before}{build}: {how}")


def _fields(case: CallCase) -> dict[str, object]:
    return {
        "folder": str(case.folder),
        "recording": str(case.recording),
        "node": case.node.name,
        "role": case.node.role.value,
        "call": case.call.number,
        "export": case.call.export.value,
        "sequence": None if case.call.element is None else case.call.element.sequence,
        "earlier_calls": case.earlier,
        "digest": case.digest,
        "recorded_digest": case.node.digest,
        "difference": case.difference or None,
        "debug_component": None if case.debug_component is None else str(case.debug_component),
        "not_composed": case.not_composed or None,
    }
