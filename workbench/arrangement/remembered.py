"""What users changed about the arrangement, kept for each project in their state folder."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import platformdirs

from workbench.arrangement.arrange import Border, LayoutName
from workbench.arrangement.terminal_sizes import SizeClass

STATE_NAME = "torvyn-studio"
FILE_NAME = "layouts.json"

MOST_PROJECTS = 200
"""Projects kept; the one that was used longest ago goes first."""

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
    """Changes of one project by class of sizes; without a project they end with the program."""

    def __init__(self, project: Path | None) -> None:
        self._project = None if project is None else str(project.absolute())
        self._changes: dict[SizeClass, Changes] = {}
        if self._project is not None:
            kept = _read().get(self._project, {})
            for name in SizeClass:
                if name.value in kept:
                    self._changes[name] = _changes(kept[name.value])

    def of(self, kind: SizeClass) -> Changes:
        """What was changed for terminals of that class."""
        return self._changes.get(kind, Changes())

    def change(self, kind: SizeClass, changes: Changes) -> None:
        """Remember it, in the file too; a folder that cannot be written is no reason to stop."""
        self._changes[kind] = changes
        if self._project is None:
            return
        projects = _read()
        projects.pop(self._project, None)
        projects[self._project] = {
            name.value: {"layout": item.layout.value, "moved": item.moved}
            for name, item in self._changes.items()
        }
        kept = dict(list(projects.items())[-MOST_PROJECTS:])
        with suppress(OSError):
            _write(json.dumps(kept, indent=1))


def _file() -> Path:
    return platformdirs.user_state_path(STATE_NAME, appauthor=False) / FILE_NAME


def _read() -> dict[str, dict[str, object]]:
    """All projects; empty when there is no file, or when it is no longer what was written."""
    try:
        read = json.loads(_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {key: value for key, value in read.items() if isinstance(value, dict)}


def _write(text: str) -> None:
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


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
