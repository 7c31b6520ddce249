"""`torvyn-studio wit`: Torvyn's contracts, printed or written."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from runtime.model.errors import ExitCode
from runtime.model.text.plurals import counted
from runtime.model.text.printable import printable
from runtime.scaffold.contracts import contract_files, contract_text, world_names
from runtime.scaffold.new_files import write_new
from workbench.command_line.messages import say

_EXAMPLES = """\b
Examples:
  torvyn-studio wit                                   every package, as one text
  torvyn-studio wit --world content-router            what a router needs
  torvyn-studio wit wit                               wit/torvyn-streaming, wit/torvyn-filtering, …
  torvyn-studio wit router/wit --world content-router
"""


def _complete(_ctx: click.Context, _param: click.Parameter, typed: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in world_names() if name.startswith(typed)]


@click.command("wit", epilog=_EXAMPLES)
@click.argument(
    "directory",
    required=False,
    type=click.Path(path_type=Path, file_okay=False, readable=False),
    metavar="[DIR]",
)
@click.option(
    "--world",
    metavar="NAME",
    shell_complete=_complete,
    help="Only the world NAME, and what it uses.",
)
def command(directory: Path | None, world: str | None) -> int:
    """Print Torvyn's contracts, or write them into DIR as files with `deps/`.

    A file that is there with the same content is left alone; with other content it is never
    written over (exit 2).

    Worlds: data-source, transform (a processor without set-up), managed-transform, content-filter,
    content-router, stream-aggregator, data-sink.
    """
    if directory is None:
        sys.stdout.write(contract_text(world))
        return ExitCode.OK
    files = contract_files(world)
    written = write_new(directory, files)
    kept = len(files) - len(written)
    also = f", {kept} were there already" if kept else ""
    say(f"{counted(len(written), 'file')} written to {printable(str(directory))}{also}")
    return ExitCode.OK
