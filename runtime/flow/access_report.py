"""What `check` says of grants: what each node needs and gets, and what the manifest gives away."""

from __future__ import annotations

from typing import Any

from runtime.flow.reach import Reach, reaches_of
from runtime.model.access import Access, AccessRow, access_table
from runtime.model.linked import LinkedFlow, LinkedNode

_LABEL_CELLS = 9
_NOT_REPEATED = "    It has the network: a replay does not call it, and takes its recorded outputs"


def access_lines(flow: LinkedFlow) -> list[str]:
    """The table of each node, then what the grants reach; for people."""
    lines = []
    for node in flow.nodes:
        lines += _node_lines(node)
    reaches = reaches_of(flow)
    if reaches:
        lines += ["  The manifest gives away:", *(f"    {_reach_text(item)}" for item in reaches)]
    return lines


def _node_lines(node: LinkedNode) -> list[str]:
    rows = _table(node)
    if not rows:
        return []
    needed = [row.capability for row in rows if row.access is not Access.UNUSED]
    granted = dict.fromkeys(
        text
        for row in rows
        if row.access in (Access.GRANTED, Access.OPEN)
        for text in row.grants or (f"{row.capability} (needs no grant)",)
    )
    columns = {
        "needed": needed,
        "granted": list(granted),
        "denied": [row.capability for row in rows if row.access is Access.DENIED],
        "unused": [row.capability for row in rows if row.access is Access.UNUSED],
    }
    shown = [(label, texts) for label, texts in columns.items() if texts or label != "unused"]
    return [
        f"  {node.name}",
        *(f"    {label:<{_LABEL_CELLS}}{', '.join(texts) or 'nothing'}" for label, texts in shown),
        *([_NOT_REPEATED] if node.has_network else []),
    ]


def _reach_text(reach: Reach) -> str:
    note = "   beyond the project's folder: whoever runs it is asked" if reach.beyond else ""
    return f"{reach.sentence}{note}"


def access_json(node: LinkedNode) -> list[dict[str, Any]]:
    """The table of a node, for programs."""
    return [
        {
            "capability": row.capability,
            "access": row.access.value,
            "grants": list(row.grants),
            "imports": list(row.imports),
        }
        for row in _table(node)
    ]


def reach_json(flow: LinkedFlow) -> list[dict[str, Any]]:
    """What the flow's grants reach, for programs."""
    return [
        {
            "node": reach.node,
            "grant": reach.grant,
            "target": reach.target or None,
            "beyond_project": reach.beyond,
            "text": reach.sentence,
        }
        for reach in reaches_of(flow)
    ]


def _table(node: LinkedNode) -> tuple[AccessRow, ...]:
    return access_table(node.needs, node.grants, node.withheld)
