"""`torvyn-studio diff`: two recordings, or two builds of a component on one recording."""

from __future__ import annotations

from pathlib import Path

import click

from runtime.headless.compare_builds import compare_build_files
from runtime.model.errors import ExitCode
from runtime.recording.diff.compare import compare_recordings
from runtime.recording.diff.differences import Ignore
from runtime.recording.file.redaction_reach import redaction_reach
from workbench.command_line.messages import show_problems
from workbench.verbs.options.trust_flag import admission, trust_option
from workbench.verbs.recordings.expect_options import print_comparison

_PATH = click.Path(path_type=Path, readable=False)


@click.command("diff")
@click.argument("files", nargs=-1, type=_PATH, metavar="A.rec B.rec | FILE")
@click.option("--node", help="The node of FILE whose builds are compared.")
@click.option("--old", type=_PATH, metavar="A.wasm", help="One build for that node.")
@click.option("--new", type=_PATH, metavar="B.wasm", help="Another build for that node.")
@click.option(
    "--ignore",
    multiple=True,
    metavar="RULE",
    help="Pass over what a JSON path ($..time) or a regular expression finds.",
)
@click.option("--exact", is_flag=True, help="JSON with other blanks or order of keys differs too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@trust_option
def command(
    files: tuple[Path, ...],
    node: str | None,
    old: Path | None,
    new: Path | None,
    ignore: tuple[str, ...],
    exact: bool,
    as_json: bool,
    trust: bool,
) -> int:
    """Compare outputs: exit 0 when they are equal, 1 when they differ."""
    rules = Ignore(ignore, exact=exact)
    for file in files:
        show_problems(redaction_reach(file))
    if node is None and old is None and new is None:
        if len(files) != 2:
            raise click.UsageError(
                "name two recordings, or one with --node NODE --old A.wasm --new B.wasm"
            )
        report = compare_recordings(*files, rules, whole=False)
    elif node is None or old is None or new is None:
        raise click.UsageError("two builds are compared with all of --node, --old and --new")
    elif len(files) != 1:
        raise click.UsageError(f"two builds are compared on one recording, not on {len(files)}")
    else:
        report = compare_build_files(files[0], node, old, new, rules, admit=admission(trust=trust))
    print_comparison(report, as_json=as_json)
    return ExitCode.OK if report.equal else ExitCode.FAILED
