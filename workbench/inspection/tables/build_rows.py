"""The build a node runs, what another build answered, and what became of the graph."""

from __future__ import annotations

from datetime import datetime

from runtime.model.measures.time_units import NS_PER_S
from runtime.model.text.plurals import counted, word_for
from runtime.protocol.builds.build_updates import BuildComparison, NodeBuild
from workbench.graph.graph_diff import Changed, FlowChange
from workbench.inspection.rows import facts, prose, section, title
from workbench.inspection.tables.difference_rows import difference_rows
from workbench.text.excerpt import excerpt
from workbench.text.figures import age, duration, short_digest
from workbench.text.glyphs import RELOADED, ROLLED_BACK
from workbench.text.keys import shown_key
from workbench.text.lines import Line, Row, StyleRole, line
from workbench.text.wrapping import wrap
from workbench.view import EarlierBuild, NodeRef

DIGEST_CELLS = 12

DAY_NS = 86_400_000_000_000


def build_rows(build: NodeBuild | None, digest: str, now_ns: int, cells: int) -> list[Row]:
    """Which build is live and since when, and the ones to go back to; `now_ns` is Unix time."""
    if build is None:
        return [section("build", cells=cells), *facts((("live", digest[:DIGEST_CELLS]),), cells)]
    rows = [section("build", badge(build), cells)]
    back = (f"  {ROLLED_BACK} rolled back", StyleRole.WARN) if build.rolled_back else ""
    reloads = line(str(build.reloads), back)
    rows += facts(
        (
            ("live", line((build.digest[:DIGEST_CELLS], StyleRole.NAME))),
            ("built", _moment(build.built_ns, now_ns)),
            ("live since", _moment(build.live_since_ns, now_ns)),
            ("reloads", reloads),
            ("swap", f"{duration(build.swap_ns)} after the last byte" if build.swap_ns else ""),
        ),
        cells,
    )
    for index, digest in enumerate(build.earlier):
        keys = (
            line((f"  {shown_key('roll-back', 'u')}", StyleRole.KEY), (" goes back", StyleRole.DIM))
            if not index
            else ()
        )
        spans = line((" earlier    ", StyleRole.DIM) if not index else " " * 12,
                     (digest[:DIGEST_CELLS], StyleRole.TEXT), *keys)  # fmt: skip
        rows.append(Row(spans, EarlierBuild(build.node, digest)))
    return rows


def badge(build: NodeBuild) -> str:
    """`3fa2b1c r2<`: digest, reloads, whether it was rolled back."""
    return f"{short_digest(build.digest)}{marks(build)}"


def marks(build: NodeBuild) -> str:
    """` r2<`: how often it was reloaded, and whether back; empty for the first build."""
    if not build.reloads:
        return ""
    return f" {RELOADED}{build.reloads}{ROLLED_BACK if build.rolled_back else ''}"


def _moment(at_ns: int, now_ns: int) -> Line:
    at = datetime.fromtimestamp(at_ns / NS_PER_S)
    text = f"{at:%H:%M:%S}" if now_ns - at_ns < DAY_NS else f"{at:%Y-%m-%d}"
    return line(f"{age(now_ns - at_ns)} ago", (f"  {text}", StyleRole.DIM))


def comparison_words(comparison: BuildComparison) -> str:
    """`metric-proc 3fa2b1c -> 91bc04d: 7 of 100 answers differ`."""
    builds = f"{short_digest(comparison.before)} -> {short_digest(comparison.after)}"
    different, inputs = comparison.different, comparison.inputs
    if not different:
        same = "answer is" if inputs == 1 else f"{inputs} answers are"
        return f"{comparison.node} {builds}: the last {same} the same"
    if different > inputs:
        found = f"{counted(different, 'difference')} in {counted(inputs, 'call')}"
        return f"{comparison.node} {builds}: {found}"
    differ = word_for(different, "differs", "differ")
    return f"{comparison.node} {builds}: {different} of {inputs} answers {differ}"


def comparison_rows(comparison: BuildComparison | None, cells: int) -> list[Row]:
    """What two builds answered to the same inputs: `-` before, `+` after."""
    if comparison is None:
        return []
    rows = [section("builds compared", "D closes", cells)]
    rows += prose(comparison_words(comparison), cells, StyleRole.STRONG)
    return rows + difference_rows(comparison.text, cells)


def change_rows(change: FlowChange, nodes: frozenset[str], cells: int) -> list[Row]:
    """What became of the graph; `nodes` are those of the flow that is shown."""
    rows = [title("another graph", change.words)]
    if change.waits:
        rows += prose("The flow takes it when it begins again: press A.", cells, StyleRole.WARN)
    for sign, role, what, names in (
        ("+", StyleRole.GOOD, "node", change.nodes_added),
        ("-", StyleRole.BAD, "node", change.nodes_removed),
        ("+", StyleRole.GOOD, "edge", change.edges_added),
        ("-", StyleRole.BAD, "edge", change.edges_removed),
    ):
        for name in names:
            spans = line((f" {sign} {what} ", role), (name, StyleRole.TEXT))
            rows.append(Row(spans, NodeRef(name) if name in nodes else None))
    for item in change.changed:
        rows += _changed(item, nodes, cells)
    return rows


def _changed(item: Changed, nodes: frozenset[str], cells: int) -> list[Row]:
    target = NodeRef(item.name) if item.name in nodes else None
    rows = [Row(line((" ~ ", StyleRole.WARN), (item.name or "the flow", StyleRole.TEXT)), target)]
    for what, before, after in item.fields:
        for sign, role, value in (("-", StyleRole.BAD, before), ("+", StyleRole.GOOD, after)):
            spans = line(
                (f"   {sign} ", role), (f"{what} ", StyleRole.DIM), (excerpt(value, 400), role)
            )
            rows += [Row(piece, target) for piece in wrap(spans, max(cells - 1, 10))]
    return rows
