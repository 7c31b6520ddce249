"""The folder of a component to build."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """An empty one, next to which the manifest would be."""
    folder = tmp_path / "router"
    folder.mkdir()
    return folder
