"""`torvyn-studio link`: whether the components of each flow fit together."""

from __future__ import annotations

from typing import Any

import click

from runtime.flow.link import LinkResult
from runtime.model.errors import ExitCode, Severity
from runtime.model.linked import LinkedFlow
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line
from runtime.opening.check import link_each
from workbench.command_line.messages import show_failure, show_problem, show_result
from workbench.verbs.manifests.linked_nodes import node_text
from workbench.verbs.options.arguments import MANIFEST_WORD, manifest_and_flow


@click.command("link")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]", type=MANIFEST_WORD)
@click.option("--flow", help="Link this flow alone; without it, all flows of the manifest.")
@click.option("--detail", is_flag=True, help="List nodes with their interfaces, and edges.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(words: tuple[str, ...], flow: str | None, detail: bool, as_json: bool) -> int:
    """Link each flow: its graph, its edges, and what its components export and import.

    `check` does the same and tells what is granted; exit 2 when a flow does not link.

    \b
    torvyn-studio link
    torvyn-studio link pipeline.toml flow.main --detail
    """
    manifest, name = manifest_and_flow(words, flow)
    results = link_each(manifest, name)
    if as_json:
        print(json_line(_fields(results)))
    else:
        _show(results, detail=detail)
    linked = all(result.flow is not None for result in results.values())
    return ExitCode.OK if linked else ExitCode.BAD_INPUT


def _show(results: dict[str, LinkResult], *, detail: bool) -> None:
    told = set()
    for name, result in results.items():
        for item in result.diagnostics:
            if item not in told:
                show_problem(item)
                told.add(item)
        if result.flow is None:
            errors = sum(item.severity is Severity.ERROR for item in result.diagnostics)
            show_failure(f'error: flow "{name}" does not link: {counted(errors, "error")}')
            continue
        nodes, edges = len(result.flow.nodes), len(result.flow.edges)
        counts = f"{counted(nodes, 'component')}, {counted(edges, 'edge')}, 0 errors"
        show_result(f'Flow "{name}" links successfully ({counts})')
        if detail:
            show_result("\n".join(_details(result.flow)))


def _details(flow: LinkedFlow) -> list[str]:
    return [
        *(node_text(node) for node in flow.nodes),
        *(
            f"  {edge.source}:{edge.source_port} -> {edge.target}:{edge.target_port}: "
            f"{counted(edge.capacity, 'element')}, {edge.policy.value}"
            for edge in flow.edges
        ),
    ]


def _fields(results: dict[str, LinkResult]) -> dict[str, Any]:
    """Torvyn's field names (docs/torvyn-facts.md#command-line)."""
    return {
        "all_linked": all(result.flow is not None for result in results.values()),
        "flows": [
            {
                "name": name,
                "linked": result.flow is not None,
                "component_count": len(result.outline.nodes) if result.outline else 0,
                "edge_count": len(result.outline.edges) if result.outline else 0,
                "diagnostics": [item.fields() for item in result.diagnostics],
            }
            for name, result in results.items()
        ],
    }
