"""The last five minutes of a flow, a sample a second: how deep queues were, how busy nodes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from runtime.model.lazy.dataclass import dataclass
from runtime.model.snapshot import FlowSnapshot

SAMPLE_S = 1.0
SAMPLES = 300
"""Five minutes."""

LEVELS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class _Sample:
    """What was seen at a moment."""

    at_s: float
    flow_ns: int
    depths: tuple[int, ...]
    busy_ns: tuple[int, ...]


class FlowHistory:
    """Samples of one flow, the oldest forgotten; another graph, or another place, begins again."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES)

    def take(self, snapshot: FlowSnapshot, now_s: float) -> None:
        """Look at the flow; more than one look a second is left out. `now_s` is monotonic."""
        last = self._samples[-1] if self._samples else None
        depths = tuple(edge.depth for edge in snapshot.edges)
        if last is not None:
            other = len(depths) != len(last.depths) or len(snapshot.nodes) != len(last.busy_ns)
            if other or snapshot.at_ns < last.flow_ns:
                self._samples.clear()
            elif now_s - last.at_s < SAMPLE_S:
                return
        busy = tuple(node.busy_ns for node in snapshot.nodes)
        self._samples.append(_Sample(now_s, snapshot.at_ns, depths, busy))

    def depth_line(self, edge: int, capacity: int, cells: int) -> str:
        """How deep a queue was, a column for equal parts of the time; "" before two samples."""
        depths = self.depths(edge)
        return sparkline(depths, capacity, cells) if len(depths) > 1 else ""

    def depths(self, edge: int) -> list[int]:
        """How deep a queue was, a sample a second."""
        return [sample.depths[edge] for sample in self._samples if edge < len(sample.depths)]

    def busy_line(self, node: int, cells: int) -> str:
        """What part of flow time a node was in calls; "" before three samples."""
        shares = self.busy_shares(node)
        return sparkline(shares, 100, cells) if len(shares) > 1 else ""

    def busy_shares(self, node: int) -> list[int]:
        """What part of flow time a node was in calls, in per cent, a second each."""
        shares = []
        for before, after in pairwise(self._samples):
            passed = after.flow_ns - before.flow_ns
            spent = after.busy_ns[node] - before.busy_ns[node]
            shares.append(min(100 * spent // passed, 100) if passed > 0 else 0)
        return shares

    @property
    def began_s(self) -> int:
        """Seconds between the first sample and the last."""
        return round(self._samples[-1].at_s - self._samples[0].at_s) if self._samples else 0


def sparkline(values: Sequence[int], most: int, cells: int) -> str:
    """Values as blocks of eight heights, the latest at the right; the largest of each column."""
    top = len(LEVELS) - 1
    largest = columns_of(values, cells)
    return "".join(
        LEVELS[min(-(-value * top // most), top) if most > 0 else 0] for value in largest
    )


def columns_of(values: Sequence[int], cells: int) -> list[int]:
    """The largest of each of at most so many equal parts, in order."""
    columns = max(min(cells, len(values)), 0)
    made = []
    for column in range(columns):
        low = column * len(values) // columns
        high = max((column + 1) * len(values) // columns, low + 1)
        made.append(max(values[low:high]))
    return made
