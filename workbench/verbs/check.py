"""`torvyn-studio check`: every problem of a manifest and its components at once."""

from __future__ import annotations

import sys

import click

from runtime.model.errors import ExitCode
from runtime.opening.check import check_flows
from workbench.verbs.arguments import manifest_and_flow


@click.command("check")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]")
@click.option("--flow", help="Check this flow alone; without it, all flows of the manifest.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(words: tuple[str, ...], flow: str | None, as_json: bool) -> int:
    """Check a manifest and its components; exit 2 when there is an error."""
    manifest, name = manifest_and_flow(words, flow)
    report = check_flows(manifest, name)
    if as_json:
        print(report.as_json())
    else:
        print(report.as_text(), file=sys.stderr if report.error_count else sys.stdout)
    return ExitCode.BAD_INPUT if report.error_count else ExitCode.OK
