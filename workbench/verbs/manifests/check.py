"""`torvyn-studio check`: every problem of a manifest and its components at once."""

from __future__ import annotations

import click

from runtime.model.errors import ExitCode
from runtime.opening.check import check_flows
from workbench.command_line.messages import show_failure, show_result
from workbench.verbs.manifests.linked_nodes import show_nodes
from workbench.verbs.options.arguments import MANIFEST_WORD, manifest_and_flow


@click.command("check")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]", type=MANIFEST_WORD)
@click.option("--flow", help="Check this flow alone; without it, all flows of the manifest.")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(words: tuple[str, ...], flow: str | None, strict: bool, as_json: bool) -> int:
    """Check a manifest and its components; exit 2 when there is an error.

    \b
    torvyn-studio check                     ./Torvyn.toml, all flows
    torvyn-studio check pipeline.toml flow.main --strict
    torvyn-studio check --json | jq .diagnostics
    """
    manifest, name = manifest_and_flow(words, flow)
    report = check_flows(manifest, name)
    for linked in report.result.flows:
        show_nodes(linked)
    passed = report.passes(strict=strict)
    if as_json:
        print(report.as_json(strict=strict))
    elif passed:
        show_result(report.as_text())
    else:
        show_failure(report.as_text(strict=strict))
    return ExitCode.OK if passed else ExitCode.BAD_INPUT
