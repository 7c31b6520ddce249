"""A flow's graph for other programs: Graphviz, Mermaid, SVG, JSON."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from rich.cells import cell_len

from runtime.model.linked import LinkedEdge
from runtime.model.outline import FlowOutline
from runtime.model.text.printable import printable
from workbench.text.lines import Line, StyleRole

_CELL, _ROW = 8.4, 18
"""Size of a cell in an SVG, in pixels: a monospaced font of 14."""
_FILLS: dict[object, str] = {
    StyleRole.STRONG: "#1f2328",
    StyleRole.ACCENT: "#0969da",
    StyleRole.GOOD: "#1a7f37",
    StyleRole.BAD: "#cf222e",
    StyleRole.FAINT: "#8c959f",
}
_FILL = "#57606a"
"""Of all other text, on white."""


def as_dot(flow: FlowOutline) -> str:
    """For Graphviz: `dot -Tpng`."""
    names = _ids(flow)
    lines = [f"digraph {_quoted(flow.name)} {{", "  rankdir=LR;", "  node [shape=box];"]
    lines += [
        f"  {names[node.name]} [label={_quoted(f'{node.name}', node.component)}];"
        for node in flow.nodes
    ]
    lines += [
        f"  {names[edge.source]} -> {names[edge.target]} [label={_quoted(_edge_label(edge))}];"
        for edge in flow.edges
    ]
    return "\n".join([*lines, "}"])


def as_mermaid(flow: FlowOutline) -> str:
    """For Mermaid, in Markdown on many forges."""
    names = _ids(flow)
    lines = ["flowchart LR"]
    lines += [f'  {names[node.name]}["{_entity(node.name)}"]' for node in flow.nodes]
    lines += [
        f'  {names[edge.source]} -->|"{_entity(_edge_label(edge))}"| {names[edge.target]}'
        for edge in flow.edges
    ]
    return "\n".join(lines)


def as_svg(lines: tuple[Line, ...], title: str) -> str:
    """A drawing of lines as a picture of text."""
    width = max((sum(cell_len(span.text) for span in line) for line in lines), default=0) + 2
    height = (len(lines) + 1) * _ROW
    rows = [
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {width * _CELL:.0f} {height}" font-family="monospace" font-size="14">',
        f"<title>{escape(printable(title))}</title>",
        f'<rect width="{width * _CELL:.0f}" height="{height}" fill="#ffffff"/>',
    ]
    for number, line in enumerate(lines, start=1):
        cell = 1
        for span in line:
            cells = cell_len(span.text)
            if span.text.strip():
                rows.append(
                    f'<text x="{cell * _CELL:.1f}" y="{number * _ROW}" xml:space="preserve" '
                    f'textLength="{cells * _CELL:.1f}" fill="{_FILLS.get(span.role, _FILL)}">'
                    f"{escape(printable(span.text))}</text>"
                )
            cell += cells
    return "\n".join([*rows, "</svg>"])


def graph_object(flow: FlowOutline) -> dict[str, Any]:
    """The graph for any other program."""
    return {
        "flow": flow.name,
        "nodes": [{"name": node.name, "component": node.component} for node in flow.nodes],
        "edges": [
            {
                "from": edge.source,
                "from_port": edge.source_port,
                "to": edge.target,
                "to_port": edge.target_port,
                "capacity": edge.capacity,
                "policy": edge.policy.value,
            }
            for edge in flow.edges
        ],
    }


def _ids(flow: FlowOutline) -> dict[str, str]:
    return {node.name: f"n{number}" for number, node in enumerate(flow.nodes)}


def _edge_label(edge: LinkedEdge) -> str:
    port = "" if edge.source_port == "output" else f"{edge.source_port} "
    return f"{port}{edge.capacity}"


def _quoted(*lines: str) -> str:
    r"""A text of DOT, its lines joined by `\n`."""
    return '"' + r"\n".join(json.dumps(printable(line))[1:-1] for line in lines) + '"'


def _entity(text: str) -> str:
    """A text of Mermaid, in which quotes and brackets are entities of HTML."""
    return "".join(
        sign if sign.isalnum() or sign in " -_.:/" else f"#{ord(sign)};" for sign in text
    )
