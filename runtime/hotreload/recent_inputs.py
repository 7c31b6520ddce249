"""What each node was called with lately, for comparing its builds."""

from __future__ import annotations

from collections import deque

from runtime.model.element import Element

KEPT_INPUTS = 100
"""Last elements of each node that both builds are given after a swap."""


class RecentInputs:
    """The last elements each node was called with."""

    def __init__(self) -> None:
        self._elements: dict[str, deque[Element]] = {}

    def add(self, node: str, element: Element) -> None:
        """Note a call's element."""
        found = self._elements.get(node)
        if found is None:
            found = self._elements[node] = deque(maxlen=KEPT_INPUTS)
        found.append(element)

    def of(self, node: str) -> tuple[Element, ...]:
        """The node's last elements, oldest first."""
        return tuple(self._elements.get(node, ()))
