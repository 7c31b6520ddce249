"""`torvyn-studio [MANIFEST]`: the workbench.

This module imports little, so that the process that opens the flow starts first, and gets ready
while this one imports the screen.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Unpack

import click

from runtime.opening.process.early_process import start_process
from runtime.wasm.guest_memory import GuestDebug
from workbench.settings.theme_names import THEME_NAMES
from workbench.verbs.opening.open_arguments import OpenArguments
from workbench.verbs.options.arguments import MANIFEST_WORD, input_option
from workbench.verbs.options.on_error import OnError
from workbench.verbs.options.overwrite_flag import overwrite_option
from workbench.verbs.options.trust_flag import trust_option


@click.command("open")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]", type=MANIFEST_WORD)
@click.option("--flow", help="Name of the flow; without it, the alphabetically first one.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
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
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="FILE",
    help="Take the inputs, and the order of calls, from a recording; - is standard input.",
)
@input_option()
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
@click.option(
    "--guest-debug",
    type=click.Choice([choice.value for choice in GuestDebug]),
    default=GuestDebug.COMPILED.value,
    help="Whose memory can be read, and gone back to without making all calls again: that of "
    "compiled components (the default), of all, or of none. Builds in Python and JavaScript "
    "open later with it. It needs the native call layer.",
)
@click.option("--theme", type=click.Choice(THEME_NAMES), help="Colours of this session.")
@click.option("--ascii", "ascii_signs", is_flag=True, help="Draw with ASCII signs alone.")
@click.option(
    "--restore",
    is_flag=True,
    help="Go on with the calls and branches that were saved when the workbench was left.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
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
    if arguments["print_config"]:
        with _without_tls():
            from workbench.verbs.opening.open_workbench import print_config

        return print_config(arguments)
    process = start_process() if sys.stdin.isatty() and sys.stdout.isatty() else None
    gc.disable()  # until the first paint: what is imported stays, and would be looked at often
    try:
        with _without_tls():
            from workbench.verbs.opening.open_workbench import open_workbench

        return open_workbench(arguments, process)
    finally:
        gc.enable()
        if process is not None:
            process.discard()


@contextmanager
def _without_tls() -> Iterator[None]:
    """`asyncio` imports TLS where it finds it: a tenth of the start, and of no use on a screen."""
    modules: dict[str, Any] = sys.modules
    if "ssl" in modules:
        yield
        return
    modules["ssl"] = None
    try:
        yield
    finally:
        del modules["ssl"]
