"""Conditions and watched expressions that were used before, kept for a project."""

from __future__ import annotations

from workbench.settings.project_memory import ProjectMemory

CONDITIONS = "conditions"
WATCHED = "watched"
MOST_KEPT = 50
MOST_CHARACTERS = 2_000


class ConditionHistory:
    """Read from the project's memory when it is asked for, as another session may add to it."""

    def __init__(self, memory: ProjectMemory, section: str) -> None:
        """`section` is `CONDITIONS` or `WATCHED`."""
        self._memory = memory
        self._section = section

    @property
    def texts(self) -> list[str]:
        """Newest last, each once."""
        kept = self._memory.recall(self._section)
        if not isinstance(kept, list):
            return []
        return [one for one in kept if isinstance(one, str) and one.strip()][-MOST_KEPT:]

    def add(self, text: str) -> None:
        """Keep one that was used; the oldest goes when there are too many."""
        if text.strip() and len(text) <= MOST_CHARACTERS:
            others = [one for one in self.texts if one != text]
            self._memory.keep(self._section, [*others, text][-MOST_KEPT:])
