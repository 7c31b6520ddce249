"""What each node was called with lately, for comparing its builds."""

from __future__ import annotations

from collections import defaultdict, deque
from functools import partial

from runtime.model.element import Element

KEPT_INPUTS = 100
"""Last elements of each node that both builds are given after a swap."""


class RecentInputs:
    """The last elements each node was called with."""

    def __init__(self) -> None:
        self.by_node: defaultdict[str, deque[Element]] = defaultdict(
            partial(deque[Element], maxlen=KEPT_INPUTS)
        )
        """Oldest first; each call's element is put behind those of its node."""

    def of(self, node: str) -> tuple[Element, ...]:
        """The node's last elements, oldest first."""
        return tuple(self.by_node.get(node, ()))
