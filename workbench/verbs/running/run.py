"""`torvyn-studio run`: a flow to its end, component output on stdout, a summary on stderr."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from workbench.verbs.options.overwrite_flag import overwrite_option
from workbench.verbs.running.command_line_run import run_flow
from workbench.verbs.running.run_options import RunArguments, run_options


@click.command("run")
@run_options
@click.option(
    "--record",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    help="Record the run into a new file, for replay, diff and tests.",
)
@overwrite_option
def command(record: Path | None, overwrite: bool, **arguments: Unpack[RunArguments]) -> int:
    """Run a flow to its end without a screen."""
    return run_flow(arguments, record, overwrite=overwrite)
