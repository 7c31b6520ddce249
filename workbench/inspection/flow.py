"""The inspection of a whole flow, for when nothing is selected."""

from __future__ import annotations

from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot, NodeSnapshot
from workbench.inspection.rows import column, copied, facts, section, title
from workbench.text.figures import count, duration, flow_time
from workbench.text.glyphs import NODE_SIGNS
from workbench.text.lines import Line, Row, Span, StyleRole, line
from workbench.view import NodeRef


def flow_rows(flow: LinkedFlow, snapshot: FlowSnapshot | None, cells: int) -> list[Row]:
    """Totals, and how each node spent its time."""
    rows = [title(flow.name, f"{len(flow.nodes)} nodes, {len(flow.edges)} edges")]
    if snapshot is None:
        return rows
    rows += facts(
        (
            ("order", f"{snapshot.schedule.value}"),
            ("flow time", flow_time(snapshot.at_ns)),
            ("elements", f"{count(snapshot.pulled)} in, {count(snapshot.delivered)} delivered"),
            ("dropped", line((str(snapshot.dropped), StyleRole.WARN)) if snapshot.dropped else ""),
            ("errors", line((str(snapshot.errors), StyleRole.BAD)) if snapshot.errors else ""),
            *copied(snapshot.copies),
        ),
        cells,
    )
    name_cells = max(min(max(len(node.name) for node in flow.nodes), cells - 25), 6)
    rows.append(section("time of each node", cells=cells))
    heading = (
        Span(" "),
        column("", name_cells),
        column("busy", 5, StyleRole.FAINT, right=True),
        column("held", 5, StyleRole.FAINT, right=True),
        column("a call", 8, StyleRole.FAINT, right=True),
    )
    rows.append(Row(heading))
    return rows + [
        Row(_node(node, snapshot.at_ns, name_cells), NodeRef(node.name)) for node in snapshot.nodes
    ]


def _node(node: NodeSnapshot, at_ns: int, name_cells: int) -> Line:
    _, _, role = NODE_SIGNS[node.state]
    mean = duration(node.busy_ns // node.calls) if node.calls else ""
    return (
        Span(" "),
        column(node.name, name_cells, StyleRole.TEXT),
        column(_share(node.busy_ns, at_ns), 5, StyleRole.GOOD, right=True),
        column(_share(node.blocked_ns, at_ns), 5, StyleRole.WARN, right=True),
        column(mean, 8, StyleRole.DIM if role is not StyleRole.BAD else role, right=True),
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole and part else "-"
