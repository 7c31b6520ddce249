"""What is told of a flow that cannot be opened: its nodes and edges as the manifest has them."""

from __future__ import annotations

from runtime.model.errors import Diagnostic
from runtime.model.outline import FlowOutline, Lack, OutlineNode
from runtime.model.text.plurals import counted
from workbench.inspection.rows import facts, in_rows, prose, section, title
from workbench.text.keys import shown_key
from workbench.text.lines import Row, StyleRole, line
from workbench.view import EdgeRef, NodeRef, Selection, View

NOTHING_YET = " Nothing to inspect yet."


def unlinked_rows(view: View, selected: Selection | None, cells: int) -> list[Row]:
    """The node or edge that is selected, else the flow."""
    outline = view.outline
    if outline is None or view.unready is None or not cells:
        return [Row(line((NOTHING_YET, StyleRole.DIM)))]
    match selected:
        case NodeRef(name):
            node = next((one for one in outline.nodes if one.name == name), None)
            if node is not None:
                return _node_rows(outline, node, view.problems, cells)
        case EdgeRef(index) if index < len(outline.edges):
            edge = outline.edges[index]
            said = (("depth", f"up to {edge.capacity:,}"), ("policy", edge.policy.value))
            return in_rows(title(edge.label), cells) + facts(said, cells)
    return _flow_rows(outline, cells)


def _node_rows(
    outline: FlowOutline, node: OutlineNode, problems: tuple[Diagnostic, ...], cells: int
) -> list[Row]:
    rows = in_rows(title(node.name, node.component), cells)
    ends = (
        *(("from", outline.edges[edge].source) for edge in node.inputs),
        *(("to", outline.edges[edge].target) for edge in node.outputs),
    )
    state = line((node.lack.value, StyleRole.BAD)) if node.lack else "built"
    rows += facts((("state", state), *ends), cells)
    for problem in problems:
        if _is_about(problem, node.name):
            rows.append(section(f"{problem.code} {problem.name}", cells=cells))
            rows += prose(problem.message, cells)
            rows += prose(problem.help, cells, StyleRole.GOOD) if problem.help else []
    return rows


def _is_about(problem: Diagnostic, node: str) -> bool:
    """Whether its key is one of the node's; names with other signs stand in quotation marks."""
    key = f"{problem.key or ''}."
    return any(f".nodes.{name}." in key for name in (node, f'"{node}"'))


def _flow_rows(outline: FlowOutline, cells: int) -> list[Row]:
    lacks = [node.lack for node in outline.nodes if node.lack]
    missing = lacks.count(Lack.NO_FILE)
    parts = f"{counted(len(outline.nodes), 'node')}, {counted(len(outline.edges), 'edge')}"
    said = (
        ("not built", str(missing) if missing else ""),
        ("cannot run", str(len(lacks) - missing) if len(lacks) > missing else ""),
    )
    keys = line(
        (f" {shown_key('build', 'ctrl+r')}", StyleRole.KEY),
        (" builds, ", StyleRole.DIM),
        (shown_key("pane-flow", "1"), StyleRole.KEY),
        (" and arrows look at a node", StyleRole.DIM),
    )
    return [
        *in_rows(title(outline.name, parts), cells),
        *facts(said, cells),
        *in_rows(Row(keys), cells),
    ]
