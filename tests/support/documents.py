"""Writes the documents that are made of the program: the manual page, and the list of keys.

Run it as `make documents` after a change of an option or an action; a test holds them to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from workbench.actions.action import Group
from workbench.actions.payload import PAYLOAD
from workbench.actions.table import ACTIONS
from workbench.command_line.man_page import man_page
from workbench.text.keys import key_name

DOCS = Path(__file__).parents[2] / "docs"
MAN_PAGE = DOCS / "torvyn-studio.1"
KEYS = DOCS / "keys.md"


def keys_page() -> str:
    """Every action with its keys, as a page of Markdown."""
    lines = [
        "# Keys",
        "",
        "Made of the table behind keys, footer, help and palette by `make documents`.",
        "The first column is what `[keys]` in [config.toml](settings.md) calls an action.",
    ]
    for group in Group:
        lines += ["", f"## {group.value}", "", "| action | keys | what it does |", "|---|---|---|"]
        for action in ACTIONS:
            if action.group is group:
                keys = " ".join(f"`{_cell(key_name(key))}`" for key in action.keys)
                lines.append(f"| `{action.id}` | {keys} | {_cell(action.help)} |")
    lines += ["", "## Looking into a payload", "", "| action | keys | what it does |"]
    lines.append("|---|---|---|")
    for one in PAYLOAD:
        keys = " ".join(f"`{_cell(key_name(key))}`" for key in one.keys)
        lines.append(f"| `{one.id}` | {keys} | {_cell(one.help)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write both."""
    MAN_PAGE.write_text(man_page(), "utf-8")
    KEYS.write_text(keys_page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
