"""Which viewer was chosen for which payloads, kept for the project."""

from __future__ import annotations

from workbench.payloads.viewer import PayloadPart
from workbench.settings.project_memory import ProjectMemory

SECTION = "viewers"

MOST_KEPT = 100
"""Choices kept; the oldest go first."""


class ChosenViewers:
    """One name a content type; of payloads without one, a name a source."""

    def __init__(self, memory: ProjectMemory) -> None:
        self._memory = memory
        self._names: dict[str, str] | None = None

    def of(self, part: PayloadPart, source: str) -> str | None:
        """The viewer that was chosen last, if it was another than the usual one."""
        return self._known().get(_kind(part, source))

    def choose(self, part: PayloadPart, source: str, name: str | None) -> None:
        """Keep a choice; None is the usual viewer again."""
        kind = _kind(part, source)
        names = {key: value for key, value in self._known().items() if key != kind}
        if name is not None:
            names[kind] = name
        if names != self._known():
            self._names = dict(list(names.items())[-MOST_KEPT:])
            self._memory.keep(SECTION, self._names)

    def choose_next(self, part: PayloadPart, source: str) -> None:
        """Keep the next viewer that accepts the payload, if there is another."""
        # Imported when one is chosen: the first paint waits for no viewer.
        from workbench.payloads.registry import viewer_after, viewer_for

        chosen = self.of(part, source)
        following = viewer_after(part, chosen)
        if following is not viewer_for(part, chosen):
            usual = following is viewer_for(part)
            self.choose(part, source, None if usual else following.name)

    def _known(self) -> dict[str, str]:
        if self._names is None:
            kept = self._memory.recall(SECTION)
            pairs = kept.items() if isinstance(kept, dict) else ()
            self._names = {str(key): value for key, value in pairs if isinstance(value, str)}
        return self._names


def _kind(part: PayloadPart, source: str) -> str:
    return part.media_type or f"from {source}"
