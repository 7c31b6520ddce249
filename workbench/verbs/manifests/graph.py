"""`torvyn-studio graph`: a flow's graph, without a screen and without its components."""

from __future__ import annotations

import shutil
import sys

import click

from runtime.flow.link import check_manifest
from runtime.model.errors import ExitCode, Severity, StudioError
from runtime.model.outline import FlowOutline
from runtime.model.text.printable import json_line
from workbench.command_line.global_options import global_options
from workbench.command_line.messages import show_problems
from workbench.graph.drawing import draw
from workbench.graph.exports import as_dot, as_mermaid, as_svg, graph_object
from workbench.graph.layout.graph_layouts import GraphLayouts
from workbench.text.lines import Line, plain
from workbench.verbs.options.arguments import MANIFEST_WORD, manifest_and_flow

_FORMATS = ("text", "dot", "mermaid", "svg", "json")
_ROWS = 1_000
"""More than any drawing needs: there is no pane that it has to fit into."""
_COLUMNS_OF_A_PIPE = 100


@click.command("graph")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]", type=MANIFEST_WORD)
@click.option("--flow", help="Name of the flow; without it, the alphabetically first one.")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="text is the default.")
@click.option(
    "--width",
    type=click.IntRange(20, 1_000),
    metavar="CELLS",
    help="Width of text and SVG; without it, that of the terminal.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(
    words: tuple[str, ...], flow: str | None, form: str | None, width: int | None, as_json: bool
) -> int:
    """Print a flow's graph; components need not be built.

    \b
    torvyn-studio graph
    torvyn-studio graph pipeline.toml flow.main --format dot | dot -Tpng -o flow.png
    torvyn-studio graph --format mermaid >> README.md
    """
    manifest, name = manifest_and_flow(words, flow)
    check = check_manifest(manifest, name)
    if check.outline is None:
        raise StudioError(check.diagnostics)
    if form is None:
        form = "json" if as_json or global_options().format == "json" else "text"
    print(_printed(check.outline, form, width or _columns()))
    show_problems(check.diagnostics)
    failed = any(item.severity is Severity.ERROR for item in check.diagnostics)
    return ExitCode.BAD_INPUT if failed else ExitCode.OK


def _printed(flow: FlowOutline, form: str, width: int) -> str:
    match form:
        case "dot":
            return as_dot(flow)
        case "mermaid":
            return as_mermaid(flow)
        case "json":
            return json_line(graph_object(flow))
    lines = _drawn(flow, width)
    if form == "svg":
        return as_svg(lines, flow.name)
    return "\n".join(plain(line).rstrip() for line in lines)


def _drawn(flow: FlowOutline, width: int) -> tuple[Line, ...]:
    layout = GraphLayouts(flow).best(width, _ROWS)
    return draw(layout, flow, None).lines


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _COLUMNS_OF_A_PIPE
