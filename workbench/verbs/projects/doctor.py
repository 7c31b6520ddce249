"""`torvyn-studio doctor`: what this machine has for components and flows, and the cures."""

from __future__ import annotations

import os
import sys
from itertools import groupby
from pathlib import Path

import click

from runtime.build.buildable import load_buildable
from runtime.build.plan import ComponentSource
from runtime.doctor.examination import examine_tools
from runtime.doctor.findings import Finding, FindingState
from runtime.doctor.machine import examine_machine
from runtime.doctor.tool_table import TOOLS
from runtime.model.errors import ExitCode
from runtime.model.text.printable import json_line, printable
from runtime.opening.cache_folder import compiled_cache
from workbench.verbs.options.arguments import DEFAULT_MANIFEST, manifest_and_flow

_SIGNS = {
    FindingState.GOOD: "ok",
    FindingState.MISSING: "--",
    FindingState.BROKEN: "!!",
    FindingState.DOUBTFUL: "!",
}
_EXAMPLES = """\b
Examples:
  torvyn-studio doctor                    every language; needed is what ./Torvyn.toml needs
  torvyn-studio doctor --language c       what C needs
  torvyn-studio doctor shop --json        one object a line
"""


@click.command("doctor", epilog=_EXAMPLES)
@click.argument("path", required=False, metavar="[MANIFEST]")
@click.option(
    "--language",
    "languages",
    multiple=True,
    type=click.Choice(list(TOOLS)),
    help="A language that is needed, whatever the manifest says; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(path: str | None, languages: tuple[str, ...], as_json: bool) -> int:
    """Look for the tools of each language, and at what the workbench needs of this machine.

    Needed is what builds the components of the manifest. For what is missing or broken, the command
    that mends it is given, and one that takes it from a package registry alone.

    Exit codes: 0 nothing that is needed is missing, 2 bad manifest, 3 something is.
    """
    sources, folder = _sources(path)
    findings = (
        *examine_machine(os.environ, compiled_cache()),
        *examine_tools(folder, sources, languages),
    )
    stopping = [finding for finding in findings if finding.stops]
    for topic, group in groupby(findings, key=lambda item: item.topic):
        if not as_json:
            print(topic)
        for finding in group:
            print(_as_json(finding) if as_json else _as_text(finding))
    if as_json:
        names = [finding.name for finding in stopping]
        print(json_line({"type": "summary", "lacking": names, "exit_code": 3 if names else 0}))
    elif stopping:
        listed = ", ".join(dict.fromkeys(finding.name for finding in stopping))
        print(f"needed, and not usable: {listed}", file=sys.stderr)
    elif sources or languages:
        print("nothing that is needed is missing", file=sys.stderr)
    return ExitCode.ENVIRONMENT if stopping else ExitCode.OK


def _sources(path: str | None) -> tuple[tuple[ComponentSource, ...], Path]:
    """The components of the manifest, and its folder. None is needed."""
    if path is None and not Path(DEFAULT_MANIFEST).exists():
        return (), Path.cwd()
    manifest, _ = manifest_and_flow(() if path is None else (path,), None)
    return load_buildable(manifest).sources, manifest.absolute().parent


def _as_text(finding: Finding) -> str:
    needed = ", needed" if finding.needed else ""
    lines = [
        f"  {_SIGNS[finding.condition]:<2} {finding.name}: {printable(finding.detail)}{needed}"
    ]
    if finding.place is not None:
        lines[0] += f"  ({printable(finding.place)})"
    if finding.cure is not None:
        lines.append(f"       {printable(finding.cure)}")
    if finding.other_cure not in (None, finding.cure):
        lines.append(f"       or, from a package registry: {printable(finding.other_cure or '')}")
    return "\n".join(lines)


def _as_json(finding: Finding) -> str:
    return json_line(
        {
            "type": "finding",
            "topic": finding.topic,
            "name": finding.name,
            "condition": finding.condition.value,
            "detail": finding.detail,
            "place": finding.place,
            "needed": finding.needed,
            "cure": finding.cure,
            "other_cure": finding.other_cure,
        }
    )
