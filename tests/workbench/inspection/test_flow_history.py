"""Five minutes of queues and nodes as lines of blocks."""

from __future__ import annotations

from dataclasses import replace

from runtime.model.measures.call_times import NO_CALLS
from tests.support.workbench.fakes import fan_out, snapshot
from workbench.inspection.edge import edge_rows
from workbench.inspection.slowness.flow_history import SAMPLES, FlowHistory, sparkline
from workbench.inspection.slowness.why_slow import HISTORY_HEADING, slow_rows
from workbench.text.lines import plain
from workbench.view import NodeRef

FLOW = fan_out()


def test_a_line_has_the_largest_value_of_each_column_and_full_is_the_highest_block() -> None:
    assert sparkline([0, 1, 8, 16], 16, 10) == "▁▂▅█"
    assert sparkline([0, 16, 0, 0], 16, 2) == "█▁"
    assert sparkline([], 16, 5) == sparkline([1], 16, 0) == ""
    assert sparkline([5], 0, 5) == "▁"


def test_a_sample_a_second_is_kept_and_another_place_begins_again() -> None:
    history = FlowHistory()
    for second in range(SAMPLES + 20):
        for part in (0.0, 0.4):
            picture = snapshot(FLOW, calls=100 + second, depths=(second % 17, 0, 0, 0, 0))
            busy = tuple(
                replace(node, busy_ns=second * 38_000 * (node.name == "router"))
                for node in picture.nodes
            )
            history.take(replace(picture, nodes=busy), second + part)
    assert len(history.depth_line(0, 16, 1_000)) == SAMPLES
    assert set(history.busy_line(1, 20)) == {"▅"}
    assert set(history.busy_line(0, 20)) == {"▁"}
    now = snapshot(FLOW, calls=500)
    rows = [plain(row.spans) for row in edge_rows(FLOW, now, NO_CALLS, 0, None, 60, history)]
    heading = next(at for at, row in enumerate(rows) if "last 5 min" in row)
    top, middle, bottom, axis = rows[heading + 1 : heading + 5]
    assert (top[:5], middle[:5], bottom[:5]) == (" 16 ┤", "  8 ┤", "  0 ┼")
    assert "█" in top
    for low, high in zip(bottom[5:] + middle[5:], middle[5:] + top[5:], strict=True):
        assert high == " " or low == "█"
    assert axis.split() == ["4m59s", "ago", "now"]
    narrow = [plain(row.spans) for row in edge_rows(FLOW, now, NO_CALLS, 0, None, 36, history)]
    assert any(row.startswith(" last 5 min") and "█" in row for row in narrow)
    table = [plain(row.spans) for row in slow_rows(FLOW, now, NO_CALLS, 160, history)]
    assert any(HISTORY_HEADING in row for row in table)
    assert any("router" in row and "▅" in row for row in table)
    chosen = slow_rows(FLOW, now, NO_CALLS, 80, history, selection=NodeRef("router"))
    shares = [plain(row.spans) for row in chosen][-5:]
    assert "router, busy, last 5 min" in shares[0]
    assert "mean 50%" in shares[0]
    assert (shares[1][:7].strip(), shares[3][:7].strip()) == ("100% ┤", "0% ┼")
    assert set(shares[2][7:].strip()) == {"▄"}
    history.take(snapshot(FLOW, calls=3), 900.0)
    assert history.depth_line(0, 16, 20) == ""
