"""The table needed, granted, denied in the inspection of a node."""

from __future__ import annotations

from runtime.model.access import Access, AccessRow, access_table, base_of
from runtime.model.linked import LinkedNode
from workbench.inspection.rows import prose, section
from workbench.text.excerpt import excerpt
from workbench.text.figures import count
from workbench.text.glyphs import DENIED
from workbench.text.lines import Row, StyleRole, line

_LOOKS: dict[Access, tuple[str, str, StyleRole]] = {
    Access.GRANTED: ("+", "granted", StyleRole.GOOD),
    Access.OPEN: ("+", "needs no grant", StyleRole.DIM),
    Access.DENIED: (DENIED, "denied", StyleRole.WARN),
    Access.WITHHELD: (DENIED, "denied: you did not agree to its grant", StyleRole.WARN),
    Access.UNUSED: ("-", "granted, not needed", StyleRole.DIM),
}
_CAPABILITY_CELLS = 20


def access_rows(node: LinkedNode, denied: tuple[tuple[str, int], ...], cells: int) -> list[Row]:
    """What the component's imports need, and what becomes of that; `denied` counts the uses."""
    table = access_table(node.needs, node.grants, node.withheld)
    rows = [section("grants", cells=cells)]
    if not table:
        rows += prose("It needs nothing beyond the flow, and is granted nothing.", cells)
    uses = dict(denied)
    return [*rows, *(_row(row, uses.get(row.capability, 0)) for row in table)]


def _row(row: AccessRow, uses: int) -> Row:
    sign, word, role = _LOOKS[row.access]
    scopes = [grant for grant in row.grants if base_of(grant) != grant]
    text = ", ".join(scopes) if row.access is Access.GRANTED and scopes else word
    tried = f", tried {count(uses)}x" if uses else ""
    return Row(
        line(
            (f" {sign} ", role),
            (f"{excerpt(row.capability, 80):<{_CAPABILITY_CELLS}}", StyleRole.TEXT),
            (f"{excerpt(text, 200)}{tried}", role),
        )
    )
