"""What `torvyn-studio [MANIFEST]` was given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from runtime.flow.error_rules import GivenRule


class OpenArguments(TypedDict):
    """What the command line gives."""

    words: tuple[str, ...]
    flow: str | None
    record: Path | None
    overwrite: bool
    redactions: tuple[str, ...]
    ring: int | None
    replay: Path | None
    inputs: tuple[str, ...]
    force: bool
    no_mouse: bool
    no_watch: bool
    poll: bool
    retry_on_reload: bool
    guest_debug: str
    trust: bool
    on_error: tuple[GivenRule, ...]
    config: Path | None
    print_config: bool
    theme: str | None
    ascii_signs: bool
    restore: bool
    tour: bool
