"""What users changed about the arrangement, kept for each project."""

from __future__ import annotations

from dataclasses import field, replace

from runtime.model.lazy.dataclass import dataclass
from workbench.arrangement.arrange import Border, LayoutName
from workbench.arrangement.terminal_sizes import SizeClass
from workbench.settings.project_memory import ProjectMemory

SECTION = "layouts"

LARGEST = 10_000
"""No border is further away than this, whatever the file says."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed for one class of sizes."""

    layout: LayoutName = LayoutName.CONTENT
    moved: dict[str, int] = field(default_factory=dict)
    """By border, in each layout its own: `by content flow`."""

    def borders(self) -> dict[str, int]:
        """Borders moved in the present layout."""
        head = f"{self.layout} "
        return {
            key.removeprefix(head): value
            for key, value in self.moved.items()
            if key.startswith(head)
        }

    def with_border(self, border: Border, size: int) -> Changes:
        """With a border of the present layout moved."""
        return replace(self, moved={**self.moved, f"{self.layout} {border}": size})

    def next_layout(self) -> Changes:
        """With the next layout."""
        names = list(LayoutName)
        return replace(self, layout=names[(names.index(self.layout) + 1) % len(names)])


class RememberedLayouts:
    """Changes of one project by class of sizes, begun with the layout that the user prefers."""

    def __init__(self, memory: ProjectMemory, preferred: LayoutName = LayoutName.CONTENT) -> None:
        self._memory = memory
        self._first = Changes(preferred)
        self._changes: dict[SizeClass, Changes] = {}
        kept = memory.recall(SECTION)
        found = kept if isinstance(kept, dict) else {}
        for name in SizeClass:
            if name.value in found:
                self._changes[name] = _changes(found[name.value])

    def of(self, kind: SizeClass) -> Changes:
        """What was changed for terminals of that class."""
        return self._changes.get(kind, self._first)

    def change(self, kind: SizeClass, changes: Changes) -> None:
        """Remember it."""
        self._changes[kind] = changes
        made = {
            name.value: {"layout": item.layout.value, "moved": item.moved}
            for name, item in self._changes.items()
        }
        self._memory.keep(SECTION, made)


def _changes(value: object) -> Changes:
    """What the file says, as far as it makes sense."""
    if not isinstance(value, dict):
        return Changes()
    layout, moved = value.get("layout"), value.get("moved")
    return Changes(
        LayoutName(layout) if layout in list(LayoutName) else LayoutName.CONTENT,
        {
            key: size
            for key, size in (moved.items() if isinstance(moved, dict) else ())
            if isinstance(key, str) and isinstance(size, int) and 0 < size < LARGEST
        },
    )
