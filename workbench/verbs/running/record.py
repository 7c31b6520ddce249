"""`torvyn-studio record`: as `run`, with everything it takes to repeat the run in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from workbench.verbs.options.overwrite_flag import overwrite_option
from workbench.verbs.running.command_line_run import run_flow
from workbench.verbs.running.run_options import RunArguments, run_options


@click.command("record")
@run_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, readable=False),
    required=True,
    metavar="FILE",
    help="The new file.",
)
@overwrite_option
def command(output: Path, overwrite: bool, **arguments: Unpack[RunArguments]) -> int:
    """Run a flow to its end without a screen, and record it."""
    return run_flow(arguments, output, overwrite=overwrite, record_where=True)
