"""`torvyn-studio demo`: the sample flows, listed, or one of them copied and opened."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from runtime.build.samples import Sample, copy_sample, samples
from runtime.flow.manifest.manifest_file import MANIFEST_NAME
from runtime.model.errors import ExitCode
from runtime.model.text.nearest import did_you_mean
from workbench.command_line.messages import say
from workbench.verbs.opening.open import command as open_command

TOUR_SAMPLE = "fan-out"


@click.command("demo")
@click.argument("name", required=False)
@click.argument(
    "directory",
    required=False,
    type=click.Path(path_type=Path, file_okay=False, readable=False),
    metavar="[DIR]",
)
@click.option("--list", "list_only", is_flag=True, help="List the sample flows.")
@click.option("--no-open", is_flag=True, help="Copy the sample and say what to type.")
def command(name: str | None, directory: Path | None, list_only: bool, no_open: bool) -> int:
    """Open a sample flow with a tour, or copy one into DIR (./NAME) and open it.

    Without a name, the tour is given on a copy that goes when the workbench is left; without a
    terminal, the samples are listed.

    A copy holds everything: manifests, built components, their sources and WIT, recordings.
    Nothing is ever written over.
    """
    found = samples()
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if list_only or (name is None and not on_terminal):
        _list(found)
        return ExitCode.OK
    if name is None:
        return _give_tour(found)
    chosen = next((sample for sample in found if sample.name == name), None)
    if chosen is None:
        names = [sample.name for sample in found]
        raise click.UsageError(
            f"there is no sample '{name}': {did_you_mean(name, names, 'samples')}"
        )
    if not no_open and not on_terminal:
        raise click.UsageError(
            "the workbench needs a terminal; `--no-open` copies the sample and opens nothing"
        )
    target = directory or Path(name)
    copy_sample(chosen, target)
    if no_open:
        _say_what_to_type(chosen, target)
        return ExitCode.OK
    # A relative path in a grant counts from the working directory.
    os.chdir(target)
    return int(open_command.main([], standalone_mode=False) or ExitCode.OK)


def _give_tour(found: tuple[Sample, ...]) -> int:
    """The workbench on a copy of the first sample a newcomer should see."""
    sample = next(item for item in found if item.name == TOUR_SAMPLE)
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-demo-") as folder:
        target = Path(folder) / "demo"
        copy_sample(sample, target)
        arguments = ["--tour", str(target / MANIFEST_NAME)]
        return int(open_command.main(arguments, standalone_mode=False) or ExitCode.OK)


def _list(found: tuple[Sample, ...]) -> None:
    width = max((len(sample.name) for sample in found), default=0)
    for sample in found:
        print(f"{sample.name:<{width}}  {sample.description}")
        if len(sample.flows) > 1:
            print(f"{'':<{width}}  flows: {', '.join(sample.flows)}")
    say("Copy one and open it: torvyn-studio demo NAME [DIR]")


def _say_what_to_type(sample: Sample, target: Path) -> None:
    say(f"Copied sample '{sample.name}' to {target}")
    print(f"cd {target}")
    flows = sample.flows if len(sample.flows) > 1 else ()
    for flow in flows or ("",):
        print(f"torvyn-studio run {f'--flow {flow}' if flow else ''}".rstrip())
    print("torvyn-studio")
