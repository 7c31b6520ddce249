"""Files in a project that are ours."""

from __future__ import annotations

from pathlib import Path

STUDIO_FOLDER = Path(".torvyn", "studio")
"""What the workbench keeps of a project, in the folder of its manifest."""
LAST_RECORDING = "last.rec"
"""In that folder: the calls that were saved when the workbench was left."""
BRANCH_INDEX = "last-branches.json"
"""In that folder: how the saved branches hang together, and their marks."""
