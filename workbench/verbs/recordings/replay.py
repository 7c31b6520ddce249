"""`torvyn-studio replay`: recorded inputs in place of the sources, everything else for real."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from workbench.verbs.options.arguments import MANIFEST_WORD
from workbench.verbs.options.overwrite_flag import overwrite_option, require_file, require_unread
from workbench.verbs.options.trust_flag import trust_option
from workbench.verbs.recordings.expect_options import expect
from workbench.verbs.recordings.replay_options import ReplayArguments, Speed, replay, replay_part


@click.command("replay")
@click.argument("words", nargs=-1, metavar="FILE [MANIFEST]", type=MANIFEST_WORD)
@click.option("--flow", help="Name of the flow; without it, the recorded one.")
@click.option(
    "--speed", type=Speed(), metavar="max|N|original", help="max, N times the original, original."
)
@click.option(
    "--from",
    "first",
    type=click.IntRange(min=1),
    metavar="N",
    help="Show the replay from call N; the calls before it are made at full speed, unseen.",
)
@click.option("--until", type=click.IntRange(min=1), metavar="N", help="Stop after call N.")
@click.option("--loop", is_flag=True, help="Again and again, until Ctrl-C.")
@click.option("--force", is_flag=True, help="Replay with another flow than was recorded.")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[SOURCE=]FILE",
    help="Lines of a file in place of what a source gave; - is standard input.",
)
@click.option(
    "--at",
    metavar="EDGE",
    help="Let the recorded elements enter at this edge, e.g. router:logs; run what lies behind.",
)
@click.option("--expect", "expected", is_flag=True, help="Fail when outputs differ.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="RULE",
    help="With --expect: pass over what a JSON path or a regular expression finds.",
)
@click.option(
    "--exact",
    is_flag=True,
    help="With --expect: JSON with other blanks or order of keys differs too.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="OUT.xml",
    help="With --expect: write the result as JUnit XML too.",
)
@click.option("--update", is_flag=True, help="Accept the new outputs, into a new file.")
@click.option(
    "--partial",
    is_flag=True,
    help="With --expect: a recording that lost a part is enough.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="FILE",
    help="With --update: the new file, by default FILE-2.rec next to the recording.",
)
@click.option("--in-place", is_flag=True, help="With --update: write over the recording.")
@overwrite_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@trust_option
def command(**arguments: Unpack[ReplayArguments]) -> int:
    """Repeat a recording, or test against it."""
    _check(arguments)
    if arguments["expected"] or arguments["update"]:
        return expect(arguments)
    if arguments["at"] is not None or arguments["inputs"]:
        return replay_part(arguments)
    return replay(arguments)


def _check(arguments: ReplayArguments) -> None:
    """Raise `click.UsageError` for options that do not go together."""
    test = arguments["expected"] or arguments["update"]
    part = arguments["at"] is not None or bool(arguments["inputs"])
    paced = {
        "--speed": arguments["speed"] is not None,
        "--from": arguments["first"] is not None,
        "--until": arguments["until"] is not None,
        "--loop": arguments["loop"],
    }
    for name in (name for name, given in paced.items() if given):
        if test:
            raise click.UsageError(f"{name} does not go with --expect, which makes every call")
        if part:
            raise click.UsageError(f"{name} needs the recorded order of calls, not --at or --input")
    if test and part:
        raise click.UsageError("--expect needs the recorded inputs, not --at or --input")
    if arguments["at"] is not None and arguments["inputs"]:
        raise click.UsageError("give --at, whose elements are recorded, or --input, not both")
    needs = {
        "--junit": (arguments["junit"] is not None, test, "--expect"),
        "--ignore": (bool(arguments["ignore"]), test, "--expect"),
        "--exact": (arguments["exact"], test, "--expect"),
        "--partial": (arguments["partial"], test, "--expect"),
        "--output": (arguments["output"] is not None, arguments["update"], "--update"),
        "--in-place": (arguments["in_place"], arguments["update"], "--update"),
    }
    for name, (given, present, needed) in needs.items():
        if given and not present:
            raise click.UsageError(f"{name} needs {needed}")
    if arguments["overwrite"]:
        require_file("--junit FILE or --output FILE", arguments["junit"], arguments["output"])
        require_unread((arguments["junit"], arguments["output"]), arguments["words"])
    if arguments["junit"] is not None and arguments["junit"] == arguments["output"]:
        raise click.UsageError("--junit and --output name the same file")
    if arguments["output"] is not None and arguments["in_place"]:
        raise click.UsageError("give --output for a new file or --in-place, not both")
