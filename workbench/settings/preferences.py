"""What the user prefers, as the screen needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from runtime.model.lazy.dataclass import dataclass
from workbench.arrangement.arrange import LayoutName


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a session of the workbench begins."""

    theme: str = "dark"
    ascii_signs: bool = False
    measures_signs: bool = False
    """The terminal is asked how wide it draws signs; two cells each is ASCII."""
    """Draw with ASCII alone."""
    layout: LayoutName = LayoutName.CONTENT
    pace: float | None = None
    """Calls a second of a run; None is as fast as it goes."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Textual's names of keys, by action id; other actions keep theirs."""
