"""What each node was called with lately, for comparing its builds."""

from __future__ import annotations

from collections import defaultdict, deque
from functools import partial

from runtime.model.element import Element

KEPT_INPUTS = 100
"""Last elements of each node that both builds are given after a swap."""
KEPT_BYTES = 32 * 1024 * 1024
"""Memory of the payloads that are kept, over all nodes; the last one of each is always kept."""
LOOKS = 8
"""How often the memory is looked at while payloads of `KEPT_BYTES` are made."""


class RecentInputs:
    """The last elements each node was called with, bounded by their number and their memory."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        """`limit` is in bytes."""
        self.by_node: defaultdict[str, deque[Element]] = defaultdict(
            partial(deque[Element], maxlen=KEPT_INPUTS)
        )
        """Oldest first; each call's element is put behind those of its node."""
        self._limit = limit
        self._made_bytes = 0
        """Of payloads, since the memory was looked at."""

    def of(self, node: str) -> tuple[Element, ...]:
        """The node's last elements, oldest first."""
        return tuple(self.by_node.get(node, ()))

    def made(self, size: int) -> None:
        """Payloads of `size` bytes were made; inputs that have no room any more are forgotten."""
        self._made_bytes += size
        if self._made_bytes > self._limit // LOOKS:
            self._made_bytes = 0
            self._make_room()

    def _make_room(self) -> None:
        share = self._limit // max(len(self.by_node), 1)
        for elements in self.by_node.values():
            held = sum(len(element.payload.data) for element in elements)
            while held > share and len(elements) > 1:
                held -= len(elements.popleft().payload.data)
