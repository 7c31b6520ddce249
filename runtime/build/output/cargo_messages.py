"""What cargo says of its build with `--message-format=json-render-diagnostics`.

https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages
"""

from __future__ import annotations

import json
from pathlib import Path

MESSAGE_FORMAT = "--message-format=json-render-diagnostics"
"""Artifacts as objects on stdout; what rustc complains about stays text."""

_BEGINNING = '{"reason":'


class CargoMessages:
    """Takes the lines of a cargo build one by one, and knows what it made for wasm."""

    def __init__(self, directory: Path) -> None:
        """`directory` is the package's: artifacts of other members do not count."""
        self._directory = directory
        self._own: list[Path] = []
        self._others: list[Path] = []

    def feed(self, line: str) -> bool:
        """Take in a line; False when it is none of cargo's messages but text for people."""
        if not line.startswith(_BEGINNING):
            return False
        try:
            message = json.loads(line)
        except ValueError:
            return False
        if isinstance(message, dict) and message.get("reason") == "compiler-artifact":
            self._artifact(message)
        return True

    @property
    def output(self) -> Path | None:
        """The package's .wasm file, written or up to date; None when cargo named no single one."""
        made = [path for path in dict.fromkeys(self._own or self._others) if path.is_file()]
        return made[0] if len(made) == 1 else None

    def _artifact(self, message: dict[str, object]) -> None:
        names = message.get("filenames")
        if not isinstance(names, list):
            return
        manifest = message.get("manifest_path")
        own = isinstance(manifest, str) and Path(manifest).parent == self._directory
        for name in names:
            if isinstance(name, str) and name.endswith(".wasm"):
                (self._own if own else self._others).append(Path(name))
